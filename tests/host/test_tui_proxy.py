"""The way to the network, said in the first questions and changed later: straight, Tor, a proxy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from host import settings
from host.config import HomeFolder
from host.devnet.network import Devnet
from host.session.remembered import HomeWallets
from host.session.setup import Offers
from host.settings import Settings, WalletSettings
from host.tui.app import QuietkeyApp
from tests.electrum import electrum
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import PASTE, SET_UP
from tests.gallery.app_wallets import FakeWallets
from tests.host.pilots import Watcher
from tests.host.test_setup import DEMO
from tests.proxies import Socks
from tests.wallets import paired

AT_THE_SERVER = SET_UP[:5]
REST = SET_UP[5:]


class WalletsWithTor(FakeWallets):
    async def offers(self) -> Offers:
        return replace(await super().offers(), has_tor=True)


@asynccontextmanager
async def first_questions(wallets: FakeWallets) -> AsyncIterator[Watcher]:
    app = QuietkeyApp(None, wallets=wallets, clock=FedClock())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        yield Watcher(pilot, app)


async def test_who_wants_no_proxy_presses_no_key_for_it() -> None:
    wallets = FakeWallets(opening_of(FakeSession(app_session.HOME)))
    async with first_questions(wallets) as person:
        await person.presses(*AT_THE_SERVER)
        page = await person.reads()
        assert "Through a proxy?" in page
        assert "Or tor, or a SOCKS5 proxy" in page
        await person.presses(*REST)
        await person.sees(lambda state: state.view)
        assert wallets.made["signet"].proxy == ""


async def test_tor_that_is_there_is_offered_and_taken_with_a_word() -> None:
    wallets = WalletsWithTor(opening_of(FakeSession(app_session.HOME)))
    async with first_questions(wallets) as person:
        await person.presses(*AT_THE_SERVER)
        assert "Tor answers on this machine. Write tor" in await person.reads()
        await person.presses("tab", *"http", "enter")
        assert "is not HOST:PORT" in await person.reads()
        await person.presses("tab", "tab", *"tor", "enter")
        assert "Who signs?" in await person.reads()
        await person.presses("escape")
        assert "Through a proxy?" in await person.reads()
        await person.presses("tab", *"tor", *REST)
        await person.sees(lambda state: state.view)
        assert wallets.made["signet"].proxy == "tor"


async def test_a_wallet_goes_through_a_proxy_from_the_moment_its_person_says_so(
    devnet: Devnet, tmp_path: Path
) -> None:
    paired(HomeFolder(tmp_path).named("mine")).close()
    async with electrum(devnet) as url, Socks({}) as proxy:
        known = WalletSettings("regtest", "wpkh", server=url)
        settings.save(tmp_path, Settings().remember("mine", known))
        wallets = HomeWallets(tmp_path, DEMO)
        app = QuietkeyApp(wallets.usual(), wallets=wallets, clock=FedClock())
        async with app.run_test(size=(80, 24)) as pilot:
            person = Watcher(pilot, app)
            await person.sees(lambda state: state.synced)
            assert not proxy.asked
            await person.presses("n", "x")
            assert "servers do not learn where you are" in await person.reads()
            await person.presses(PASTE + "ftp://127.0.0.1:1", "enter")
            assert "no kind of proxy" in await person.reads()
            await person.presses("shift+home", PASTE + proxy.url, "enter")
            await person.sees(lambda state: state.proxy and state.synced)
            assert ("127.0.0.1", int(url.rpartition(":")[2])) in proxy.asked
            await person.presses("n")
            assert f"Connections go through {proxy.url}." in await person.reads()
    assert settings.load(tmp_path).wallets["mine"].proxy == proxy.url


@pytest.mark.parametrize("key", ["tab", "shift+tab"])
async def test_tab_stays_in_the_questions(key: str) -> None:
    wallets = FakeWallets(opening_of(FakeSession(app_session.HOME)))
    async with first_questions(wallets) as person:
        await person.presses("down", "enter", key, "down", "enter")
        assert "Who tells you about the chain?" in await person.reads()
