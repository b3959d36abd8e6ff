"""The Electrum port: lines of JSON-RPC over TCP on loopback, and news to who asked for them."""

import asyncio
import json
from typing import Any, Self

from host.devnet.electrum import methods
from host.devnet.electrum.methods import ElectrumError, View
from host.devnet.electrum.script_index import ScriptIndex
from host.devnet.network import Devnet
from host.errors import HostError, NetworkError
from host.loopback import LoopbackServer

LINE_LIMIT = 2_000_000  # the largest standard transaction, in hex
MAX_CALLERS = 32
MAX_SUBSCRIPTIONS = 10_000
MAX_BATCH = 500
# A wallet that asks and never reads must not make us hold every answer for it.
MAX_UNREAD = 16_000_000
PACE_S = 0.02  # several changes at once are told once
PARSE_ERROR, INVALID = -32700, -32600
SUBSCRIBE_HEADERS = "blockchain.headers.subscribe"
SUBSCRIBE_SCRIPT, UNSUBSCRIBE_SCRIPT = (
    "blockchain.scripthash.subscribe",
    "blockchain.scripthash.unsubscribe",
)
Json = dict[str, Any]


class _Caller:
    """One wallet, and what it wants to hear of."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.tip: Json | None = None
        self.statuses: dict[bytes, str | None] = {}

    def send(self, message: object) -> None:
        if self.writer.transport.get_write_buffer_size() > MAX_UNREAD:
            self.writer.transport.abort()
        if not self.writer.is_closing():
            self.writer.write(json.dumps(message).encode() + b"\n")

    def tell_news(self, view: View) -> None:
        if self.tip is not None and self.tip != view.tip:
            self.tip = view.tip
            self.send(_news(SUBSCRIBE_HEADERS, [view.tip]))
        for script_hash, status in self.statuses.items():
            if (fresh := view.status(script_hash)) != status:
                self.statuses[script_hash] = fresh
                self.send(_news(SUBSCRIBE_SCRIPT, [script_hash[::-1].hex(), fresh]))


class ElectrumServer:
    """Open until closed. Whichever honest node lives answers; when it dies, the next one does."""

    def __init__(self, devnet: Devnet, port: int = 0) -> None:
        """It listens at `port` of loopback, or at any free one for 0."""
        self._devnet = devnet
        self._port = port
        self._index = ScriptIndex()
        self._callers: set[_Caller] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = LoopbackServer(self._called, LINE_LIMIT)
        self.address = ""

    async def start(self) -> None:
        """Open the port. Raises NetworkError."""
        try:
            host, port = await self._server.start(self._port)
        except OSError as error:
            raise NetworkError(
                f"The Electrum port cannot be 127.0.0.1:{self._port}: "
                "another program listens there. End that program, or choose another port."
            ) from error
        self.address = f"{host}:{port}"
        self._keep(asyncio.create_task(self._tell_news()))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        await self._server.stop(self._tasks)

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._callers) >= MAX_CALLERS:
            writer.transport.abort()
            return
        task = asyncio.create_task(self._serve(reader, _Caller(writer)))
        self._keep(task)
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _serve(self, reader: asyncio.StreamReader, caller: _Caller) -> None:
        self._callers.add(caller)
        try:
            while line := await reader.readline():
                caller.send(self._answer_line(caller, line))
                await caller.writer.drain()
        except (OSError, ValueError):
            return  # gone, or a line without end
        finally:
            self._callers.discard(caller)

    def _answer_line(self, caller: _Caller, line: bytes) -> object:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return _error(None, PARSE_ERROR, "A request is a line of JSON.")
        if not isinstance(request, list):
            return self._answer(caller, request)
        if not 0 < len(request) <= MAX_BATCH:
            return _error(None, INVALID, f"A batch has 1 to {MAX_BATCH} requests.")
        return [self._answer(caller, entry) for entry in request]

    def _answer(self, caller: _Caller, request: object) -> Json:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _error(None, INVALID, "A request names a method.")
        number, parameters = request.get("id"), request.get("params", [])
        try:
            result = self._result(caller, request["method"], parameters)
        except ElectrumError as error:
            return _error(number, error.code, str(error))
        except HostError as error:  # every node is dead, or its file is broken
            return _error(number, methods.BAD_REQUEST, str(error))
        return {"jsonrpc": "2.0", "id": number, "result": result}

    def _result(self, caller: _Caller, name: str, parameters: object) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(parameters, list):
            raise ElectrumError("Parameters are a list.", methods.BAD_PARAMETERS)
        view = self._view()
        if name == SUBSCRIBE_HEADERS:
            caller.tip = view.tip
            return view.tip
        if name not in (SUBSCRIBE_SCRIPT, UNSUBSCRIBE_SCRIPT):
            return methods.call(view, name, parameters)
        script_hash = methods.read_script_hash(parameters[0] if len(parameters) == 1 else None)
        if name == UNSUBSCRIBE_SCRIPT:
            return caller.statuses.pop(script_hash, self) is not self
        if len(caller.statuses) >= MAX_SUBSCRIPTIONS:
            raise ElectrumError(f"{MAX_SUBSCRIPTIONS} scripts are watched already.")
        return caller.statuses.setdefault(script_hash, view.status(script_hash))

    def _view(self) -> View:
        node = self._devnet.miner()
        self._index.follow(node.chain, node.mempool)
        return View(node, self._index)

    async def _tell_news(self) -> None:
        async for _ in self._devnet.watch():
            await asyncio.sleep(PACE_S)
            try:
                view = self._view()
            except HostError:  # every node is dead, or its file is broken: no news
                continue
            for caller in tuple(self._callers):
                caller.tell_news(view)


def _news(method: str, parameters: list[Any]) -> Json:
    return {"jsonrpc": "2.0", "method": method, "params": parameters}


def _error(number: object, code: int, text: str) -> Json:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": text}}
