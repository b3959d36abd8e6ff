"""The type system of BIP379, which makes a script correct: how the `types` of a row are read.

A type is a set of letters: B, V, K or W, what it is; `z o n d u`, how it uses the stack; `e f s m`,
what somebody else could change in a witness; `g h i j`, whether it waits for a relative time or
height, an absolute time or height; `k`, no way to satisfy it needs a time and a height at once.

A word of a rule is a letter that always holds, or a letter, `=`, and a sum of products of letters
of the fragments inside: `o=zXoY+oXzY`, as the BIP's tables have it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from signer.chains.bitcoin.descriptors.miniscript.table import TABLE, FragmentNode, Spec

Type = frozenset[str]

BASES = frozenset("BVKW")
RELATIVE_TIME = 1 << 22  # BIP68: with this bit a lock counts units of 512 seconds, not blocks
ABSOLUTE_TIME = 500_000_000  # BIP65: from here on a lock is a date, below it a height
_OPPOSITE = {"g": "h", "h": "g", "i": "j", "j": "i"}


def type_of(node: FragmentNode[Any], subs: Sequence[Type]) -> Type:
    """The type of a fragment, from the types of those inside; without a base where they misfit."""
    row = TABLE[node.context][node.name]
    match node.name:
        case "thresh":
            return _threshold(node.number, subs)
        case "older":
            return _by_rule(row, ()) | {"g" if node.number & RELATIVE_TIME else "h"}
        case "after":
            return _by_rule(row, ()) | {"i" if node.number >= ABSOLUTE_TIME else "j"}
        case _:
            return _by_rule(row, tuple(subs))


def _threshold(number: int, subs: Sequence[Type]) -> Type:
    """The rule of thresh(): the first is Bdu, the others Wdu."""
    if not all({"W" if place else "B", "d", "u"} <= sub for place, sub in enumerate(subs)):
        return frozenset()
    signed = sum("s" in sub for sub in subs)
    takes = sum(0 if "z" in sub else 1 if "o" in sub else 2 for sub in subs)
    unique = all("e" in sub for sub in subs)
    fixed = unique and all("m" in sub for sub in subs)
    rules = {
        "z": takes == 0,
        "o": takes == 1,
        "s": signed > len(subs) - number,
        "e": unique and signed == len(subs),
        "m": fixed and signed >= len(subs) - number,
    }
    letters = {"B", "d", "u", *(letter for letter, holds in rules.items() if holds)}
    return frozenset(letters | _locks(subs, subs if number > 1 else ()))


@lru_cache(maxsize=1024)  # scripts are made of the same few types
def _by_rule(row: Spec, subs: tuple[Type, ...]) -> Type:
    inside = dict(zip("XYZ", subs, strict=False))
    letters_inside = {letter + name for name, sub in inside.items() for letter in sub}
    letters = {
        letter for letter, terms in _RULES[row.types] if any(t <= letters_inside for t in terms)
    }
    return frozenset(letters | _locks(subs, [inside[name] for name in _JOINT_NAMES[row.satisfied]]))


def _locks(subs: Sequence[Type], joint: Sequence[Type]) -> set[str]:
    """What those inside wait for, and `k` unless some that are satisfied together do not mix."""
    waits = {letter for sub in subs for letter in sub if letter in _OPPOSITE}
    if _is_mixed(joint) or not all("k" in sub for sub in subs):
        return waits
    return waits | {"k"}


def _is_mixed(joint: Sequence[Type]) -> bool:
    letters: set[str] = set()
    for sub in joint:
        if any(_OPPOSITE.get(letter) in letters for letter in sub):
            return True
        letters |= sub
    return False


def _terms(products: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(re.findall("[a-zA-Z][XYZ]", product)) for product in products.split("+"))


def _longest(ways: str) -> str:
    return max(("".join(re.findall("s([XYZ])", way)) for way in ways.split("|")), key=len)


_ROWS = [row for rows in TABLE.values() for row in rows.values()]
_RULES = {row.types: [(word[0], _terms(word[2:])) for word in row.types.split()] for row in _ROWS}
# What one witness has to satisfy together. No fragment has two such ways.
_JOINT_NAMES = {row.satisfied: _longest(row.satisfied) for row in _ROWS}
