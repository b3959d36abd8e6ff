"""The chain seen through compact block filters, on a real network that loses nodes."""

import asyncio
from pathlib import Path

import pytest

from host.backends.p2p import P2pBackend
from host.devnet import node as nodes
from host.devnet.network import Devnet
from host.errors import NetworkError
from host.values import Propagation
from host.wallet import Wallet
from tests.devnets import STRANGER
from tests.wallets import opened, paired, peers, sign

Address = tuple[str, int]


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet")


def height(devnet: Devnet) -> int:
    return max(node.height for node in devnet.status() if node.alive)


async def test_after_a_sync_the_wallet_knows_its_coins(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    await devnet.fund(wallet.next_address().address, 5_000_000)
    await backend.sync(wallet)
    assert wallet.tip_height == height(devnet)
    assert wallet.balance().confirmed_sats == 5_000_000
    assert [row.confirmations for row in wallet.history()] == [1]


async def test_taproot_coins_and_addresses_made_after_the_start_are_found(
    devnet: Devnet, backend: P2pBackend, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "tr", "tr")
    await backend.sync(wallet)
    for sats in (1_000, 2_000):
        await devnet.fund(wallet.next_address().address, sats)
    await backend.sync(wallet)
    assert wallet.balance().confirmed_sats == 3_000


async def test_what_was_synced_is_there_after_a_restart(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet, tmp_path: Path
) -> None:
    await devnet.fund(wallet.next_address().address, 5_000_000)
    await backend.sync(wallet)
    await backend.close()
    wallet.close()
    again = opened(tmp_path / "wallet")
    assert again.tip_height == height(devnet)
    assert again.balance().confirmed_sats == 5_000_000
    await devnet.mine(2)
    await backend.sync(again)
    assert again.tip_height == height(devnet)


async def test_a_new_block_is_followed_without_asking(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    await backend.sync(wallet)
    before = wallet.tip_height
    async for seen in backend.follow(wallet):
        if seen == before:
            await devnet.mine(1)
        if seen > before:
            break
    assert wallet.tip_height == before + 1


async def test_who_waits_for_blocks_hears_that_the_network_was_closed(
    backend: P2pBackend, wallet: Wallet
) -> None:
    await backend.sync(wallet)
    heights = backend.follow(wallet)
    await anext(heights)
    waiting = asyncio.ensure_future(anext(heights))
    await asyncio.sleep(0)
    await backend.close()
    with pytest.raises(NetworkError, match="disconnected"):
        await waiting


async def test_a_wallet_opened_again_is_the_only_one_that_is_followed(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet, tmp_path: Path
) -> None:
    await backend.sync(wallet)
    before = wallet.tip_height
    wallet.close()
    again = opened(tmp_path / "wallet")
    await backend.sync(again)
    await devnet.mine(1)
    await backend.sync(again)
    assert (wallet.tip_height, again.tip_height) == (before, before + 1)


async def test_a_payment_is_told_to_some_and_echoed_by_the_others(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    await devnet.fund(wallet.next_address().address, 5_000_000)
    await backend.sync(wallet)
    draft = wallet.draft(STRANGER, 25_000, 1)
    payment = wallet.finish(draft, sign(draft.psbt))
    sent = await backend.broadcast(payment.raw_tx)
    assert sent.txid == payment.txid
    assert isinstance(sent.proof, Propagation)
    assert sent.proof.announced
    assert set(sent.proof.announced) | set(sent.proof.echoed) == set(devnet.peers)
    await devnet.mine(1)
    await backend.sync(wallet)
    assert wallet.confirmations(payment.txid) == 1
    assert wallet.balance().confirmed_sats == draft.change_sats


async def test_the_wallet_keeps_up_while_nodes_die_and_come_back(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    await backend.sync(wallet)
    for dies, returns in ((0, None), (1, 0), (2, 1), (0, 2)):
        await devnet.kill(dies)
        if returns is not None:
            await devnet.revive(returns)
        await devnet.mine(1)
        await backend.sync(wallet)
        assert wallet.tip_height == height(devnet)


async def test_a_dead_network_is_said_in_a_sentence_and_the_next_try_works(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    await backend.sync(wallet)
    for node in range(3):
        await devnet.kill(node)
    with pytest.raises(NetworkError, match=r"None of the 3 peers answers\. Nothing was lost\."):
        await backend.sync(wallet)
    await devnet.revive(1)
    await devnet.mine(1)
    await backend.sync(wallet)
    assert wallet.tip_height == height(devnet)


async def test_a_peer_that_does_not_answer_is_done_without(
    devnet: Devnet, wallet: Wallet, tmp_path: Path
) -> None:
    some = [("127.0.0.1", 1), *peers(devnet)[:1]]
    backend = P2pBackend(some, "regtest", tmp_path / "headers")
    await backend.sync(wallet)
    await backend.close()
    assert wallet.tip_height == height(devnet)


def test_no_peers_at_all_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no peer"):
        P2pBackend([], "regtest", tmp_path)


async def test_peers_without_filters_are_named_at_once(
    devnet: Devnet, wallet: Wallet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "SERVICES", nodes.NODE_NETWORK | nodes.NODE_WITNESS)
    backend = P2pBackend(peers(devnet), "regtest", tmp_path / "headers")
    async with asyncio.timeout(5):
        with pytest.raises(NetworkError, match=rf"filters \(BIP157\): {devnet.peers[0]}"):
            await backend.sync(wallet)
    await backend.close()
