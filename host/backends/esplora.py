"""The chain as an Esplora server tells it over HTTP: mempool.space, blockstream.info, or yours."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import bdkpython as bdk

from host.backends import BackendKind, Surroundings
from host.errors import BadInput
from host.servers import fee_histogram
from host.servers.location import dialer
from host.servers.polling import PATIENCE_S, PollingBackend, Server, ServerLost, ServerRefused
from host.servers.tunnel import Route, Tunnel
from host.values import WaitingFees
from host.wallet.scanned import ScannedWallet

PARALLEL = 4
TIMEOUT_S = 20.0
HTTP_PORTS = {"http": 80, "https": 443}
LONGEST_ANSWER = 1 << 20  # bytes


class EsploraConnection:
    """Implements host.servers.polling.Server by BDK's client."""

    def __init__(self, url: str, door: int | None = None) -> None:
        """`door` is the port of this machine that leads to the server (host.servers.tunnel)."""
        self._url, self._door = url, door
        self._client = bdk.EsploraClient(url, f"http://127.0.0.1:{door}" if door else None)

    def tip(self) -> str:
        with _told_apart():
            return str(self._client.get_tip_hash())

    def scan(self, wallet: ScannedWallet, stop_gap: int) -> "bdk.Update":
        request = wallet.engine.start_full_scan().build()
        with _told_apart():
            return self._client.full_scan(request, stop_gap, PARALLEL)

    def fee_floor(self) -> float:
        """0: Esplora has no answer to that."""
        return 0.0

    def fee_estimate(self, blocks: int) -> float | None:
        """In sat/vB. It estimates for some numbers of blocks: the next lower one counts."""
        with _told_apart():
            rates: Mapping[int, float] = self._client.get_fee_estimates()
        if not rates:
            return None
        fewer = [count for count in rates if count <= blocks]
        return rates[max(fewer) if fewer else min(rates)]

    def waiting_fees(self) -> WaitingFees | None:
        """BDK does not ask for it: a connection of its own does, once."""
        try:
            mempool = json.loads(_fetch(self._url, "/mempool", self._door))
            return fee_histogram.read(mempool["fee_histogram"])
        except (OSError, HTTPException) as error:
            raise ServerLost from error
        except (ValueError, KeyError, TypeError, RecursionError):
            return None  # not every server knows it

    def broadcast(self, transaction: "bdk.Transaction") -> None:
        with _told_apart():
            self._client.broadcast(transaction)

    def has(self, txid: "bdk.Txid") -> bool:
        with _told_apart():
            return self._client.get_tx(txid) is not None


def _fetch(url: str, path: str, door: int | None) -> bytes:
    """What the server has at that path. Raises OSError, HTTPException, ValueError."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or HTTP_PORTS[parts.scheme]
    make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    place = ("127.0.0.1", door) if door else (host, port)
    with closing(make(*place, timeout=TIMEOUT_S)) as connection:
        if door:
            connection.set_tunnel(host, port)
        connection.request("GET", f"{parts.path}{path}")
        response = connection.getresponse()
        answer = response.read(LONGEST_ANSWER + 1)
    if response.status != 200 or len(answer) > LONGEST_ANSWER:
        raise ValueError
    return answer


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except bdk.EsploraError.HttpResponse as error:
        if 400 <= error.status < 500:
            raise ServerRefused(error.error_message) from error
        raise ServerLost from error
    except bdk.EsploraError as error:
        raise ServerLost from error


def _open(location: str, surroundings: Surroundings) -> PollingBackend:
    url = urlsplit(location)
    try:
        is_usable = url.scheme in {"http", "https"} and url.hostname and url.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise BadInput(
            f"{location[:80]!r} is no address of an Esplora server, like"
            " esplora:https://example.org/api."
        )
    host, port = url.hostname or "", url.port or HTTP_PORTS[url.scheme]
    way = dialer(surroundings.proxy, [host])
    tunnel = Tunnel(Route(host, port, way), by_connect=True) if way.proxy else None

    async def prepare() -> Callable[[], Server]:
        door = await tunnel.open() if tunnel else None
        return lambda: EsploraConnection(location.rstrip("/"), door)

    async def hang_up() -> None:
        if tunnel:
            await tunnel.close()

    name = url.netloc.rpartition("@")[2]
    patience_s = way.patience(PATIENCE_S)  # BDK calls it anew for each question
    return PollingBackend(name, prepare, surroundings.report, hang_up, patience_s=patience_s)


BACKEND = BackendKind(
    "An Esplora server",
    "The server learns all your addresses, your balance and, without --proxy, where you connect"
    " from.",
    {"esplora": _open},
)
