"""What a wallet has written down beside its coins: addresses given away, labels, contacts."""

import asyncio
from collections.abc import Callable

from host import labels
from host.diagram import TransactionFlow
from host.errors import BadInput
from host.labels import Label
from host.payees.addresses import read_address
from host.payees.contacts import Contact, new_contact
from host.payees.errors import read_alone
from host.payees.payee import read_payee
from host.values import GivenAddress, OwnAddress
from host.wallet import Wallet, descriptors, flows, own_addresses


class WalletRecords:
    """Implements host.session.api.RecordBook. Everything is on disk when a call returns."""

    def __init__(self, wallet: Callable[[], Wallet]) -> None:
        """`wallet` gives the one that is open, or raises WalletError."""
        self._wallet = wallet

    async def addresses(self) -> tuple[GivenAddress, ...]:
        return await asyncio.to_thread(own_addresses.ledger, self._wallet())

    async def find(self, text: str) -> OwnAddress | None:
        """Raises BadInput for what is no address of this network."""
        wallet = self._wallet()
        with read_alone():
            address = read_payee(text, wallet.network).address
            script = read_address(address, wallet.network).script_pubkey
        return await asyncio.to_thread(own_addresses.find, wallet, script, address)

    async def labels(self) -> dict[str, str]:
        kept = await asyncio.to_thread(self._wallet().store.labels)
        return {label.ref: label.text for label in kept if label.text}

    async def write_label(self, ref: str, text: str) -> None:
        """Raises BadInput for a `ref` that is no txid, address or coin."""
        wallet = self._wallet()
        kind, name = labels.thing(ref, wallet.network)
        label = Label(kind, name, labels.plain(text))
        await asyncio.to_thread(wallet.store.keep_labels, [label])

    async def contacts(self) -> tuple[Contact, ...]:
        return await asyncio.to_thread(self._wallet().store.contacts)

    async def keep_contact(self, name: str, payee: str) -> Contact:
        """Raises BadInput for a name or a payee that cannot be one."""
        wallet = self._wallet()
        contact = new_contact(name, payee, wallet.network)
        await asyncio.to_thread(wallet.store.keep_contact, contact)
        return contact

    async def forget_contact(self, name: str) -> None:
        """Raises BadInput when there is none of that name."""
        if not await asyncio.to_thread(self._wallet().store.forget_contact, name):
            raise BadInput(f"There is no contact {name[:40]!r}. Nothing was changed.")

    async def descriptor(self) -> str:
        return descriptors.write(self._wallet().pairing)

    async def flow(self, source: bytes | str) -> TransactionFlow:
        """Raises BadInput for a transaction that this wallet does not have."""
        return await asyncio.to_thread(flows.flow, self._wallet(), source)
