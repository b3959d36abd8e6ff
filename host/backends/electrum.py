"""The chain as an Electrum server tells it: yours, or one of many that anybody may use."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bdkpython as bdk

from host.backends import BackendKind, Open, Surroundings
from host.errors import BadInput
from host.servers import fee_histogram
from host.servers.location import dialer, parse
from host.servers.polling import PollingBackend, Server, ServerLost, ServerRefused
from host.servers.tunnel import Route, Tunnel
from host.values import WaitingFees
from host.wallet.scanned import ScannedWallet

BATCH = 25
TIMEOUT_S, RETRIES = 20, 0
LONGEST_ANSWER = 1 << 20
SATS_PER_BTC = 100_000_000


class ElectrumConnection:
    """Implements host.servers.polling.Server by BDK's client, at a port of this machine."""

    def __init__(self, port: int) -> None:
        with _told_apart():
            self._client = bdk.ElectrumClient(
                f"tcp://127.0.0.1:{port}", timeout=TIMEOUT_S, retry=RETRIES
            )
            self._client.block_headers_subscribe()
        self._port = port
        self._tips = 0

    def tip(self) -> str:
        """Changes with every block that the server tells of."""
        with _told_apart():
            self._client.ping()
            while self._client.block_headers_pop() is not None:
                self._tips += 1
        return str(self._tips)

    def scan(self, wallet: ScannedWallet, stop_gap: int) -> "bdk.Update":
        request = wallet.engine.start_full_scan().build()
        with _told_apart():
            return self._client.full_scan(request, stop_gap, BATCH, True)

    def fee_floor(self) -> float:
        """In sat/vB; the server says BTC per 1000 vB."""
        with _told_apart():
            return round(float(self._client.relay_fee()) * SATS_PER_BTC / 1000, 3)

    def fee_estimate(self, blocks: int) -> float | None:
        """In sat/vB; the server says BTC per 1000 vB, and -1 when it has none."""
        with _told_apart():
            rate = float(self._client.estimate_fee(blocks))
        return None if rate < 0 else round(rate * SATS_PER_BTC / 1000, 3)

    def waiting_fees(self) -> WaitingFees | None:
        """BDK does not ask for it: a connection of its own does, once."""
        try:
            answer = _asked(self._port, "mempool.get_fee_histogram")
            return fee_histogram.read(answer["result"])
        except OSError as error:
            raise ServerLost from error
        except (ValueError, KeyError, TypeError, RecursionError):
            return None  # old servers do not know it

    def broadcast(self, transaction: "bdk.Transaction") -> None:
        with _told_apart():
            txid = self._client.transaction_broadcast(transaction)
        if str(txid) != str(transaction.compute_txid()):
            raise ServerLost

    def has(self, txid: "bdk.Txid") -> bool:
        try:
            with _told_apart():
                self._client.fetch_tx(txid)
        except ServerRefused:
            return False
        return True


def _asked(port: int, method: str) -> Any:  # noqa: ANN401 - JSON
    """One answer of the server behind that port of this machine. Raises OSError, ValueError."""
    hello = {"id": 0, "method": "server.version", "params": ["quietkey", "1.4"]}
    question = {"id": 1, "method": method, "params": []}
    answers = []
    with (
        socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as line,
        line.makefile("rwb") as lines,
    ):
        for request in (hello, question):
            lines.write(json.dumps(request).encode() + b"\n")
            lines.flush()
            answers.append(json.loads(lines.readline(LONGEST_ANSWER)))
    return answers[1]


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except bdk.ElectrumError.Protocol as error:
        raise ServerRefused(error.error_message) from error
    except bdk.ElectrumError as error:
        raise ServerLost from error


def _opening(*, tls: bool) -> Open:
    def open_server(location: str, surroundings: Surroundings) -> PollingBackend:
        host, port = parse(location, "electrum:127.0.0.1:50001")
        way = dialer(surroundings.proxy, [host])
        certificates = _certificates(surroundings) if tls else None
        tunnel = Tunnel(Route(host, port, way, certificates))

        async def prepare() -> Callable[[], Server]:
            door = await tunnel.open()
            return lambda: ElectrumConnection(door)

        return PollingBackend(f"{host}:{port}", prepare, surroundings.report, tunnel.close)

    return open_server


def _certificates(surroundings: Surroundings) -> Path:
    if surroundings.certificates is None:
        raise BadInput("There is no place to remember the server's certificate at.")
    return surroundings.certificates


BACKEND = BackendKind(
    "An Electrum server",
    "The server learns all your addresses and your balance; with --proxy not where you are.",
    {"electrum": _opening(tls=False), "electrum+tls": _opening(tls=True)},
)
