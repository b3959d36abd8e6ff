"""What a wallet wrote down, in memory: for pictures and tests without a disk."""

from host.diagram import TransactionFlow
from host.errors import BadInput
from host.payees.contacts import Contact, new_contact
from host.values import GivenAddress, OwnAddress

DESCRIPTOR = "wpkh([73c5da0a/84h/1h/0h]tpub/<0;1>/*)#checksum"


class FakeRecords:
    """Implements host.session.api.RecordBook."""

    def __init__(self, network: str) -> None:
        self._network = network
        self.given: list[GivenAddress] = []
        self.own: dict[str, OwnAddress] = {}
        self.written: dict[str, str] = {}
        self.people: dict[str, Contact] = {}
        self.flows: dict[bytes | str, TransactionFlow] = {}

    async def addresses(self) -> tuple[GivenAddress, ...]:
        return tuple(self.given)

    async def find(self, text: str) -> OwnAddress | None:
        return self.own.get(text)

    async def labels(self) -> dict[str, str]:
        return dict(self.written)

    async def write_label(self, ref: str, text: str) -> None:
        self.written[ref] = text

    async def contacts(self) -> tuple[Contact, ...]:
        return tuple(self.people[name] for name in sorted(self.people))

    async def keep_contact(self, name: str, payee: str) -> Contact:
        contact = new_contact(name, payee, self._network)
        self.people[contact.name] = contact
        return contact

    async def forget_contact(self, name: str) -> None:
        if self.people.pop(name, None) is None:
            raise BadInput(f"There is no contact {name!r}. Nothing was changed.")

    async def descriptor(self) -> str:
        return DESCRIPTOR

    async def flow(self, source: bytes | str) -> TransactionFlow:
        if source not in self.flows:
            raise BadInput("This wallet has no such transaction.")
        return self.flows[source]
