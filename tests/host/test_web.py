"""The app in a real browser: what is drawn, what is typed, and who else may come."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from host.__main__ import main
from host.tui.app import QuietkeyApp
from host.web.driver import ESCAPE_S, Wire, driver_class
from tests import chromium
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import HOME, FakeSession, opening_of

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
WITH_BROWSER = pytest.mark.skipif(
    chromium.program() is None, reason="there is no Chromium here (Debian: apt install chromium)"
)


@asynccontextmanager
async def served(*words: str) -> AsyncIterator[tuple[str, "asyncio.subprocess.Process"]]:
    """The address of a wallet in a process of its own, which is ended at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "host", "web", *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        async with asyncio.timeout(PATIENCE_S):
            assert b"show it to nobody" in await process.stdout.readline()
            yield (await process.stdout.readline()).decode().strip(), process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


FOREIGN = """
fetch('{url}/keys', {{method: 'POST', body: 'q', mode: '{mode}',
  headers: {{'Content-Type': 'text/plain'}}}}).then((answer) => answer.type + answer.status, String)
"""


@WITH_BROWSER
@pytest.mark.timeout(180)
async def test_a_wallet_in_a_browser(tmp_path: Path) -> None:
    async with served("--demo") as (url, process), chromium.browser(tmp_path) as page:
        address, _, token = url.partition("/#")
        await page.resized(1200, 800)
        await page.opens(f"{address}/#{token[:-1]}x")
        await page.comes_to("This address is not the one that quietkey web printed.")
        await page.opens("about:blank")
        await page.opens(url)
        await page.comes_to("Press d and choose New wallet on it.")
        shown = await page.comes_to("● 110  mempool 0")
        assert max(map(len, shown.splitlines())) > 100, "as wide as the window"
        assert await page.evaluates("location.hash + document.cookie") == ""
        assert await page.evaluates("document.querySelectorAll('#screen div').length") > 30

        await page.presses("d", "d")
        await page.comes_to("esc ✗")
        await asyncio.sleep(0.5)  # keys that come as the keyboard is handed over do not count
        await page.presses("Enter", "\r")
        await page.comes_to("dice")

        await page.resized(800, 480)  # too small for two panels
        async with asyncio.timeout(10):
            while max(map(len, (await page.reads()).splitlines())) >= 90:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await page.comes_to("Device")

        other = await page.another()
        await other.opens(url)
        await other.comes_to("Another window shows this wallet already.")
        await other.opens("data:text/html,<p id=note>elsewhere</p>")
        await other.comes_to("elsewhere")
        for mode in ("cors", "no-cors"):
            said = await other.evaluates(FOREIGN.format(url=address, mode=mode))
            assert said in {"TypeError: Failed to fetch", "opaque0"}
        await page.presses("Escape")
        await page.comes_to("New wallet")

        process.terminate()
        await page.comes_to("Quietkey has ended. You can close this window.")
        async with asyncio.timeout(PATIENCE_S):
            assert await process.wait() == 143


@asynccontextmanager
async def wired() -> AsyncIterator[tuple[Wire, QuietkeyApp]]:
    """The app on a session in memory, at the end of a wire."""
    wire = Wire()
    app = QuietkeyApp(opening_of(FakeSession(HOME, funded=True)), clock=FedClock())
    app.driver_class = driver_class(wire)
    wire.look()
    running = asyncio.create_task(app.run_async())
    try:
        yield wire, app
    finally:
        app.exit()
        await running


async def drawn(wire: Wire, words: str) -> str:
    """All that is drawn until these words are."""
    text = ""
    async with asyncio.timeout(PATIENCE_S):
        while words not in text.replace("\N{NO-BREAK SPACE}", " "):
            text += await wire.read()
    return text


async def test_the_app_draws_to_the_wire_and_hears_its_keys() -> None:
    async with wired() as (wire, app):
        await drawn(wire, "5 000 000 sats")
        wire.type("h")
        await drawn(wire, "History")
        wire.type("\x1b")  # no letter follows: it is the key, and no sequence
        await asyncio.sleep(ESCAPE_S)
        await drawn(wire, "Balance")
        assert app.is_running


async def test_who_comes_back_sees_all_of_it_again() -> None:
    async with wired() as (wire, _):
        await drawn(wire, "5 000 000 sats")
        wire.look_away()
        assert await wire.read() == ""
        wire.look()
        await drawn(wire, "5 000 000 sats")


async def test_a_window_of_another_size_is_drawn_anew() -> None:
    async with wired() as (wire, app):
        await drawn(wire, "5 000 000 sats")
        wire.resize(120, 40)
        await drawn(wire, "node 0")  # the network has no room at 80x24
        assert app.size == (120, 40)


@pytest.mark.parametrize("port", ["-1", "65536", "web", ""])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["web", "--port", port])
    assert "between 0 and 65535" in capsys.readouterr().err
