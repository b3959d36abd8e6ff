"""Script trees of taproot outputs: read from text (BIP386), hashed, proven (BIP341).

A tree is the list of its leaves, left to right, each with its depth. Nothing here calls itself:
10,000 braces cost 10,000 steps, not 10,000 frames.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from signer.chains.bitcoin.descriptors.spend_data import (
    LEAF_VERSION,
    TapLeaf,
    branch_hash,
    leaf_hash,
)
from signer.errors import Malformed
from signer.keys import curve

MAX_DEPTH = 128  # BIP341: a control block has no room for a longer proof
Script: TypeAlias = tuple[int, bytes]  # the leaf version, and the script
_PUNCTUATION = re.compile("[(){},]")


def split(text: str) -> tuple[tuple[int, str], ...]:
    """A TREE expression as (depth, leaf) pairs. Raises Malformed; the leaves are not looked into.

    A leaf ends at the first comma or brace that is in none of its parentheses.
    """
    leaves: list[tuple[int, str]] = []
    halves: list[bool] = []  # for each open brace: is its comma behind us?
    offset = 0
    while True:
        offset = _descend(text, offset, halves)
        stop = _end_of_leaf(text, offset)
        leaves.append((len(halves), text[offset:stop]))
        offset = _ascend(text, stop, halves)
        if not halves:
            break
        if halves[-1] or text[offset : offset + 1] != ",":
            raise Malformed("A pair of script trees is two, with a comma between, in braces.")
        halves[-1] = True
        offset += 1
    if offset != len(text):
        raise Malformed("Something follows the end of a script tree.")
    return tuple(leaves)


def _descend(text: str, offset: int, halves: list[bool]) -> int:
    while text.startswith("{", offset):
        halves.append(False)
        offset += 1
        if len(halves) > MAX_DEPTH:
            raise Malformed(f"A script tree is at most {MAX_DEPTH} levels deep.")
    return offset


def _ascend(text: str, offset: int, halves: list[bool]) -> int:
    while halves and halves[-1] and text.startswith("}", offset):
        halves.pop()
        offset += 1
    return offset


def _end_of_leaf(text: str, offset: int) -> int:
    inside = 0
    for mark in _PUNCTUATION.finditer(text, offset):
        match mark[0]:
            case "(":
                inside += 1
            case ")":
                inside -= 1
            case _ if inside <= 0:
                return mark.start()
    return len(text)


@dataclass(frozen=True, slots=True)
class TaprootOutput:
    """A taproot output: its key (x-only), the root its key commits to, each script's proof."""

    key: bytes
    merkle_root: bytes
    leaves: tuple[TapLeaf, ...]


def output(internal_key: bytes, depths: Sequence[int], scripts: Sequence[Script]) -> TaprootOutput:
    """The output of an x-only internal key and the scripts at these depths, left to right."""
    root, proofs = _merkle(depths, scripts)
    # The even point plus the tweak: libsecp256k1's x-only tweak, with the parity kept.
    tweaked = curve.tweak_public(b"\x02" + internal_key, curve.taproot_tweak(internal_key, root))
    parity = tweaked[0] & 1
    leaves = tuple(
        TapLeaf(script, bytes((version | parity,)) + internal_key + b"".join(proof), version)
        for (version, script), proof in zip(scripts, proofs, strict=True)
    )
    return TaprootOutput(tweaked[1:], root, leaves)


def _merkle(depths: Sequence[int], scripts: Iterable[Script]) -> tuple[bytes, list[list[bytes]]]:
    """The root, and for each leaf the hashes that lead from it to the root.

    Whenever two neighbours on the stack have the same depth they are a pair: they make way for
    their parent, one level up, that holds the leaves of both.
    """
    proofs: list[list[bytes]] = [[] for _ in depths]
    stack: list[tuple[int, bytes, range]] = []
    for place, (depth, (version, script)) in enumerate(zip(depths, scripts, strict=True)):
        level, node, leaves = depth, leaf_hash(script, version), range(place, place + 1)
        while stack and stack[-1][0] == level:
            _, left, left_leaves = stack.pop()
            for leaf in left_leaves:
                proofs[leaf].append(node)
            for leaf in leaves:
                proofs[leaf].append(left)
            level, node = level - 1, branch_hash(left, node)
            leaves = range(left_leaves.start, leaves.stop)
        stack.append((level, node, leaves))
    return (stack[0][1] if stack else b""), proofs


def leaf(script: bytes) -> Script:
    """A script as BIP342 runs it."""
    return LEAF_VERSION, script
