"""What the Electrum protocol (1.4) can be asked, as a table. No I/O.

Source: electrumx protocol documentation, "Protocol Methods"; hashes travel as people read them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from host.devnet.electrum.script_index import ScriptIndex, Touch
from host.devnet.mempool import NotTaken
from host.devnet.node import DevnetNode
from host.errors import HostError
from host.p2p.blocks import Block, merkle_branch
from host.transactions import Transaction
from signer.errors import Malformed

PROTOCOL = "1.4"
SERVER = "quietkey-devnet 0.1"
BANNER = "A devnet: these coins are play money."
MAX_HEADERS = 2016
SATS = 100_000_000
BAD_REQUEST, REFUSED, UNKNOWN_METHOD, BAD_PARAMETERS = 1, 2, -32601, -32602


class ElectrumError(HostError):
    """An answer that is an error: a code of JSON-RPC, and a sentence."""

    def __init__(self, text: str, code: int = BAD_REQUEST) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class View:
    """The node that answers now, and the index that has followed it."""

    node: DevnetNode
    index: ScriptIndex

    @property
    def tip(self) -> dict[str, Any]:
        """The newest header, as headers.subscribe says it."""
        height = self.node.chain.height
        return {"height": height, "hex": self.node.chain.header(height).hex()}

    def status(self, script_hash: bytes) -> str | None:
        """What changes whenever a script's history does; None for an empty one."""
        history = self.index.history(script_hash)
        text = "".join(f"{_shown(touch.txid)}:{touch.height}:" for touch in history)
        return sha256(text.encode()).hexdigest() if text else None


Method = Callable[..., Any]


def call(view: View, name: str, parameters: Sequence[Any]) -> Any:  # noqa: ANN401 - JSON
    """The result of a method. Raises ElectrumError."""
    if name not in METHODS:
        raise ElectrumError(f"There is no method {name[:80]!r}.", UNKNOWN_METHOD)
    method, least, most = METHODS[name]
    if not least <= len(parameters) <= most:
        raise ElectrumError(f"{name} takes {least} to {most} parameters.", BAD_PARAMETERS)
    return method(view, *parameters)


def read_script_hash(value: object) -> bytes:
    """A script hash as it is on the wire, reversed. Raises ElectrumError."""
    return _hash(value)


def _version(_: View, client: object = "", wanted: object = PROTOCOL) -> list[str]:
    del client
    least, most = wanted if isinstance(wanted, list) and len(wanted) == 2 else (wanted, wanted)
    if not _number(least) <= _number(PROTOCOL) <= _number(most):
        raise ElectrumError(f"The protocol here is {PROTOCOL}.")
    return [SERVER, PROTOCOL]


def _features(view: View) -> dict[str, Any]:
    return {
        "genesis_hash": _shown(view.node.chain.hash_at(0)),
        "hosts": {},
        "protocol_max": PROTOCOL,
        "protocol_min": PROTOCOL,
        "pruning": None,
        "server_version": SERVER,
        "hash_function": "sha256",
    }


def _header(view: View, height: object, checkpoint: object = 0) -> str:
    _check_no_proof(checkpoint)
    return view.node.chain.header(_height(view, height)).hex()


def _headers(view: View, start: object, count: object, checkpoint: object = 0) -> dict[str, Any]:
    _check_no_proof(checkpoint)
    first, chain = _whole(start), view.node.chain
    last = min(first + min(_whole(count), MAX_HEADERS), chain.height + 1)
    headers = [chain.header(height).hex() for height in range(first, last)]
    return {"hex": "".join(headers), "count": len(headers), "max": MAX_HEADERS}


def _rate(view: View, *_: object) -> float:
    """In BTC for 1,000 vB: what the node takes at least is enough here."""
    return view.node.mempool.floor * 1000 / SATS


def _history(view: View, script_hash: object) -> list[dict[str, Any]]:
    return [_listed(touch) for touch in view.index.history(_hash(script_hash))]


def _waiting(view: View, script_hash: object) -> list[dict[str, Any]]:
    return [_listed(touch) for touch in view.index.waiting(_hash(script_hash))]


def _balance(view: View, script_hash: object) -> dict[str, int]:
    node = view.node
    confirmed, waiting = view.index.balance(_hash(script_hash), node.chain, node.mempool)
    return {"confirmed": confirmed, "unconfirmed": waiting}


def _unspent(view: View, script_hash: object) -> list[dict[str, Any]]:
    node = view.node
    return [
        {
            "tx_hash": _shown(coin.outpoint.txid),
            "tx_pos": coin.outpoint.index,
            "height": coin.height,
            "value": coin.sats,
        }
        for coin in view.index.unspent(_hash(script_hash), node.chain, node.mempool)
    ]


def _transaction(view: View, name: object, verbose: object = False) -> str:
    if verbose:
        raise ElectrumError("Transactions are given as bytes only, not spelled out.")
    txid = _hash(name)
    if waiting := view.node.mempool.get(txid):
        return waiting.encode().hex()
    transactions = _block(view, view.index.height_of(txid)).transactions
    return next(entry for entry in transactions if entry.txid == txid).encode().hex()


def _merkle(view: View, name: object, height: object) -> dict[str, Any]:
    txid, level = _hash(name), _whole(height)
    if view.index.height_of(txid) != level:
        raise ElectrumError(f"The transaction is not in block {level}.")
    txids = [entry.txid for entry in _block(view, level).transactions]
    position = txids.index(txid)
    branch = [_shown(node) for node in merkle_branch(txids, position)]
    return {"block_height": level, "pos": position, "merkle": branch}


def _broadcast(view: View, raw: object) -> str:
    try:
        data = bytes.fromhex(raw if isinstance(raw, str) else "x")
        transaction = Transaction.parse(data)
        if not view.node.mempool.get(transaction.txid):
            view.node.submit_transaction(data)
    except (ValueError, Malformed, NotTaken) as error:
        reason = "It is no transaction." if type(error) is ValueError else str(error)
        raise ElectrumError(f"The network refused the transaction. {reason}") from error
    return transaction.name


def _histogram(view: View) -> list[list[float]]:
    """Rates in sat/vB, highest first, and how many vB wait at each."""
    sizes: dict[int, int] = {}
    for entry in view.node.mempool:
        rate = entry.fee_sats // entry.vsize
        sizes[rate] = sizes.get(rate, 0) + entry.vsize
    return [[rate, sizes[rate]] for rate in sorted(sizes, reverse=True)]


def _block(view: View, height: int | None) -> Block:
    raw = view.node.chain.raw(view.node.chain.hash_at(height)) if height else None
    if raw is None:
        raise ElectrumError("No such mempool or blockchain transaction.", REFUSED)
    return Block.parse(raw)


def _listed(touch: Touch) -> dict[str, Any]:
    fee = {} if touch.fee_sats is None else {"fee": touch.fee_sats}
    return {"tx_hash": _shown(touch.txid), "height": touch.height} | fee


def _check_no_proof(checkpoint: object) -> None:
    if checkpoint:
        raise ElectrumError("Proofs to a checkpoint are not given on a devnet.")


def _height(view: View, value: object) -> int:
    height = _whole(value)
    if height > view.node.chain.height:
        raise ElectrumError(f"The chain ends at {view.node.chain.height}.")
    return height


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ElectrumError("A parameter must be a whole number.", BAD_PARAMETERS)
    return value


def _hash(value: object) -> bytes:
    try:
        raw = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise ElectrumError("A hash has 64 hexadecimal digits.", BAD_PARAMETERS)
    return raw[::-1]


def _number(version: object) -> tuple[int, ...]:
    parts = version.split(".") if isinstance(version, str) else ["x"]
    if not all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts):
        raise ElectrumError("A protocol version is a text like 1.4.", BAD_PARAMETERS)
    return tuple(int(part) for part in parts)


def _shown(raw_hash: bytes) -> str:
    return raw_hash[::-1].hex()


# The method, and how many parameters it takes: at least, at most.
METHODS: dict[str, tuple[Method, int, int]] = {
    "server.version": (_version, 0, 2),
    "server.features": (_features, 0, 0),
    "server.banner": (lambda _: BANNER, 0, 0),
    "server.donation_address": (lambda _: "", 0, 0),
    "server.ping": (lambda _: None, 0, 0),
    "server.peers.subscribe": (lambda _: [], 0, 0),
    "blockchain.block.header": (_header, 1, 2),
    "blockchain.block.headers": (_headers, 2, 3),
    "blockchain.estimatefee": (_rate, 1, 2),
    "blockchain.relayfee": (_rate, 0, 0),
    "blockchain.scripthash.get_history": (_history, 1, 1),
    "blockchain.scripthash.get_balance": (_balance, 1, 1),
    "blockchain.scripthash.listunspent": (_unspent, 1, 1),
    "blockchain.scripthash.get_mempool": (_waiting, 1, 1),
    "blockchain.transaction.get": (_transaction, 1, 2),
    "blockchain.transaction.get_merkle": (_merkle, 2, 2),
    "blockchain.transaction.broadcast": (_broadcast, 1, 1),
    "mempool.get_fee_histogram": (_histogram, 0, 0),
}
