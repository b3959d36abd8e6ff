"""What a policy means, read twice without the signer: from its template, and from its words.

    truth(template)         a formula, from BIP379's and BIP388's semantics of each fragment
    parse_words(sentence)   the same, from a sentence that a person reads at registration
    table(formula)          its truth table, one bit for each assignment of its atoms

A formula is an atom, or (count, formulas): so many of them hold. Atoms are ("key", 0),
("older", sequence), ("after", locktime) and (hash function, hex digits).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import shake_256
from typing import Any, TypeAlias

NUMS = "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0"  # BIP341: nobody's key
Formula: TypeAlias = tuple[Any, Any]
NEVER: Formula = (1, ())
ALWAYS: Formula = (0, ())
MAX_LISTED = 12  # atoms whose assignments are all tried; beyond them, some thousands are drawn
_LOCKS = {"older", "after"}
_HASHES = {"sha256", "hash256", "ripemd160", "hash160"}
_MULTISIGS = {"multi", "sortedmulti", "multi_a", "sortedmulti_a"}


def everything(*formulas: Formula) -> Formula:
    return (len(formulas), formulas)


def anything(*formulas: Formula) -> Formula:
    return (1, formulas)


# --- from the template


def truth(template: str) -> Formula:
    """What it takes to spend from the account of a template (BIP388)."""
    name, arguments = _call(template)
    match name:
        case "sh" | "wsh" if _call(arguments[0])[0] in {"wsh", "wpkh"}:
            return truth(arguments[0])
        case "sh" | "wsh":
            return _script(arguments[0])
        case "pkh" | "wpkh":
            return _key(arguments[0])
        case "tr":
            return anything(_key(arguments[0]), *(_tree(tree) for tree in arguments[1:]))
    raise AssertionError(template)


def _tree(text: str) -> Formula:
    if text.startswith("{"):
        return anything(*(_tree(half) for half in _split(text[1:-1])))
    return _script(text)


def _script(text: str) -> Formula:
    """BIP379, the table of semantics: what satisfies each fragment."""
    wrappers, _, rest = text.partition(":")
    if rest and wrappers.isalpha():
        return _script(rest)  # no wrapper changes who can satisfy the fragment inside
    name, arguments = _call(text)
    if name in _MULTISIGS:
        return (int(arguments[0]), tuple(map(_key, arguments[1:])))
    match name:
        case "0" | "1":
            return ALWAYS if name == "1" else NEVER
        case "pk" | "pkh" | "pk_k" | "pk_h":
            return _key(arguments[0])
        case "thresh":
            return (int(arguments[0]), tuple(map(_script, arguments[1:])))
    if name in _LOCKS:
        return (name, int(arguments[0]))
    if name in _HASHES:
        return (name, arguments[0])
    inner = [_script(argument) for argument in arguments]
    if name.startswith("and_"):
        return everything(*inner)
    if name.startswith("or_"):
        return anything(*inner)
    assert name == "andor"
    return anything(everything(inner[0], inner[1]), inner[2])


def _key(text: str) -> Formula:
    numbers = re.findall("@([0-9]+)", text)
    if not numbers:
        assert text == NUMS
        return NEVER
    return everything(*(("key", int(number)) for number in numbers))


def _call(text: str) -> tuple[str, list[str]]:
    name, _, inside = text.partition("(")
    return name, _split(inside.removesuffix(")")) if inside else []


def _split(text: str) -> list[str]:
    """At the commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "({") - (letter in ")}")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


# --- from the words: every reading the grammar has, and not only the first


def parse_words(sentence: str) -> Formula:
    """What the sentence says. It must be readable in one way, and in no other."""
    readings = [meaning for meaning, end in _both(sentence, 0) if end == len(sentence)]
    assert len(readings) == 1, f"{len(readings)} readings of: {sentence}"
    return readings[0]


def _both(text: str, start: int) -> Iterator[tuple[Formula, int]]:
    """`X`, or `X and Y`, or `X, after ...`, and so on."""
    for first, end in _item(text, start):
        yield first, end
        for seen, joint in ((" and ", " and "), (", after ", ", ")):
            if text.startswith(seen, end):
                for rest, stop in _both(text, end + len(joint)):
                    yield everything(first, rest), stop


def _item(text: str, start: int) -> Iterator[tuple[Formula, int]]:
    if chosen := re.compile(r"(\d+) of \[").match(text, start):
        for inner, end in _listed(text, chosen.end()):
            if text.startswith("]", end):
                yield (int(chosen[1]), inner), end + 1
    for pattern, meaning in _ATOMS:
        if found := pattern.match(text, start):
            yield meaning(found), found.end()


def _listed(text: str, start: int) -> Iterator[tuple[tuple[Formula, ...], int]]:
    for first, end in _both(text, start):
        yield (first,), end
        if text.startswith("; ", end):
            for rest, stop in _listed(text, end + 2):
                yield (first, *rest), stop


def _number(text: str) -> int:
    return int(text.replace(" ", ""))


def _moment(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())


_KEY = r"key (\d+)(?: \(yours\))?(?!\d)"
_COUNT = r"(\d{1,3}(?: \d{3})*)"
_ATOMS = [
    (re.compile(_KEY), lambda m: ("key", int(m[1]) - 1)),
    (
        re.compile(rf"\[(?:{_KEY})(?: with {_KEY})+\]"),
        lambda m: everything(*(("key", int(n) - 1) for n in re.findall(r"key (\d+)", m[0]))),
    ),
    (
        re.compile(rf"after the coin has been still for {_COUNT} blocks? \(about [\d. ]+ \w+\)"),
        lambda m: ("older", _number(m[1])),
    ),
    (
        re.compile(rf"after the coin has been still for {_COUNT} seconds \(about [\d. ]+ \w+\)"),
        lambda m: ("older", 1 << 22 | _number(m[1]) // 512),
    ),
    (re.compile(rf"block {_COUNT} reached"), lambda m: ("after", _number(m[1]))),
    (
        re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC reached"),
        lambda m: ("after", _moment(m[1])),
    ),
    (
        re.compile(r"the secret whose (\w+) is ((?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-f]))"),
        lambda m: (m[1], m[2]),
    ),
]


# --- truth tables


def atoms(*formulas: Formula) -> set[Formula]:
    found: set[Formula] = set()
    left = list(formulas)
    while left:
        formula = left.pop()
        if isinstance(formula[0], str):
            found.add(formula)
        else:
            left.extend(formula[1])
    return found


def table(formula: Formula, over: Iterable[Formula]) -> int:
    """The value for each assignment of these atoms, as the bits of a number."""
    named = sorted(over)
    columns = _all(named) if len(named) <= MAX_LISTED else _drawn(named)
    return _value(formula, columns, _ones(len(named)))


def _value(formula: Formula, columns: dict[Formula, int], ones: int) -> int:
    if isinstance(formula[0], str):
        return columns[formula]
    count, inner = formula
    at_least = [ones, *([0] * count)]  # for each number: where so many of those seen so far hold
    for value in (_value(part, columns, ones) for part in inner):
        for number in range(count, 0, -1):
            at_least[number] |= at_least[number - 1] & value
    return at_least[count]


def _ones(count: int) -> int:
    return (1 << (1 << count if count <= MAX_LISTED else 5 * _BITS)) - 1


def _all(named: Sequence[Formula]) -> dict[Formula, int]:
    rows = range(1 << len(named))
    return {
        atom: sum(1 << row for row in rows if row >> place & 1) for place, atom in enumerate(named)
    }


_BITS = 1 << 12


def _drawn(named: Sequence[Formula]) -> dict[Formula, int]:
    """Assignments in which each atom holds in 1/8, 1/4, 1/2, 3/4 and 7/8 of the cases."""
    return {atom: _column(atom) for atom in named}


@cache
def _column(atom: Formula) -> int:
    one, two, three = (
        int.from_bytes(shake_256(f"{atom} {number}".encode()).digest(_BITS // 8), "big")
        for number in range(3)
    )
    column = 0
    for part in (one & two & three, one & two, one, one | two, one | two | three):
        column = column << _BITS | part
    return column
