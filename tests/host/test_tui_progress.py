"""Whatever takes longer than 300 ms says what it is at, and moves; a slow server stops nobody."""

import ast
import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot

from host.app import spend
from host.backends import Surroundings, open_url
from host.devnet.network import Devnet
from host.fees import FeeChoice
from host.session.activities import ACTIVITIES, FOLLOWERS, STOPPED, SYNCING
from host.session.api import Opening, WalletSession
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.remembered import _no_device
from host.session.state import AppState
from host.tui.app import QuietkeyApp
from host.tui.messages import DraftRequested
from host.tui.widgets.activity import SHOWN_AFTER_S
from host.tui.widgets.wallet import WalletPanel
from host.values import Draft, PaymentRequest
from tests.delays import slowed
from tests.devnets import STRANGER
from tests.electrum import electrum
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import key_event
from tests.wallets import fund, paired

TUI = Path("host/tui")
STARTS = {"start_task", "_run_once"}
DELAY_S = 0.7
PATIENCE_S = 60


# ---- every task there is


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(TUI.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield f"{path}:{node.lineno}", node


def words_of(call: ast.Call) -> set[str]:
    """Its group, and the name of its task."""
    group, task = call.args[:2]
    name = task.attr if isinstance(task, ast.Attribute) else ""
    return {name} | ({str(group.value)} if isinstance(group, ast.Constant) else {"?"})


def test_every_task_of_the_app_has_a_sentence_and_none_begins_another_way() -> None:
    begun = [(place, call) for place, call in calls() if call.func.attr in STARTS]
    begun = [(place, call) for place, call in begun if isinstance(call.args[0], ast.Constant)]
    assert len(begun) > 30
    mute = [place for place, call in begun if not words_of(call) & {*ACTIVITIES, *FOLLOWERS}]
    assert not mute, "write in host.session.activities what these are at"
    used = set().union(*(words_of(call) for _, call in begun))
    assert set(ACTIVITIES) <= used, "a sentence that nobody needs"
    others = [place for place, call in calls() if call.func.attr == "run_worker"]
    files = [place.rpartition(":")[0] for place in others]
    # The questions before a wallet say it on their own page, at once.
    assert files == ["host/tui/screens/setup.py", "host/tui/session_app.py"], others


async def test_a_task_that_takes_long_moves_and_only_what_is_safe_ends_with_esc() -> None:
    app = QuietkeyApp(opening_of(FakeSession(app_session.HOME, funded=True)), clock=FedClock())
    async with app.run_test(size=(80, 24)) as pilot:
        for name, activity in ACTIVITIES.items():
            app.change(problem="")
            lines = await lines_of(pilot, name)
            assert all(line.startswith(activity.sentence) for line in lines)
            assert len(set(lines)) > 2, "it moves"
            assert ("esc stops it" in lines[0]) is activity.stoppable
            assert (app.state.problem == STOPPED) is activity.stoppable, name


async def lines_of(pilot: Pilot[int], name: str) -> list[str]:
    """What the border says while a task of that name goes on, until esc or its own end."""
    app, ends = pilot.app, asyncio.Event()
    assert isinstance(app, QuietkeyApp)
    assert isinstance(app.clock, FedClock)

    async def task() -> None:
        await ends.wait()

    task.__name__ = name
    app.start_task("some group", task)
    await pilot.pause()
    assert border(app) == ""
    lines = []
    for _ in range(5):
        app.clock.advance(SHOWN_AFTER_S)
        lines.append(border(app))
    app.post_message(key_event("escape"))
    await pilot.pause()
    app.clock.advance(1.0)
    await pilot.pause()
    assert (border(app) == "") is ACTIVITIES[name].stoppable, name
    ends.set()
    await pilot.pause()
    assert border(app) == ""
    return lines


def border(app: QuietkeyApp) -> str:
    desk = app.screen_stack[0]
    return str(desk.query_one(WalletPanel).border_subtitle or "")


# ---- a server that is slow


@dataclass
class Waiting:
    """Somebody who sees in real time what the border says."""

    app: QuietkeyApp

    async def until(self, true: Callable[[AppState], object]) -> set[str]:
        """The sentences in the border until that is so."""
        sentences: set[str] = set()
        async with asyncio.timeout(PATIENCE_S):
            while not true(self.app.state):
                await asyncio.sleep(0.02)
                if line := border(self.app):
                    sentences.add(line.partition(" ·")[0])
        return sentences


@asynccontextmanager
async def app_far_away(devnet: Devnet, folder: Path, delay_s: float) -> AsyncIterator[Waiting]:
    """The app on a wallet with a coin, whose server answers late."""
    wallet = paired(folder)
    await devnet.fund(wallet.next_address().address, 500_000)
    wallet.close()
    async with electrum(devnet) as url, slowed(int(url.rpartition(":")[2]), delay_s) as port:
        surroundings = Surroundings("regtest", folder / "headers")
        backend = open_url(f"electrum:127.0.0.1:{port}", surroundings)
        session = LocalSession(WalletFolder(folder, "regtest"), Cable(_no_device), backend, "tcp")

        async def start(_: Callable[[str], None]) -> WalletSession:
            return session

        app = QuietkeyApp(Opening(session.title, session.link, "Opening the wallet.", start))
        async with app.run_test(size=(80, 24)):
            yield Waiting(app)


async def test_who_waits_for_a_slow_server_sees_for_what_and_can_stop(
    devnet: Devnet, tmp_path: Path
) -> None:
    async with app_far_away(devnet, tmp_path / "wallet", DELAY_S) as waiting:
        app = waiting.app
        lines = await waiting.until(lambda state: state.wallet and state.synced)
        assert SYNCING in lines
        assert app.state.available_sats == 500_000
        request = DraftRequested(PaymentRequest.to(STRANGER, 20_000), FeeChoice(1.0))
        app.post_message(request)
        draft = ACTIVITIES["draft"].sentence
        assert await waiting.until(lambda _: draft in border(app)) <= {draft}
        await app._act_on(key_event("escape"))
        await waiting.until(lambda state: state.problem == STOPPED)
        assert app.state.payment is None
        assert await app.session.unfinished() is None, "nothing of it is left"
        await waiting.until(lambda _: not border(app))
        app.post_message(request)
        assert draft in await waiting.until(lambda state: state.payment)
        assert app.state.problem == ""


async def test_a_draft_that_is_stopped_while_a_thread_writes_it_is_not_kept(tmp_path: Path) -> None:
    wallet, goes_on = paired(tmp_path), threading.Event()
    fund(wallet, 100_000)

    def write(request: PaymentRequest) -> Draft:
        goes_on.wait(PATIENCE_S)
        return wallet.draft_request(request)

    writing = asyncio.create_task(
        spend.keep_draft(wallet, write, PaymentRequest.to(STRANGER, 5_000))
    )
    await asyncio.sleep(0.05)
    writing.cancel()
    await asyncio.sleep(0.05)
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert spend.unfinished(wallet) is None
    wallet.close()
