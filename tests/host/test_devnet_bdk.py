"""The real light client (BDK's) against our nodes: what it takes is what the network takes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import pytest

from host.devnet.network import Devnet
from tests.devnets import branch, clock

bdk = pytest.importorskip("bdkpython", reason="BDK has no wheels for this machine")
KEYS = (
    "wpkh(tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQ"
    "SQoQgewGiYZqrA9DsP4zbQ1M/{}/*)"  # the account of BIP84's test seed, on test networks
)
COINS, MORE = 5_000_000, 7_000_000


class Light:
    """A watch-only wallet that follows the chain by compact block filters."""

    def __init__(self, peers: tuple[str, ...], folder: Path, connections: int = 3) -> None:
        keys = [bdk.Descriptor(KEYS.format(n), bdk.NetworkKind.TEST) for n in (0, 1)]
        store = bdk.Persister.new_in_memory()
        self.wallet = bdk.Wallet(*keys, bdk.Network.REGTEST, store)
        self.address = str(self.wallet.reveal_next_address(bdk.KeychainKind.EXTERNAL).address)
        named = [_peer(address) for address in peers]
        builder = bdk.CbfBuilder().connections(connections).peers(named).only_configured_peers()
        self._builder = builder.data_dir(str(folder)).scan_type(bdk.ScanType.SYNC())

    async def until(self, height: int, tip: str) -> None:
        async with asyncio.timeout(20):
            while self._tip() != (height, tip):
                self.wallet.apply_update(await self._client.update())

    @property
    def confirmed_sats(self) -> int:
        return self.wallet.balance().confirmed.to_sat()

    async def __aenter__(self) -> Self:
        parts = self._builder.build(self.wallet)
        self._client = parts.client
        parts.node.run()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._client.shutdown()

    def _tip(self) -> tuple[int, str]:
        checkpoint = self.wallet.latest_checkpoint()
        return checkpoint.height, str(checkpoint.hash)


def _peer(address: str) -> "bdk.Peer":
    where = bdk.IpAddress.from_ipv4(127, 0, 0, 1)
    return bdk.Peer(address=where, port=int(address.split(":")[1]), v2_transport=False)


@pytest.fixture
async def devnet() -> AsyncIterator[Devnet]:
    async with Devnet(clock) as devnet:
        yield devnet


def _top(devnet: Devnet) -> tuple[int, str]:
    status = next(each for each in devnet.status() if each.alive)
    return status.height, status.tip


async def test_a_light_wallet_finds_its_coins_and_sees_new_blocks(
    devnet: Devnet, tmp_path: Path
) -> None:
    light = Light(devnet.peers, tmp_path)
    await devnet.fund(light.address, COINS)
    await devnet.mine(12)
    async with light:
        await light.until(*_top(devnet))
        assert light.confirmed_sats == COINS
        await devnet.fund(light.address, MORE)
        await light.until(*_top(devnet))
        assert light.confirmed_sats == COINS + MORE


async def test_a_light_wallet_follows_a_branch_of_three_blocks(
    devnet: Devnet, tmp_path: Path
) -> None:
    light = Light(devnet.peers, tmp_path)
    await devnet.fund(light.address, COINS)
    await devnet.mine(9)
    await devnet.fund(light.address, MORE)
    await devnet.mine(2)
    async with light:
        await light.until(*_top(devnet))
        assert light.confirmed_sats == COINS + MORE
        for block in branch(devnet.node(0).chain, depth=3, length=4):
            devnet.node(0).submit_block(block.encode())
        await light.until(*_top(devnet))
        assert light.confirmed_sats == COINS  # the second payment waits again
        await devnet.mine(1)
        await light.until(*_top(devnet))
        assert light.confirmed_sats == COINS + MORE


async def test_a_light_wallet_goes_on_when_nodes_die_one_after_another(
    devnet: Devnet, tmp_path: Path
) -> None:
    # It forgets a peer that broke off, and gives up when it cannot have as many as it wants.
    light = Light(devnet.peers, tmp_path, connections=1)
    async with light:
        await light.until(*_top(devnet))
        for index in (0, 2):
            before = light.confirmed_sats
            await devnet.kill(index)
            await devnet.fund(light.address, COINS)
            await light.until(*_top(devnet))
            assert light.confirmed_sats == before + COINS
