"""What the JSON-RPC door can be asked, as a table: names, shapes and codes are Bitcoin Core's.

Source: Bitcoin Core 30, its RPC documentation and src/rpc/protocol.h. No I/O.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from host.devnet import blocks
from host.devnet.electrum.methods import View
from host.devnet.mempool import NotTaken
from host.errors import HostError
from host.p2p.blocks import Block, work
from host.transactions import Transaction
from signer.errors import Malformed

MISC, TYPE, NOT_FOUND, BAD_PARAMETER, NOT_DECODED = -1, -3, -5, -8, -22
REFUSED, UNKNOWN_METHOD = -26, -32601
FILTER_INDEX = "basic block filter index"
SATS = 100_000_000


class RpcError(HostError):
    """An answer that is an error, with Core's code."""

    def __init__(self, text: str, code: int = MISC) -> None:
        super().__init__(text)
        self.code = code


Method = Callable[..., Any]


def call(view: View, name: str, parameters: Sequence[Any]) -> Any:  # noqa: ANN401 - JSON
    """The result of a method. Raises RpcError."""
    if name not in METHODS:
        raise RpcError("Method not found", UNKNOWN_METHOD)
    method, least, most = METHODS[name]
    if not least <= len(parameters) <= most:
        raise RpcError(f"{name} takes {least} to {most} parameters.")
    return method(view, *parameters)


def _chain_info(view: View) -> dict[str, Any]:
    chain = view.node.chain
    return {
        "chain": "regtest",
        "blocks": chain.height,
        "headers": chain.height,
        "bestblockhash": _shown(chain.tip),
        "mediantime": chain.median_time(chain.height),
        "verificationprogress": 1,
        "initialblockdownload": False,
        "pruned": False,
        "warnings": [],
    }


def _block_hash(view: View, height: object) -> str:
    whole = _whole(height)
    if whole > view.node.chain.height:
        raise RpcError("Block height out of range", BAD_PARAMETER)
    return _shown(view.node.chain.hash_at(whole))


def _header(view: View, name: object, verbose: object = True) -> str | dict[str, Any]:
    chain, block_hash = view.node.chain, _hash(name)
    height = chain.height_of(block_hash)
    if height is not None:
        header, confirmations = chain.header(height), chain.height - height + 1
    else:
        header = (_raw(view, block_hash))[:80]
        confirmations, height = -1, _height_off_chain(view, header)
    if not verbose:
        return header.hex()
    return {
        "hash": _shown(block_hash),
        "confirmations": confirmations,
        "height": height,
        "version": int.from_bytes(header[:4], "little"),
        "merkleroot": _shown(header[36:68]),
        "time": blocks.timestamp(header),
        "mediantime": chain.median_time(min(height, chain.height)),
        "nonce": int.from_bytes(header[76:], "little"),
        "bits": header[72:76][::-1].hex(),
        "chainwork": f"{work(header) * (height + 1):064x}",
        "previousblockhash": _shown(header[4:36]),
    }


def _block(view: View, name: object, verbosity: object = 1) -> str | dict[str, Any]:
    raw = _raw(view, _hash(name))
    if verbosity in (0, False):
        return raw.hex()
    if verbosity not in (1, True):
        raise RpcError("Here a block is given as bytes (0) or with its txids (1).", BAD_PARAMETER)
    header = _header(view, name)
    txids = [transaction.name for transaction in Block.parse(raw).transactions]
    return {**header, "tx": txids, "nTx": len(txids), "size": len(raw)}  # type: ignore[dict-item]


def _index_info(view: View, name: object = FILTER_INDEX) -> dict[str, Any]:
    status = {"synced": True, "best_block_height": view.node.chain.height}
    return {FILTER_INDEX: status} if name in ("", FILTER_INDEX) else {}


def _scan(
    view: View,
    action: object,
    objects: object = None,
    first: object = 0,
    last: object = None,
    kind: object = "basic",
) -> Any:  # noqa: ANN401 - JSON
    """As with filters, without their false alarms."""
    if action in ("status", "abort"):
        return None if action == "status" else False
    if action != "start" or not isinstance(objects, list):
        raise RpcError("Invalid action or no scanobjects", BAD_PARAMETER)
    if kind != "basic":
        raise RpcError("Unknown filtertype", NOT_FOUND)
    height = view.node.chain.height
    start = _whole(first)
    stop = height if last is None else _whole(last)
    if start > height:
        raise RpcError("Invalid start_height")
    if not start <= stop <= height:
        raise RpcError("Invalid stop_height")
    hashes = [sha256(_script(entry)).digest() for entry in objects]
    heights = {touch.height for name in hashes for touch in view.index.history(name)}
    relevant = sorted(height for height in heights if max(start, 1) <= height <= stop)
    return {
        "from_height": start,
        "to_height": stop,
        "relevant_blocks": [_shown(view.node.chain.hash_at(height)) for height in relevant],
        "completed": True,
    }


def _script(entry: object) -> bytes:
    """Of a descriptor: only raw(HEX) is known here."""
    text = entry.get("desc") if isinstance(entry, dict) else entry
    if not isinstance(text, str) or not (text.startswith("raw(") and text.endswith(")")):
        raise RpcError("Here a scan takes raw(HEX) descriptors only.", NOT_FOUND)
    try:
        return bytes.fromhex(text[4:-1])
    except ValueError as error:
        raise RpcError("A raw() descriptor holds hexadecimal digits.", NOT_FOUND) from error


def _mempool_info(view: View) -> dict[str, Any]:
    entries = list(view.node.mempool)
    floor = round(view.node.mempool.floor * 1000 / SATS, 8)
    return {
        "loaded": True,
        "size": len(entries),
        "bytes": sum(entry.vsize for entry in entries),
        "total_fee": round(sum(entry.fee_sats for entry in entries) / SATS, 8),
        "mempoolminfee": floor,
        "minrelaytxfee": floor,
        "incrementalrelayfee": 0.00001,
        "unbroadcastcount": 0,
        "fullrbf": True,
    }


def _estimate(_: View, target: object, mode: object = "economical") -> dict[str, Any]:
    """As a node that has seen too few payments in blocks, which a devnet's never has."""
    if not 1 <= _whole(target) <= 1008 or mode not in ("unset", "economical", "conservative"):
        raise RpcError("Invalid conf_target, must be between 1 and 1008", BAD_PARAMETER)
    return {"errors": ["Insufficient data or no feerate found"], "blocks": target}


def _mempool_entry(view: View, name: object) -> dict[str, Any]:
    txid = _hash(name)
    entry = next((e for e in view.node.mempool if e.transaction.txid == txid), None)
    if entry is None:
        raise RpcError("Transaction not in mempool", NOT_FOUND)
    return {"vsize": entry.vsize, "fees": {"base": round(entry.fee_sats / SATS, 8)}}


def _transaction(view: View, name: object, verbosity: object = 0) -> str:
    if verbosity:
        raise RpcError("Transactions are given as bytes only.", BAD_PARAMETER)
    transaction = view.node.mempool.get(_hash(name))
    if transaction is None:
        raise RpcError("No such mempool transaction. Use -txindex", NOT_FOUND)
    return transaction.encode().hex()


def _send(view: View, raw: object) -> str:
    try:
        data = bytes.fromhex(raw if isinstance(raw, str) else "x")
        transaction = Transaction.parse(data)
    except (ValueError, Malformed) as error:
        raise RpcError("TX decode failed.", NOT_DECODED) from error
    try:
        if not view.node.mempool.get(transaction.txid):
            view.node.submit_transaction(data)
    except (NotTaken, Malformed) as error:
        raise RpcError(str(error), REFUSED) from error
    return transaction.name


def _raw(view: View, block_hash: bytes) -> bytes:
    raw = view.node.chain.raw(block_hash)
    if raw is None:
        raise RpcError("Block not found", NOT_FOUND)
    return raw


def _height_off_chain(view: View, header: bytes) -> int:
    count, chain = 1, view.node.chain
    while (height := chain.height_of(header[4:36])) is None:
        header, count = _raw(view, header[4:36])[:80], count + 1
    return height + count


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RpcError("JSON value is not an integer as expected", TYPE)
    return value


def _hash(value: object) -> bytes:
    try:
        raw = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise RpcError("A hash has 64 hexadecimal digits.", BAD_PARAMETER)
    return raw[::-1]


def _shown(raw_hash: bytes) -> str:
    return raw_hash[::-1].hex()


# The method, and how many parameters it takes: at least, at most.
METHODS: dict[str, tuple[Method, int, int]] = {
    "getblockchaininfo": (_chain_info, 0, 0),
    "getbestblockhash": (lambda view: _shown(view.node.chain.tip), 0, 0),
    "getblockcount": (lambda view: view.node.chain.height, 0, 0),
    "getblockhash": (_block_hash, 1, 1),
    "getblockheader": (_header, 1, 2),
    "getblock": (_block, 1, 2),
    "getindexinfo": (_index_info, 0, 1),
    "scanblocks": (_scan, 1, 5),
    "getmempoolinfo": (_mempool_info, 0, 0),
    "estimatesmartfee": (_estimate, 1, 2),
    "getrawmempool": (lambda view: [entry.transaction.name for entry in view.node.mempool], 0, 0),
    "getmempoolentry": (_mempool_entry, 1, 1),
    "getrawtransaction": (_transaction, 1, 2),
    "sendrawtransaction": (_send, 1, 1),
}
