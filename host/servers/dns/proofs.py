"""Records and signatures from a name up to the keys of the root: a proof for others to check."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from host.errors import NetworkError
from host.payees.errors import PayeeError
from host.servers.dns import messages
from host.servers.dns.client import DnsClient
from host.servers.dns.messages import DnsAnswer, Resource
from signer.dnssec import wire
from signer.dnssec.wire import Name, Signature
from signer.errors import Malformed

MOST_ALIASES = 3
MOST_ZONES = 10
ASK_OWNER = "Ask its owner for the address."


@dataclass(slots=True)
class ProofCollector:
    """Asks for what proves the texts of a name, by signatures valid at `time` (Unix seconds)."""

    client: DnsClient
    time: int
    records: list[Resource] = field(default_factory=list)
    zones: set[Name] = field(default_factory=set)

    async def collect(self, name: Name) -> bytes:
        """The proof (RFC 9102), not checked yet. Raises PayeeError, NetworkError."""
        for _ in range(MOST_ALIASES + 1):
            answer = await self.client.ask(name, wire.TXT)
            _check_code(answer, name)
            kind = wire.TXT if answer.records_of(name, wire.TXT) else wire.CNAME
            records = answer.records_of(name, kind)
            _check_there(answer, name, records)
            signatures = self._signatures(answer, name, kind)
            self.records += [*records, *signatures, *self._absence(answer, name, signatures)]
            await self._climb(_signer(signatures[0]))
            if kind == wire.TXT:
                return messages.encode(self.records)
            name = wire.target(records[0].data)
        raise PayeeError("The name leads on and on to others.", ASK_OWNER)

    async def _climb(self, zone: Name) -> None:
        """The keys of a zone, and what its parents say of them."""
        for _ in range(MOST_ZONES):
            if zone in self.zones:
                return
            self.zones.add(zone)
            await self._take(zone, wire.DNSKEY)
            if zone == wire.ROOT:
                return
            parent = _signer((await self._take(zone, wire.DS))[0])
            if len(parent) >= len(zone) or zone[len(zone) - len(parent) :] != parent:
                raise PayeeError(f"{_text(zone)} is signed by a zone it is not in.", ASK_OWNER)
            zone = parent
        raise PayeeError(f"{_text(zone)} is inside too many zones.", ASK_OWNER)

    async def _take(self, zone: Name, kind: int) -> list[Resource]:
        """The signatures of a set of records, which is taken with them."""
        answer = await self.client.ask(zone, kind)
        _check_code(answer, zone)
        records = answer.records_of(zone, kind)
        if not records:
            raise _unsigned(zone)
        signatures = self._signatures(answer, zone, kind)
        self.records += [*records, *signatures]
        return signatures

    def _signatures(self, answer: DnsAnswer, owner: Name, kind: int) -> list[Resource]:
        signatures = answer.signatures(owner, kind)
        if not signatures:
            raise _unsigned(owner)
        valid = [record for record in signatures if self._is_valid(record)]
        if not valid:
            raise PayeeError(
                f"The signatures of {_text(owner)} have run out, or begin later than this"
                " machine's clock says it is.",
                f"Check the clock, or try again later. {ASK_OWNER}",
            )
        return valid

    def _is_valid(self, record: Resource) -> bool:
        signature = _read(record)
        return signature.inception <= self.time <= signature.expiration

    def _absence(
        self, answer: DnsAnswer, name: Name, signatures: Sequence[Resource]
    ) -> list[Resource]:
        """What shows that a name made from a wildcard is not there itself (RFC 4035, 3.1.3.3)."""
        if _read(signatures[0]).labels >= len(name):
            return []
        kinds = (wire.NSEC, wire.NSEC3)
        gaps = [record for record in answer.records if record.kind in kinds]
        return gaps + [
            signature
            for owner, kind in dict.fromkeys((gap.owner, gap.kind) for gap in gaps)
            for signature in answer.signatures(owner, kind)
            if self._is_valid(signature)
        ]


def _read(record: Resource) -> Signature:
    try:
        return wire.parse(messages.encode([record])).signatures[record.owner, record.covers][0]
    except Malformed as error:
        raise NetworkError(
            f"A signature in the answer cannot be read: {error} Nothing was paid. Name another"
            " resolver with --dns HOST."
        ) from error


def _signer(record: Resource) -> Name:
    return _read(record).signer


def _check_code(answer: DnsAnswer, name: Name) -> None:
    if answer.code == messages.SERVER_FAILURE:
        raise PayeeError(
            f"The resolver cannot find {_text(name)}, or found signatures that are not right.",
            ASK_OWNER,
        )
    if answer.code not in {messages.NO_ERROR, messages.NO_SUCH_NAME}:
        raise NetworkError(
            "The resolver does not want to answer. Nothing was paid. Name another one with"
            " --dns HOST."
        )


def _check_there(answer: DnsAnswer, name: Name, records: Sequence[Resource]) -> None:
    ends = {name[start:] for start in range(1, len(name))}
    if any(record.kind == wire.DNAME and record.owner in ends for record in answer.records):
        raise PayeeError(
            "The name leads on through a DNAME record, which is not followed here.", ASK_OWNER
        )
    if not records:
        raise PayeeError(
            f"Nobody can be paid by this name: there is nothing at {_text(name)}. Is it written"
            " right? It may be an e-mail or a Lightning address.",
            ASK_OWNER,
        )


def _unsigned(zone: Name) -> PayeeError:
    return PayeeError(
        f"{_text(zone)} is not signed (DNSSEC), or the resolver left the signatures out: nothing"
        " proves whom the name means.",
        f"Try another resolver with --dns HOST. {ASK_OWNER}",
    )


def _text(name: Name) -> str:
    """For a sentence: nothing in it moves a cursor."""
    text = b".".join(name).decode("ascii", "replace")
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text)
