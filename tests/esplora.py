"""A small Esplora server over one node of a devnet: what BDK's client asks for, and no more.

Paths and fields are those of Blockstream's Esplora HTTP API.
"""

import asyncio
import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from host.devnet import blocks
from host.devnet.blocks import Block
from host.devnet.mempool import NotTaken
from host.devnet.network import Devnet
from host.devnet.node import DevnetNode
from host.transactions import Outpoint, Transaction, TxOut

Json = dict[str, Any]
PAGE = 10


class EsploraServer:
    """Answers from the node `index` of the devnet, whatever became of it."""

    def __init__(self, devnet: Devnet, index: int = 0) -> None:
        self._devnet = devnet
        self._index = index
        self._known: dict[bytes, Block] = {}
        self.asked: list[str] = []
        self.estimates: dict[str, float] = {}

    @property
    def _node(self) -> DevnetNode:
        return self._devnet.node(self._index)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            method, path, _ = (await reader.readline()).decode().split(" ")
            length = 0
            while (line := (await reader.readline()).decode().strip().lower()) != "":
                if line.startswith("content-length:"):
                    length = int(line.partition(":")[2])
            body = (await reader.readexactly(length)).decode()
            self.asked.append(f"{method} {path}")
            status, answer = self._answer(method, path.strip("/").split("/"), body)
            head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(answer)}\r\nConnection: close\r\n"
            writer.write(head.encode() + b"\r\n" + answer)
            await writer.drain()
            writer.close()

    def _answer(self, method: str, path: list[str], body: str) -> tuple[int, bytes]:
        if method == "POST":
            return self._take(body)
        answer = self._found(path)
        if answer is None:
            return 404, b"not found"
        return 200, answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def _take(self, body: str) -> tuple[int, bytes]:
        raw = bytes.fromhex(body)
        try:
            if not self._node.mempool.get(Transaction.parse(raw).txid):
                self._node.submit_transaction(raw)
        except NotTaken as refusal:
            return 400, f"sendrawtransaction RPC error: {refusal}".encode()
        return 200, Transaction.parse(raw).name.encode()

    def _found(self, path: list[str]) -> bytes | list[Json] | Json | None:
        chain = self._node.chain
        match path:
            case ["blocks", "tip", "hash"]:
                return chain.tip[::-1].hex().encode()
            case ["blocks", "tip", "height"]:
                return str(chain.height).encode()
            case ["block-height", height] if int(height) <= chain.height:
                return chain.hash_at(int(height))[::-1].hex().encode()
            case ["mempool" | "fee-estimates" as about]:
                return self._fees(about)
            case ["blocks", *start]:
                top = int(start[0]) if start else chain.height
                return [self._summary(at) for at in range(top, max(top - PAGE, -1), -1)]
            case ["scripthash", name, "txs", *more]:
                return [] if more else list(self._of_script(name))
            case ["tx", txid, "raw"]:
                raw = self._transactions().get(txid)
                return raw[0].encode() if raw else None
            case ["tx", txid, "status"]:
                known = self._transactions().get(txid)
                return self._status(known[1]) if known else {"confirmed": False}
            case ["tx", txid]:
                known = self._transactions().get(txid)
                return self._described(*known) if known else None
        return None

    def _fees(self, about: str) -> Json:
        if about == "fee-estimates":
            return dict(self.estimates)
        waiting = list(self._node.mempool)
        rates = [[entry.fee_sats / entry.vsize, entry.vsize] for entry in waiting]
        return {"count": len(waiting), "fee_histogram": rates}

    def _summary(self, height: int) -> Json:
        header = self._node.chain.header(height)
        return {
            "id": self._node.chain.hash_at(height)[::-1].hex(),
            "height": height,
            "timestamp": blocks.timestamp(header),
            "previousblockhash": header[4:36][::-1].hex() if height else None,
            "merkle_root": header[36:68][::-1].hex(),
            "version": int.from_bytes(header[:4], "little"),
            "mediantime": blocks.timestamp(header),
            "bits": int.from_bytes(header[72:76], "little"),
            "nonce": int.from_bytes(header[76:], "little"),
            "difficulty": 0.0,
            "tx_count": 1,
            "size": 0,
            "weight": 0,
        }

    def _transactions(self) -> dict[str, tuple[Transaction, int | None]]:
        chain, known = self._node.chain, {}
        for height in range(1, chain.height + 1):
            block_hash = chain.hash_at(height)
            if block_hash not in self._known:
                raw = chain.raw(block_hash)
                assert raw is not None
                self._known[block_hash] = Block.parse(raw)
            for transaction in self._known[block_hash].transactions:
                known[transaction.name] = (transaction, height)
        waiting = {e.transaction.name: (e.transaction, None) for e in self._node.mempool}
        return {**known, **waiting}

    def _of_script(self, name: str) -> Iterator[Json]:
        known = self._transactions()
        for transaction, height in known.values():
            spent = [self._spent(known, txin.outpoint) for txin in transaction.inputs]
            scripts = (out.script_pubkey for out in (*transaction.outputs, *filter(None, spent)))
            if any(hashlib.sha256(script).hexdigest() == name for script in scripts):
                yield self._described(transaction, height)

    def _spent(
        self, known: dict[str, tuple[Transaction, int | None]], outpoint: Outpoint
    ) -> TxOut | None:
        source = known.get(outpoint.txid[::-1].hex())
        return source[0].outputs[outpoint.index] if source else None

    def _described(self, transaction: Transaction, height: int | None) -> Json:
        known = self._transactions()
        return {
            "txid": transaction.name,
            "version": transaction.version,
            "locktime": transaction.lock_time,
            "vin": [
                {
                    "txid": txin.outpoint.txid[::-1].hex(),
                    "vout": txin.outpoint.index,
                    "prevout": _output(self._spent(known, txin.outpoint)),
                    "scriptsig": txin.script_sig.hex(),
                    "witness": [item.hex() for item in txin.witness],
                    "sequence": txin.sequence,
                    "is_coinbase": transaction.is_coinbase,
                }
                for txin in transaction.inputs
            ],
            "vout": [_output(out) for out in transaction.outputs],
            "size": len(transaction.encode()),
            "weight": transaction.weight,
            "fee": 0,
            "status": self._status(height),
        }

    def _status(self, height: int | None) -> Json:
        if height is None:
            return {"confirmed": False}
        chain = self._node.chain
        return {
            "confirmed": True,
            "block_height": height,
            "block_hash": chain.hash_at(height)[::-1].hex(),
            "block_time": blocks.timestamp(chain.header(height)),
        }


def _output(out: TxOut | None) -> Json | None:
    return out and {"value": out.sats, "scriptpubkey": out.script_pubkey.hex()}


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port where `handler` answers; no connection outlives it."""
    writers: list[asyncio.StreamWriter] = []

    async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await handler(reader, writer)

    server = await asyncio.start_server(call, "127.0.0.1", 0, ssl=tls)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def esplora(devnet: Devnet) -> AsyncIterator[str]:
    """The URL of such a server, for as long as it runs."""
    async with served(EsploraServer(devnet).serve) as port:
        yield f"esplora:http://127.0.0.1:{port}"
