"""A spending path chosen in the app: listed in words, said on the pay page and the payment's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from host.psbt import PsbtMaps
from host.session.local import LocalSession
from host.transactions import Transaction
from tests.cosigners import TEMPLATES, shared
from tests.devnets import STRANGER
from tests.gallery.app_shots import PASTE
from tests.host.pilots import Watcher
from tests.host.test_spending_paths import AFTER_10, KEY_1, KEY_2, confirmed_at, grown
from tests.host.test_tui_session import OneServer, app_on
from tests.host.test_tui_shared import session_of
from tests.wallets import fund

FORM = (f"{PASTE}{STRANGER}", "tab", f"{PASTE}25000")


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    """Two coins: one that the second path can take, and one that is too young for it."""
    wallet = shared(tmp_path / "wallet", TEMPLATES["later the other"])
    fund(wallet, 100_000)
    young = fund(wallet, 60_000, 1, in_block=False)
    wallet._save()
    grown(wallet, 10)
    confirmed_at(wallet, young, 10)
    wallet.close()
    return session_of(tmp_path / "wallet", "tcp:127.0.0.1:1", OneServer())


@asynccontextmanager
async def paying(
    session: LocalSession, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Watcher]:
    async with app_on(session, size, plugged=False) as watcher:
        await watcher.sees(lambda state: state.synced and not state.busy)
        await watcher.presses("p", *FORM)
        yield watcher


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_path_is_chosen_on_a_page_and_said(
    size: tuple[int, int], session: LocalSession
) -> None:
    async with paying(session, size) as watcher:
        assert "^t Path" in await watcher.reads()
        await watcher.presses("ctrl+t")
        page = await watcher.reads()
        assert f"1. Now: {KEY_1} alone. Possible now." in page
        assert f"2. {AFTER_10}: {KEY_2} alone. Possible now for 1 of 2 coins" in page
        await watcher.presses("down", "down", "down", "enter")
        assert f"Path 2. {AFTER_10}: {KEY_2} alone." in await watcher.reads()
        await watcher.presses("enter")
        state = await watcher.sees(lambda state: state.payment is not None)
        assert f"Path 2. {AFTER_10} {KEY_2} alone." in await watcher.reads()
        draft = Transaction.parse(PsbtMaps.parse(state.payment.draft.psbt).unsigned_tx)
        assert [txin.sequence for txin in draft.inputs] == [10]


async def test_what_was_chosen_is_left_and_taken_back(session: LocalSession) -> None:
    async with paying(session) as watcher:
        await watcher.presses("ctrl+t", "down", "down", "enter", "ctrl+t", "up", "escape")
        assert "Path 2." in await watcher.reads()
        await watcher.presses("ctrl+t", "up", "up", "enter")
        page = await watcher.reads()
        assert "Path 2." not in page
        assert "25 000 sats" in page, "what was typed is there"
        await watcher.presses("enter")
        state = await watcher.sees(lambda state: state.payment is not None)
        assert state.payment.draft.request.path == 0


async def test_a_wallet_with_one_path_has_no_such_key(tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet")
    fund(wallet, 100_000)
    wallet.close()
    async with paying(session_of(tmp_path / "wallet", "tcp:127.0.0.1:1", OneServer())) as watcher:
        assert "^t" not in await watcher.reads()
        await watcher.presses("ctrl+t")
        assert "Who signs" not in await watcher.reads()
