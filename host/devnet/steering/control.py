"""The devnet's control socket: newline-delimited JSON on loopback, for whoever has the token.

First line {"token": "..."}; then {"id": 1, "do": "mine", "blocks": 3} and the like. Answers are
{"id": 1, "ok": {...}} or {"id": 1, "error": "A sentence."}; after "watch", {"status": {...}} comes
at once and on every change. DO below lists everything that can be asked.
"""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Self

from host.devnet.network import Devnet
from host.devnet.steering.console import perform
from host.errors import HostError, NetworkError
from host.loopback import LoopbackServer
from host.values import NodeStatus

LINE_LIMIT = 1 << 16
# A caller that watches and never reads must not make us hold every change for it.
MAX_UNREAD = 1 << 20
TOKEN_S = 5.0
Request = dict[str, Any]


class ControlServer:
    """Open until closed. Every caller sees the same devnet."""

    def __init__(self, devnet: Devnet, token: str) -> None:
        self._devnet = devnet
        self.token = token
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = LoopbackServer(self._called, LINE_LIMIT)
        self.address = ""

    async def start(self, port: int = 0) -> None:
        self.address = "{}:{}".format(*await self._server.start(port))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        await self._server.stop(self._tasks)

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._spawn(self._serve(reader, writer))

    def _spawn(self, work: Any) -> "asyncio.Task[None]":  # noqa: ANN401 - any coroutine
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        watching: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(TOKEN_S):
                if not self._is_friend(await reader.readline()):
                    return
            while line := await reader.readline():
                request = _parse(line)
                if request.get("do") == "watch":
                    watching.append(self._spawn(self._push(writer)))
                _write(writer, await self._answer(request))
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            return  # gone, silent, or a line without end
        finally:
            for task in watching:
                task.cancel()
            writer.transport.abort()

    def _is_friend(self, line: bytes) -> bool:
        token = str(_parse(line).get("token", ""))
        return hmac.compare_digest(token.encode(), self.token.encode())

    async def _push(self, writer: asyncio.StreamWriter) -> None:
        async for status in self._devnet.watch():
            if writer.transport.get_write_buffer_size() > MAX_UNREAD:
                writer.transport.abort()
            if writer.is_closing():
                return
            _write(writer, {"status": _nodes(status)})

    async def _answer(self, request: Request) -> Request:
        do = DO.get(str(request.get("do")))
        try:
            if do is None:
                raise NetworkError(f"The devnet can do one of these: {', '.join(DO)}.")
            return {"id": request.get("id"), "ok": await do(self._devnet, request)}
        except HostError as error:
            return {"id": request.get("id"), "error": str(error)}


async def _status(devnet: Devnet, _: Request) -> Request:
    return _nodes(devnet.status())


async def _mine(devnet: Devnet, request: Request) -> Request:
    await devnet.mine(_number(request, "blocks"))
    return {}


async def _fund(devnet: Devnet, request: Request) -> Request:
    address, mine = request.get("address"), request.get("mine", True)
    if not isinstance(address, str) or not isinstance(mine, bool):
        raise NetworkError('"address" is a text, "mine" is true or false.')
    return {"txid": await devnet.fund(address, _number(request, "sats"), mine=mine)}


async def _kill(devnet: Devnet, request: Request) -> Request:
    await devnet.kill(_number(request, "node"))
    return {}


async def _revive(devnet: Devnet, request: Request) -> Request:
    await devnet.revive(_number(request, "node"))
    return {}


async def _command(devnet: Devnet, request: Request) -> Request:
    """A line as it is typed at the devnet's own console: all the faults are there."""
    line = request.get("line")
    if not isinstance(line, str):
        raise NetworkError('"line" is a text, as it would be typed.')
    sentences: list[str] = []
    await perform(devnet, line, sentences.append)
    return {"said": sentences}


async def _watch(_: Devnet, __: Request) -> Request:
    return {}


DO: dict[str, Callable[[Devnet, Request], Awaitable[Request]]] = {
    "status": _status,
    "mine": _mine,
    "fund": _fund,
    "kill": _kill,
    "revive": _revive,
    "command": _command,
    "watch": _watch,
}


def _parse(line: bytes) -> Request:
    """Raises ValueError for a line that is no JSON object."""
    try:
        request = json.loads(line)
    except RecursionError as error:  # ten thousand brackets
        raise ValueError("too deep") from error
    if not isinstance(request, dict):
        raise ValueError("a request is a JSON object")  # noqa: TRY004 - as json.loads does
    return request


def _number(request: Request, name: str) -> int:
    value = request.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise NetworkError(f'"{name}" must be a whole number.')
    return value


def _nodes(status: tuple[NodeStatus, ...]) -> Request:
    return {"nodes": [asdict(node) for node in status]}


def _write(writer: asyncio.StreamWriter, message: Request) -> None:
    writer.write(json.dumps(message).encode() + b"\n")
