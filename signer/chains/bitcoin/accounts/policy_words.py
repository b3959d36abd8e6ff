"""A policy in words: what it takes to spend, for a person who registers the account."""

from collections.abc import Collection, Iterator
from itertools import product

from signer import wording
from signer.chains.bitcoin import units
from signer.chains.bitcoin.descriptors.expressions import (
    Multi,
    ScriptExpression,
    Sh,
    Single,
    Tr,
    Wsh,
)
from signer.chains.bitcoin.descriptors.miniscript import Fragment
from signer.chains.bitcoin.descriptors.policy import Policy
from signer.chains.bitcoin.network import LOCKTIME_THRESHOLD
from signer.review import Fact, Kind, Page

Ways = list[tuple[str, ...]]  # each way to spend, as the conditions that are needed together

MAX_WAYS = 16  # more of them nobody reads; the template says it all anyway
_MAX_TEXT = 10_000  # letters, likewise
_TOO_MANY: Ways = [("",)] * (MAX_WAYS + 1)
_MULTI = {"multi": "in this order", "multi_a": "in this order"}
_MULTI |= {"sortedmulti": "sorted", "sortedmulti_a": "sorted"}
_KEYS = {"pk", "pkh", "pk_k", "pk_h"}
_HASHES = {"sha256", "hash256", "ripemd160", "hash160"}


def kind(read: Policy) -> str:
    """What kind of account it is, in one line: `2 of 3 keys, sorted, native segwit`."""
    form = read.descriptor.form
    if isinstance(form, Tr):
        return f"taproot, {wording.plural(len(form.leaves), 'script')}"
    outer = "legacy"
    if isinstance(form, Wsh) or form == Single("wpkh", 0):
        outer = "native segwit"
    elif isinstance(form, Sh) and not isinstance(form.inner, Multi):
        outer = "nested segwit"
    return f"{_inner(form)}, {outer}"


def _inner(form: ScriptExpression) -> str:
    if isinstance(_inside(form), Single):
        return "one key"
    multisig = _multisig(form)
    if multisig is None:
        return "conditions"
    threshold, count, order = multisig
    return f"{threshold} of {count} keys, {order}"


def any_alone(read: Policy) -> bool:
    """Whether each key of several can spend alone."""
    multisig = _multisig(read.descriptor.form)
    return multisig is not None and multisig[0] == 1 < multisig[1]


def _multisig(form: ScriptExpression) -> tuple[int, int, str] | None:
    """Threshold, number of keys and their order, if the whole script is a multisig."""
    match _inside(form):
        case Multi(threshold, keys, is_sorted):
            return threshold, len(keys), "sorted" if is_sorted else "in this order"
        case Fragment() as multisig if multisig.name in _MULTI:
            return multisig.number, len(multisig.own_keys), _MULTI[multisig.name]
        case _:
            return None


def _inside(form: ScriptExpression | Fragment[int]) -> ScriptExpression | Fragment[int]:
    """What is inside of P2SH and P2WSH."""
    while isinstance(form, Sh | Wsh):
        form = form.inner
    return form


def conditions(read: Policy, own_numbers: Collection[int]) -> Iterator[Page]:
    """The template, and each way to spend, where a line cannot say what it asks for.

    `own_numbers` are the numbers of our keys, from 0.
    """
    inside = _inside(read.descriptor.form)
    scripts = inside.leaves if isinstance(inside, Tr) else ()
    if isinstance(inside, Fragment) and inside.name not in _MULTI:
        scripts = (inside,)
    if not scripts:
        return
    names = [_name(place.numbers, own_numbers) for place in read.placeholders]
    ways = [way for script in scripts for way in _ways(script, names)]
    facts = [Fact("template", read.template)]
    if len(ways) <= MAX_WAYS:
        facts += [Fact(f"Way {n}", " and ".join(way)) for n, way in enumerate(ways, 1)]
    yield Page(Kind.DETAIL, "Conditions", tuple(facts))


def _name(numbers: tuple[int, ...], own_numbers: Collection[int]) -> str:
    return " with ".join(f"key {n + 1}{' (yours)' if n in own_numbers else ''}" for n in numbers)


def _ways(script: Fragment[int], names: list[str]) -> Ways:
    return script.fold(lambda node, subs: _joined(node, [names[k] for k in node.own_keys], subs))


def _joined(node: Fragment[int], keys: list[str], subs: list[Ways]) -> Ways:
    """The ways to satisfy a fragment, of those of the fragments inside (BIP379, Translation)."""
    match node.name:
        case "0":
            ways: Ways = []
        case "and_v" | "and_b" | "and_n":
            ways = _combined(subs[0], subs[1])
        case "andor":
            ways = [*_combined(subs[0], subs[1]), *subs[2]]
        case "or_b" | "or_c" | "or_d" | "or_i":
            ways = [*subs[0], *subs[1]]
        case "thresh":
            ways = [(f"{node.number} of these: {'; '.join(map(_either, subs))}",)]
            ways = _TOO_MANY if _TOO_MANY in subs else ways
        case _ if subs:  # a wrapper
            ways = subs[0]
        case _:
            ways = [tuple(_leaf(node, keys))]
    return _capped(ways)


def _leaf(node: Fragment[int], keys: list[str]) -> Iterator[str]:
    if node.name in _MULTI:
        yield f"{node.number} of {', '.join(keys)}"
    elif node.name in _KEYS:
        yield keys[0]
    elif node.name in _HASHES:
        yield f"the secret whose {node.name} is {node.digest.hex()}"
    elif node.name == "older":
        yield f"a rest of {units.relative_lock(node.number)}"
    elif node.name == "after":
        is_time = node.number >= LOCKTIME_THRESHOLD
        block = f"block {wording.spaced(node.number)}"
        yield f"{wording.utc(node.number) if is_time else block} past"


def _combined(left: Ways, right: Ways) -> Ways:
    return [first + second for first, second in product(left, right)]


def _capped(ways: Ways) -> Ways:
    # Nested choices multiply: two to the hundredth ways fit into one script (T75).
    if len(ways) > MAX_WAYS or sum(len(condition) for way in ways for condition in way) > _MAX_TEXT:
        return _TOO_MANY
    return ways


def _either(ways: Ways) -> str:
    return " or ".join(" and ".join(way) for way in ways)
