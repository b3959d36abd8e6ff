"""Hostile peers beside an honest one. All kinds: `python -m tests.hostile_peers`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from host.devnet.network import Devnet
from tests.devnets import clock
from tests.hostile_peers.kinds import KINDS
from tests.hostile_peers.trial import meet
from tests.nights import AT_NIGHT

BY_DAY = (
    "bad checksum",
    "silent on getcfilters",
    "headers without work",
    "filters that omit our coin",
    "the same with matching headers",
    "two-faced: lies to the light client",
)


@pytest.fixture
async def lone(tmp_path: Path) -> AsyncIterator[Devnet]:
    async with Devnet(clock, 1, tmp_path / "net") as devnet:
        yield devnet


@pytest.mark.parametrize("kind", BY_DAY)
async def test_one_beside_one_honest_is_outvoted(lone: Devnet, tmp_path: Path, kind: str) -> None:
    outcome = await meet(lone, tmp_path, kind)
    assert outcome.is_right, outcome


@pytest.mark.parametrize("kind", ["the same with matching headers", "tampered blocks"])
async def test_a_lying_majority_is_outvoted_and_named(
    lone: Devnet, tmp_path: Path, kind: str
) -> None:
    outcome = await meet(lone, tmp_path, kind, hostile=10)
    assert outcome.is_right, outcome
    assert outcome.liars_named == 10


async def test_a_chain_whose_blocks_nobody_shows_is_left_aside(
    lone: Devnet, tmp_path: Path
) -> None:
    outcome = await meet(lone, tmp_path, "headers whose blocks it keeps", hostile=10)
    assert outcome.is_right, outcome


@AT_NIGHT
@pytest.mark.parametrize("hostile", [1, 10])
@pytest.mark.parametrize("kind", KINDS)
async def test_whatever_they_do_the_wallet_is_right_in_time(
    lone: Devnet, tmp_path: Path, kind: str, hostile: int
) -> None:
    outcome = await meet(lone, tmp_path, kind, hostile)
    assert outcome.is_right, outcome
    assert not KINDS[kind].lies or outcome.liars_named == hostile or "two-faced" in kind
