"""The chain of a proof: from the root's keys, zone by zone, to the texts that a name holds.

Whoever makes a proof chooses its records, and may leave out or add any: nothing counts but what the
zone that was last reached has signed as a whole set. There is no clock here, so the times of the
signatures are an answer and no condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from signer.dnssec import absence, signature, wire
from signer.dnssec.signature import ZoneKey
from signer.dnssec.wire import Name, Signature

# The DS records of the root zone's keys, KSK-2017 and KSK-2024, as IANA publishes them in
# root-anchors.xml (key tags 20326 and 38696, algorithm 8, SHA-256).
ROOT_ANCHORS = (
    bytes.fromhex("4f660802e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d"),
    bytes.fromhex("97280802683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16"),
)
# Many keys with one tag and many signatures would cost a multiplication for each pair (KeyTrap).
MAX_TRIES = 16
MAX_ALIASES = 3
_ANSWERS = (wire.TXT, wire.CNAME)  # what a wildcard may give; never keys or delegations


class Verdict(Enum):
    """What a proof is worth. UNKNOWN: it may hold, but in a way that is not checked here."""

    HOLDS = "holds"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProvenTexts:
    """The texts (TXT records) that a name held, while all signatures were valid.

    `start` and `end` are Unix seconds: the last inception and the first expiration.
    """

    texts: tuple[bytes, ...]
    start: int
    end: int


def prove(
    proof: bytes, name: Name, anchors: Sequence[bytes] = ROOT_ANCHORS
) -> ProvenTexts | Verdict:
    """The texts of `name`, if the proof holds; else FALSE or UNKNOWN. Raises Malformed.

    UNKNOWN are algorithms that are not known here, answers through a DNAME, and answers made from a
    wildcard of a zone whose proofs of absence are not NSEC3's, or leave names out.
    """
    chain = _Chain(wire.parse(proof), anchors)
    texts = chain.texts(name)
    if isinstance(texts, Verdict):
        return texts
    # No moment had all of these signatures valid: they are of different times.
    if chain.start > chain.end:
        return Verdict.FALSE
    return ProvenTexts(texts, chain.start, chain.end)


class _Chain:
    """One proof while it is walked; counts the work, and narrows the time with each signature."""

    def __init__(self, records: wire.Records, anchors: Sequence[bytes]) -> None:
        self._records = records
        self._anchors = anchors
        self._tries = MAX_TRIES
        self._known: dict[Name, tuple[ZoneKey, ...]] = {}
        self.start, self.end = 0, 0xFFFFFFFF

    def texts(self, name: Name) -> tuple[bytes, ...] | Verdict:
        for _ in range(MAX_ALIASES + 1):
            zone = self._zone_of(name)
            if isinstance(zone, Verdict):
                return zone
            if (name, wire.TXT) in self._records.data:
                verdict = self._signed(name, wire.TXT, zone)
                values = self._records.data[name, wire.TXT]
                return tuple(map(wire.text, values)) if verdict is Verdict.HOLDS else verdict
            alias = self._alias(name, zone)
            if isinstance(alias, Verdict):
                return alias
            name = alias
        return Verdict.FALSE

    def _alias(self, name: Name, zone: Name) -> Name | Verdict:
        """The name that this one stands for (RFC 1034, 3.6.2)."""
        aliases = self._records.data.get((name, wire.CNAME), ())
        ends = (name[start:] for start in range(1, len(name)))
        if any((end, wire.DNAME) in self._records.data for end in ends):
            return Verdict.UNKNOWN
        if len(aliases) != 1:
            return Verdict.FALSE
        verdict = self._signed(name, wire.CNAME, zone)
        return wire.target(aliases[0]) if verdict is Verdict.HOLDS else verdict

    def _zone_of(self, name: Name) -> Name | Verdict:
        """The deepest zone on the way to the name whose keys its parents vouch for."""
        zone = wire.ROOT
        verdict = self._learn(zone, self._anchors)
        for start in reversed(range(len(name))):
            cut = name[start:]
            if verdict is not Verdict.HOLDS:
                return verdict
            if (cut, wire.DS) not in self._records.data:
                continue
            verdict = self._signed(cut, wire.DS, zone)
            if verdict is Verdict.HOLDS:
                verdict = self._learn(cut, self._records.data[cut, wire.DS])
            zone = cut
        return zone if verdict is Verdict.HOLDS else verdict

    def _learn(self, zone: Name, delegations: Sequence[bytes]) -> Verdict:
        """Take in the keys of a zone, if one that its parent's DS records name signed them all."""
        if zone in self._known:
            return Verdict.HOLDS
        if not any(signature.digest_type(ds) in signature.DIGESTS for ds in delegations):
            return Verdict.UNKNOWN
        data = self._records.data.get((zone, wire.DNSKEY), ())
        keys = tuple(key for key in map(signature.zone_key, data) if key.signs)
        owner = wire.encode(zone)
        entry = tuple(
            key for key in keys if any(signature.fits(d, owner, key) for d in delegations)
        )
        verdict = self._signed_by(entry, zone, wire.DNSKEY, zone)
        if verdict is Verdict.HOLDS:
            self._known[zone] = keys
        return verdict

    def _signed(self, owner: Name, kind: int, zone: Name) -> Verdict:
        return self._signed_by(self._known[zone], owner, kind, zone)

    def _signed_by(self, keys: Sequence[ZoneKey], owner: Name, kind: int, zone: Name) -> Verdict:
        """Whether the set of records of this owner and type is signed by one of these zone keys."""
        verdict = Verdict.FALSE
        for signed in self._records.signatures.get((owner, kind), ()):
            if signed.signer != zone or not len(zone) <= signed.labels <= len(owner):
                continue
            # Fewer labels than the name has: it was made from a wildcard (RFC 4034, 3.1.3).
            is_made = signed.labels < len(owner)
            if is_made and kind not in _ANSWERS:
                continue
            if signed.algorithm not in signature.ALGORITHMS:
                verdict = Verdict.UNKNOWN
            elif self._is_by(signed, keys, self._message(signed, owner, kind)):
                self.start = max(self.start, signed.inception)
                self.end = min(self.end, signed.expiration)
                closer = _end(owner, signed.labels + 1)
                return self._absent(closer, zone) if is_made else Verdict.HOLDS
        return verdict

    def _absent(self, name: Name, zone: Name) -> Verdict:
        """Whether the zone signed that it has no such name (RFC 5155, 8.8)."""
        verdict = Verdict.FALSE
        for (owner, kind), values in self._records.data.items():
            if kind == wire.NSEC3 and owner[1:] == zone:
                gaps = [absence.gap(owner, value) for value in values]
                if any(gap.holds(name) for gap in gaps if gap):
                    return self._signed(owner, kind, zone)
                verdict = Verdict.UNKNOWN if None in gaps else verdict
            elif kind == wire.NSEC:
                verdict = Verdict.UNKNOWN
        return verdict

    def _is_by(self, signed: Signature, keys: Sequence[ZoneKey], message: bytes) -> bool:
        for key in keys:
            if (key.tag, key.algorithm) != (signed.key_tag, signed.algorithm) or not self._tries:
                continue
            self._tries -= 1
            if signature.verify(key, message, signed.value):
                return True
        return False

    def _message(self, signed: Signature, owner: Name, kind: int) -> bytes:
        """What is signed: the signature's own head, then the set in order (RFC 4034, 3.1.8.1)."""
        source = owner if signed.labels == len(owner) else (b"*", *_end(owner, signed.labels))
        head = wire.encode(source) + kind.to_bytes(2, "big") + b"\x00\x01"
        head += signed.ttl.to_bytes(4, "big")
        ordered = sorted(self._records.data[owner, kind])
        parts = (head + len(value).to_bytes(2, "big") + value for value in ordered)
        return signed.head + b"".join(parts)


def _end(name: Name, labels: int) -> Name:
    """The last labels of a name."""
    return name[len(name) - labels :]
