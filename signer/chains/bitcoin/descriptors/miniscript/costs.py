"""How large a witness can get: how `satisfied` and `dissatisfied` of a row of the table are read.

Ways are parted by `|`. Each is a list of items of the witness, and of the witnesses that satisfy
(`sX`) or dissatisfy (`dX`) a fragment inside.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from signer.chains.bitcoin.descriptors.miniscript.table import IMPOSSIBLE, TABLE, FragmentNode


class WitnessCost(NamedTuple):
    """What a witness takes at most: items, their bytes with compact sizes, and counted opcodes.

    Beside those of the script, an executed CHECKMULTISIG counts as many opcodes as it has keys.
    """

    items: int = 0
    size: int = 0
    ops: int = 0


class Costs(NamedTuple):
    """The worst cost of satisfying and of dissatisfying a fragment; None where nothing does."""

    satisfied: WitnessCost | None
    dissatisfied: WitnessCost | None


def costs_of(node: FragmentNode[Any], subs: Sequence[Costs]) -> Costs:
    """The costs of a fragment, from those of the fragments inside."""
    row = TABLE[node.context][node.name]
    if row.arguments == "subs":
        return Costs(_threshold(node.number, subs), _sum(sub.dissatisfied for sub in subs))
    return Costs(_worst(row.satisfied, node, subs), _worst(row.dissatisfied, node, subs))


def _worst(ways: str, node: FragmentNode[Any], subs: Sequence[Costs]) -> WitnessCost | None:
    if ways == IMPOSSIBLE:
        return None
    costs = [_sum([_item(word, node, subs) for word in way]) for way in _WAYS[ways]]
    possible = [cost for cost in costs if cost is not None]
    return WitnessCost(*map(max, zip(*possible, strict=True))) if possible else None


def _item(word: str, node: FragmentNode[Any], subs: Sequence[Costs]) -> WitnessCost | None:
    if word in _ITEMS:
        return _ITEMS[word](node)
    inside = subs["XYZ".index(word[1])]
    return inside.satisfied if word[0] == "s" else inside.dissatisfied


def _sum(costs: Iterable[WitnessCost | None]) -> WitnessCost | None:
    items = size = ops = 0
    for cost in costs:
        if cost is None:
            return None
        items, size, ops = items + cost[0], size + cost[1], ops + cost[2]
    return WitnessCost(items, size, ops)


def _threshold(number: int, subs: Sequence[Costs]) -> WitnessCost | None:
    """The worst of all ways to satisfy `number` of these and to dissatisfy the others."""
    settled = [sub.satisfied or sub.dissatisfied for sub in subs if None in sub]
    free = [(yes, dissatisfied) for yes, dissatisfied in subs if yes and dissatisfied]
    chosen = number - sum(sub.dissatisfied is None for sub in subs)
    if not 0 <= chosen <= len(free):
        return None
    gains = (
        [yes[part] - dissatisfied[part] for yes, dissatisfied in free]
        for part in range(len(WitnessCost()))
    )
    largest = WitnessCost(*(sum(sorted(gain, reverse=True)[:chosen]) for gain in gains))
    return _sum((*settled, *(dissatisfied for _, dissatisfied in free), largest))


def _pushed(size: int, times: int = 1) -> WitnessCost:
    return WitnessCost(times, times * (1 + size))


_ITEMS: dict[str, Callable[[FragmentNode[Any]], WitnessCost]] = {
    "0": lambda _node: _pushed(0),
    "1": lambda _node: _pushed(1),
    "preimage": lambda _node: _pushed(32),
    "key": lambda node: _pushed(node.context.key_bytes),
    "signature": lambda node: _pushed(node.context.signature_bytes),
    "signatures": lambda node: _pushed(node.context.signature_bytes, node.number),
    "zeros": lambda node: _pushed(0, node.number),
    "blanks": lambda node: _pushed(0, len(node.own_keys) - node.number),
    "counted": lambda node: WitnessCost(ops=len(node.own_keys)),
}
_WAYS = {
    ways: [way.split() for way in ways.split("|")]
    for rows in TABLE.values()
    for row in rows.values()
    for ways in (row.satisfied, row.dissatisfied)
}
