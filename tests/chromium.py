"""A headless Chromium, steered through two pipes (Chrome DevTools Protocol). No port, no driver."""

import asyncio
import base64
import itertools
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 15
Json = dict[str, Any]
# The browser takes its two pipes as 3 and 4, whatever their numbers were.
AS_3_AND_4 = """
import fcntl, os, sys
theirs = [fcntl.fcntl(int(name), fcntl.F_DUPFD, 50) for name in sys.argv[1:3]]
for wanted, number in enumerate(theirs, 3):
    os.dup2(number, wanted)
os.execv(sys.argv[3], sys.argv[3:])
"""


def program() -> str | None:
    """Where it is on this machine, if it is."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Page:
    """One page of one browser. Two pages take turns: nobody asks while another waits."""

    numbers = itertools.count(1)

    def __init__(self, requests: int, replies: asyncio.StreamReader) -> None:
        self._requests = requests
        self._replies = replies
        self._session: str | None = None

    async def another(self) -> "Page":
        """A second page of the same browser."""
        page = Page(self._requests, self._replies)
        await page.begin()
        return page

    async def begin(self) -> None:
        target = await self.ask("Target.createTarget", url="about:blank")
        attached = await self.ask(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        await self.ask("Page.enable")

    async def ask(self, method: str, **parameters: object) -> Json:
        """The result of a command."""
        number = next(self.numbers)
        request: Json = {"id": number, "method": method, "params": parameters}
        if self._session:
            request["sessionId"] = self._session
        os.write(self._requests, json.dumps(request).encode() + b"\0")
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = json.loads((await self._replies.readuntil(b"\0"))[:-1])
                if message.get("id") == number:
                    assert "error" not in message, message
                    result: Json = message["result"]
                    return result

    async def opens(self, url: str) -> None:
        await self.ask("Page.navigate", url=url)

    async def resized(self, width: int, height: int) -> None:
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def evaluates(self, expression: str) -> Any:  # noqa: ANN401 - JSON
        """What JavaScript says, promises awaited."""
        answer = await self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def reads(self) -> str:
        """The rows of the terminal and the note below."""
        rows = await self.evaluates(
            "[...document.querySelectorAll('#screen div, #note')]"
            ".map((row) => row.textContent).join('\\n')"
        )
        return str(rows).replace("\N{NO-BREAK SPACE}", " ")

    async def comes_to(self, words: str) -> str:
        """What is on the page once these words are."""
        shown = ""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while words not in (shown := await self.reads()):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        assert words in shown, shown
        return shown

    async def presses(self, key: str, text: str = "") -> None:
        await self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, text=text or "")
        await self.ask("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self) -> bytes:
        """As a PNG."""
        shot = await self.ask("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """A page of a new browser, whose profile is thrown away with `folder`."""
    path = program()
    assert path
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AS_3_AND_4, str(their_in), str(their_out), path,
        "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
        "--disable-dev-shm-usage", "--no-first-run", "--no-default-browser-check",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--proxy-server=127.0.0.1:1", "--proxy-bypass-list=127.0.0.1",
        f"--user-data-dir={folder}",
        pass_fds=(their_in, their_out),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    os.close(their_in)
    os.close(their_out)
    replies = asyncio.StreamReader(limit=1 << 26)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(replies), os.fdopen(our_in, "rb")
    )
    try:
        page = Page(our_out, replies)
        await page.begin()
        yield page
    finally:
        os.close(our_out)
        transport.close()
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
