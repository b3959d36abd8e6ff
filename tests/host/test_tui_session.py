"""The app on an ordinary wallet: a real device, another network, no panel and no playground."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess
from host.app.connect import connect
from host.errors import LinkLost
from host.session.api import Opening, WalletSession
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.state import AppState, Stage
from host.transactions import Transaction
from host.tui.app import QuietkeyApp
from host.values import Acceptance, NetworkView, PaymentRequest, PeerProblem, Sent
from host.wallet import Wallet
from tests.gallery.app_clock import FedClock
from tests.gallery.app_shots import PASTE
from tests.goldens import screen_text
from tests.host.pilots import Watcher
from tests.people import Person
from tests.wallets import fund, paired

NETWORK = "testnet"
THEIRS = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"
SATS = 100_000
BOTH = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


class OneServer:
    """A backend that is one server: its word is all the proof there is."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.closed = False
        self.seen = NetworkView()

    async def sync(self, wallet: Wallet) -> None:
        if not wallet.history():
            fund(wallet, SATS, in_block=False)

    async def follow(self, wallet: Wallet) -> AsyncGenerator[int, None]:
        yield wallet.tip_height
        await asyncio.Event().wait()

    def view(self) -> NetworkView:
        return self.seen

    async def fee_floor(self) -> float:
        return 0.0

    async def waiting_fees(self) -> None:
        return None

    async def broadcast(
        self, raw_tx: bytes, observer: Callable[[Sent], None] | None = None
    ) -> Sent:
        self.taken.append(raw_tx)
        sent = Sent(Transaction.parse(raw_tx).name, Acceptance("electrum.example"))
        if observer is not None:
            observer(sent)
        return sent

    async def close(self) -> None:
        self.closed = True


def session_at(emulator: EmulatorProcess, path: Path, server: OneServer) -> LocalSession:
    cable = Cable(lambda: connect("tcp:{}:{}".format(*emulator.address)))
    return LocalSession(WalletFolder(path, NETWORK), cable, server, "tcp")


@asynccontextmanager
async def app_on(
    session: LocalSession, size: tuple[int, int], *, plugged: bool = True
) -> AsyncIterator[Watcher]:
    async def start(_: Callable[[str], None]) -> WalletSession:
        if plugged:
            await session.plug()
        return session

    app = QuietkeyApp(
        Opening(session.title, session.link, "Connecting to the device.", start), clock=FedClock()
    )
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Watcher(pilot, app)


def past(state: AppState, stage: Stage) -> bool:
    return state.payment is not None and state.payment.stage.value >= stage.value


@BOTH
async def test_a_wallet_is_paired_looked_at_and_has_its_address_checked(
    emulator: EmulatorProcess, person: Person, tmp_path: Path, size: tuple[int, int]
) -> None:
    server = OneServer()
    async with app_on(session_at(emulator, tmp_path / "new", server), size) as watcher:
        state = await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        assert (state.network, state.panel, state.playground) == (NETWORK, False, False)
        home = await watcher.reads()
        assert "quietkey · testnet" in home
        assert "Waiting 100 000 sats" in home
        assert "Press p to pay, r to receive." in home
        footer = screen_text(watcher._app).splitlines()[-1]
        for offer in ("Faucet", "Mine", "Device"):
            assert offer not in footer, "nothing is offered that this session does not have"

        await watcher.presses("r")
        issued = (await watcher.sees(lambda state: state.issued)).issued
        assert issued is not None
        assert issued.receive.address.startswith("tb1q")
        looking = person.accept()
        await watcher.presses("v")
        await watcher.sees(lambda state: state.issued is not None and state.issued.verified)
        await looking
        assert "The device derives the same address." in await watcher.reads()
        assert "testnet" in " ".join(person.read)
    assert server.closed, "leaving the app lets go of everything"


@BOTH
async def test_peers_that_lied_and_a_newest_block_that_is_old_are_said(
    emulator: EmulatorProcess, tmp_path: Path, size: tuple[int, int]
) -> None:
    server = OneServer()
    liar = PeerProblem("198.51.100.7:8333", "Its filter of block 812 345 is wrong.", lied=True)
    server.seen = NetworkView(3 * 3_600, (liar,))
    wallet = paired(tmp_path / "wallet", network=NETWORK)
    fund(wallet, SATS)
    wallet.close()
    async with app_on(session_at(emulator, tmp_path / "wallet", server), size) as watcher:
        await watcher.sees(lambda state: state.synced and not state.busy)
        home = await watcher.reads()
        assert "3 hours ago" in home
        assert "your peers hide them" in home
        await watcher.presses("n")
        page = await watcher.reads()
        assert f"{liar.peer} lied" in page
        assert "Its filter of block 812 345 is wrong." in page
        assert "Stop or start it" not in page, "there is no node here to stop"


@BOTH
async def test_a_payment_left_over_is_signed_there_and_taken_by_the_server(
    emulator: EmulatorProcess, person: Person, tmp_path: Path, size: tuple[int, int]
) -> None:
    wallet = paired(tmp_path / "wallet", network=NETWORK)
    fund(wallet, SATS)
    server = OneServer()
    session = session_at(emulator, tmp_path / "wallet", server)
    wallet.close()
    async with app_on(session, size) as watcher:
        await watcher.sees(lambda state: state.synced and not state.busy)
        await session.draft(PaymentRequest.to(THEIRS, 25_000, 1))
    session = session_at(emulator, tmp_path / "wallet", server)
    async with app_on(session, size) as watcher:
        await watcher.sees(lambda state: state.synced and not state.busy)
        assert "A payment was left half way. Press p to go on with it." in await watcher.reads()
        reading = person.accept()
        await watcher.presses("p", "enter")
        asked = await watcher.sees(lambda state: state.asking or past(state, Stage.SPREAD))
        assert not asked.view, "there is no panel to show"
        state = await watcher.sees(lambda state: past(state, Stage.SPREAD) and not state.busy)
        await reading
        assert state.payment is not None
        assert state.payment.sent is not None
        page = await watcher.reads()
        assert "taken by electrum.example" in page
        assert "The payment waits for a block." in page
        assert "miner" not in page
        assert Transaction.parse(server.taken[0]).name == state.payment.sent.txid


async def test_only_an_address_of_its_own_network_is_taken(
    emulator: EmulatorProcess, tmp_path: Path
) -> None:
    session = session_at(emulator, tmp_path / "new", OneServer())
    async with app_on(session, (120, 40)) as watcher:
        await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        await watcher.presses("p", f"{PASTE}bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")
        assert "This address belongs to a private network" in await watcher.reads()
        await watcher.presses("escape", "p", f"{PASTE}{THEIRS}")
        assert "tb1q w508 d6qe jxtd" in await watcher.reads()


async def test_keys_of_missing_parts_do_nothing_and_stand_on_no_page(
    emulator: EmulatorProcess, tmp_path: Path
) -> None:
    session = session_at(emulator, tmp_path / "new", OneServer())
    async with app_on(session, (80, 24)) as watcher:
        await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        before = await watcher.reads()
        await watcher.presses("f", "m", "d", "tab")
        assert await watcher.reads() == before
        await watcher.presses("question_mark")
        page = await watcher.reads()
        assert "Pay somebody." in page
        assert "faucet" not in page


async def test_a_device_plugged_in_later_is_paired_then(
    emulator: EmulatorProcess, tmp_path: Path
) -> None:
    session = session_at(emulator, tmp_path / "new", OneServer())
    async with app_on(session, (80, 24), plugged=False) as watcher:
        await watcher.sees(lambda state: not state.plugged and not state.starting)
        assert "The cable is not plugged in. Press u to plug it in." in await watcher.reads()
        await watcher.presses("u")
        state = await watcher.sees(lambda state: state.wallet and state.synced)
        assert state.wallet is not None
        assert state.wallet.fingerprint == "73c5da0a"


async def test_a_device_that_does_not_answer_is_a_sentence(tmp_path: Path) -> None:
    async def nobody() -> object:
        raise LinkLost("No device answers at 127.0.0.1:1. Start it, or check the port.")

    cable = Cable(nobody)  # type: ignore[arg-type]  # never gives a device
    session = LocalSession(WalletFolder(tmp_path / "new", NETWORK), cable, OneServer(), "tcp")
    async with app_on(session, (80, 24), plugged=False) as watcher:
        await watcher.sees(lambda state: not state.plugged and not state.starting)
        await watcher.presses("u")
        await watcher.sees(lambda state: state.problem)
        assert "No device answers at 127.0.0.1:1." in await watcher.reads()
