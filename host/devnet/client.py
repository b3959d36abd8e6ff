"""The client of the devnet's control socket, for the demo and the app."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from host.devnet.status import NodeStatus, Status
from host.errors import NetworkError

LINE_LIMIT = 1 << 22
GONE = "The devnet does not answer. The wallet keeps what it knows. Start the devnet again."


class DevnetClient:
    """One connection. Every method may raise NetworkError, with what the devnet said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._next_id = 0
        self._seen: Status | None = None
        self._changes = 0
        self._pulse = asyncio.Condition()
        self._gone = False
        self._pump = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, address: str, token: str) -> "DevnetClient":
        """To "host:port", as announced by the devnet."""
        host, _, port = address.rpartition(":")
        try:
            reader, writer = await asyncio.open_connection(host, int(port), limit=LINE_LIMIT)
        except OSError as error:
            raise NetworkError(GONE) from error
        client = cls(reader, writer)
        client._send({"token": token})
        return client

    async def status(self) -> Status:
        """Every node, as it is now."""
        return _status(await self._ask({"do": "status"}))

    async def mine(self, blocks: int = 1) -> None:
        """Returns when every living node has them."""
        await self._ask({"do": "mine", "blocks": blocks})

    async def fund(self, address: str, sats: int, *, mine: bool = True) -> str:
        """Send play money; confirmed when it returns, unless `mine` is false. Returns the txid."""
        answer = await self._ask({"do": "fund", "address": address, "sats": sats, "mine": mine})
        return str(answer["txid"])

    async def kill(self, node: int) -> None:
        await self._ask({"do": "kill", "node": node})

    async def revive(self, node: int) -> None:
        """Returns when the node has caught up with the others."""
        await self._ask({"do": "revive", "node": node})

    async def watch(self) -> AsyncIterator[Status]:
        """The status now and after each change; the newest only, when changes come faster."""
        await self._ask({"do": "watch"})
        shown = 0
        while True:
            async with self._pulse:
                await self._pulse.wait_for(lambda: self._gone or self._changes > shown)  # noqa: B023
                shown, status = self._changes, self._seen
            if self._gone or status is None:
                raise NetworkError(GONE)
            yield status

    async def close(self) -> None:
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):  # it was gone already
            await self._writer.wait_closed()

    def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._gone:
            raise NetworkError(GONE)
        self._next_id += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[self._next_id] = answer
        self._send({"id": self._next_id, **request})
        message = await answer
        if "error" in message:
            raise NetworkError(message["error"])
        result: dict[str, Any] = message["ok"]
        return result

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                await self._take(json.loads(line))
        except (OSError, ValueError):
            pass  # broken off in the middle: the same as gone
        finally:
            await self._end()

    async def _take(self, message: dict[str, Any]) -> None:
        if "status" in message:
            async with self._pulse:
                self._seen = _status(message["status"])
                self._changes += 1
                self._pulse.notify_all()
            return
        answer = self._waiting.pop(message.get("id", 0), None)
        if answer and not answer.done():
            answer.set_result(message)

    async def _end(self) -> None:
        async with self._pulse:
            self._gone = True
            self._pulse.notify_all()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(NetworkError(GONE))


def _status(message: dict[str, Any]) -> Status:
    return tuple(
        NodeStatus(**(node | {"mempool": tuple(node["mempool"])})) for node in message["nodes"]
    )
