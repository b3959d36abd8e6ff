"""T98 with a real browser: what its page sends to a port of its machine drives nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from firmware_emu.personalities.jade.framing import FULL
from signer.formats import cbor
from tests import chromium

LOGOUT = cbor.encode({"id": "1", "method": "logout"})
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p id=note>a page"
# Ways for a page to send bytes. One of `padded` begins to be read at a logout if as much as
# a framer holds is thrown away: the length of the headers is the browser's, but it is tried out.
SCRIPT = """(async (port) => {
    const url = `http://127.0.0.1:${port}/`;
    const logout = new Uint8Array(LOGOUT);
    const padded = Array.from(logout, (_, shift) => {
        const body = new Uint8Array(FULL + 400 * logout.length);
        for (let start = FULL - 200 * logout.length + shift; start < FULL; start += logout.length)
            body.set(logout, start);
        return body;
    });
    const form = new FormData();
    form.set("f", new Blob([logout]), "f");
    const post = (body) => fetch(url, {
        method: "POST", mode: "no-cors", body, signal: AbortSignal.timeout(500),
    }).catch(() => 0);
    const line = new WebSocket(url.replace("http", "ws"));
    line.onopen = () => line.send(logout);
    await new Promise((end) => { line.onerror = line.onclose = end; setTimeout(end, 500); });
    for (const body of [new Blob([logout]), form, ...padded.map((bytes) => new Blob([bytes]))])
        await post(body);
    await fetch(url.replace("http", "https"), {signal: AbortSignal.timeout(500)}).catch(() => 0);
})(PORT)"""
SCRIPT = SCRIPT.replace("LOGOUT", json.dumps(list(LOGOUT))).replace("FULL", str(FULL))


@asynccontextmanager
async def listener(answer: bytes = b"") -> AsyncIterator[tuple[str, list[bytes]]]:
    """A port that keeps how each connection begins."""
    beginnings: list[bytes] = []

    async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beginnings.append(await reader.read(4096))
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(called, "127.0.0.1", 0) as server:
        yield str(server.sockets[0].getsockname()[1]), beginnings


@pytest.mark.skipif(
    chromium.program() is None, reason="there is no Chromium here (Debian: apt install chromium)"
)
async def test_a_page_in_a_browser_drives_nothing(tmp_path: Path) -> None:
    flags = ("--tcp", "0", "--camera", "0")
    with EmulatorProcess(tmp_path / "device.flash", sealed_record(), flags) as device:
        device.unlock()
        async with (
            chromium.browser(tmp_path / "browser") as page,
            listener(PAGE) as (site, _),
            listener() as (port, beginnings),
        ):
            await page.opens(f"http://127.0.0.1:{site}/")
            await page.comes_to("a page")
            await page.evaluates(SCRIPT.replace("PORT", port))
            starts = [beginning[:4] for beginning in beginnings]
            assert starts.count(b"POST") > 3, "the page reaches a port that listens"
            assert b"GET " in starts
            assert any(start[:1] == b"\x16" for start in starts)
            for link in ("tcp", "camera", "control"):
                number = device.announcement[link].rpartition(":")[2]
                await page.evaluates(SCRIPT.replace("PORT", number))
                assert await asyncio.to_thread(lambda: device.press("left").state) == "unlocked"
                assert device.screen.kind == "home"
