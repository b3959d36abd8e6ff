"""Bitcoin Core's JSON-RPC over HTTP, many calls in one request. Calls block.

Source: Bitcoin Core, doc/JSON-RPC-interface.md, and src/rpc/protocol.h for the codes.
"""

import base64
import http.client
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from host.servers.polling import ServerLost, ServerRefused

TIMEOUT_S = 120.0  # for one answer: a scan of some thousand filters takes a while
BATCH = 100
MAX_ANSWER = 1 << 28  # bytes; 100 blocks in hexadecimal fit
NOT_FOUND = -5  # RPC_INVALID_ADDRESS_OR_KEY: no such block or transaction
Call = tuple[str, Sequence[object]]


class RpcRefused(ServerRefused):
    """The node's error, with its code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class CoreRpc:
    """One node. Use it in one thread at a time."""

    def __init__(self, host: str, port: int, credentials: Callable[[], str], source: str) -> None:
        """`credentials` gives "user:password", and is asked again whenever a connection is made.

        `source` says where they stand: bitcoind writes new ones at each start.
        """
        self._address = (host, port)
        self._credentials = credentials
        self._source = source
        self._connection: http.client.HTTPConnection | None = None
        self._authorization = ""
        self._ended = False

    def call(self, method: str, *parameters: object) -> Any:  # noqa: ANN401 - JSON
        """The result. Raises RpcRefused with the node's words, ServerRefused, ServerLost."""
        (result,) = self._post([(method, parameters)])
        if isinstance(result, RpcRefused):
            raise result
        return result

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """Results in their order; for a call that was refused, its RpcRefused.

        Raises ServerRefused, ServerLost.
        """
        results: list[Any] = []
        for start in range(0, len(calls), BATCH):
            results += self._post(calls[start : start + BATCH])
        return results

    def end(self) -> None:
        """Hang up for good, also on a call of another thread that is under way."""
        self._ended = True
        self.close()

    def close(self) -> None:
        """Hang up; the next call connects again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, calls: Sequence[Call]) -> list[Any]:
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(parameters)}
            for number, (method, parameters) in enumerate(calls)
        ]
        body = json.dumps(requests).encode()
        try:
            status, answer = self._exchange(body)
        except (OSError, http.client.HTTPException):
            # A node hangs up on who is silent for half a minute. Every call here may be repeated.
            self.close()
            try:
                status, answer = self._exchange(body)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                raise ServerLost from error
        self._check(status, answer)
        return _results(answer, len(calls))

    def _exchange(self, body: bytes) -> tuple[int, bytes]:
        if self._ended:
            raise ServerLost
        if self._connection is None:
            encoded = base64.b64encode(self._credentials().encode()).decode()
            self._authorization = f"Basic {encoded}"
            self._connection = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_S)
        headers = {"Content-Type": "application/json", "Authorization": self._authorization}
        self._connection.request("POST", "/", body, headers)
        response = self._connection.getresponse()
        answer = response.read(MAX_ANSWER + 1)
        if len(answer) > MAX_ANSWER:
            raise http.client.HTTPException
        return response.status, answer

    def _check(self, status: int, answer: bytes) -> None:
        if status in {401, 403}:
            self.close()  # with other credentials, perhaps
        if status == 401:
            raise ServerRefused(f"it does not accept the user and password in {self._source}")
        if status == 403:
            raise ServerRefused("it takes no calls from here, see -rpcallowip and -rpcwhitelist")
        if status == 503:
            raise ServerRefused(answer.decode("utf-8", "replace") or "it is busy")


def _results(answer: bytes, count: int) -> list[Any]:
    """In the order of their numbers. Raises ServerLost for what is no such answer."""
    try:
        replies = json.loads(answer, parse_float=Decimal)
        by_number = {reply["id"]: reply for reply in replies}
        return [_result(by_number[number]) for number in range(count)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ServerLost from error


def _result(reply: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    if error := reply.get("error"):
        return RpcRefused(str(error["message"]), int(error["code"]))
    return reply["result"]
