"""Questions and answers of the domain name system (RFC 1035, RFC 6891), as proofs need them."""

from collections.abc import Iterable
from dataclasses import dataclass

from signer.dnssec import wire
from signer.dnssec.wire import Name
from signer.errors import Malformed
from signer.formats.cursor import Cursor

NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3
_RECURSION_DESIRED, _IS_ANSWER, _TRUNCATED = 0x0100, 0x8000, 0x0200
_INTERNET, _OPTIONS, _DNSSEC_OK, _MOST_BYTES = 1, 41, 0x8000, 1232
_POINTER = 0xC0
_LONGEST_NAME = 255
_HAS_NAME = {wire.CNAME: 0, wire.DNAME: 0, wire.RRSIG: 18}  # where in its data a record has one


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource record; names in its data are whole, in small letters. `ttl` in seconds."""

    owner: Name
    kind: int
    ttl: int
    data: bytes

    @property
    def covers(self) -> int:
        """The type of the records that a signature (RRSIG) is over."""
        return int.from_bytes(self.data[:2]) if self.kind == wire.RRSIG else 0


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """`code` is the RCODE; `records` those of the answer and those that say what is not there."""

    code: int
    records: tuple[Resource, ...]

    def records_of(self, owner: Name, kind: int) -> list[Resource]:
        return [r for r in self.records if (r.owner, r.kind) == (owner, kind)]

    def signatures(self, owner: Name, kind: int) -> list[Resource]:
        return [r for r in self.records_of(owner, wire.RRSIG) if r.covers == kind]


def question(ident: int, name: Name, kind: int) -> bytes:
    """Asks for records with their signatures (RFC 3225). `ident` has 16 bits."""
    header = b"".join(number.to_bytes(2) for number in (ident, _RECURSION_DESIRED, 1, 0, 0, 1))
    options = b"\x00" + _OPTIONS.to_bytes(2) + _MOST_BYTES.to_bytes(2)
    options += _DNSSEC_OK.to_bytes(4) + bytes(2)
    return header + _subject(name, kind) + options


def _subject(name: Name, kind: int) -> bytes:
    return wire.encode(name) + kind.to_bytes(2) + _INTERNET.to_bytes(2)


def read_answer(message: bytes, ident: int, name: Name, kind: int) -> DnsAnswer:
    """What answers that question. Raises Malformed: broken, cut short, or about something else."""
    cursor = Cursor(message)
    answered, flags, count, *sections = (_number(cursor, 2) for _ in range(6))
    if (answered, flags & _IS_ANSWER, count) != (ident, _IS_ANSWER, 1) or flags & _TRUNCATED:
        raise Malformed("It answers another question, or is cut short.")
    if (_name(message, cursor), cursor.take(4)) != (name, _subject((), kind)[1:]):
        raise Malformed("It answers another question.")
    records = [_resource(message, cursor) for _ in range(sections[0] + sections[1])]
    return DnsAnswer(flags & 0x0F, tuple(record for record in records if record))


def _resource(message: bytes, cursor: Cursor) -> Resource | None:
    owner = _name(message, cursor)
    kind, network, ttl, size = (_number(cursor, width) for width in (2, 2, 4, 2))
    start = cursor.position
    data = cursor.take(size)
    if network != _INTERNET:
        return None
    if kind in _HAS_NAME:
        inner = Cursor(message[: start + size])
        head = inner.take(start + _HAS_NAME[kind])[start:]
        data = head + wire.encode(_name(message, inner)) + inner.take(inner.remaining)
    return Resource(owner, kind, ttl, data)


def _name(message: bytes, cursor: Cursor) -> Name:
    """The next name, which may end as an earlier one does (RFC 1035, 4.1.4)."""
    labels: list[bytes] = []
    reader, earliest = cursor, cursor.position
    while size := _number(reader, 1):
        if size >= _POINTER:
            place = (size - _POINTER) << 8 | _number(reader, 1)
            if place >= earliest:
                raise Malformed("A name in it leads to itself.")
            earliest = place
            reader = Cursor(message)
            reader.take(place)
            continue
        labels.append(reader.take(size).lower())
        if size > 63 or sum(map(len, labels)) + len(labels) >= _LONGEST_NAME:
            raise Malformed("A name in it is too long.")
    return tuple(labels)


def _number(cursor: Cursor, size: int) -> int:
    return int.from_bytes(cursor.take(size))


def encode(records: Iterable[Resource]) -> bytes:
    """As a chain of authentication has them (RFC 9102, 3.4)."""
    return b"".join(
        _subject(record.owner, record.kind)
        + record.ttl.to_bytes(4)
        + len(record.data).to_bytes(2)
        + record.data
        for record in dict.fromkeys(records)
    )
