"""A new wallet meets hostile peers and one honest node: whether it is right, and how soon."""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.errors import NetworkError
from tests.hostile_peers.kinds import KINDS, OURS
from tests.hostile_peers.peer import HostilePeer
from tests.wallets import paired

COIN = 10_000  # sats
IN_TIME_S = 10.0
BECH32 = "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk"  # the address of OURS
assert OURS


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a trial ended: seconds for the first sync, and for one after a new block."""

    first_s: float
    later_s: float
    balance: int
    expected: int
    liars_named: int
    error: str = ""

    @property
    def is_right(self) -> bool:
        in_time = max(self.first_s, self.later_s) <= IN_TIME_S
        return in_time and self.balance == self.expected and not self.error


async def meet(
    devnet: Devnet, folder: Path, kind: str, hostile: int = 1, *, paid_before: int = 0
) -> Outcome:
    """One honest node of `devnet` and some hostile peers; `paid_before` is what the wallet had."""
    node = devnet.node(0)
    await devnet.fund(BECH32, COIN)
    mob = [await HostilePeer(node, KINDS[kind]).start() for _ in range(hostile)]
    named = [(peer.address.host, peer.address.port) for peer in mob]
    listed = secrets.SystemRandom().sample(
        [*named, (node.address.host, node.address.port)], hostile + 1
    )
    wallet = paired(folder / "wallet")
    backend = P2pBackend(listed, "regtest", folder / "headers")
    times, error = [], ""
    try:
        for _ in range(2):
            started = time.perf_counter()
            await backend.sync(wallet)
            times.append(time.perf_counter() - started)
            await devnet.fund(BECH32, COIN) if len(times) == 1 else None
    except NetworkError as failure:
        error = str(failure)
    balance = wallet.balance().confirmed_sats
    liars = sum(backend.manager.memory.of(peer.address).lied for peer in mob)
    await backend.close()
    wallet.close()
    for peer in mob:
        await peer.stop()
    times += [99.0] * (2 - len(times))
    return Outcome(*times, balance, paid_before + 2 * COIN, liars, error)
