"""From fragments to the bytes of a script: how the `script` of a row of the table is read.

Its words are opcodes, numbers, fragments inside, and blanks that a fragment fills in itself.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from signer.chains.bitcoin.descriptors.miniscript.table import TABLE, FragmentNode
from signer.hashes import hash160

_OPCODES = {
    "IF": 0x63, "NOTIF": 0x64, "ELSE": 0x67, "ENDIF": 0x68, "VERIFY": 0x69,
    "TOALTSTACK": 0x6B, "FROMALTSTACK": 0x6C, "IFDUP": 0x73, "DUP": 0x76, "SWAP": 0x7C,
    "SIZE": 0x82, "EQUAL": 0x87, "EQUALVERIFY": 0x88, "0NOTEQUAL": 0x92, "ADD": 0x93,
    "BOOLAND": 0x9A, "BOOLOR": 0x9B, "NUMEQUAL": 0x9C, "NUMEQUALVERIFY": 0x9D,
    "RIPEMD160": 0xA6, "SHA256": 0xA8, "HASH160": 0xA9, "HASH256": 0xAA,
    "CHECKSIG": 0xAC, "CHECKSIGVERIFY": 0xAD, "CHECKMULTISIG": 0xAE, "CHECKMULTISIGVERIFY": 0xAF,
    "CHECKLOCKTIMEVERIFY": 0xB1, "CHECKSEQUENCEVERIFY": 0xB2, "CHECKSIGADD": 0xBA,
}  # fmt: skip
_OP = {name: bytes((code,)) for name, code in _OPCODES.items()}
_VERIFYING = {_OP[name]: _OP[name + "VERIFY"] for name in _OP if name + "VERIFY" in _OP}
_LONGEST_PUSH, _OP_16 = 0x4B, 0x60

_Blank = Callable[[FragmentNode[Any], Sequence[bytes], Sequence[bytes]], bytes]


def script_of(node: FragmentNode[Any], keys: Sequence[bytes], subs: Sequence[bytes]) -> bytes:
    """The script of a fragment, from the bytes of its keys and the scripts of those inside."""
    parts = _PARTS[TABLE[node.context][node.name].script]
    return b"".join(p if isinstance(p, bytes) else p(node, keys, subs) for p in parts)


def count_ops(script: bytes) -> int:
    """How many opcodes of a script made here count against the limit of P2WSH: all but pushes."""
    offset = counted = 0
    while offset < len(script):
        opcode = script[offset]
        counted += opcode > _OP_16
        offset += 1 + (opcode if opcode <= _LONGEST_PUSH else 0)  # we never push more than 33 bytes
    return counted


def _number(value: int) -> bytes:
    """The shortest push of a number from 0 on (BIP62, rule 3)."""
    if value <= 16:
        return bytes((0x50 + value if value else 0,))
    # The top bit is the sign, so 128 takes two bytes.
    return _push(value.to_bytes(value.bit_length() // 8 + 1, "little"))


def _push(data: bytes) -> bytes:
    return bytes((len(data),)) + data


def _pushes(keys: Iterable[bytes]) -> bytes:
    return b"".join(_push(key) for key in keys)


def _checks(keys: Sequence[bytes]) -> bytes:
    first, *later = keys
    added = b"".join(_push(key) + _OP["CHECKSIGADD"] for key in later)
    return _push(first) + _OP["CHECKSIG"] + added


def _verified(script: bytes) -> bytes:
    # The last byte is an opcode: no fragment of type B ends with pushed data.
    folded = _VERIFYING.get(script[-1:])
    return script[:-1] + folded if folded else script + _OP["VERIFY"]


_BLANKS: dict[str, _Blank] = {
    "X": lambda _node, _keys, subs: subs[0],
    "Y": lambda _node, _keys, subs: subs[1],
    "Z": lambda _node, _keys, subs: subs[2],
    "verified": lambda _node, _keys, subs: _verified(subs[0]),
    "sum": lambda _node, _keys, subs: subs[0] + b"".join(s + _OP["ADD"] for s in subs[1:]),
    "number": lambda node, _keys, _subs: _number(node.number),
    "hash": lambda node, _keys, _subs: _push(node.digest),
    "key": lambda _node, keys, _subs: _push(keys[0]),
    "keyhash": lambda _node, keys, _subs: _push(hash160(keys[0])),
    "count": lambda _node, keys, _subs: _number(len(keys)),
    "keys": lambda _node, keys, _subs: _pushes(keys),
    "sortedkeys": lambda _node, keys, _subs: _pushes(sorted(keys)),  # BIP67
    "checks": lambda _node, keys, _subs: _checks(keys),
    "sortedchecks": lambda _node, keys, _subs: _checks(sorted(keys)),
}


def _part(word: str) -> bytes | _Blank:
    if word.isdecimal():
        return _number(int(word))
    return _BLANKS[word] if word in _BLANKS else _OP[word]


_PARTS = {
    row.script: tuple(_part(word) for word in row.script.split())
    for rows in TABLE.values()
    for row in rows.values()
}
