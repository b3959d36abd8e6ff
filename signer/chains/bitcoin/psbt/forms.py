"""The forms a PSBT field can have: sizes as data, and rules for what a size does not say.

A form is (sizes of the key data, sizes of the value, rule or None). A rule sees the whole key, type
included, and the value, both of the right size, and says whether they hold together.
"""

from collections.abc import Callable, Container, Iterable, Mapping

from signer.chains.bitcoin.network import LOCKTIME_THRESHOLD
from signer.chains.bitcoin.psbt.maps import Map
from signer.errors import Malformed
from signer.formats.cursor import MAX_COMPACT_SIZE, Cursor

FieldRule = Callable[[bytes, bytes], bool]
FieldForm = tuple[Container[int], Container[int], FieldRule | None]
FieldForms = Mapping[int, FieldForm]  # by field type

ANY_SIZE = range(MAX_COMPACT_SIZE + 1)
FILLED = ANY_SIZE[1:]
NONE = ANY_SIZE[:1]
ORIGIN = ANY_SIZE[4::4]  # a fingerprint, and four bytes for each step of a path
MAX_TREE_DEPTH = 128  # BIP341
CONTROL_BLOCK = range(33, 33 + 32 * MAX_TREE_DEPTH + 1, 32)
PUBLIC_KEYS = (33, 65)
TAP_SIGNATURE = (64, 65)


def size(*sizes: int) -> tuple[int, ...]:
    return sizes


# What a person who looks for a fault calls the fields that wallets write most (BIP174, BIP371).
_NAMES: dict[str, dict[int, str]] = {
    "": {0x00: "transaction", 0x01: "account key"},
    "Input": {
        0x00: "previous transaction",
        0x01: "coin",
        0x02: "signature",
        0x03: "sighash type",
        0x04: "redeem script",
        0x05: "witness script",
        0x06: "key path",
        0x07: "final script",
        0x08: "final witness",
        0x13: "signature",
        0x14: "signature",
        0x16: "key path",
        0x17: "key",
    },
    "Output": {0x00: "redeem script", 0x01: "witness script", 0x02: "key path", 0x05: "key"},
}


def check(psbt_map: Map, forms: FieldForms, place: str = "", number: int = 0) -> Map:
    """The map, if every field in it has its form. Raises Malformed.

    `place` and `number` say which one it is: "Input" or "Output", from 1.
    """
    for key, value in psbt_map.fields.items():
        form = forms.get(key[0])
        if form is None:
            if key[0] > 0xFC:
                Cursor(key).compact()  # in its shortest form: 02 written long is no other field
            continue
        keys, values, rule = form
        try:
            is_wrong = (
                len(key) - 1 not in keys
                or len(value) not in values
                or (rule is not None and not rule(key, value))
            )
        except Malformed:
            is_wrong = True  # it breaks off inside
        if is_wrong:
            raise _wrong_form(key[0], place, number)
    return psbt_map


def check_all(maps: Iterable[Map], forms: FieldForms, place: str) -> tuple[Map, ...]:
    """The maps, if every field in each of them has its form. Raises Malformed."""
    return tuple([check(psbt_map, forms, place, n) for n, psbt_map in enumerate(maps, start=1)])


def _wrong_form(kind: int, place: str, number: int) -> Malformed:
    head = f"{place} {number}: " if place else ""
    name = _NAMES[place].get(kind)
    return Malformed(
        f"{head}PSBT field {kind:#04x}{f' ({name})' if name else ''} has the wrong form."
    )


def forbidden(_key: bytes, _value: bytes) -> bool:
    """A field of the other version: some readers would believe it, others its twin here (T16)."""
    return False


def public_key(key: bytes, _value: bytes) -> bool:
    # Hybrid keys (06, 07) are not for signing (T55); a length alone would let them in.
    return key[1] == 4 if len(key) == 66 else key[1] in {2, 3}


def output(_key: bytes, value: bytes) -> bool:
    cursor = Cursor(value)
    cursor.take(8)
    cursor.blob()
    return not cursor.remaining


def witness(_key: bytes, value: bytes) -> bool:
    """A witness stack as transactions write it (BIP144)."""
    cursor = Cursor(value)
    for _ in range(cursor.count(1)):
        cursor.blob()
    return not cursor.remaining


def proprietary(key: bytes, _value: bytes) -> bool:
    """An identifier and a subtype follow the type; the rest is its owner's (BIP174)."""
    cursor = Cursor(key[1:])
    cursor.blob()
    cursor.compact()
    return True


def tap_leaf(key: bytes, value: bytes) -> bool:
    # Consensus takes the leaf version from the control block; a reader of the value must see the
    # same one (BIP341, Script validation rules).
    return key[1] & 0xFE == value[-1]


def tap_origin(_key: bytes, value: bytes) -> bool:
    """Leaf hashes, then an origin (BIP371)."""
    cursor = Cursor(value)
    cursor.take(32 * cursor.count(32))
    return cursor.remaining in ORIGIN


def tap_tree(_key: bytes, value: bytes) -> bool:
    """Depth, version and script of each leaf, depth first, and together one whole tree (BIP371).

    A leaf at depth d fills 2^-d of the tree: each must start where one of its size can, and the
    last must end at the tree's end.
    """
    cursor, filled, capacity = Cursor(value), 0, 1 << MAX_TREE_DEPTH
    while cursor.remaining:
        depth, version = cursor.take(2)
        cursor.blob()
        share = capacity >> depth
        if not share or filled % share or version & 1:
            return False
        filled += share
    return filled == capacity


def compressed_keys(key: bytes, value: bytes) -> bool:
    """Compressed public keys end to end, 33 bytes each, in key data and value."""
    return _compressed(key[1:]) and _compressed(value)


def compressed_key(key: bytes, _value: bytes) -> bool:
    return _compressed(key[1:])


def musig_key(key: bytes, _value: bytes) -> bool:
    """A participant's key, the aggregate key, and perhaps a leaf hash (BIP373)."""
    return _compressed(key[1:67])


def named_proof(_key: bytes, value: bytes) -> bool:
    """A name behind its length, and what proves it (BIP353)."""
    return 0 < value[0] < len(value) - 1


def time_lock(_key: bytes, value: bytes) -> bool:
    return int.from_bytes(value, "little") >= LOCKTIME_THRESHOLD


def height_lock(_key: bytes, value: bytes) -> bool:
    return 0 < int.from_bytes(value, "little") < LOCKTIME_THRESHOLD


def _compressed(keys: bytes) -> bool:
    return set(keys[::33]) <= {2, 3}
