"""T144: a private key that is swept in the app is read by nobody who looks at this machine.

Not over the shoulder, from the clipboard, a picture of the screen, the wallet's folder or a log,
and not from the app's memory once its coins are sent, or its person has left it.
"""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from host.backends import Surroundings, open_url
from host.devnet.network import Devnet
from host.session.api import Opening, WalletSession
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.remembered import _no_device
from host.store import Search
from host.sweep import KeyWallet, PrivateKey, read_key, watch
from host.tui.app import QuietkeyApp
from host.tui.widgets.secret import SecretField
from host.values import Acceptance
from signer.formats import base58
from tests.electrum import electrum
from tests.gallery.app_clock import FedClock
from tests.gallery.app_shots import PASTE
from tests.goldens import screen_text
from tests.host.pilots import Watcher
from tests.wallets import paired

SECRET = bytes(range(3, 35))
PIECE = 8  # letters of the key, anywhere, are too many


def wif() -> str:
    """Anew each time: what is found of it is not the test's own."""
    return base58.encode_check(b"\xef" + SECRET + b"\x01")


async def pay_to_key(devnet: Devnet) -> None:
    for scanned in watch(read_key(wif(), "regtest"), "regtest", Search()):
        for script in scanned.scripts:
            await devnet.fund(script.address, 20_000)


@asynccontextmanager
async def app_on(url: str, folder: Path) -> AsyncIterator[Watcher]:
    paired(folder).close()
    backend = open_url(url, Surroundings("regtest", folder / "headers"))
    session = LocalSession(WalletFolder(folder, "regtest"), Cable(_no_device), backend, "tcp")

    async def start(_: Callable[[str], None]) -> WalletSession:
        return session

    opening = Opening(session.title, session.link, "Opening the wallet.", start)
    app = QuietkeyApp(opening, clock=FedClock())
    async with app.run_test(size=(80, 24)) as pilot:
        watcher = Watcher(pilot, app)
        await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        yield watcher


def shown(watcher: Watcher) -> str:
    """All that can be seen, or taken a picture of."""
    app = watcher._app
    return "".join((screen_text(app), app.export_screenshot(), app.clipboard, repr(app.state)))


def is_in(text: str) -> bool:
    key = wif()
    return any(key[at : at + PIECE] in text for at in range(len(key) - PIECE))


def holders() -> list[str]:
    """What of this process still has the key, by its type."""
    gc.collect()
    key, found = wif(), []
    for thing in gc.get_objects():
        if isinstance(thing, (PrivateKey, KeyWallet)):
            found.append(type(thing).__name__)
        for part in gc.get_referents(thing):
            if isinstance(part, (str, bytes)) and part is not key:
                text = part if isinstance(part, str) else part.decode("latin-1")
                if len(text) < 10_000 and key in text:
                    found.append(f"{type(thing).__name__}: {repr(thing)[:60]}")
    return found


async def is_forgotten() -> bool:
    """Soon: what is under way still ends."""
    for _ in range(20):
        if not holders():
            return True
        await asyncio.sleep(0.1)
    return False


async def test_all_of_a_key_arrives_and_the_key_is_nowhere(
    devnet: Devnet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await pay_to_key(devnet)
    folder = tmp_path / "wallet"
    async with electrum(devnet) as url, app_on(url, folder) as watcher:
        await watcher.presses("s", PASTE + wif())
        assert isinstance(watcher._app.focused, SecretField)
        assert "••••" in await watcher.reads()
        await watcher.presses("shift+home", "ctrl+c")
        assert watcher._app.query_one(SecretField).selected_text
        assert not is_in(shown(watcher))
        await watcher.presses("shift+home", "ctrl+x", "end")
        assert not is_in(shown(watcher))
        await watcher.presses("enter")
        assert watcher._app.query_one(SecretField).value == ""
        await watcher.sees(lambda state: state.sweep and state.sweep.plan)
        review = await watcher.reads()
        for kind in ("p2pkh", "p2sh-p2wpkh", "p2wpkh", "p2tr"):
            assert f"20 000 sats in 1 coin of {kind}" in review
        assert "your address number 0" in review
        assert not any(node.mempool for node in devnet.status()), "nothing before the yes"
        assert not is_in(shown(watcher))
        await watcher.presses("enter")
        state = await watcher.sees(lambda state: state.sweep and state.sweep.sent)
        assert state.sweep is not None
        assert state.sweep.sent is not None
        assert isinstance(state.sweep.sent.proof, Acceptance)
        assert "and the key is forgotten" in await watcher.reads()
        assert not is_in(shown(watcher))
        assert await is_forgotten(), holders()
        await devnet.mine(1)
        await watcher.sees(lambda state: state.wallet and state.wallet.balance.spendable_sats)
        assert "It is in a block" in await watcher.reads()
        await watcher.presses("escape")
        assert "Balance 79" in await watcher.reads()
    files = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not any(SECRET in data or is_in(data.decode("latin-1")) for data in files)
    assert not is_in(caplog.text)


@pytest.mark.parametrize("way_out", ["esc at the review", "another page", "a wrong key"])
async def test_who_leaves_has_the_key_forgotten(
    way_out: str, devnet: Devnet, tmp_path: Path
) -> None:
    await pay_to_key(devnet)
    async with electrum(devnet) as url, app_on(url, tmp_path / "wallet") as watcher:
        await watcher.presses("s", PASTE + (wif()[:-1] if "wrong" in way_out else wif()), "enter")
        if "wrong" in way_out:
            await watcher.sees(lambda state: "a letter of it is wrong" in state.problem)
            assert not is_in(shown(watcher))
            await watcher.presses("escape")
        else:
            await watcher.sees(lambda state: state.sweep and state.sweep.plan)
            assert holders(), "so that the end of this test can fail"
            await watcher.reads()
            if way_out == "another page":
                await watcher._app.action_turn("history")
            else:
                await watcher.presses("escape")
        assert (await watcher.sees(lambda state: not state.sweep)).sweep is None
        assert await is_forgotten(), holders()
        assert not any(node.mempool for node in devnet.status())
