"""What a person who runs the devnet by hand reads and types; programs send the same lines."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from host.devnet.network import Devnet
from host.devnet.peering.lies import LIES
from host.devnet.steering import faults
from host.errors import HostError, NetworkError
from host.values import NodeStatus

PACE_S = 0.2  # a table for every block of a hundred would only flicker
Say = Callable[[str], None]
Act = Callable[[Devnet, Sequence[str], Say], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """How it is typed, what it does, and who does it."""

    usage: str
    purpose: str
    act: Act


def table(status: tuple[NodeStatus, ...]) -> str:
    """One line a node, aligned."""
    rows = [("", "address", "height", "tip", "waiting", "")]
    rows += [
        (
            f"{'●' if node.alive else '✗'} {node.name}",
            node.address,
            str(node.height),
            f"{node.tip[:8]}…{node.tip[-8:]}",
            str(len(node.mempool)) if node.alive else "dead",
            node.conduct if node.alive else "",
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
    try:
        await perform(devnet, line, say)
    except HostError as error:
        say(str(error))


async def perform(devnet: Devnet, line: str, say: Say) -> None:
    """Do what a line asks for. Raises HostError: it cannot be meant, or cannot be done."""
    verb, *words = line.split() or [""]
    command = COMMANDS.get(verb)
    if command is None:
        raise NetworkError(f"Type one of these:\n{HELP}")
    await command.act(devnet, words, say)


async def _mine(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    miner_index = _number(words, 1) if len(words) > 1 else None
    await devnet.mine(_number(words, 0) if words else 1, miner_index)


async def _fund(devnet: Devnet, words: Sequence[str], say: Say) -> None:
    sats = _number(words, 1)
    say(f"Sent and confirmed: {await devnet.fund(words[0], sats)}")


async def _kill(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await devnet.kill(_number(words, 0))


async def _start(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await devnet.revive(_number(words, 0))


async def _partition(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    groups = [side.replace(",", " ").split() for side in " ".join(words).split("|")]
    if not all(index.isascii() and index.isdigit() for group in groups for index in group):
        raise NetworkError("Name the nodes by their numbers, as in partition 0|1,2.")
    await faults.partition(devnet, [[int(index) for index in group] for group in groups])


async def _heal(devnet: Devnet, _: Sequence[str], say: Say) -> None:
    if not await faults.heal(devnet):
        say("The branches are equally long: the next block decides.")


async def _reorg(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await faults.reorg(devnet, _number(words, 0))


async def _stale(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await faults.stale(devnet, _number(words, 0))


async def _slow(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await faults.slow(devnet, _number(words, 0), _number(words, 1))


async def _lie(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await faults.lie(devnet, _number(words, 0), words[1] if len(words) > 1 else "")


async def _honest(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await faults.honest(devnet, _number(words, 0))


async def _tamper(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    await faults.tamper(devnet, _number(words, 0), _number(words, 1))


async def _fees(devnet: Devnet, words: Sequence[str], _: Say) -> None:
    try:
        rate = float(words[0])
    except (IndexError, ValueError) as error:
        raise NetworkError(f"A rate is missing. Type one of these:\n{HELP}") from error
    await faults.fees(devnet, rate)


async def _forget(devnet: Devnet, _: Sequence[str], __: Say) -> None:
    await faults.forget(devnet)


async def _help(_: Devnet, __: Sequence[str], say: Say) -> None:
    say(HELP)


COMMANDS = {
    "mine": Command("mine 3", "mine three blocks; mine 3 1: node 1 mines them", _mine),
    "fund": Command("fund ADDRESS SATS", "send play money and confirm it", _fund),
    "kill": Command("kill 1", "let a node crash", _kill),
    "start": Command("start 1", "bring it back; it catches up", _start),
    "partition": Command("partition 0|1,2", "let the sides not reach each other", _partition),
    "heal": Command("heal", "let all reach each other again", _heal),
    "reorg": Command("reorg 3", "replace the last three blocks by four others", _reorg),
    "stale": Command("stale 1", "let a node take no new block", _stale),
    "slow": Command("slow 1 300", "let a node hear everything 300 ms late", _slow),
    "lie": Command("lie 1 filters", f"let a node lie: {', '.join(LIES)}", _lie),
    "honest": Command("honest 1", "let it be quick and true again", _honest),
    "tamper": Command("tamper 1 50", "turn a bit in a block on a node's disk", _tamper),
    "fees": Command("fees 20", "let all nodes refuse less than 20 sat/vB", _fees),
    "forget": Command("forget", "let all mempools lose what waits", _forget),
    "help": Command("help", "say this again", _help),
}
HELP = "\n".join(
    [f"  {c.usage:<18}  {c.purpose}" for c in COMMANDS.values() if c.usage]
    + [f"  {'quit':<18}  stop (or press Ctrl-C)"]
)


def _number(words: Sequence[str], place: int) -> int:
    if len(words) <= place or not words[place].isascii() or not words[place].isdigit():
        raise NetworkError(f"A whole number is missing. Type one of these:\n{HELP}")
    return int(words[place][:9])
