"""What a person who runs the devnet by hand reads and types."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from host.devnet.network import Devnet
from host.errors import HostError, NetworkError
from host.values import NodeStatus

HELP = """\
  mine 3              mine three blocks
  fund ADDRESS SATS   send play money and confirm it
  kill 1, revive 1    let a node crash, and bring it back
  quit                stop (or press Ctrl-C)"""
PACE_S = 0.2  # a table for every block of a hundred would only flicker
Say = Callable[[str], None]


def table(status: tuple[NodeStatus, ...]) -> str:
    """One line a node, aligned."""
    rows = [("", "address", "height", "tip", "waiting")]
    rows += [
        (
            f"{'●' if node.alive else '✗'} {node.name}",
            node.address,
            str(node.height),
            f"{node.tip[:8]}…{node.tip[-8:]}",
            str(len(node.mempool)) if node.alive else "dead",
        )
        for node in status
    ]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


async def show(devnet: Devnet, say: Say) -> None:
    """The table, now and whenever something has changed. Runs until it is cancelled."""
    reported: tuple[NodeStatus, ...] = ()
    async for _ in devnet.watch():
        await asyncio.sleep(PACE_S)
        if (status := devnet.status()) != reported:
            say("\n" + table(status))
            reported = status


async def obey(devnet: Devnet, line: str, say: Say) -> None:
    """Do what was typed, and say what came of it; nothing it raises gets out."""
    verb, *words = line.split() or [""]
    try:
        if verb not in VERBS:
            raise NetworkError(f"Type one of these:\n{HELP}")
        await VERBS[verb](devnet, words, say)
    except HostError as error:
        say(str(error))


async def _mine(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await devnet.mine(_number(words, 0) if words else 1)


async def _fund(devnet: Devnet, words: Sequence[str], say: Say) -> None:
    sats = _number(words, 1)
    say(f"Sent and confirmed: {await devnet.fund(words[0], sats)}")


async def _kill(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await devnet.kill(_number(words, 0))


async def _revive(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await devnet.revive(_number(words, 0))


VERBS: dict[str, Callable[[Devnet, Sequence[str], Say], Awaitable[None]]] = {
    "mine": _mine,
    "fund": _fund,
    "kill": _kill,
    "revive": _revive,
}


def _number(words: Sequence[str], place: int) -> int:
    if len(words) <= place or not words[place].isascii() or not words[place].isdigit():
        raise NetworkError(f"A whole number is missing. Type one of these:\n{HELP}")
    return int(words[place])
