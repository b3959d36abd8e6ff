"""A devnet of 3, 10, 30 and 100 nodes: its start, and how fast a block and a payment reach all.

CPU time: all nodes share one process and one event loop, so on an idle core that is how long it
takes. The median and the worst of some. Beside it, three nodes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from time import process_time

from host.devnet.network import Devnet
from tests.benchmarks.harness import Figure
from tests.devnets import STRANGER, clock

SIZES = (3, 10, 30, 100)
ROUNDS = 9


@dataclass
class Times:
    """In seconds."""

    start: float = 0.0
    blocks: list[float] = field(default_factory=list)
    payments: list[float] = field(default_factory=list)


def figures() -> Iterator[Figure]:
    beside, least = "3 nodes", Times()
    for size in SIZES:
        times = asyncio.run(_measure(size))
        least = times if size == SIZES[0] else least
        yield Figure(f"{size} nodes: start, 110 blocks on each", times.start, beside, least.start)
        for what, ours, theirs in (
            ("a block", times.blocks, least.blocks),
            ("a payment", times.payments, least.payments),
        ):
            for how, of in (("median", median), ("worst", max)):
                name = f"{size} nodes: {what} on all, {how}"
                yield Figure(name, of(ours), beside, of(theirs))


async def _measure(size: int) -> Times:
    times, began = Times(), process_time()
    async with Devnet(clock, size) as devnet:
        times.start = process_time() - began
        for _ in range(ROUNDS):
            times.payments.append(await _timed(lambda: devnet.fund(STRANGER, 10_000, mine=False)))
            times.blocks.append(await _timed(devnet.mine))
    return times


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    began = process_time()
    await work()
    return process_time() - began
