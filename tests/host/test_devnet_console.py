"""The devnet by hand: every line that is typed does what it says, or says what to type."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from host.devnet.network import Devnet
from host.devnet.steering import console
from tests.devnets import STRANGER, clock


@pytest.fixture
async def devnet() -> AsyncIterator[Devnet]:
    async with Devnet(clock, 2) as devnet:
        yield devnet


async def typed(devnet: Devnet, line: str) -> list[str]:
    """What is said to a line."""
    said: list[str] = []
    await console.obey(devnet, line, said.append)
    return said


async def test_blocks_are_mined_one_by_default(devnet: Devnet) -> None:
    before = devnet.status()[0].height
    assert await typed(devnet, "mine") == []
    assert await typed(devnet, "  mine   3 ") == []
    assert [node.height for node in devnet.status()] == [before + 4] * 2


async def test_money_is_sent_and_its_name_is_said(devnet: Devnet) -> None:
    (sentence,) = await typed(devnet, f"fund {STRANGER} 50000")
    assert sentence.startswith("Sent and confirmed: ")
    assert len(sentence.rpartition(" ")[2]) == 64


async def test_a_node_is_killed_and_revived(devnet: Devnet) -> None:
    assert await typed(devnet, "kill 1") == []
    assert [node.alive for node in devnet.status()] == [True, False]
    assert await typed(devnet, "kill 1") == ["node 1 is dead already."]
    assert await typed(devnet, "start 1") == []
    assert await typed(devnet, "start 1") == ["node 1 is alive already."]


@pytest.mark.parametrize(
    "line",
    ["", "   ", "fly", "MINE", "mine x", "mine -1", "kill", "start", "fund", "fund x", "mine ٣"],
)
async def test_what_cannot_be_meant_is_answered_with_what_can(devnet: Devnet, line: str) -> None:
    before = devnet.status()
    (sentence,) = await typed(devnet, line)
    assert console.HELP in sentence
    assert devnet.status() == before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("mine 0", "Mine between 1 and"),
        ("mine 100000", "Mine between 1 and"),
        ("kill 7", "There are nodes 0 to 1, and no 7."),
        (f"fund {STRANGER} 1", "too few to send"),
        (
            "fund bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 50000",
            "is not an address of the devnet",
        ),
    ],
)
async def test_what_cannot_be_done_is_a_sentence(devnet: Devnet, line: str, says: str) -> None:
    (sentence,) = await typed(devnet, line)
    assert says in sentence


async def test_the_table_is_shown_again_when_something_changed(
    devnet: Devnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "PACE_S", 0)
    shown: asyncio.Queue[str] = asyncio.Queue()
    showing = asyncio.ensure_future(console.show(devnet, shown.put_nowait))
    async with asyncio.timeout(10):
        first = await shown.get()
        await devnet.kill(1)
        second = await shown.get()
    showing.cancel()
    assert "✗ node 1" not in first
    assert "✗ node 1" in second
    assert "dead" in second


def test_every_verb_stands_in_the_help() -> None:
    for verb in console.COMMANDS:
        assert verb in console.HELP
