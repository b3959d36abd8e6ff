"""The PSBT container, versions 0 and 2 (BIP174, BIP370): maps in, the same maps out, order kept.

Every record is kept as the bytes it came in. What a field means is decided where it is used;
here only its form is checked, by a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from signer.chains.bitcoin import psbt_forms as form
from signer.chains.bitcoin import tx
from signer.chains.bitcoin.network import (
    FINAL_SEQUENCE,
    MAX_INPUTS,
    MAX_OUTPUTS,
    MAX_PSBT_BYTES,
    MAX_RECORDS,
)
from signer.chains.bitcoin.psbt_forms import Forms, check, size
from signer.chains.bitcoin.psbt_map import Map, Record, read_map
from signer.errors import CrossCheckFailed, Malformed, Reason, Refused
from signer.formats.cursor import Cursor

__all__ = ["Map", "Psbt", "Record", "add", "modifiable", "parse"]

MAGIC = b"psbt\xff"

# Global fields.
UNSIGNED_TX, GLOBAL_XPUB, VERSION, PROPRIETARY = 0x00, 0x01, 0xFB, 0xFC
TX_VERSION, FALLBACK_LOCKTIME, INPUT_COUNT, OUTPUT_COUNT, TX_MODIFIABLE = range(0x02, 0x07)
GLOBAL_SP_ECDH_SHARE, GLOBAL_SP_DLEQ = 0x07, 0x08
# Input fields.
NON_WITNESS_UTXO, WITNESS_UTXO, PARTIAL_SIG, SIGHASH = range(0x04)
REDEEM_SCRIPT, WITNESS_SCRIPT, BIP32_DERIVATION = 0x04, 0x05, 0x06
FINAL_SCRIPTSIG, FINAL_SCRIPTWITNESS, POR_COMMITMENT = 0x07, 0x08, 0x09
RIPEMD160, SHA256, HASH160, HASH256 = range(0x0A, 0x0E)  # preimages, by their hashes
PREVIOUS_TXID, OUTPUT_INDEX, SEQUENCE = 0x0E, 0x0F, 0x10
REQUIRED_TIME_LOCKTIME, REQUIRED_HEIGHT_LOCKTIME = 0x11, 0x12
TAP_KEY_SIG, TAP_SCRIPT_SIG, TAP_LEAF_SCRIPT, TAP_BIP32_DERIVATION = range(0x13, 0x17)
TAP_INTERNAL_KEY, TAP_MERKLE_ROOT, P2C_TWEAK = 0x17, 0x18, 0x19
MUSIG2_PARTICIPANT_PUBKEYS, MUSIG2_PUB_NONCE, MUSIG2_PARTIAL_SIG = range(0x1A, 0x1D)
SP_ECDH_SHARE, SP_DLEQ = 0x1D, 0x1E
# Output fields.
OUT_REDEEM_SCRIPT, OUT_WITNESS_SCRIPT, OUT_BIP32_DERIVATION = range(0x03)
OUT_AMOUNT, OUT_SCRIPT = 0x03, 0x04
OUT_TAP_INTERNAL_KEY, OUT_TAP_TREE, OUT_TAP_BIP32_DERIVATION = range(0x05, 0x08)
OUT_MUSIG2_PARTICIPANT_PUBKEYS, OUT_SP_V0_INFO, OUT_SP_V0_LABEL = range(0x08, 0x0B)

# The fewest bytes of a map in version 2: what each must hold, and its end.
_INPUT_BYTES, _OUTPUT_BYTES = 35 + 7 + 1, 11 + 3 + 1
# In memory a small record is ten times what it is on the wire, and a map takes as much as two of
# them. A request made of nothing else serves only to fill memory, so their number is bounded by its
# size (T75). Some are free: a standard transaction's 3,200 outputs fit, with no field but what each
# must have.
_FREE_RECORDS, _BYTES_PER_RECORD, _RECORDS_PER_MAP = 8_000, 24, 2


@dataclass(frozen=True, slots=True)
class Psbt:
    """A PSBT. `unsigned_tx` are the transaction's own bytes, `tx` what they say.

    In version 2 both are made of the fields (BIP370). A silent payment whose script is not known
    yet (BIP375) is an output with an empty script.
    """

    tx: tx.Tx
    unsigned_tx: bytes = field(repr=False)
    globals: Map = field(repr=False)
    inputs: tuple[Map, ...] = field(repr=False)
    outputs: tuple[Map, ...] = field(repr=False)
    version: int

    def encode(self) -> bytes:
        """The bytes; unchanged maps give exactly the bytes they were parsed from."""
        maps = (self.globals, *self.inputs, *self.outputs)
        return MAGIC + b"".join(m.encode() for m in maps)


def parse(data: bytes) -> Psbt:
    """A PSBT from its binary form. Raises Malformed, or Refused for its size."""
    if len(data) > MAX_PSBT_BYTES:
        raise Refused(Reason.TOO_LARGE)
    data = bytes(data)  # a copy, should the caller's buffer be one that can change (T73)
    if not data.startswith(MAGIC):
        raise Malformed("A PSBT starts with psbt and the byte ff.")
    room = min(MAX_RECORDS, _FREE_RECORDS + len(data) // _BYTES_PER_RECORD)
    head, at = read_map(data, len(MAGIC), room)
    version = _version(head)
    forms = _FORMS[version]
    check(head, forms.head)
    unsigned = None if version else tx.parse_unsigned(_required(head, UNSIGNED_TX))
    ins, outs = (
        _counts(head, len(data) - at)
        if unsigned is None
        else (len(unsigned.inputs), len(unsigned.outputs))
    )
    maps = _maps(data, at, ins + outs, room)
    inputs = tuple(check(one, forms.input) for one in maps[:ins])
    outputs = tuple(check(one, forms.output) for one in maps[ins:])
    unsigned = unsigned or _transaction(head, inputs, outputs)
    raw = head.get(UNSIGNED_TX) or unsigned.encode()
    return Psbt(unsigned, raw, head, inputs, outputs, version)


def modifiable(psbt: Psbt) -> int:
    """The bits of TX_MODIFIABLE (BIP370): what others may still change. 0: nothing."""
    return int.from_bytes(psbt.globals.get(TX_MODIFIABLE) or b"", "little")


def add(psbt: Psbt, added: Mapping[int, Sequence[Record]]) -> Psbt:
    """The PSBT with these records added to each of these inputs, fields grouped as Jade does it.

    Types ascend, within a type the order of arrival is kept, records we do not know come last.
    Raises CrossCheckFailed where such a record is there already: we add only what is missing.
    """
    forms = _FORMS[psbt.version]
    inputs = tuple(
        _grouped(one, added.get(i, ()), forms.input) for i, one in enumerate(psbt.inputs)
    )
    outputs = tuple(_grouped(one, (), forms.output) for one in psbt.outputs)
    head = _grouped(psbt.globals, (), forms.head)
    return replace(psbt, globals=head, inputs=inputs, outputs=outputs)


def _grouped(one: Map, added: Sequence[Record], forms: Forms) -> Map:
    records = [*one.fields.items(), *added]
    fields = dict(sorted(records, key=lambda r: r[0][0] if r[0][0] in forms else 0x100))
    if len(fields) != len(records):
        raise CrossCheckFailed("With the same key twice, what was signed cannot be read.")
    return Map(fields)


def _version(head: Map) -> int:
    version = int.from_bytes(head.get(VERSION) or b"", "little")
    if version not in _FORMS:
        raise Malformed("A PSBT is of version 0 or 2.")
    return version


def _counts(head: Map, remaining: int) -> tuple[int, int]:
    ins, outs = (_count(_required(head, kind)) for kind in (INPUT_COUNT, OUTPUT_COUNT))
    if ins * _INPUT_BYTES + outs * _OUTPUT_BYTES > remaining:
        raise Malformed(f"{ins} inputs and {outs} outputs do not fit the bytes that follow.")
    if ins > MAX_INPUTS or outs > MAX_OUTPUTS:
        raise Refused(Reason.TOO_LARGE)
    return ins, outs


def _count(value: bytes) -> int:
    cursor = Cursor(value)
    count = cursor.compact()
    cursor.end()
    return count


def _required(one: Map, kind: int) -> bytes:
    value = one.get(kind)
    if value is None:
        raise Malformed(f"The PSBT field {kind:#04x} is missing.")
    return value


def _maps(data: bytes, at: int, count: int, room: int) -> list[Map]:
    maps: list[Map] = []
    room -= _RECORDS_PER_MAP * count
    for _ in range(count):
        one, at = read_map(data, at, room)
        room -= len(one.fields)
        maps.append(one)
    Cursor(data, at).end()
    return maps


def _transaction(head: Map, inputs: Sequence[Map], outputs: Sequence[Map]) -> tx.Tx:
    """The transaction of a version 2 PSBT (BIP370, Determining Lock Time)."""
    return tx.Tx(
        int.from_bytes(_required(head, TX_VERSION), "little"),
        tuple(_input(one) for one in inputs),
        tuple(_output(one, head) for one in outputs),
        _locktime(head, inputs),
    )


def _input(one: Map) -> tx.Input:
    sequence = one.get(SEQUENCE)
    return tx.Input(
        _required(one, PREVIOUS_TXID) + _required(one, OUTPUT_INDEX),
        FINAL_SEQUENCE if sequence is None else int.from_bytes(sequence, "little"),
    )


def _output(one: Map, head: Map) -> tx.Output:
    sats = int.from_bytes(_required(one, OUT_AMOUNT), "little")
    info, script = one.get(OUT_SP_V0_INFO), one.get(OUT_SCRIPT)
    if info is None:
        if one.get(OUT_SP_V0_LABEL) is not None:
            raise Malformed("A silent payment label belongs to a silent payment address.")
        return tx.Output(sats, _required(one, OUT_SCRIPT))
    if script == b"":
        raise Malformed("The script of a silent payment is left out or whole.")
    # The script of a silent payment follows from all inputs: once it is set, none may change.
    if script is not None and any(head.get(TX_MODIFIABLE) or b""):
        raise Malformed("A silent payment has its script, and inputs may still be added.")
    return tx.Output(sats, script or b"")


def _locktime(head: Map, inputs: Sequence[Map]) -> int:
    """The highest lock of a kind that every input with a lock accepts, heights before times."""
    locked = [one for one in inputs if one.has(REQUIRED_TIME_LOCKTIME, REQUIRED_HEIGHT_LOCKTIME)]
    if not locked:
        return int.from_bytes(head.get(FALLBACK_LOCKTIME) or b"", "little")
    for kind in (REQUIRED_HEIGHT_LOCKTIME, REQUIRED_TIME_LOCKTIME):
        locks = [one.get(kind) for one in locked]
        if None not in locks:
            return max(int.from_bytes(lock or b"", "little") for lock in locks)
    raise Malformed("One input needs a height and another a time: no locktime is both.")


class _Tables(NamedTuple):
    head: Forms
    input: Forms
    output: Forms


_NEVER = (form.ANY, form.ANY, form.never)
_PLAIN = (form.NONE, form.ANY, None)
_FOUR_BYTES = (form.NONE, size(4), None)
_32_BYTES = (form.NONE, size(32), None)
_PREIMAGE = {RIPEMD160: 20, SHA256: 32, HASH160: 20, HASH256: 32}
_DERIVATION = (form.PUBLIC_KEYS, form.ORIGIN, form.public_key)
_TAP_DERIVATION = (size(32), form.FILLED, form.tap_origin)
_PARTICIPANTS = (size(33), form.ANY[33::33], form.compressed_keys)
_PROPRIETARY = {PROPRIETARY: (form.FILLED, form.ANY, form.proprietary)}
_SHARE = (size(33), size(33), form.compressed_keys)  # by scan key (BIP375)
_PROOF = (size(33), size(64), form.compressed_key)

_BOTH = _Tables(
    {
        GLOBAL_XPUB: (size(78), form.ORIGIN, form.xpub),
        VERSION: _FOUR_BYTES,
        **_PROPRIETARY,
    },
    {
        NON_WITNESS_UTXO: _PLAIN,
        WITNESS_UTXO: (form.NONE, form.FILLED, form.output),
        PARTIAL_SIG: (form.PUBLIC_KEYS, form.FILLED, form.public_key),
        SIGHASH: _FOUR_BYTES,
        REDEEM_SCRIPT: _PLAIN,
        WITNESS_SCRIPT: _PLAIN,
        BIP32_DERIVATION: _DERIVATION,
        FINAL_SCRIPTSIG: _PLAIN,
        FINAL_SCRIPTWITNESS: (form.NONE, form.FILLED, form.witness),
        POR_COMMITMENT: _PLAIN,
        **{kind: (size(length), form.ANY, None) for kind, length in _PREIMAGE.items()},
        TAP_KEY_SIG: (form.NONE, form.TAP_SIGNATURE, None),
        TAP_SCRIPT_SIG: (size(64), form.TAP_SIGNATURE, None),
        TAP_LEAF_SCRIPT: (form.CONTROL_BLOCK, form.FILLED, form.tap_leaf),
        TAP_BIP32_DERIVATION: _TAP_DERIVATION,
        TAP_INTERNAL_KEY: _32_BYTES,
        TAP_MERKLE_ROOT: _32_BYTES,
        P2C_TWEAK: (size(33), size(32), form.compressed_key),  # BIP372
        MUSIG2_PARTICIPANT_PUBKEYS: _PARTICIPANTS,  # BIP373
        MUSIG2_PUB_NONCE: (size(66, 98), size(66), form.musig_key),
        MUSIG2_PARTIAL_SIG: (size(66, 98), size(32), form.musig_key),
        **_PROPRIETARY,
    },
    {
        OUT_REDEEM_SCRIPT: _PLAIN,
        OUT_WITNESS_SCRIPT: _PLAIN,
        OUT_BIP32_DERIVATION: _DERIVATION,
        OUT_TAP_INTERNAL_KEY: _32_BYTES,
        OUT_TAP_TREE: (form.NONE, form.FILLED, form.tap_tree),
        OUT_TAP_BIP32_DERIVATION: _TAP_DERIVATION,
        OUT_MUSIG2_PARTICIPANT_PUBKEYS: _PARTICIPANTS,
        **_PROPRIETARY,
    },
)
_ONLY_0 = _Tables({UNSIGNED_TX: _PLAIN}, {}, {})
_ONLY_2 = _Tables(
    {
        TX_VERSION: _FOUR_BYTES,
        FALLBACK_LOCKTIME: _FOUR_BYTES,
        INPUT_COUNT: (form.NONE, form.FILLED, None),
        OUTPUT_COUNT: (form.NONE, form.FILLED, None),
        TX_MODIFIABLE: (form.NONE, size(1), None),
        GLOBAL_SP_ECDH_SHARE: _SHARE,
        GLOBAL_SP_DLEQ: _PROOF,
    },
    {
        PREVIOUS_TXID: _32_BYTES,
        OUTPUT_INDEX: _FOUR_BYTES,
        SEQUENCE: _FOUR_BYTES,
        REQUIRED_TIME_LOCKTIME: (form.NONE, size(4), form.time_lock),
        REQUIRED_HEIGHT_LOCKTIME: (form.NONE, size(4), form.height_lock),
        SP_ECDH_SHARE: _SHARE,
        SP_DLEQ: _PROOF,
    },
    {
        OUT_AMOUNT: (form.NONE, size(8), None),
        OUT_SCRIPT: _PLAIN,
        OUT_SP_V0_INFO: (form.NONE, size(66), form.compressed_keys),
        OUT_SP_V0_LABEL: _FOUR_BYTES,
    },
)


def _tables(own: _Tables, other: _Tables) -> _Tables:
    return _Tables(
        *(
            {**both, **mine, **dict.fromkeys(theirs, _NEVER)}
            for both, mine, theirs in zip(_BOTH, own, other, strict=True)
        )
    )


_FORMS = {0: _tables(_ONLY_0, _ONLY_2), 2: _tables(_ONLY_2, _ONLY_0)}
