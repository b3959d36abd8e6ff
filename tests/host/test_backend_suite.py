"""One behaviour for every way to see a chain: each backend passes this against a real devnet.

A new module in host/backends is found here by its name. It needs a row in SERVED, which says how
the devnet serves it.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from host import backends
from host.backends import Backend, BackendKind, Surroundings
from host.devnet.mempool import MIN_SATS_PER_VBYTE
from host.devnet.network import Devnet
from host.errors import NetworkError, WalletError
from host.values import Acceptance, Propagation, Sent
from host.wallet import Wallet
from tests.core import core
from tests.devnets import STRANGER
from tests.electrum import electrum
from tests.esplora import esplora
from tests.wallets import opened, paired, sign


@asynccontextmanager
async def nodes(devnet: Devnet) -> AsyncIterator[str]:
    yield "p2p:" + ",".join(devnet.peers)


Served = Callable[[Devnet], AbstractAsyncContextManager[str]]
SERVED: dict[str, Served] = {"p2p": nodes, "esplora": esplora, "electrum": electrum, "core": core}
NOBODY = {
    "p2p": "p2p:127.0.0.1:1",
    "esplora": "esplora:http://127.0.0.1:1",
    "electrum": "electrum:127.0.0.1:1",
    "core": "core:127.0.0.1:1?auth=no-such-file",
}
SAYS_NO_FLOOR = {"esplora"}  # the protocol has no word for it
TELLS_FEES = {"electrum", "esplora", "core"}  # what waits in its mempool
# What each says of the fee for 6 blocks: nodes have no word for it, and a fresh node no estimate.
ESTIMATES = {"electrum": MIN_SATS_PER_VBYTE, "esplora": None, "core": None}
VERBS = (
    "sync", "follow", "view", "fee_floor", "fee_estimate", "waiting_fees", "broadcast", "close"
)  # fmt: skip

pytestmark = pytest.mark.parametrize("name", backends.names())


def around(folder: Path, network: str = "regtest") -> Surroundings:
    return Surroundings(network, folder, certificates=folder.parent / "certificates.json")


@pytest.fixture
async def url(name: str, devnet: Devnet) -> AsyncIterator[str]:
    assert name in SERVED, f"host/backends/{name}.py: SERVED does not say how to serve it"
    async with SERVED[name](devnet) as address:
        yield address


@pytest.fixture
async def opened_backend(url: str, tmp_path: Path) -> AsyncIterator[Backend]:
    backend = backends.open_url(url, around(tmp_path / "cache"))
    yield backend
    await backend.close()


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet")


def height(devnet: Devnet) -> int:
    return max(node.height for node in devnet.status() if node.alive)


async def funded(wallet: Wallet, backend: Backend, devnet: Devnet) -> None:
    await devnet.fund(wallet.next_address().address, 5_000_000)
    await backend.sync(wallet)


def signed(wallet: Wallet) -> bytes:
    draft = wallet.draft(STRANGER, 25_000, 1)
    return wallet.finish(draft, sign(draft.psbt)).raw_tx


def test_its_module_exposes_what_a_plug_must(name: str) -> None:
    kind = backends.load(name)
    assert isinstance(kind, BackendKind)
    assert kind.title
    assert kind.schemes
    assert kind.learns.endswith("."), "one sentence that says what the other end learns"
    assert name in NOBODY, f"host/backends/{name}.py: NOBODY has no URL where nothing answers"
    backend = backends.open_url(NOBODY[name], around(Path("unused")))
    missing = [verb for verb in VERBS if not callable(getattr(backend, verb, None))]
    assert not missing, f"host/backends/{name}.py lacks: {', '.join(missing)}"
    assert inspect.isasyncgenfunction(type(backend).follow)


async def test_a_sync_brings_the_wallet_to_the_tip_with_its_coins(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    await funded(wallet, opened_backend, devnet)
    assert wallet.tip_height == height(devnet)
    assert wallet.balance().confirmed_sats == 5_000_000
    assert [row.confirmations for row in wallet.history()] == [1]


async def test_a_second_sync_finds_what_came_meanwhile(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    await funded(wallet, opened_backend, devnet)
    await funded(wallet, opened_backend, devnet)
    assert wallet.balance().confirmed_sats == 10_000_000
    assert len(wallet.utxos()) == 2


async def test_a_new_block_is_told_to_who_follows(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    await opened_backend.sync(wallet)
    heights = opened_backend.follow(wallet)
    first = await anext(heights)
    assert first == height(devnet)
    await devnet.mine(1)
    async with asyncio.timeout(20):
        while await anext(heights) <= first:
            pass
    await heights.aclose()
    assert wallet.tip_height == first + 1


async def test_a_payment_is_taken_with_a_proof_and_every_node_holds_it(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    await funded(wallet, opened_backend, devnet)
    reports: list[Sent] = []
    sent = await opened_backend.broadcast(signed(wallet), reports.append)
    match sent.proof:
        case Propagation(announced, echoed, total):
            assert announced
            assert echoed, "the proof is that others tell of it"
            assert len(set(announced) | set(echoed)) <= total
        case Acceptance(server):
            assert server
    assert all(report.txid == sent.txid for report in reports)
    async with asyncio.timeout(10):  # a server's own word comes before its neighbours have it
        async for status in devnet.watch():
            if all(sent.txid in node.mempool for node in status):
                break
    await devnet.mine(1)
    await opened_backend.sync(wallet)
    assert wallet.confirmations(sent.txid) == 1


async def test_it_knows_from_which_fee_on_payments_are_passed_on(
    opened_backend: Backend, name: str
) -> None:
    expected = 0 if name in SAYS_NO_FLOOR else MIN_SATS_PER_VBYTE
    assert await opened_backend.fee_floor() == expected


async def test_it_passes_an_estimate_on_as_its_servers_word_or_says_that_there_is_none(
    opened_backend: Backend, name: str
) -> None:
    estimate = await opened_backend.fee_estimate(6)
    if name not in ESTIMATES:
        assert estimate is None
        return
    assert estimate is not None
    assert (estimate.blocks, estimate.sats_per_vbyte) == (6, ESTIMATES[name])
    assert estimate.source.startswith("127.0.0.1:")


async def test_it_tells_what_others_pay_or_says_that_it_does_not(
    opened_backend: Backend, devnet: Devnet, name: str
) -> None:
    await devnet.fund(STRANGER, 100_000, mine=False)
    fees = await opened_backend.waiting_fees()
    if name not in TELLS_FEES:
        assert fees is None
    else:
        assert fees is not None
        ((rate, vbytes),) = fees
        assert (round(rate), 100 < vbytes < 200) == (2, True)


async def test_a_payment_that_is_not_taken_is_an_error_with_the_reason(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    await funded(wallet, opened_backend, devnet)
    raw_tx = bytearray(signed(wallet))
    raw_tx[-40] ^= 1  # in the signature or its key
    with pytest.raises(NetworkError) as failed:
        await opened_backend.broadcast(bytes(raw_tx))
    assert str(failed.value).endswith(".")
    assert not any(node.mempool for node in devnet.status())


async def test_an_address_far_behind_handed_out_ones_is_still_seen(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    await opened_backend.sync(wallet)
    for _ in range(60):
        last = wallet.next_address()
    await devnet.fund(last.address, 1_000)
    await opened_backend.sync(wallet)
    assert wallet.balance().confirmed_sats == 1_000


async def test_coins_of_a_seed_that_was_used_elsewhere_are_found(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    for index in (0, 20, 41, 62):
        await devnet.fund(wallet.address_at(index).address, 1_000)
    await opened_backend.sync(wallet)
    assert wallet.balance().confirmed_sats == 4_000
    assert wallet.next_address().index == 63


async def test_a_signed_payment_that_nobody_saw_keeps_its_coins(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    await funded(wallet, opened_backend, devnet)
    signed(wallet)
    await devnet.mine(1)
    await opened_backend.sync(wallet)
    assert [record.status for record in wallet.waiting()] == ["signed"]
    with pytest.raises(WalletError):
        wallet.draft(STRANGER, 1_000, 1)


async def test_sending_again_is_harmless(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    await funded(wallet, opened_backend, devnet)
    raw_tx = signed(wallet)
    first = await opened_backend.broadcast(raw_tx)
    assert (await opened_backend.broadcast(raw_tx)).txid == first.txid


async def test_a_reorganised_chain_is_followed(
    opened_backend: Backend, wallet: Wallet, devnet: Devnet
) -> None:
    await funded(wallet, opened_backend, devnet)
    await devnet.kill(2)
    await devnet.mine(1)
    await devnet.revive(2)
    await opened_backend.sync(wallet)
    assert wallet.tip_height == height(devnet)
    assert wallet.balance().confirmed_sats == 5_000_000


async def test_a_later_run_goes_on_from_where_the_wallet_was(
    opened_backend: Backend, url: str, wallet: Wallet, devnet: Devnet, tmp_path: Path
) -> None:
    await funded(wallet, opened_backend, devnet)
    await opened_backend.close()
    wallet.close()
    again = opened(tmp_path / "wallet")
    later = backends.open_url(url, around(tmp_path / "another cache"))
    await devnet.mine(1)
    await later.sync(again)
    await later.close()
    assert again.tip_height == height(devnet)
    assert again.balance().confirmed_sats == 5_000_000


async def test_when_nobody_answers_it_is_a_network_error_in_a_sentence(
    name: str, wallet: Wallet, tmp_path: Path
) -> None:
    backend = backends.open_url(NOBODY[name], around(tmp_path / "cache"))
    with pytest.raises(NetworkError) as failed:
        await backend.sync(wallet)
    assert str(failed.value).endswith(".")
    await backend.close()


async def test_closing_twice_is_harmless(opened_backend: Backend, wallet: Wallet) -> None:
    await opened_backend.sync(wallet)
    await opened_backend.close()
    await opened_backend.close()
