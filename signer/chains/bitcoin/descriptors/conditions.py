"""What it takes to spend, as one boolean function of signatures, locks and secrets (T84).

Scripts say it in operators, and two scripts that look alike can mean different things. Here each
form is brought to one: thresholds within thresholds, with "and" as all of them and "or" as one of
them. Words and warnings are read from that, never from the script.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias, TypeVar

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
from signer.chains.bitcoin.descriptors.miniscript import Fragment

T = TypeVar("T")

MAX_PATHS = 16  # more lines nobody reads; beyond it, choices stay inside their brackets


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature; these keys of the policy make it, all of them (several: a musig())."""

    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OlderThan:
    """The coin has been unspent for so long: a relative lock (BIP68, BIP112)."""

    sequence: int


@dataclass(frozen=True, slots=True)
class NotBefore:
    """The chain has reached this height or time: an absolute lock (BIP65)."""

    locktime: int


@dataclass(frozen=True, slots=True)
class Secret:
    """Somebody knows the 32 bytes behind this digest."""

    function: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Threshold:
    """`count` of the conditions. None of none always holds; one of none never does."""

    count: int
    conditions: "tuple[Condition, ...]"

    @property
    def is_choice(self) -> bool:
        """Whether any of several is enough."""
        return self.count == 1 < len(self.conditions)

    @property
    def needs_all(self) -> bool:
        return self.count == len(self.conditions)


Atom: TypeAlias = Signature | OlderThan | NotBefore | Secret
Condition: TypeAlias = Atom | Threshold
SignatureAt: TypeAlias = Callable[[int], Condition]  # of a place in the script, in text order

ALWAYS, NEVER = Threshold(0, ()), Threshold(1, ())
_KEYS = frozenset({"pk", "pkh", "pk_k", "pk_h"})
_MULTISIGS = frozenset({"multi", "sortedmulti", "multi_a", "sortedmulti_a"})
_HASHES = frozenset({"sha256", "hash256", "ripemd160", "hash160"})


def threshold(count: int, conditions: Iterable[Condition]) -> Condition:
    """`count` of these, in normal form: nothing trivial inside, no "and" directly in an "and"."""
    left: list[Condition] = []
    for condition in conditions:
        if condition == ALWAYS:
            count -= 1
        elif condition != NEVER:
            left.append(condition)
    if count <= 0:
        return ALWAYS
    if count > len(left):
        return NEVER
    if count in {1, len(left)}:
        is_choice = count == 1 < len(left)
        left = list(_distinct(_flat(left, is_choice=is_choice)))
        count = 1 if is_choice else len(left)
    return left[0] if len(left) == 1 else Threshold(count, tuple(left))


def _flat(conditions: Iterable[Condition], *, is_choice: bool) -> Iterator[Condition]:
    for condition in conditions:
        if isinstance(condition, Threshold) and (
            condition.is_choice if is_choice else condition.needs_all
        ):
            yield from condition.conditions
        else:
            yield condition


def _distinct(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """Each atom once. Thresholds are not compared: theirs would be a comparison of any depth."""
    seen: set[Atom] = set()
    for condition in conditions:
        if isinstance(condition, Threshold):
            yield condition
        elif condition not in seen:
            seen.add(condition)
            yield condition


def all_of(*conditions: Condition) -> Condition:
    return threshold(len(conditions), conditions)


def any_of(*conditions: Condition) -> Condition:
    return threshold(1, conditions)


def of_expression(form: ScriptExpression, signature: SignatureAt) -> tuple[Condition, ...]:
    """What it takes to spend a coin of this descriptor; of taproot, the key path, then each leaf.

    Any one of them is enough.
    """
    match form:
        case Single(key=key) | Combo(key=key):
            return (signature(key),)
        case Multi(count, keys):
            return (threshold(count, map(signature, keys)),)
        case Wsh(inner):
            return (_of_script(inner, signature),)
        case Sh(inner):
            return of_expression(inner, signature)
        case Tr(key=key, leaves=leaves):
            return (signature(key), *(_of_script(leaf, signature) for leaf in leaves))
        case Fixed():
            return (NEVER,)  # of a given script nothing is known


def _of_script(script: Fragment[int], signature: SignatureAt) -> Condition:
    """What satisfies a miniscript (BIP379, Translation table)."""
    return script.fold(lambda node, inner: _of_fragment(node, inner, signature))


def _of_fragment(node: Fragment[int], inner: list[Condition], signature: SignatureAt) -> Condition:
    match node.name:
        case "and_v" | "and_b" | "and_n":
            return all_of(*inner)
        case "or_b" | "or_c" | "or_d" | "or_i":
            return any_of(*inner)
        case "andor":
            return any_of(all_of(inner[0], inner[1]), inner[2])
        case "thresh":
            return threshold(node.number, inner)
        case _ if inner:
            return inner[0]  # a wrapper changes how a script runs, not what satisfies it
        case _:
            return _of_leaf(node, signature)


def _of_leaf(node: Fragment[int], signature: SignatureAt) -> Condition:
    match node.name:
        case name if name in _KEYS:
            return signature(node.own_keys[0])
        case name if name in _MULTISIGS:
            return threshold(node.number, map(signature, node.own_keys))
        case name if name in _HASHES:
            return Secret(name, node.digest)
        case "older":
            return OlderThan(node.number)
        case "after":
            return NotBefore(node.number)
        case "1":
            return ALWAYS
        case _:
            return NEVER


def fold(condition: Condition, combine: Callable[[Condition, list[T]], T]) -> T:
    """`combine` of the condition and what it gave for each one inside.

    Nothing here recurses: a script may nest 402 levels, and Python gives up earlier (T77).
    """
    order, left = [], [condition]
    while left:
        order.append(node := left.pop())
        left.extend(_inside(node))
    done: list[T] = []
    for node in reversed(order):
        first = len(done) - len(_inside(node))
        done[first:] = [combine(node, done[first:])]
    return done[0]


def _inside(condition: Condition) -> "tuple[Condition, ...]":
    return condition.conditions if isinstance(condition, Threshold) else ()


def evaluate(condition: Condition, holds: Callable[[Atom], bool]) -> bool:
    """The value of the function, where `holds` gives that of each signature, lock and secret."""

    def value(node: Condition, inner: list[bool]) -> bool:
        return sum(inner) >= node.count if isinstance(node, Threshold) else holds(node)

    return fold(condition, value)


def spending_paths(condition: Condition) -> tuple[Condition, ...]:
    """Each way to spend, apart: any one of them is the condition. None if it can never hold.

    Choices inside are taken apart while there are at most `MAX_PATHS` in all.
    """
    if condition == NEVER:
        return ()
    is_choice = isinstance(condition, Threshold) and condition.is_choice
    choices = _inside(condition) if is_choice else (condition,)
    apart = [path for choice in choices for path in fold(choice, _apart)]
    if len(apart) <= MAX_PATHS:
        return tuple(apart)
    return (condition,) if _only_signatures(choices) else choices


def _apart(node: Condition, inner: list[list[Condition]]) -> list[Condition]:
    """The choices of an "or", and of each "or" within an "and"; itself if they are too many."""
    if not isinstance(node, Threshold):
        return [node]
    paths: list[Condition] = []
    if node.is_choice and not _only_signatures(node.conditions):
        paths = [path for choice in inner for path in choice]
    elif node.needs_all and _count(inner) <= MAX_PATHS:
        paths = [all_of(*parts) for parts in product(*inner)]
    return paths if 0 < len(paths) <= MAX_PATHS else [node]


def _only_signatures(conditions: Iterable[Condition]) -> bool:
    return all(isinstance(condition, Signature) for condition in conditions)


def _count(inner: list[list[Condition]]) -> int:
    """How many combinations there are. They are counted before they are made (T75)."""
    count = 1
    for choices in inner:
        count = min(count * len(choices), MAX_PATHS + 1)
    return count
