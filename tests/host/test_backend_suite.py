"""One behaviour for every way to see a chain: each backend passes this against a real devnet.

A new module in host/backends is found here by its name. It needs a row in ENDPOINTS, which says
how the devnet serves it.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from host import backends
from host.backends import Backend, BackendKind
from host.devnet.mempool import MIN_SATS_PER_VBYTE
from host.devnet.network import Devnet
from host.errors import NetworkError
from host.values import Acceptance, Propagation, Sent
from host.wallet import Wallet
from tests.devnets import STRANGER
from tests.wallets import opened, paired, peers, sign

Endpoints = Callable[[Devnet], list[tuple[str, int]]]
ENDPOINTS: dict[str, Endpoints] = {"p2p": peers}
NOBODY = [("127.0.0.1", 1)]
VERBS = ("sync", "follow", "fee_floor", "broadcast", "close")

pytestmark = pytest.mark.parametrize("name", backends.names())


@pytest.fixture
async def opened_backend(name: str, devnet: Devnet, tmp_path: Path) -> AsyncIterator[Backend]:
    assert name in ENDPOINTS, f"host/backends/{name}.py: ENDPOINTS does not say how to serve it"
    backend = backends.load(name).open(ENDPOINTS[name](devnet), "regtest", tmp_path / "cache")
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
    backend = kind.open(NOBODY, "regtest", Path("unused"))
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
    assert all(sent.txid in node.mempool for node in devnet.status())
    await devnet.mine(1)
    await opened_backend.sync(wallet)
    assert wallet.confirmations(sent.txid) == 1


async def test_it_knows_from_which_fee_on_payments_are_passed_on(opened_backend: Backend) -> None:
    assert await opened_backend.fee_floor() == MIN_SATS_PER_VBYTE


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
    opened_backend: Backend, name: str, wallet: Wallet, devnet: Devnet, tmp_path: Path
) -> None:
    await funded(wallet, opened_backend, devnet)
    await opened_backend.close()
    wallet.close()
    again = opened(tmp_path / "wallet")
    later = backends.load(name).open(ENDPOINTS[name](devnet), "regtest", tmp_path / "another cache")
    await devnet.mine(1)
    await later.sync(again)
    await later.close()
    assert again.tip_height == height(devnet)
    assert again.balance().confirmed_sats == 5_000_000


async def test_when_nobody_answers_it_is_a_network_error_in_a_sentence(
    name: str, wallet: Wallet, tmp_path: Path
) -> None:
    backend = backends.load(name).open(NOBODY, "regtest", tmp_path / "cache")
    with pytest.raises(NetworkError) as failed:
        await backend.sync(wallet)
    assert str(failed.value).endswith(".")
    await backend.close()


async def test_closing_twice_is_harmless(opened_backend: Backend, wallet: Wallet) -> None:
    await opened_backend.sync(wallet)
    await opened_backend.close()
    await opened_backend.close()
