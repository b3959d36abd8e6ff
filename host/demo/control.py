"""The client of the device's control socket: its front panel, at the end of a cable.

Only the demo and the panel in the app know it. The wallet code beside it never does: it meets the
device on a link, as it would meet one on a desk.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from host.errors import LinkLost
from host.optics import Frame

GONE = "The device's front panel does not answer. Its seed is safe in its flash. Start it again."
LINE_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class View:
    """What the device shows. `state` is "empty", "locked" or "unlocked"."""

    seq: int
    kind: str
    lines: tuple[str, ...]
    state: str
    fingerprint: str


Wanted = Callable[[View], bool]


class Control:
    """Keys in, views out. Each key waits until the device has handled it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._next_id = 0
        self._changed = asyncio.Condition()
        self._gone = False
        self.view = View(-1, "", (), "empty", "")
        self._pump = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, address: str, token: str) -> "Control":
        """Open the panel at "host:port" and wait for its first view. Raises LinkLost."""
        host, port = address.rsplit(":", 1)
        try:
            reader, writer = await asyncio.open_connection(host, int(port), limit=LINE_LIMIT)
        except OSError as error:
            raise LinkLost(GONE) from error
        control = cls(reader, writer)
        control._send({"token": token})
        await control.wait_for(lambda view: view.seq >= 0)
        return control

    async def press(self, key: str) -> View:
        """Press "stop", "left", "right", "ok" or "hold"; the view once the device handled it."""
        await self._ask({"press": key})
        return self.view

    async def type(self, text: str) -> View:
        """Type characters, as on a keyboard plugged into the device."""
        await self._ask({"type": text})
        return self.view

    async def pixels(self) -> Frame:
        """What the device's panel looks like: 240x160 grey pixels."""
        answer = (await self._ask({"get": "pixels"}))["pixels"]
        header_and_pixels = base64.b64decode(answer["pgm"])
        size = answer["width"] * answer["height"]
        return Frame(answer["width"], answer["height"], header_and_pixels[-size:])

    async def changes(self) -> AsyncIterator[View]:
        """Every new view, beginning with the present one. Raises LinkLost when the panel goes."""
        seen = -1
        while True:
            last = seen
            view = await self.wait_for(lambda view: view.seq > last)  # noqa: B023 - awaited here
            seen = view.seq
            yield view

    async def wait_for(self, wanted: Wanted) -> View:
        """The first view, now or later, that `wanted` is true of. Raises LinkLost."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._gone or wanted(self.view))
        if self._gone:
            raise LinkLost(GONE)
        return self.view

    async def close(self) -> None:
        self._pump.cancel()
        self._writer.close()
        await asyncio.gather(self._pump, return_exceptions=True)

    def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        if self._gone:
            raise LinkLost(GONE)
        self._next_id += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[self._next_id] = answer
        self._send({"id": self._next_id, **message})
        return await answer

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                await self._take(json.loads(line))
        except OSError:
            pass
        finally:
            await self._end()

    async def _take(self, message: dict[str, Any]) -> None:
        if "view" in message:
            fields = message["view"] | {"lines": tuple(message["view"]["lines"])}
            async with self._changed:
                self.view = View(**fields)
                self._changed.notify_all()
            return
        answer = self._waiting.pop(message.get("done", -1), None)
        if answer and not answer.done():
            answer.set_result(message)

    async def _end(self) -> None:
        async with self._changed:
            self._gone = True
            self._changed.notify_all()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LinkLost(GONE))
