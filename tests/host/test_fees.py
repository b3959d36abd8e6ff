"""A fee for so many blocks: whose estimate it is, how far it is believed, what else is known."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import pytest

from host import backends
from host.app import spend
from host.backends import Surroundings
from host.backends.core import CoreConnection
from host.devnet.network import Devnet
from host.errors import BadInput, LinkLost
from host.fees import FeeAdvice, FeeChoice, FeeEstimate
from host.payees import AmountError, read_fee
from host.servers import fee_histogram
from host.servers.core_rpc import RpcRefused
from host.servers.polling import ServerLost
from host.session import forms, tasks
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.tui.app import QuietkeyApp
from host.values import PaymentRequest, WaitingFees
from host.wallet import Wallet
from tests.electrum import electrum
from tests.esplora import EsploraServer, served
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import PASTE
from tests.host.faces import Face
from tests.host.pilots import Watcher
from tests.wallets import STRANGER, fund, paired


class Backend:
    """A network that estimates and passes on what it is told to."""

    def __init__(
        self, rate: float | None = None, floor: float = 0.0, *, speaks: bool = True
    ) -> None:
        self._rate, self._floor, self._speaks = rate, floor, speaks

    async def fee_floor(self) -> float:
        return self._floor

    async def fee_estimate(self, blocks: int) -> FeeEstimate | None:
        return FeeEstimate("node:50001", blocks, self._rate) if self._speaks else None


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet")


async def advice(wallet: Wallet, backend: Backend, blocks: int = 6) -> FeeAdvice:
    return await spend.advise_fee(wallet, backend, blocks)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("2 blocks", FeeChoice(blocks=2)),
        ("1 block", FeeChoice(blocks=1)),
        (" 6blocks ", FeeChoice(blocks=6)),
        ("1008 Blocks", FeeChoice(blocks=1008)),
        ("12 sat/vB", FeeChoice(sats_per_vbyte=12.0)),
        ("12", FeeChoice(sats_per_vbyte=12.0)),
        ("1,5", FeeChoice(sats_per_vbyte=1.5)),
        ("500 sats", FeeChoice(fee_sats=500)),
        ("500sat", FeeChoice(fee_sats=500)),
        ("1 500 sats", FeeChoice(fee_sats=1_500)),
        ("2 ksats", FeeChoice(fee_sats=2_000)),
        ("0.00001 BTC", FeeChoice(fee_sats=1_000)),
    ],
)
def test_what_people_type_as_a_fee_is_read(text: str, choice: FeeChoice) -> None:
    assert read_fee(text) == choice
    assert forms.fee(text).value == choice
    assert forms.fee(text, is_new=False).value == (None if choice.fee_sats else choice)


@pytest.mark.parametrize(
    "text",
    ["0 blocks", "1009 blocks", "-1 blocks", "1.5 blocks", "fast", "next block", "500 sat/kB",
     "1 sat/vB/vB", "0 sats", "max", "sats", "9" * 5_000 + " blocks", "9" * 5_000 + " sats",
     "0.00000001 sats", "\u0661 blocks"],
)  # fmt: skip
def test_what_cannot_be_a_fee_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(AmountError):
        read_fee(text)
    checked = forms.fee(text)
    assert (checked.value, checked.wrong) == (None, True)
    assert checked.hint.endswith(".")


async def test_an_estimate_is_its_servers_word_and_no_promise(wallet: Wallet) -> None:
    given = await advice(wallet, Backend(12.5, 1.0))
    assert given.sats_per_vbyte == 12.5
    assert given.sentence == "node:50001 estimates 12.5 sat/vB for 6 blocks. Nobody promises it."
    assert "for 1 block." in (await advice(wallet, Backend(2.0), 1)).sentence


async def test_one_below_what_is_passed_on_is_raised_to_that(wallet: Wallet) -> None:
    given = await advice(wallet, Backend(0.2, 3.0))
    assert given.sats_per_vbyte == 3.0
    assert "3 sat/vB is the least that is passed on, and is taken." in given.sentence
    assert (await advice(wallet, Backend(0.001))).sats_per_vbyte == 1.0


@pytest.mark.parametrize("rate", [500.1, 10_000.0, 1e9, 1e300])
async def test_an_absurd_one_is_said_and_never_taken_unasked(wallet: Wallet, rate: float) -> None:
    with pytest.raises(
        BadInput, match=r"far more than usual\. No payment was created\."
    ) as refused:
        await advice(wallet, Backend(rate))
    assert f"{rate:g} sat/vB" in str(refused.value)
    assert (await advice(wallet, Backend(500.0))).sats_per_vbyte == 500.0


async def test_a_server_without_one_says_so_and_the_least_is_proposed(wallet: Wallet) -> None:
    given = await advice(wallet, Backend(None, 2.0))
    assert given.sats_per_vbyte == 2.0
    assert given.sentence.startswith("node:50001 has no estimate now. 2 sat/vB is the least")
    assert "wait long" in given.sentence


async def test_where_nobody_estimates_a_rate_is_asked_for(wallet: Wallet) -> None:
    fund(wallet, 50_000)
    with pytest.raises(BadInput, match=r"Say a rate: they pass payments on from 1\.5 sat/vB on\.$"):
        await advice(wallet, Backend(floor=1.5, speaks=False))
    with pytest.raises(BadInput, match=r"from a rate on\.$"):
        await advice(wallet, Backend(speaks=False))


async def test_esplora_answers_for_some_numbers_of_blocks_and_the_next_lower_counts(
    devnet: Devnet, tmp_path: Path
) -> None:
    server = EsploraServer(devnet)
    server.estimates = {"1": 30.5, "6": 12.0, "144": 2.0}
    async with served(server.serve) as port:
        url = f"esplora:http://127.0.0.1:{port}"
        backend = backends.open_url(url, Surroundings("regtest", tmp_path / "cache"))
        for blocks, rate in ((1, 30.5), (2, 30.5), (6, 12.0), (7, 12.0), (1008, 2.0)):
            estimate = await backend.fee_estimate(blocks)
            assert estimate == FeeEstimate(f"127.0.0.1:{port}", blocks, rate)
        server.estimates = {"1": -1.0}
        assert (await backend.fee_estimate(1)) == FeeEstimate(f"127.0.0.1:{port}", 1, None)
        await backend.close()


class Rpc:
    """Answers as Bitcoin Core does."""

    def __init__(self, answer: object, **others: object) -> None:
        """`answer` is to all methods but `others`."""
        self._answer = answer
        self._others = {"getblockchaininfo": {"chain": "regtest"}, **others}
        self.asked: list[tuple[object, ...]] = []

    def call(self, method: str, *parameters: object) -> object:
        self.asked.append((method, *parameters))
        return self._others.get(method, self._answer)

    def batch(self, calls: list[tuple[str, list[object]]]) -> list[object]:
        return [self.call(method, *parameters) for method, parameters in calls]


def test_core_says_bitcoin_for_a_thousand_vbytes_or_why_it_says_none() -> None:
    rpc = Rpc({"feerate": Decimal("0.00012345"), "blocks": 6})
    node = CoreConnection(rpc, "regtest", lambda _: None)  # type: ignore[arg-type]
    assert node.fee_estimate(6) == 12.345
    assert rpc.asked[-1] == ("estimatesmartfee", 6)
    silent = Rpc({"errors": ["Insufficient data or no feerate found"], "blocks": 2})
    node = CoreConnection(silent, "regtest", lambda _: None)  # type: ignore[arg-type]
    assert node.fee_estimate(2) is None


async def no_device() -> NoReturn:
    raise LinkLost("There is none.")


async def test_a_payment_is_written_down_at_the_estimate_of_the_server_in_use(
    devnet: Devnet, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "wallet")
    await devnet.fund(wallet.next_address().address, 100_000)
    wallet.close()
    async with electrum(devnet) as url:
        backend = backends.open_url(url, Surroundings("regtest", tmp_path / "cache"))
        folder = WalletFolder(tmp_path / "wallet", "regtest")
        session = LocalSession(folder, Cable(no_device), backend, "tcp")
        assert await session.open_wallet()
        await session.sync()
        face = Face(session)
        request = PaymentRequest.to(STRANGER, 20_000, 99.0)
        await tasks.draft_payment(face, request, FeeChoice(blocks=6))
        payment = face.state.payment
        assert payment is not None
        assert payment.advice is not None
        assert payment.advice.sentence.startswith(f"{url.partition(':')[2]} estimates 1 sat/vB")
        assert payment.draft.fee_sats == 141
        await session.discard(payment.draft)
        await tasks.draft_payment(face, request, FeeChoice(fee_sats=500))
        assert face.state.payment is not None
        assert (face.state.payment.draft.fee_sats, face.state.payment.advice) == (500, None)
        await session.close()


async def test_the_page_takes_a_time_and_says_whose_estimate_its_fee_is() -> None:
    app = QuietkeyApp(opening_of(FakeSession(app_session.HOME, funded=True)), clock=FedClock())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        watcher = Watcher(pilot, app)
        await watcher.presses("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}25000", "tab")
        await watcher.presses("ctrl+u", "backspace", f"{PASTE}6 blocks")
        assert "As your server estimates it, which is asked then." in await watcher.reads()
        await watcher.presses("enter")
        state = await watcher.sees(lambda state: state.payment is not None)
        assert state.payment is not None
        assert state.payment.draft.sats_per_vbyte == 7.5
        assert "estimates 7.5 sat/vB for 6 blocks." in await watcher.reads()


def mempool_of(rpc: Rpc) -> WaitingFees | None:
    return CoreConnection(rpc, "regtest", lambda _: None).waiting_fees()  # type: ignore[arg-type]


def test_of_a_large_mempool_of_core_some_are_drawn_and_stand_for_all() -> None:
    entry = {"vsize": 200, "fees": {"base": Decimal("0.00001")}}
    gone = RpcRefused("Transaction not in mempool", -5)
    size = {"size": 50_000, "bytes": 10_000_000}
    names = [f"{number:064x}" for number in range(50_000)]
    rpc = Rpc(entry, getmempoolinfo=size, getrawmempool=names)
    assert mempool_of(rpc) == ((5.0, 10_000_000),)
    assert sum(method == "getmempoolentry" for method, *_ in rpc.asked) == 2_000
    few = Rpc(entry, getmempoolinfo={"size": 2, "bytes": 400}, getrawmempool=names[:2])
    assert mempool_of(few) == ((5.0, 400),)
    assert mempool_of(Rpc(gone, getmempoolinfo=size, getrawmempool=names)) == ()
    assert mempool_of(Rpc(entry, getmempoolinfo={"size": 600_000})) is None


@pytest.mark.parametrize(
    "entry",
    [{"vsize": 0, "fees": {"base": 1}}, {"vsize": 9, "fees": {"base": float("nan")}}, {}, 5],
)
def test_a_node_that_makes_no_sense_is_lost_and_not_drawn(entry: object) -> None:
    rpc = Rpc(entry, getmempoolinfo={"size": 1, "bytes": 9}, getrawmempool=["00" * 32])
    with pytest.raises(ServerLost):
        mempool_of(rpc)


@pytest.mark.parametrize(
    "answer",
    [None, {}, "fees", [1], [[1]], [[1, 2, 3]], [["1", 2]], [[float("nan"), 2]], [[-1, 2]],
     [[1, float("inf")]], [[1, 1]] * 10_001],
)  # fmt: skip
def test_a_histogram_that_is_none_is_refused(answer: object) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        fee_histogram.read(answer)
    assert fee_histogram.read([[5, 2], [1.5, 7.0]]) == ((5.0, 2), (1.5, 7))


async def test_an_esplora_server_without_a_histogram_tells_nothing(tmp_path: Path) -> None:
    answers = iter((b"404 X", b"200 X"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + next(answers) + b"\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async with served(serve) as port:
        around = Surroundings("regtest", tmp_path / "cache")
        backend = backends.open_url(f"esplora:http://127.0.0.1:{port}", around)
        assert await backend.waiting_fees() is None
        assert await backend.waiting_fees() is None
        await backend.close()
