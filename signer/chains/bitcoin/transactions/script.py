"""The scripts we recognise, and those we can lock coins with."""

from collections.abc import Iterator
from enum import Enum

OP_RETURN = 0x6A
OP_PUSHDATA1, OP_PUSHDATA4, OP_1NEGATE, OP_RESERVED, OP_16 = 0x4C, 0x4E, 0x4F, 0x50, 0x60
_PUSH_WIDTHS = {0x4C: 1, 0x4D: 2, 0x4E: 4}  # bytes that say how many bytes are pushed


class ScriptType(Enum):
    """What an output script is. UNKNOWN is never shown as an address."""

    P2PKH = "P2PKH"
    P2SH = "P2SH"
    P2WPKH = "P2WPKH"
    P2WSH = "P2WSH"
    P2TR = "P2TR"
    P2A = "P2A"
    DATA = "OP_RETURN"
    UNKNOWN = "unknown script"


ANCHOR = b"\x51\x02\x4e\x73"
# Length, first bytes, last bytes. A witness program is exactly one push (BIP141). Versions 2 to 16,
# and version 1 of other lengths, are UNKNOWN on purpose: today anyone may spend them (T21). One is
# meant to be spent by anyone: the anchor, by which a child pays the fee of its parent (T91).
_TEMPLATES = (
    (ScriptType.P2WPKH, 22, b"\x00\x14", b""),
    (ScriptType.P2TR, 34, b"\x51\x20", b""),
    (ScriptType.P2WSH, 34, b"\x00\x20", b""),
    (ScriptType.P2PKH, 25, b"\x76\xa9\x14", b"\x88\xac"),
    (ScriptType.P2SH, 23, b"\xa9\x14", b"\x87"),
    (ScriptType.P2A, 4, ANCHOR, b""),
)
# Below these amounts an output costs more to spend than it holds, and nodes do not pass it on
# (Bitcoin Core, policy.cpp, GetDustThreshold at 3 sat/vB).
DUST_SATS = {
    ScriptType.P2WPKH: 294,
    ScriptType.P2TR: 330,
    ScriptType.P2WSH: 330,
    ScriptType.P2PKH: 546,
    ScriptType.P2SH: 540,
    ScriptType.P2A: 240,
}


def script_type(script: bytes) -> ScriptType:
    """What this output script is, decided by its exact bytes."""
    for kind, length, start, stop in _TEMPLATES:
        if len(script) == length and script.startswith(start) and script.endswith(stop):
            return kind
    if script[:1] == bytes((OP_RETURN,)):
        return ScriptType.DATA
    return ScriptType.UNKNOWN


def program(script: bytes) -> bytes:
    """The hash or key inside a recognised script (20 or 32 bytes)."""
    _, _, start, stop = next(t for t in _TEMPLATES if t[0] is script_type(script))
    return script[len(start) : len(script) - len(stop)]


def p2wpkh(key_hash: bytes) -> bytes:
    """The output script for a 20-byte hash160 of a public key (BIP141)."""
    return b"\x00\x14" + key_hash


def p2tr(output_key: bytes) -> bytes:
    """The output script for a 32-byte x-only key, already tweaked (BIP341)."""
    return b"\x51\x20" + output_key


def p2pkh(key_hash: bytes) -> bytes:
    """The script code of a P2WPKH coin is the P2PKH script of its key (BIP143)."""
    return b"\x76\xa9\x14" + key_hash + b"\x88\xac"


def p2sh(script_hash: bytes) -> bytes:
    """The output script for the 20-byte hash160 of a redeem script (BIP16)."""
    return b"\xa9\x14" + script_hash + b"\x87"


def p2wsh(script_hash: bytes) -> bytes:
    """The output script for the 32-byte SHA256 of a witness script (BIP141)."""
    return b"\x00\x20" + script_hash


def operations(code: bytes) -> Iterator[tuple[int, int, bytes | None]]:
    """Each opcode of a script: where it stands, its number, and what it pushes.

    None for an opcode that pushes no bytes, and for a push that is cut short, which is the last.
    """
    offset = 0
    while offset < len(code):
        opcode, start = code[offset], offset + 1
        size = opcode if opcode < OP_PUSHDATA1 else 0
        if width := _PUSH_WIDTHS.get(opcode, 0):
            size, start = int.from_bytes(code[start : start + width], "little"), start + width
        stop = start + size
        is_push = opcode <= OP_PUSHDATA4 and stop <= len(code)
        yield offset, opcode, code[start:stop] if is_push else None
        offset = stop


def count_pushes(code: bytes) -> int | None:
    """How many pushes this part of a script is made of, or None if there is anything else in it."""
    pushes = 0
    for _, opcode, pushed in operations(code):
        if pushed is None and not OP_RESERVED < opcode <= OP_16 and opcode != OP_1NEGATE:
            return None
        pushes += 1
    return pushes
