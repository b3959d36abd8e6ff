"""The PSBT container (BIP174, BIP371): maps of records in, the same maps out, order kept.

Every record is kept as the bytes it came in. What a field means is decided where it is used;
here only its form is checked, by a table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from signer.chains.bitcoin import tx
from signer.chains.bitcoin.network import MAX_PSBT_BYTES, MAX_RECORDS
from signer.errors import Malformed, Reason, Refused
from signer.formats.cursor import Cursor, compact_size

MAGIC = b"psbt\xff"
UNSIGNED_TX, VERSION = 0x00, 0xFB  # global
NON_WITNESS_UTXO, WITNESS_UTXO, PARTIAL_SIG, SIGHASH = 0x00, 0x01, 0x02, 0x03  # input
REDEEM_SCRIPT, WITNESS_SCRIPT, BIP32_DERIVATION = 0x04, 0x05, 0x06
FINAL_SCRIPTSIG, FINAL_SCRIPTWITNESS = 0x07, 0x08
TAP_KEY_SIG, TAP_SCRIPT_SIG, TAP_LEAF_SCRIPT, TAP_BIP32_DERIVATION = 0x13, 0x14, 0x15, 0x16
TAP_INTERNAL_KEY, TAP_MERKLE_ROOT = 0x17, 0x18
OUT_BIP32_DERIVATION, OUT_TAP_INTERNAL_KEY, OUT_TAP_BIP32_DERIVATION = 0x02, 0x05, 0x07

Record = tuple[bytes, bytes]  # (key: type and key data, value)


@dataclass(frozen=True, slots=True)
class Map:
    """One map of records, in the order they came."""

    records: tuple[Record, ...]

    def get(self, kind: int) -> bytes | None:
        """The value of a field that has no key data, or None."""
        wanted = bytes((kind,))
        return next((value for key, value in self.records if key == wanted), None)

    def all(self, kind: int) -> tuple[Record, ...]:
        """(key data, value) of every record of this type, in order."""
        return tuple((key[1:], value) for key, value in self.records if key[0] == kind)

    def has(self, *kinds: int) -> bool:
        return any(key[0] in kinds for key, _ in self.records)

    def encode(self) -> bytes:
        parts: list[bytes] = []
        for key, value in self.records:
            parts += (compact_size(len(key)), key, compact_size(len(value)), value)
        return b"".join((*parts, b"\x00"))


@dataclass(frozen=True, slots=True)
class Psbt:
    """A version 0 PSBT. `unsigned_tx` are the transaction's own bytes, `tx` what they say."""

    tx: tx.Tx
    unsigned_tx: bytes = field(repr=False)
    globals: Map = field(repr=False)
    inputs: tuple[Map, ...] = field(repr=False)
    outputs: tuple[Map, ...] = field(repr=False)

    def encode(self) -> bytes:
        """The bytes; unchanged maps give exactly the bytes they were parsed from."""
        maps = (self.globals, *self.inputs, *self.outputs)
        return MAGIC + b"".join(m.encode() for m in maps)


def parse(data: bytes) -> Psbt:
    """A PSBT from its binary form. Raises Malformed, or Refused for version 2 or its size."""
    if len(data) > MAX_PSBT_BYTES:
        raise Refused(Reason.TOO_LARGE)
    cursor = Cursor(bytes(data))  # a copy, should the caller's buffer be one that can change (T73)
    if cursor.take(len(MAGIC)) != MAGIC:
        raise Malformed("A PSBT starts with psbt and the byte ff.")
    head = _map(cursor, MAX_RECORDS)
    raw = _unsigned_tx(head)
    _check(head, _GLOBAL)
    unsigned = tx.parse_unsigned(raw)
    maps = _maps(cursor, len(unsigned.inputs) + len(unsigned.outputs))
    cursor.end()
    inputs = tuple(_check(one, _INPUT) for one in maps[: len(unsigned.inputs)])
    outputs = tuple(_check(one, _OUTPUT) for one in maps[len(unsigned.inputs) :])
    return Psbt(unsigned, raw, head, inputs, outputs)


def add(psbt: Psbt, signatures: Mapping[int, Record]) -> Psbt:
    """The PSBT with one more record in each of these inputs, fields grouped as Jade groups them.

    Types ascend, within a type the order of arrival is kept, records we do not know come last.
    """
    inputs = tuple(
        _grouped((*one.records, signatures[i]) if i in signatures else one.records, _INPUT)
        for i, one in enumerate(psbt.inputs)
    )
    outputs = tuple(_grouped(one.records, _OUTPUT) for one in psbt.outputs)
    head = _grouped(psbt.globals.records, _GLOBAL)
    return replace(psbt, globals=head, inputs=inputs, outputs=outputs)


def _unsigned_tx(head: Map) -> bytes:
    version = int.from_bytes(head.get(VERSION) or b"", "little")
    raw = head.get(UNSIGNED_TX)
    if raw is not None and version == 0:
        return raw
    if raw is None and version == 2:
        raise Refused(Reason.PSBT_VERSION)
    raise Malformed("A PSBT of version 0 holds one unsigned transaction.")


def _maps(cursor: Cursor, count: int) -> list[Map]:
    maps: list[Map] = []
    room = MAX_RECORDS
    for _ in range(count):
        maps.append(_map(cursor, room))
        room -= len(maps[-1].records)
    return maps


def _map(cursor: Cursor, room: int) -> Map:
    records: list[Record] = []
    while key := cursor.blob():
        if len(records) >= room:
            raise Refused(Reason.TOO_LARGE)
        records.append((key, cursor.blob()))
    # Of two records with one key, one reader takes the first and another the last (T15).
    if len({key for key, _ in records}) != len(records):
        raise Malformed("A PSBT map holds the same key twice.")
    return Map(tuple(records))


def _check(one: Map, forms: "Forms") -> Map:
    for key, value in one.records:
        kind = Cursor(key).compact()  # in its shortest form: 02 written long is no other field
        if kind in forms:
            key_form, value_form = forms[kind]
            if not (key_form(key[1:]) and value_form(value)):
                raise Malformed(f"PSBT field {kind:#04x} has the wrong form.")
    return one


def _grouped(records: tuple[Record, ...], forms: "Forms") -> Map:
    return Map(tuple(sorted(records, key=lambda r: r[0][0] if r[0][0] in forms else 0x100)))


Rule = Callable[[bytes], bool]
Forms = Mapping[int, tuple[Rule, Rule]]  # field type -> (form of its key data, form of its value)


def _size(*sizes: int) -> Rule:
    return lambda part: len(part) in sizes


def _any(_: bytes) -> bool:
    return True


def _filled(part: bytes) -> bool:
    return bool(part)


def _public_key(part: bytes) -> bool:
    # Hybrid keys (06, 07) are not for signing (T55); a length alone would let them in.
    return (len(part), part[:1]) in ((33, b"\x02"), (33, b"\x03"), (65, b"\x04"))


def _never(_: bytes) -> bool:
    # Fields of version 2 beside an unsigned transaction: some readers would take the outputs from
    # them and others from the transaction (T16).
    return False


def _origin(part: bytes) -> bool:
    return len(part) >= 4 and len(part) % 4 == 0


def _tap_origin(part: bytes) -> bool:
    cursor = Cursor(part)
    cursor.take(32 * cursor.count(32))
    return _origin(cursor.take(cursor.remaining))


def _xpub_origin(part: bytes) -> bool:
    return len(part) == 78


def _control_block(part: bytes) -> bool:
    return 33 <= len(part) <= 33 + 128 * 32 and len(part) % 32 == 1


_NONE = _size(0)
_V2 = (_any, _never)
_HASHES = {0x0A: 20, 0x0B: 32, 0x0C: 20, 0x0D: 32}  # RIPEMD160, SHA256, HASH160, HASH256 preimages

_GLOBAL: Forms = {
    UNSIGNED_TX: (_NONE, _any),
    0x01: (_xpub_origin, _origin),
    **dict.fromkeys(range(0x02, 0x07), _V2),
    **dict.fromkeys((0x07, 0x08), _V2),
    VERSION: (_NONE, _size(4)),
}
_INPUT: Forms = {
    NON_WITNESS_UTXO: (_NONE, _any),
    WITNESS_UTXO: (_NONE, _any),
    PARTIAL_SIG: (_public_key, _filled),
    SIGHASH: (_NONE, _size(4)),
    REDEEM_SCRIPT: (_NONE, _any),
    WITNESS_SCRIPT: (_NONE, _any),
    BIP32_DERIVATION: (_public_key, _origin),
    FINAL_SCRIPTSIG: (_NONE, _any),
    FINAL_SCRIPTWITNESS: (_NONE, _any),
    0x09: (_NONE, _any),
    **{kind: (_size(size), _any) for kind, size in _HASHES.items()},
    **dict.fromkeys(range(0x0E, 0x13), _V2),
    TAP_KEY_SIG: (_NONE, _size(64, 65)),
    TAP_SCRIPT_SIG: (_size(64), _size(64, 65)),
    TAP_LEAF_SCRIPT: (_control_block, _filled),
    TAP_BIP32_DERIVATION: (_size(32), _tap_origin),
    TAP_INTERNAL_KEY: (_NONE, _size(32)),
    TAP_MERKLE_ROOT: (_NONE, _size(32)),
    **dict.fromkeys((0x1D, 0x1E), _V2),
}
_OUTPUT: Forms = {
    0x00: (_NONE, _any),
    0x01: (_NONE, _any),
    OUT_BIP32_DERIVATION: (_public_key, _origin),
    **dict.fromkeys((0x03, 0x04), _V2),
    OUT_TAP_INTERNAL_KEY: (_NONE, _size(32)),
    0x06: (_NONE, _filled),
    OUT_TAP_BIP32_DERIVATION: (_size(32), _tap_origin),
    **dict.fromkeys((0x09, 0x0A), _V2),
}
