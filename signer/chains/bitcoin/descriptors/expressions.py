"""What a descriptor can say, as values, and the scripts that each form locks coins with.

Keys are numbers here: which of the descriptor's key expressions stands at that place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from signer.chains.bitcoin.descriptors import taptree
from signer.chains.bitcoin.descriptors.miniscript import Fragment
from signer.chains.bitcoin.descriptors.spend_data import SpendData
from signer.chains.bitcoin.transactions import script
from signer.errors import Malformed
from signer.hashes import hash160, sha256

Keys: TypeAlias = tuple[bytes, ...]
OP_CHECKSIG, OP_CHECKMULTISIG, OP_1 = 0xAC, 0xAE, 0x51


@dataclass(frozen=True, slots=True)
class Single:
    """One key: pk, pkh (BIP381), wpkh (BIP382), rawtr (BIP386)."""

    name: Literal["pk", "pkh", "wpkh", "rawtr"]
    key: int


@dataclass(frozen=True, slots=True)
class Multi:
    """`threshold` of the keys must sign (BIP383); sorted as BIP67 says, if `is_sorted`."""

    threshold: int
    keys: tuple[int, ...]
    is_sorted: bool


@dataclass(frozen=True, slots=True)
class Wsh:
    """P2WSH of a miniscript (BIP382, BIP379)."""

    inner: Fragment[int]


@dataclass(frozen=True, slots=True)
class Sh:
    """P2SH (BIP381)."""

    inner: Single | Multi | Wsh


@dataclass(frozen=True, slots=True)
class Tr:
    """P2TR (BIP386): an internal key, and a script tree as miniscripts with their depths."""

    key: int
    depths: tuple[int, ...] = ()
    leaves: tuple[Fragment[int], ...] = ()


@dataclass(frozen=True, slots=True)
class Combo:
    """All that one key is commonly used for (BIP384)."""

    key: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """One given script: raw, addr (BIP385)."""

    script: bytes


ScriptExpression: TypeAlias = Single | Multi | Wsh | Sh | Tr | Combo | Fixed


def spend_data(form: ScriptExpression, keys: Keys) -> SpendData:
    """How a form locks a coin with these keys (33 bytes; 65 where it allows that).

    Raises Malformed for combo(), which is several scripts.
    """
    match form:
        case Wsh(inner):
            witness_script = inner.compile(keys.__getitem__)
            return SpendData(
                script.p2wsh(sha256(witness_script)), keys, witness_script=witness_script
            )
        case Sh(inner):
            inside = spend_data(inner, keys)
            redeem = inside.script_pubkey
            return replace(inside, script_pubkey=script.p2sh(hash160(redeem)), redeem_script=redeem)
        case Tr():
            return _taproot(form, keys)
        case Combo():
            raise Malformed("combo() is several scripts, not one.")
        case _:
            return SpendData(_script(form, keys), keys)


def _taproot(form: Tr, keys: Keys) -> SpendData:
    internal = keys[form.key][1:]
    x_only = [key[1:] for key in keys]
    leaves = [taptree.leaf(leaf.compile(x_only.__getitem__)) for leaf in form.leaves]
    output = taptree.output(internal, form.depths, leaves)
    return SpendData(
        script.p2tr(output.key),
        keys,
        internal_key=internal,
        merkle_root=output.merkle_root,
        leaves=output.leaves,
    )


def scripts(form: ScriptExpression, keys: Keys) -> tuple[bytes, ...]:
    """The output scripts a form stands for: one, but for combo() up to four (BIP384)."""
    if not isinstance(form, Combo):
        return (spend_data(form, keys).script_pubkey,)
    forms: list[ScriptExpression] = [Single("pk", form.key), Single("pkh", form.key)]
    if len(keys[form.key]) == 33:
        nested = Single("wpkh", form.key)
        forms += [nested, Sh(nested)]
    return tuple(spend_data(alternative, keys).script_pubkey for alternative in forms)


def _script(form: Single | Multi | Fixed, keys: Keys) -> bytes:
    match form:
        case Fixed(raw_script):
            return raw_script
        case Single(name, key):
            return _SINGLE[name](keys[key])
        case Multi(threshold, numbers, is_sorted):
            chosen = [keys[number] for number in numbers]
            return _multisig(threshold, sorted(chosen) if is_sorted else chosen)


_SINGLE: dict[str, Callable[[bytes], bytes]] = {
    "pk": lambda key: _pushed(key) + bytes((OP_CHECKSIG,)),
    "pkh": lambda key: script.p2pkh(hash160(key)),
    "wpkh": lambda key: script.p2wpkh(hash160(key)),
    "rawtr": lambda key: script.p2tr(key[1:]),
}


def _multisig(threshold: int, keys: Sequence[bytes]) -> bytes:
    """The script that checks `threshold` signatures under `keys` (BIP11, BIP383)."""
    pushed = b"".join(map(_pushed, keys))
    return _small(threshold) + pushed + _small(len(keys)) + bytes((OP_CHECKMULTISIG,))


def _pushed(key: bytes) -> bytes:
    return bytes((len(key),)) + key


def _small(count: int) -> bytes:
    """A number from 1 to 16; a P2SH script has no room for more keys."""
    return bytes((OP_1 - 1 + count,))
