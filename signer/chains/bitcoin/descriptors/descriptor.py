"""Output script descriptors (BIP380 to BIP387): text in, a way to derive every script out.

Private keys, hardened steps below a key and anything nobody can sign for are refused when the text
is read, so that what was read can always be derived.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from signer.chains.bitcoin.descriptors import expressions, miniscript, taptree
from signer.chains.bitcoin.descriptors import keys as key_expressions
from signer.chains.bitcoin.descriptors.expressions import (
    Combo,
    Fixed,
    Multi,
    ScriptExpression,
    Sh,
    Single,
    Tr,
    Wsh,
)
from signer.chains.bitcoin.descriptors.keys import (
    HEX,
    FixedKey,
    KeyExpression,
    KeyUse,
    PublicKeyAt,
    all_steps,
)
from signer.chains.bitcoin.descriptors.miniscript import Context, Fragment
from signer.chains.bitcoin.descriptors.spend_data import SpendData
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.transactions import address
from signer.errors import Malformed
from signer.formats.descriptor_checksum import check_letters, checksum_of

# A taproot output of 999 extended keys with their origins has some 150,000 letters.
MAX_TEXT = 1 << 18
MAX_KEYS = 20  # consensus: MAX_PUBKEYS_PER_MULTISIG
MAX_BARE_KEYS = 3  # Bitcoin Core, policy: nodes do not pass on a bare multisig of more
MAX_REDEEM_SCRIPT = 520  # consensus: MAX_SCRIPT_ELEMENT_SIZE

Rule: TypeAlias = Literal["required", "optional"]
ReadKey: TypeAlias = Callable[[str, KeyUse], KeyExpression]


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A descriptor's text without its checksum, what it says, and its keys in text order."""

    text: str
    form: ScriptExpression
    keys: tuple[KeyExpression, ...] = field(repr=False)
    branches: int  # 1, or as many as each multipath step has numbers
    is_ranged: bool  # whether there is a script for every index
    # What the keys of a branch share is derived once, when the branch is first asked for.
    _derived: dict[int, tuple[PublicKeyAt, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def spend_data(self, branch: int, index: int) -> SpendData:
        """How the coin at `index` of a branch is locked. Branch 0 receives, 1 is for change.

        Raises Malformed for a branch or index that the descriptor has not, and for combo().
        """
        return expressions.spend_data(self.form, self._public_keys(branch, index))

    def scripts(self, branch: int, index: int) -> tuple[bytes, ...]:
        """The output scripts at `index` of a branch: one, or all that combo() means."""
        return expressions.scripts(self.form, self._public_keys(branch, index))

    def render(self) -> str:
        """The text with its checksum."""
        return f"{self.text}#{checksum_of(self.text)}"

    def _public_keys(self, branch: int, index: int) -> tuple[bytes, ...]:
        if branch not in self._derived:
            if not 0 <= branch < self.branches:
                raise Malformed(f"There are {self.branches} branches, and none is {branch}.")
            self._derived[branch] = tuple(key.branch(branch) for key in self.keys)
        if index and not self.is_ranged:
            raise Malformed("A descriptor without a wildcard has one script, at index 0.")
        return tuple([key(index) for key in self._derived[branch]])


def parse(text: str, network: Network, *, checksum: Rule = "required") -> Descriptor:
    """The descriptor in `text`. Raises Malformed.

    `checksum`: whether the checksum must be there. It must for anything typed or imported (T43);
    a wrong one is always refused.
    """
    body = _checked(text, is_required=checksum == "required")
    return read(body, network, lambda key, use: key_expressions.parse(key, network, use))


def _checked(text: str, *, is_required: bool) -> str:
    if len(text) > MAX_TEXT:
        raise Malformed(f"A descriptor has at most {MAX_TEXT} letters.")
    body, mark, checksum = text.partition("#")
    if not mark and is_required:
        raise Malformed("The descriptor's checksum is missing.")
    if mark and checksum_of(body) != checksum:
        raise Malformed("The descriptor's checksum is wrong: a letter was changed or lost.")
    check_letters(body)
    return body


# --- the grammar: descriptors and policy templates differ only in how a key is written


def read(text: str, network: Network, read_key: ReadKey) -> Descriptor:
    """A SCRIPT expression without its checksum. Raises Malformed, and whatever `read_key` does."""
    keys = _Keys(read_key)
    form = _top(text, network, keys)
    steps = [steps for key in keys.found for steps in all_steps(key)]
    choices = {len(step.choices) for step in steps} - {0}
    if len(choices) > 1:
        raise Malformed("All multipath steps have the same number of branches (BIP389).")
    is_ranged = any(step.is_ranged for step in steps)
    return Descriptor(text, form, tuple(keys.found), max(choices, default=1), is_ranged)


class _Keys:
    """The key expressions met so far. The same one twice gets one number: it is one key."""

    def __init__(self, read_key: ReadKey) -> None:
        self.found: list[KeyExpression] = []
        self._read_key = read_key
        self._numbers: dict[KeyExpression, int] = {}

    def add(self, text: str, use: KeyUse) -> int:
        key = self._read_key(text, use)
        self.found.append(key)
        return self._numbers.setdefault(key, len(self.found) - 1)


def _call(text: str) -> tuple[str, str]:
    """A function's name, and what is in its parentheses."""
    name, _, tail = text.partition("(")
    if not tail.endswith(")"):
        raise Malformed("A script is written as a function: a name, and arguments in parentheses.")
    return name, tail[:-1]


def _top(text: str, network: Network, keys: _Keys) -> ScriptExpression:
    name, inside = _call(text)
    if name == "addr":
        return Fixed(address.parse(inside, network))
    if name in _TOP_ONLY:
        return _TOP_ONLY[name](inside, keys)
    return _anywhere(name, inside, keys, max_keys=MAX_BARE_KEYS)


def _sh(text: str, keys: _Keys) -> Sh:
    name, inside = _call(text)
    form = _anywhere(name, inside, keys, max_keys=MAX_KEYS)
    # Longer scripts can be paid to and never spent.
    if isinstance(form, Multi) and _multisig_bytes(form, keys.found) > MAX_REDEEM_SCRIPT:
        raise Malformed(f"A P2SH script has at most {MAX_REDEEM_SCRIPT} bytes: 15 keys.")
    return Sh(form)


def _multisig_bytes(form: Multi, keys: list[KeyExpression]) -> int:
    return 3 + sum(1 + _key_bytes(keys[number]) for number in form.keys)


def _key_bytes(key: KeyExpression) -> int:
    return len(key.public_key) if isinstance(key, FixedKey) else 33


def _anywhere(name: str, inside: str, keys: _Keys, *, max_keys: int) -> Single | Multi | Wsh:
    """What may stand alone as well as in sh()."""
    match name:
        case "pk" | "pkh":
            return Single(name, keys.add(inside, KeyUse.LEGACY))
        case "wpkh":
            return Single(name, keys.add(inside, KeyUse.SEGWIT))
        case "wsh":
            return _wsh(inside, keys)
        case "multi" | "sortedmulti":
            return _multi(inside, keys, max_keys, is_sorted=name == "sortedmulti")
        case _:
            raise Malformed("This function is unknown, or may not stand here.")


def _multi(inside: str, keys: _Keys, max_keys: int, *, is_sorted: bool) -> Multi:
    threshold, *listed = inside.split(",", max_keys + 1)
    if len(listed) > max_keys:
        raise Malformed(f"A multisig here has at most {max_keys} keys.")
    required = key_expressions.number(threshold)
    if not 1 <= required <= len(listed):
        raise Malformed("A multisig needs at least one signature, and at most one of each key.")
    return Multi(required, tuple(keys.add(key, KeyUse.LEGACY) for key in listed), is_sorted)


def _wsh(inside: str, keys: _Keys) -> Wsh:
    return Wsh(_miniscript(inside, Context.WSH, keys))


def _tr(inside: str, keys: _Keys) -> Tr:
    internal, tree = _comma(inside)
    key = keys.add(internal, KeyUse.TAPROOT)
    if tree is None:
        return Tr(key)
    pairs = taptree.split(tree)
    leaves = tuple(_miniscript(text, Context.TAPSCRIPT, keys) for _, text in pairs)
    return Tr(key, tuple(depth for depth, _ in pairs), leaves)


def _comma(text: str) -> tuple[str, str | None]:
    """The internal key of tr(), and the script tree behind it, if there is one."""
    # musig() is the only thing before that comma with commas of its own.
    musig, closed, tail = text.partition(")") if text.startswith("musig(") else ("", "", text)
    key, comma, tree = tail.partition(",")
    return musig + closed + key, tree if comma else None


def _miniscript(text: str, context: Context, keys: _Keys) -> Fragment[int]:
    """A script that its owners, and only they, can satisfy, in one way (BIP379)."""
    use = KeyUse.SEGWIT if context is Context.WSH else KeyUse.TAPROOT
    inner = miniscript.parse(text, context, lambda key: keys.add(key, use))
    inner.check_sane()
    return inner


def _raw(text: str) -> Fixed:
    if not HEX.fullmatch(text) or len(text) % 2:
        raise Malformed("A raw script is pairs of hex digits.")
    return Fixed(bytes.fromhex(text))


_TOP_ONLY: dict[str, Callable[[str, _Keys], ScriptExpression]] = {
    "sh": _sh,
    "tr": _tr,
    "rawtr": lambda inside, keys: Single("rawtr", keys.add(inside, KeyUse.TAPROOT)),
    "combo": lambda inside, keys: Combo(keys.add(inside, KeyUse.LEGACY)),
    "raw": lambda inside, _keys: _raw(inside),
}
