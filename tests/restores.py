"""Seeds that were used before, restored: `python -m tests.restores --count 1000 --used 500`.

All their coins are found at the first sync, and no address that was used is handed out. First
`--used` addresses in each of the ways they can have been used, then random seeds with random pasts.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251 - the pasts, from their numbers

from mnemonic import Mnemonic

from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.store import Search
from host.wallet import Wallet
from host.wallet.bdk_adapter import EXTERNAL, INTERNAL
from tests.devnets import clock
from tests.host.test_restore import COIN, Index, receive, use
from tests.wallets import paired, peers

GAP = 20
AT_ONCE = 25  # seeds whose coins come in the same blocks


@dataclass(frozen=True, slots=True)
class Past:
    """What a seed did before: addresses that were paid to, block by block."""

    name: str
    blocks: Sequence[Sequence[Index]]
    words: tuple[str, ...]
    search: Search = Search()  # noqa: RUF009 - frozen

    @property
    def used(self) -> set[int]:
        return {index for block in self.blocks for branch, index in block if branch is EXTERNAL}

    @property
    def coins(self) -> int:
        return sum(map(len, self.blocks))


def words_of(number: int) -> tuple[str, ...]:
    """Of the seed of that number."""
    return tuple(Mnemonic("english").to_mnemonic(Random(number).randbytes(16)).split())


def ways(count: int) -> list[Past]:
    """Each way in which `count` addresses can have been used."""
    every = range(count)
    both = [[(EXTERNAL, index), (INTERNAL, index)] for index in range(count // 2)]
    far = [receive([index]) for index in range(0, count, 190)]
    named = {
        "one a block": ([receive([index]) for index in every], Search()),
        "four a block": ([receive(range(at, at + 4)) for at in range(0, count, 4)], Search()),
        "all in one block": ([receive(every)], Search()),
        "receive and change": (both, Search()),
        "index 0 unused": ([receive([index]) for index in range(1, count)], Search()),
        "--gap 200": (far, Search(gap=200)),
    }
    return [
        Past(name, blocks, words_of(10**9 + number), search)
        for number, (name, (blocks, search)) in enumerate(named.items())
    ]


def random_past(number: int) -> Past:
    chance = Random(number)
    index, indices = chance.randrange(GAP), []
    for _ in range(chance.randint(1, 12)):
        indices.append(index)
        index += 1 + chance.randrange(GAP)
    chance.shuffle(indices)
    return Past(f"seed {number}", [receive([each]) for each in indices], words_of(number))


async def restored(devnet: Devnet, past: Past, folder: Path) -> tuple[int, int]:
    """Coins that were missed at the first sync, and used addresses that were handed out."""
    wallet = paired(folder / "wallet", words=past.words, search=past.search)
    backend = P2pBackend(peers(devnet), "regtest", folder / "headers")
    await backend.sync(wallet)
    missed = past.coins - wallet.balance().confirmed_sats // COIN
    given = [wallet.next_address().index for _ in range(3)]
    last = wallet.last_address()
    twice = len(past.used & set(given)) + len(given) - len(set(given))
    twice += last is None or last.index != given[-1]
    await backend.close()
    wallet.close()
    return missed, twice


async def run(scratch: Path, count: int, used: int) -> int:
    """Returns 1 when a coin was missed, or an address handed out twice."""
    wrong = missed = twice = 0
    async with Devnet(clock, 1, scratch / "net") as devnet:
        for past in ways(used) if used else []:
            await use(devnet, _keys(scratch, past), past.blocks)
            lost, given = await restored(devnet, past, scratch / past.name)
            wrong += bool(lost or given)
            sys.stdout.write(f"{past.name}: {past.coins - lost} of {past.coins} coins\n")
            sys.stdout.flush()
        for first in range(0, count, AT_ONCE):
            pasts = [random_past(at) for at in range(first, min(first + AT_ONCE, count))]
            for past in pasts:
                await use(devnet, _keys(scratch, past), [[i for b in past.blocks for i in b]])
            for past in pasts:
                lost, given = await restored(devnet, past, scratch / past.name)
                missed, twice = missed + lost, twice + given
    sys.stdout.write(
        f"{count} restores: {missed} coins missed, {twice} addresses handed out twice\n"
    )
    return bool(wrong or missed or twice)


def _keys(scratch: Path, past: Past) -> Wallet:
    """A wallet of the same seed somewhere else: it only tells addresses."""
    return paired(scratch / f"keys of {past.name}", words=past.words)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.restores", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="random seeds")
    parser.add_argument("--used", type=int, default=500, help="addresses in each way; 0: no ways")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quietkey-") as folder:
        return asyncio.run(run(Path(folder), options.count, options.used))


if __name__ == "__main__":
    raise SystemExit(main())
