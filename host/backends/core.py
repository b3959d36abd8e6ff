"""The chain as your own Bitcoin Core tells it over JSON-RPC, with its cookie or a password."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import SystemRandom
from typing import Any
from urllib.parse import unquote
from weakref import WeakKeyDictionary

import bdkpython as bdk

from host import files
from host.backends import BackendKind, Surroundings
from host.config import CORE_FOLDERS, RPC_PORTS
from host.errors import BadInput, NetworkError
from host.servers import fee_histogram
from host.servers.core_index import CoreIndex
from host.servers.core_rpc import CoreRpc, RpcRefused
from host.servers.electrum_door import ElectrumDoor
from host.servers.location import dialer, parse
from host.servers.polling import PollingBackend, Server, ServerLost, ServerRefused
from host.servers.tunnel import Route, Tunnel
from host.values import WaitingFees
from host.wallet.scanned import ScannedWallet

BATCH = 100
TIMEOUT_S = 255  # the most that BDK's client takes
LONG_SCAN_S = 6 * 3600.0  # a whole chain's filters; each answer in it has a time of its own
SATS_PER_BTC = 100_000_000
SAMPLE = 2_000  # payments of the mempool that are looked at, 100 in one request
MOST_WAITING = 500_000  # their names alone are 34 MB then
MAX_CREDENTIALS = 1_000  # characters
# As getblockchaininfo says them.
CHAINS = {
    "mainnet": "main",
    "testnet": "test",
    "testnet4": "testnet4",
    "signet": "signet",
    "regtest": "regtest",
}
EXAMPLE = "core:127.0.0.1:8332 or core:127.0.0.1:8332?auth=FILE"


class CoreConnection:
    """Implements host.servers.polling.Server by Core's JSON-RPC, and BDK's client for the rest."""

    def __init__(self, rpc: CoreRpc, network: str, report: Callable[[str], None]) -> None:
        self._rpc = rpc
        self._report = report
        self._indices: WeakKeyDictionary[ScannedWallet, CoreIndex] = WeakKeyDictionary()
        with _understood():
            chain = str(rpc.call("getblockchaininfo")["chain"])
        if chain != CHAINS[network]:
            raise ServerRefused(
                f"its chain is {chain[:20]}, and this wallet's is {CHAINS[network]}"
            )

    def tip(self) -> str:
        return str(self._rpc.call("getbestblockhash"))

    def scan(self, wallet: ScannedWallet, stop_gap: int) -> "bdk.Update":
        index = self._indices.setdefault(wallet, CoreIndex(self._rpc, self._report))
        with _understood():
            count = index.follow(wallet, stop_gap)
        request = wallet.engine.start_full_scan().build()
        with ElectrumDoor(lambda method, given: self._answer(index, method, given)) as door:
            try:
                url = f"tcp://127.0.0.1:{door.port}"
                client = bdk.ElectrumClient(url, timeout=TIMEOUT_S, retry=0)
                return client.full_scan(request, count, BATCH, False)
            except bdk.ElectrumError as error:
                raise door.failure or ServerLost from error

    def fee_floor(self) -> float:
        """In sat/vB; the node says BTC per 1000 vB."""
        with _understood():
            info = self._rpc.call("getmempoolinfo")
            floor = max(info["mempoolminfee"], info["minrelaytxfee"])
            return round(float(floor * SATS_PER_BTC / 1000), 3)

    def fee_estimate(self, blocks: int) -> float | None:
        """In sat/vB; a node that saw too few payments says "errors" and no rate."""
        with _understood():
            rate = self._rpc.call("estimatesmartfee", blocks).get("feerate")
            return None if rate is None else round(float(rate * SATS_PER_BTC / 1000), 3)

    def waiting_fees(self) -> WaitingFees | None:
        """Of up to SAMPLE payments, drawn when there are more; None when there are too many."""
        with _understood():
            info = self._rpc.call("getmempoolinfo")
            if int(info["size"]) > MOST_WAITING:
                return None
            names = self._rpc.call("getrawmempool")
            sample = SystemRandom().sample(names, min(len(names), SAMPLE))
            answers = self._rpc.batch([("getmempoolentry", [name]) for name in sample])
            entries = [entry for entry in answers if not isinstance(entry, RpcRefused)]
            payments = [
                (float(entry["fees"]["base"] * SATS_PER_BTC / entry["vsize"]), int(entry["vsize"]))
                for entry in entries
            ]
            return fee_histogram.counted(payments, int(info["bytes"]))

    def broadcast(self, transaction: "bdk.Transaction") -> None:
        raw = bytes(transaction.serialize()).hex()
        if self._rpc.call("sendrawtransaction", raw) != str(transaction.compute_txid()):
            raise ServerLost

    def has(self, txid: "bdk.Txid") -> bool:
        if any(index.sighting(str(txid)) for index in self._indices.values()):
            return True
        try:
            self._rpc.call("getrawtransaction", str(txid))
        except RpcRefused:
            return False
        return True

    def _answer(self, index: CoreIndex, method: str, given: list[Any]) -> Any:  # noqa: ANN401
        """As an Electrum server would (protocol 1.4), hashes as people read them."""
        match method, given:
            case "server.version", _:
                return ["quietkey", "1.4"]
            case "blockchain.headers.subscribe", _:
                return {"height": index.tip_height, "hex": self._headers(index.tip_height, 1)}
            case "blockchain.block.header", [height, *_]:
                return self._headers(height, 1)
            case "blockchain.block.headers", [first, count, *_]:
                count = min(count, index.tip_height + 1 - first)
                return {"hex": self._headers(first, count), "count": count, "max": count}
            case "blockchain.scripthash.get_history", [name]:
                script_hash = bytes.fromhex(name)[::-1]
                return [
                    {"tx_hash": sighting.transaction.name, "height": sighting.height}
                    for sighting in index.history(script_hash)
                ]
            case "blockchain.transaction.get", [txid, *_] if sighting := index.sighting(txid):
                return sighting.transaction.encode().hex()
            case "blockchain.transaction.get_merkle", [txid, *_] if sighting := index.sighting(
                txid
            ):
                return {
                    "block_height": sighting.height,
                    "pos": sighting.position,
                    "merkle": [node[::-1].hex() for node in sighting.branch],
                }
            case _:
                raise ServerLost

    def _headers(self, first: int, count: int) -> str:
        heights = range(first, first + count)
        hashes = self._rpc.batch([("getblockhash", [height]) for height in heights])
        headers = self._rpc.batch([("getblockheader", [name, False]) for name in hashes])
        if any(isinstance(answer, RpcRefused) for answer in (*hashes, *headers)):
            raise ServerLost
        return "".join(headers)


@contextmanager
def _understood() -> Iterator[None]:
    """An answer that lacks a field, or has one of another kind, is no answer."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ServerLost from error


def _open(location: str, surroundings: Surroundings) -> PollingBackend:
    address, _, option = location.partition("?")
    name, _, file = option.partition("=")
    if "@" in address:
        raise BadInput(
            "A password does not belong in an address, where other programs can read it. Nobody"
            " was asked. Write user:password into a file that only you can read, and name it:"
            " core:127.0.0.1:8332?auth=FILE."
        )
    if option and (name != "auth" or not file):
        raise BadInput(f"{option[:80]!r} is no option of core:. Write it like {EXAMPLE}.")
    network = surroundings.network
    address = address or f"127.0.0.1:{RPC_PORTS[network]}"
    host, port = parse(address, EXAMPLE)
    credentials = Path(unquote(file)).expanduser() if file else _default_cookie(network)
    return _backend(host, port, credentials, surroundings)


def _backend(host: str, port: int, file: Path, surroundings: Surroundings) -> PollingBackend:
    proxied = dialer(surroundings.proxy, [host])
    tunnel = Tunnel(Route(host, port, proxied)) if proxied.proxy else None
    calls: list[CoreRpc] = []

    async def prepare() -> Callable[[], Server]:
        way = ("127.0.0.1", await tunnel.open()) if tunnel else (host, port)
        loop = asyncio.get_running_loop()

        def report(sentence: str) -> None:
            loop.call_soon_threadsafe(surroundings.report, sentence)

        end_calls()
        rpc = CoreRpc(*way, lambda: _read(file), str(file))
        calls.append(rpc)
        return lambda: CoreConnection(rpc, surroundings.network, report)

    def end_calls() -> None:
        while calls:
            calls.pop().end()

    async def hang_up() -> None:
        end_calls()
        if tunnel:
            await tunnel.close()

    return PollingBackend(
        f"{host}:{port}", prepare, surroundings.report, hang_up, patience_s=LONG_SCAN_S
    )


def _default_cookie(network: str) -> Path:
    """Where bitcoind writes it, if it was not told otherwise (-datadir, -rpccookiefile)."""
    if sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", "")) / "Bitcoin"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library/Application Support/Bitcoin"
    else:
        folder = Path.home() / ".bitcoin"
    return folder / CORE_FOLDERS[network] / ".cookie"


def _read(file: Path) -> str:
    """One line "user:password". Raises NetworkError."""
    try:
        with files.open_file(file) as stream:
            text = stream.read(MAX_CREDENTIALS).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkError(
            f"The user and password for Bitcoin Core cannot be read from {file}. Nothing was lost."
            " bitcoind writes that file when it starts; if it writes it elsewhere, or you chose a"
            " password, name the file: core:HOST:PORT?auth=FILE."
        ) from error
    if ":" not in text or not text.isprintable():
        raise NetworkError(
            f"{file} is not one line user:password, as Bitcoin Core's cookie is. Nothing was lost."
        )
    return text


BACKEND = BackendKind(
    "Bitcoin Core over JSON-RPC",
    "The node learns all your addresses and your balance, and so does who sees the connection: it"
    " is not encrypted. Use a node of your own, and through Tor its .onion name.",
    {"core": _open},
)
