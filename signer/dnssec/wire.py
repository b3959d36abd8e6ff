"""Resource records of a proof (RFC 1035, RFC 4034; RFC 9102, AuthenticationChain): read strictly.

Names are kept in lower case, the canonical form (RFC 4034, 6.2) that signatures are made over, and
as labels, not text: a dot inside a label must not look like one between two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signer.errors import Malformed
from signer.formats.cursor import Cursor

# Budgets (T75). The published proofs have up to 5 747 bytes and 35 records.
MAX_PROOF_BYTES = 12 << 10
MAX_RECORDS = 64
CNAME, TXT, DNAME, DS, RRSIG, NSEC, DNSKEY, NSEC3 = 5, 16, 39, 43, 46, 47, 48, 50
_TYPES = frozenset((CNAME, TXT, DNAME, DS, RRSIG, NSEC, DNSKEY, NSEC3))
_INTERNET = 1
_MAX_LABEL, _MAX_NAME = 63, 255

Name = tuple[bytes, ...]  # labels in lower case, the root's own empty one left out
RecordKey = tuple[Name, int]  # an owner and a type: what one signature is over
ROOT: Name = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """An RRSIG record (RFC 4034, 3.1). Times are Unix seconds; of itself it signs `head`."""

    algorithm: int
    labels: int
    ttl: int
    expiration: int
    inception: int
    key_tag: int
    signer: Name
    head: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Records:
    """What a proof holds: record data by owner and type, and the signatures over each such set."""

    data: Mapping[RecordKey, Sequence[bytes]]
    signatures: Mapping[RecordKey, Sequence[Signature]]


def parse(proof: bytes) -> Records:
    """The records of a proof, in any order. Raises Malformed; a record twice is Malformed too."""
    if len(proof) > MAX_PROOF_BYTES:
        raise Malformed(f"A DNSSEC proof has at most {MAX_PROOF_BYTES} bytes.")
    cursor = Cursor(proof)
    data: dict[RecordKey, list[bytes]] = {}
    for count in range(MAX_RECORDS + 1):
        if not cursor.remaining:
            break
        if count == MAX_RECORDS:
            raise Malformed(f"A DNSSEC proof has at most {MAX_RECORDS} records.")
        key, value = _record(cursor)
        known = data.setdefault(key, [])
        # A set has no record twice (RFC 4034, 6.3): one reader would sign it twice, another once.
        if value in known:
            raise Malformed("A DNSSEC proof holds the same record twice.")
        known.append(value)
    signatures: dict[RecordKey, list[Signature]] = {}
    for (owner, kind), values in data.items():
        for value in values if kind == RRSIG else ():
            covered, signature = _signature(value)
            signatures.setdefault((owner, covered), []).append(signature)
    return Records(data, signatures)


def name(text: str) -> Name:
    """The labels of a name written with dots, in ASCII. Raises Malformed for one too long."""
    labels = tuple(label.encode("ascii") for label in text.lower().split("."))
    if not all(0 < len(label) <= _MAX_LABEL for label in labels):
        raise Malformed(f"A label of a domain name has 1 to {_MAX_LABEL} letters.")
    if len(encode(labels)) > _MAX_NAME:
        raise Malformed(f"A domain name has at most {_MAX_NAME} bytes.")
    return labels


def encode(labels: Name) -> bytes:
    """A name as it is signed: no compression, lower case."""
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\x00"


def target(value: bytes) -> Name:
    """The name that the data of a CNAME record are. Raises Malformed."""
    cursor = Cursor(value)
    found = _name(cursor)
    cursor.end()
    return found


def text(value: bytes) -> bytes:
    """The strings of a TXT record end to end (RFC 1035, 3.3.14). Raises Malformed."""
    cursor, parts = Cursor(value), []
    while cursor.remaining:
        parts.append(cursor.take(cursor.take(1)[0]))
    return b"".join(parts)


def _record(cursor: Cursor) -> tuple[RecordKey, bytes]:
    owner = _name(cursor)
    kind, network = _number(cursor, 2), _number(cursor, 2)
    cursor.take(4)  # a time to live, which nobody signs
    value = cursor.take(_number(cursor, 2))
    if kind not in _TYPES or network != _INTERNET:
        raise Malformed("A DNSSEC proof holds a record that proves nothing.")
    # Signatures are made over names in lower case, those in the data too.
    return (owner, kind), encode(target(value)) if kind == CNAME else value


def _signature(value: bytes) -> tuple[int, Signature]:
    cursor = Cursor(value)
    covered, algorithm, labels = (_number(cursor, size) for size in (2, 1, 1))
    ttl, expiration, inception = (_number(cursor, 4) for _ in range(3))
    key_tag = _number(cursor, 2)
    head = value[: cursor.position]
    signer = _name(cursor)
    signed = cursor.take(cursor.remaining)
    times = (expiration, inception)
    return covered, Signature(
        algorithm, labels, ttl, *times, key_tag, signer, head + encode(signer), signed
    )


def _name(cursor: Cursor) -> Name:
    labels: list[bytes] = []
    start = cursor.position
    # A pointer into other records (a length of 64 or more) would let a name change with its place.
    while size := cursor.take(1)[0]:
        if size > _MAX_LABEL:
            raise Malformed("A name in a DNSSEC proof is not compressed.")
        labels.append(cursor.take(size).lower())
        if cursor.position - start >= _MAX_NAME:
            raise Malformed(f"A domain name has at most {_MAX_NAME} bytes.")
    return tuple(labels)


def _number(cursor: Cursor, size: int) -> int:
    return int.from_bytes(cursor.take(size), "big")
