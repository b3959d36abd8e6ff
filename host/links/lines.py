"""Questions and answers as lines of JSON over TCP: how the demo talks to its parts' panels."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Self

from host.errors import HostError

LINE_LIMIT = 1 << 22

Message = dict[str, Any]


class Lines:
    """One connection. Every method may raise what `lost` makes: the other end went away.

    A message that answers carries the question's number as "done" or "id"; every other one goes
    to `on_message`.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_message: Callable[[Message], None],
        lost: Callable[[], HostError],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_message = on_message
        self._lost = lost
        self._is_lost = False
        self._questions = 0
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._news = asyncio.Condition()
        self._pump = asyncio.create_task(self._read())

    @classmethod
    async def open(
        cls,
        address: str,
        token: str,
        on_message: Callable[[Message], None],
        lost: Callable[[], HostError],
    ) -> Self:
        """Connect to "host:port" and show the token that was announced there. Raises `lost()`."""
        host, _, port = address.rpartition(":")
        try:
            reader, writer = await asyncio.open_connection(host, int(port), limit=LINE_LIMIT)
        except OSError as error:
            raise lost() from error
        lines = cls(reader, writer, on_message, lost)
        lines._send({"token": token})
        return lines

    async def ask(self, question: Message) -> Message:
        """The answer to a question, whole. Raises `lost()`."""
        if self._is_lost:
            raise self._lost()
        self._questions += 1
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[self._questions] = answer
        self._send({"id": self._questions, **question})
        return await answer

    async def wait_until(self, reached: Callable[[], bool]) -> None:
        """Return when `reached` is true, which is looked at after everything that is told.

        Raises `lost()` when the other end went away.
        """
        async with self._news:
            await self._news.wait_for(lambda: self._is_lost or reached())
        if self._is_lost:
            raise self._lost()

    async def close(self) -> None:
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):  # it was gone already
            await self._writer.wait_closed()

    def _send(self, message: Message) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                await self._take(json.loads(line))
        except (OSError, ValueError):
            pass  # broken off in the middle: the same as gone
        finally:
            await self._end()

    async def _take(self, message: Message) -> None:
        number = message.get("done", message.get("id"))
        if number is None:
            async with self._news:
                self._on_message(message)
                self._news.notify_all()
            return
        answer = self._waiting.pop(number, None)
        if answer and not answer.done():
            answer.set_result(message)

    async def _end(self) -> None:
        async with self._news:
            self._is_lost = True
            self._news.notify_all()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(self._lost())
