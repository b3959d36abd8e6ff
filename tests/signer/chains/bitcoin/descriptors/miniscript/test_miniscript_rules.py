"""Every rule of the type system, one by one: as BIP379 has it, and as bdk judges.

All combinations of two or three leaves and wrappers, one of each type that comes of a fragment, are
put wherever types matter. `0` is left out: what can never be satisfied is judged by taste.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import count, islice, product
from math import prod

import pytest

from signer.chains.bitcoin.descriptors.miniscript import Context, parse, types
from signer.chains.bitcoin.descriptors.miniscript.table import TABLE, FragmentNode
from signer.chains.bitcoin.descriptors.miniscript.types import Type
from signer.errors import Malformed
from tests import miniscripts
from tests.nights import IS_NIGHT

Rule = tuple[str, dict[str, bool]]  # the base, or none where the fragments do not fit; the letters

LEAVES = ("1", "pk_k(KEY)", "pk_h(KEY)", "pk(KEY)", "MULTI", "HASH", "older(9)")
WRAPPERS = "asctdvjnlu"
PAIRS = ("and_v", "and_b", "and_n", "or_b", "or_c", "or_d", "or_i")
# Where a fragment F of each type may stand.
PLACES = {
    "B": "F and_v(v:pk(KEY),F) or_d(F,pk(KEY)) or_d(pk(KEY),F) or_b(F,s:pk(KEY)) or_b(pk(KEY),a:F)"
    " or_i(F,pk(KEY)) or_i(F,0) n:F j:F andor(F,pk(KEY),pk(KEY)) andor(pk(KEY),F,pk(KEY)) u:F l:F"
    " andor(pk(KEY),pk(KEY),F) thresh(2,F,s:pk(KEY),s:pk(KEY)) thresh(2,pk(KEY),s:pk(KEY),a:F)"
    " and_b(pk(KEY),s:F) and_b(F,s:pk(KEY)) tv:F and_n(F,pk(KEY)) and_n(pk(KEY),F)"
    " t:or_c(F,v:pk(KEY)) t:andor(F,v:pk(KEY),v:pk(KEY)) c:andor(F,pk_k(KEY),pk_k(KEY))",
    "V": "t:F d:F or_d(d:F,pk(KEY)) or_b(d:F,s:pk(KEY)) t:or_c(pk(KEY),F) and_v(F,pk(KEY))"
    " t:or_i(F,v:pk(KEY)) t:andor(pk(KEY),F,v:pk(KEY)) t:andor(pk(KEY),v:pk(KEY),F)",
    "K": "c:F c:or_i(F,pk_k(KEY)) c:andor(pk(KEY),F,pk_k(KEY)) or_d(c:F,pk(KEY))"
    " c:and_v(v:pk(KEY),F) and_b(pk(KEY),sc:F)",
    "W": "and_b(pk(KEY),F) or_b(pk(KEY),F) thresh(1,pk(KEY),F) thresh(2,pk(KEY),F)",
}


def filled(text: str) -> str:
    numbers = count()
    text = text.replace("MULTI", "multi(1,KEY,KEY)").replace("HASH", f"sha256({'ab' * 32})")
    return re.sub("KEY", lambda _key: f"@{next(numbers)}", miniscripts.joined(text))


def type_of(text: str) -> Type:
    """The type, or no letters where it has none."""
    try:
        return parse(filled(text), Context.WSH, str).type
    except Malformed:
        return frozenset()


def one_of_each_type(texts: Iterable[str]) -> list[str]:
    found: dict[tuple[str, Type], str] = {}
    for text in texts:
        if kind := type_of(text):
            found.setdefault((text.partition("(")[0], kind), text)
    return list(found.values())


def placed(texts: Iterable[str], bases: Iterable[str] = PLACES) -> Iterator[str]:
    for text in texts:
        for base in bases:
            yield from (place.replace("F", text) for place in PLACES[base].split())


def places_of(texts: Iterable[str]) -> Iterator[str]:
    """Only where it may stand by its base."""
    for text in texts:
        yield from placed([text], type_of(text) & set(PLACES))


def compare(texts: Iterable[str]) -> int:
    """Asserts that both say the same of each; how many are sane."""
    sane = 0
    for text in texts:
        ours = miniscripts.is_sane(filled(text), Context.WSH)
        theirs = miniscripts.at_bdk(filled(text), Context.WSH)
        assert ours == (theirs is not None), text
        sane += ours
    return sane


PIECES = [*LEAVES, *(f"{letter}:{leaf}" for letter, leaf in product(WRAPPERS, LEAVES))]


def test_leaves_and_wrappers_are_judged_alike_wherever_they_stand() -> None:
    assert compare(placed(PIECES)) > 300


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_are_judged_alike(name: str) -> None:
    pieces = one_of_each_type(PIECES)
    pairs = one_of_each_type(f"{name}({x},{y})" for x, y in product(pieces, pieces))
    assert compare(places_of(pairs)) > 10


def test_andor_is_judged_alike() -> None:
    pieces = one_of_each_type(PIECES)
    first = [piece for piece in pieces if type_of(f"andor({piece},1,1)")]
    choices = (f"andor({x},{y},{z})" for x, y, z in product(first, pieces, pieces))
    assert compare(places_of(one_of_each_type(choices))) > 50


class Has:
    """A type whose letters are attributes: `x.z` is whether x has z."""

    def __init__(self, letters: Type) -> None:
        self.letters = letters

    def __getattr__(self, letter: str) -> bool:
        return letter in self.letters


def same(x: Has, y: Has, letters: str = "BVK") -> str:
    return "".join(letter for letter in letters if letter in x.letters & y.letters)


def chosen(x: Has, y: Has) -> dict[str, bool]:
    return {"z": x.z and y.z, "o": x.o and y.z, "s": x.s and y.s}


def both(x: Has, y: Has) -> dict[str, bool]:
    return {
        "z": x.z and y.z,
        "o": (x.o and y.z) or (x.z and y.o),
        "n": x.n or (x.z and y.n),
        "s": x.s or y.s,
        "m": x.m and y.m,
    }


def andor(x: Has, y: Has, z: Has) -> Rule:
    forced = x.s or y.f
    return (same(y, z) if x.B and x.d and x.u else ""), {
        "z": x.z and y.z and z.z,
        "o": (x.z and y.o and z.o) or (x.o and y.z and z.z),
        "u": y.u and z.u,
        "d": z.d,
        "s": z.s and (x.s or y.s),
        "f": z.f and forced,
        "e": z.e and forced,
        "m": x.m and y.m and z.m and x.e and (x.s or y.s or z.s),
    }


FALSE = Has(frozenset("Bzudems"))
TRUE = Has(frozenset("Bzufm"))


def or_i(x: Has, y: Has) -> Rule:
    return same(x, y), {
        "o": x.z and y.z,
        "u": x.u and y.u,
        "d": x.d or y.d,
        "s": x.s and y.s,
        "f": x.f and y.f,
        "e": (x.e and y.f) or (x.f and y.e),
        "m": x.m and y.m and (x.s or y.s),
    }


def and_v(x: Has, y: Has) -> Rule:
    return (same(y, y) if x.V else ""), both(x, y) | {"u": y.u, "f": x.s or y.f}


def kept(x: Has, letters: str) -> dict[str, bool]:
    return {letter: letter in x.letters for letter in letters}


# BIP379, Correctness properties and Malleability; short forms by what they stand for.
RULES: dict[str, Callable[..., Rule]] = {
    "andor": andor,
    "and_n": lambda x, y: andor(x, y, FALSE),
    "and_v": and_v,
    "and_b": lambda x, y: (
        "B" * (x.B and y.W),
        both(x, y)
        | {
            "d": x.d and y.d,
            "u": True,
            "f": (x.f and y.f) or (x.s and x.f) or (y.s and y.f),
            "e": x.e and y.e and x.s and y.s,
        },
    ),
    "or_b": lambda x, y: (
        "B" * (x.B and x.d and y.W and y.d),
        both(x, y)
        | {
            "n": False,
            "d": True,
            "u": True,
            "s": x.s and y.s,
            "e": True,
            "m": x.m and y.m and x.e and y.e and (x.s or y.s),
        },
    ),
    "or_c": lambda x, y: (
        "V" * (x.B and x.d and x.u and y.V),
        chosen(x, y) | {"f": True, "m": x.m and y.m and x.e and (x.s or y.s)},
    ),
    "or_d": lambda x, y: (
        "B" * (x.B and x.d and x.u and y.B),
        chosen(x, y) | kept(y, "duef") | {"m": x.m and y.m and x.e and (x.s or y.s)},
    ),
    "or_i": or_i,
    "a": lambda x: ("W" * x.B, kept(x, "dusefm")),
    "s": lambda x: ("W" * (x.B and x.o), kept(x, "dusefm")),
    "c": lambda x: ("B" * x.K, kept(x, "ondefm") | {"u": True, "s": True}),
    "d": lambda x: (
        "B" * (x.V and x.z),
        kept(x, "sm") | {"o": True, "n": True, "d": True, "e": True},
    ),
    "t": lambda x: and_v(x, TRUE),
    "v": lambda x: ("V" * x.B, kept(x, "zonsm") | {"f": True}),
    "j": lambda x: ("B" * (x.B and x.n), kept(x, "ousm") | {"n": True, "d": True, "e": x.f}),
    "n": lambda x: ("B" * x.B, kept(x, "zondsefm") | {"u": True}),
    "l": lambda x: or_i(FALSE, x),
    "u": lambda x: or_i(x, FALSE),
}


def thresh(number: int, first: Has, *others: Has) -> Rule:
    subs = (first, *others)
    unsigned = sum(not sub.s for sub in subs)
    takes = sorted("z" if sub.z else "o" if sub.o else "" for sub in subs)
    expressive = all(sub.e for sub in subs)
    fits = first.B and all(sub.W for sub in others) and all(sub.d and sub.u for sub in subs)
    return "B" * fits, {
        "z": takes == ["z"] * len(subs),
        "o": takes == ["o"] + ["z"] * (len(subs) - 1),
        "d": True,
        "u": True,
        "s": unsigned <= number - 1,
        "e": expressive and unsigned == 0,
        "m": expressive and all(sub.m for sub in subs) and unsigned <= number,
    }


def applied(names: Iterable[str], *subs: Iterable[Type]) -> set[Type]:
    """The types that come of these fragments over all these types."""
    found = {
        types.type_of(FragmentNode(Context.WSH, name), chosen)
        for name, chosen in product(names, list(product(*subs)))
    }
    return {kind for kind in found if kind & types.BASES}


COMBINATIONS = 30_000 if IS_NIGHT else 8_000  # of argument types, evenly drawn of all


@cache
def known_types() -> tuple[Type, ...]:
    pieces = {type_of(text) for text in ["0", "v:0", *PIECES]} - {frozenset()}
    pairs = pieces | applied(PAIRS, pieces, pieces)
    deeper = applied(["and_v"], pairs, pieces) | applied(["and_v"], pieces, pairs)
    wrapped = applied("av", pairs | deeper)
    return tuple(sorted(pairs | deeper | wrapped, key=sorted))


@pytest.mark.parametrize("name", RULES)
def test_each_fragment_has_the_type_the_bip_gives_it(name: str) -> None:
    count = len(TABLE[Context.WSH][name].arguments)
    every = len(known_types()) ** count // COMBINATIONS | 1
    for subs in islice(product(known_types(), repeat=count), 0, None, every):
        ours = types.type_of(FragmentNode(Context.WSH, name), subs) - set("ghijk")
        base, properties = RULES[name](*map(Has, subs))
        if base:
            assert ours == {*base, *(letter for letter, holds in properties.items() if holds)}, subs
        else:
            assert not ours & types.BASES, subs


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_threshold_has_the_type_the_bip_gives_it(number: int, length: int) -> None:
    """Of types that no fragment of today has, too: the BIP's rule counts what a W takes."""
    kinds = [kind for kind in known_types() if {"d", "u"} <= kind]
    others = {kind - {"B"} | {"W"} for kind in kinds if "B" in kind}
    chosen = [sorted(kinds, key=sorted), *[sorted(others, key=sorted)] * (length - 1)]
    every = prod(map(len, chosen)) // 3_000 | 1
    for subs in islice(product(*chosen), 0, None, every):
        ours = types.type_of(FragmentNode(Context.WSH, "thresh", number), subs) - set("ghijk")
        base, properties = thresh(number, *map(Has, subs))
        if base and number <= length:
            assert ours == {*base, *(letter for letter, holds in properties.items() if holds)}, subs
        elif not base:
            assert not ours & types.BASES, subs
