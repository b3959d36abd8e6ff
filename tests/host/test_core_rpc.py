"""Calls to a Bitcoin Core over HTTP: what comes back, in what order, and what goes wrong."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from host.servers.core_rpc import BATCH, CoreRpc, RpcRefused
from host.servers.electrum_door import ElectrumDoor
from host.servers.polling import ServerLost, ServerRefused

Answer = Callable[[list[dict[str, Any]]], bytes]
PATIENCE_S = 10


def http(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def results(requests: list[dict[str, Any]]) -> bytes:
    """Each call's parameters back, the last call first."""
    replies = [{"id": request["id"], "result": request["params"]} for request in requests]
    return http(json.dumps(replies[::-1]).encode())


class Node:
    """A thread that takes one connection after the other; each has so many answers."""

    def __init__(self, answer: Answer, calls_a_connection: int = 1_000) -> None:
        self.requests: list[list[dict[str, Any]]] = []
        self.connections = 0
        self.passwords: list[str] = []
        self._answer = answer
        self._calls = calls_a_connection
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE_S)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for a caller
        self._listener.close()
        self._thread.join(PATIENCE_S)

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with caller, caller.makefile("rwb") as stream:
                for _ in range(self._calls):
                    if not stream.readline():
                        break
                    headers = {}
                    while line := stream.readline().strip():
                        name, _, value = line.decode().partition(": ")
                        headers[name.lower()] = value
                    self.passwords.append(headers["authorization"])
                    self.requests.append(json.loads(stream.read(int(headers["content-length"]))))
                    stream.write(self._answer(self.requests[-1]))
                    stream.flush()


@contextmanager
def called(node: Node, credentials: Callable[[], str] = lambda: "me:mine") -> Iterator[CoreRpc]:
    rpc = CoreRpc("127.0.0.1", node.port, credentials, "a file")
    try:
        yield rpc
    finally:
        rpc.end()
        node.close()


def test_a_call_is_as_core_wants_it() -> None:
    node = Node(results)
    with called(node) as rpc:
        assert rpc.call("getblockhash", 7) == [7]
    assert node.requests == [[{"jsonrpc": "2.0", "id": 0, "method": "getblockhash", "params": [7]}]]
    assert node.passwords == ["Basic bWU6bWluZQ=="]  # RFC 7617


def test_many_calls_go_in_batches_and_come_back_in_order_whatever_the_node_does() -> None:
    node = Node(results)
    with called(node) as rpc:
        count = 2 * BATCH + 1
        assert rpc.batch([("x", [number]) for number in range(count)]) == [
            [number] for number in range(count)
        ]
        assert rpc.batch([]) == []
    assert [len(requests) for requests in node.requests] == [BATCH, BATCH, 1]
    assert node.connections == 1


def test_a_node_that_hung_up_meanwhile_is_called_again() -> None:
    node = Node(results, calls_a_connection=1)
    with called(node) as rpc:
        assert [rpc.call("x", number) for number in range(3)] == [[0], [1], [2]]
    assert node.connections == 3


def test_each_connection_has_the_password_of_its_time() -> None:
    node, words = Node(results, calls_a_connection=1), iter("abc")
    with called(node, lambda: f"me:{next(words)}") as rpc:
        rpc.call("x")
        rpc.call("x")
    assert len(set(node.passwords)) == 2


def test_amounts_are_decimal() -> None:
    node = Node(lambda _: http(b'[{"id": 0, "result": 0.00001234}]'))
    with called(node) as rpc:
        assert rpc.call("x") == Decimal("0.00001234")


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error", "404 Not Found"])
def test_the_nodes_words_and_its_code_are_kept_whatever_the_status(status: str) -> None:
    """Before version 28, Core gave errors the statuses 500 and 404."""
    error = {"id": 0, "result": None, "error": {"code": -8, "message": "Block height out of range"}}
    node = Node(lambda _: http(json.dumps([error]).encode(), status))
    with called(node) as rpc:
        with pytest.raises(RpcRefused, match="Block height out of range") as refused:
            rpc.call("getblockhash", 9)
        assert refused.value.code == -8
        (kept,) = rpc.batch([("getblockhash", [9])])
        assert isinstance(kept, RpcRefused)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        ("401 Unauthorized", b"", "does not accept the user and password in a file"),
        ("403 Forbidden", b"", "-rpcallowip"),
        ("503 Service Unavailable", b"Work queue depth exceeded", "Work queue depth exceeded"),
        ("503 Service Unavailable", b"", "it is busy"),
    ],
)
def test_a_door_that_stays_shut_says_why(status: str, body: bytes, words: str) -> None:
    node = Node(lambda _: http(body, status))
    with called(node) as rpc, pytest.raises(ServerRefused, match=words):
        rpc.call("x")


@pytest.mark.parametrize(
    "answer",
    [
        b"no HTTP\r\n\r\n",
        b"",
        http(b"{"),
        http(b"[" * 100_000),
        http(b"[1]"),
        http(b'[{"id": 1, "result": 1}]'),
        http(b'[{"id": 0, "error": {"code": -1}}]'),
        http(b'[{"id": 0, "error": "no"}]'),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200 + b"\r\n",
    ],
    ids=range(10),
)
def test_what_is_no_answer_is_a_lost_server(answer: bytes) -> None:
    node = Node(lambda _: answer, calls_a_connection=1)
    with called(node) as rpc, pytest.raises(ServerLost):
        rpc.call("x")


def test_an_answer_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.servers.core_rpc.MAX_ANSWER", 1_000)
    node = Node(lambda _: http(b" " * 1_001), calls_a_connection=1)
    with called(node) as rpc, pytest.raises(ServerLost):
        rpc.call("x")


def test_who_ended_the_calls_is_not_called_again() -> None:
    node = Node(results)
    with called(node) as rpc:
        rpc.call("x")
        rpc.end()
        with pytest.raises(ServerLost):
            rpc.call("x")
    assert node.connections == 1


def test_the_password_is_in_no_representation() -> None:
    rpc = CoreRpc("127.0.0.1", 1, lambda: "me:hunter2", "a file")
    with pytest.raises(ServerLost) as lost:
        rpc.call("x")
    assert "hunter2" not in repr(rpc) + repr(lost.value) + str(lost.value.__cause__)


def test_the_door_takes_one_caller_and_passes_on_what_was_raised() -> None:
    refusal = ServerRefused("it has pruned that block")

    def answer(method: str, given: list[Any]) -> Any:  # noqa: ANN401 - JSON
        if method == "raise":
            raise refusal
        return [method, given]

    with ElectrumDoor(answer) as door:
        address = ("127.0.0.1", door.port)
        with socket.create_connection(address, PATIENCE_S) as caller, caller.makefile("rwb") as way:
            way.write(b'{"id": 3, "method": "add", "params": [1]}\n')
            way.flush()
            assert json.loads(way.readline())["result"] == ["add", [1]]
            way.write(b'{"id": 4, "method": "raise", "params": []}\n')
            way.flush()
            assert json.loads(way.readline())["error"]["code"] == 1
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(address, PATIENCE_S)
        assert door.failure is refusal
