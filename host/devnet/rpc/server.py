"""The JSON-RPC door: HTTP on loopback for who knows the cookie, as bitcoind's."""

import asyncio
import base64
import hmac
import json
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from host.devnet.electrum.methods import View
from host.devnet.electrum.script_index import ScriptIndex
from host.devnet.network import Devnet
from host.devnet.rpc import methods
from host.devnet.rpc.methods import RpcError
from host.errors import HostError, NetworkError
from host.loopback import LoopbackServer, read_headers

USER = "__cookie__"  # as in Core's cookie file
MAX_BODY = 4_000_000  # bytes: the largest standard transaction in hex, and a batch beside it
WRONG_PASSWORD_S = 0.25  # Core waits so long, too: guessing shall be slow
PARSE_ERROR, INVALID = -32700, -32600


class RpcServer:
    """Open until closed. Whichever honest node lives answers; when it dies, the next one does."""

    def __init__(self, devnet: Devnet, cookie: Path, port: int = 0) -> None:
        """It listens at `port` of loopback, or at any free one for 0, and writes `cookie`."""
        self._devnet = devnet
        self._cookie = cookie
        self._port = port
        self._index = ScriptIndex()
        self._password = secrets.token_hex(32)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = LoopbackServer(self._called)
        self.address = ""

    async def start(self) -> None:
        """Open the door. Raises NetworkError."""
        try:
            host, port = await self._server.start(self._port)
        except OSError as error:
            raise NetworkError(
                f"The JSON-RPC port cannot be 127.0.0.1:{self._port}: "
                "another program listens there. End that program, or choose another port."
            ) from error
        self.address = f"{host}:{port}"
        try:
            self._cookie.unlink(missing_ok=True)  # of an earlier run, whoever may read that
            self._cookie.touch(mode=0o600, exist_ok=False)
            self._cookie.write_text(f"{USER}:{self._password}", "utf-8")
        except OSError as error:
            await self._server.stop()
            raise NetworkError(
                f"The cookie cannot be written to {self._cookie}. Choose a file in a folder of"
                " yours."
            ) from error

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        await self._server.stop(self._tasks)
        self._cookie.unlink(missing_ok=True)

    def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.transport.abort())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, asyncio.IncompleteReadError):  # gone, or no HTTP
            while (line := await reader.readline()).strip():
                headers = await read_headers(reader)
                length = int(headers.get("content-length", "0"))
                if not 0 <= length <= MAX_BODY:
                    return
                body = await reader.readexactly(length)
                status, answer = await self._answer(line, headers, body)
                head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
                if status.startswith("401"):
                    head += 'WWW-Authenticate: Basic realm="jsonrpc"\r\n'
                head += f"Content-Length: {len(answer)}\r\n\r\n"
                writer.write(head.encode() + answer)
                await writer.drain()

    async def _answer(self, line: bytes, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:
        if not line.startswith(b"POST "):
            return "405 Method Not Allowed", b"JSONRPC server handles only POST requests"
        known = base64.b64encode(f"{USER}:{self._password}".encode()).decode()
        if not hmac.compare_digest(headers.get("authorization", ""), f"Basic {known}"):
            await asyncio.sleep(WRONG_PASSWORD_S)
            return "401 Unauthorized", b""
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):
            return "500 Internal Server Error", _encoded(_error(None, PARSE_ERROR, "Parse error"))
        if isinstance(request, list):
            return "200 OK", _encoded([self._reply(entry) for entry in request])
        return "200 OK", _encoded(self._reply(request))

    def _reply(self, request: object) -> dict[str, Any]:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _error(None, INVALID, "Invalid Request object")
        number, parameters = request.get("id"), request.get("params") or []
        if not isinstance(parameters, list):
            return _error(number, INVALID, "Params must be an array")
        try:
            node = self._devnet.miner()
            self._index.follow(node.chain, node.mempool)
            result = methods.call(View(node, self._index), request["method"], parameters)
        except RpcError as error:
            return _error(number, error.code, str(error))
        except HostError as error:  # every node is dead, or its file is broken
            return _error(number, methods.MISC, str(error))
        return {"jsonrpc": "2.0", "result": result, "id": number}


def _encoded(message: object) -> bytes:
    return json.dumps(message).encode()


def _error(number: object, code: int, text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "error": {"code": code, "message": text}, "id": number}
