"""What a Bitcoin Core node has of one wallet, by its filter index, its blocks and its mempool.

Core keeps no index of scripts. Its filters (BIP158) say which blocks to read; what touches a
script of the wallet is kept here, and told to BDK in the words of the Electrum protocol.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any

import bdkpython as bdk

from host.config import grouped
from host.p2p.blocks import Block, merkle_branch
from host.servers.core_rpc import CoreRpc, RpcRefused
from host.servers.polling import ServerLost, ServerRefused
from host.transactions import Outpoint, Transaction
from host.wallet.scanned import ScannedWallet
from signer.errors import Malformed

SCAN_STEP = 5_000  # blocks in one call, so that it is answered in time
FEW_BLOCKS = 6  # are read as quickly as their filters are looked at
MOST_BLOCKS = 144  # are read without filters
MOST_NEW = 20_000  # transactions of the mempool that are looked at in one go
BLOCKS_BEFORE_BIRTHDAY = 12  # the clock of a block may be two hours off
FILTER_INDEX = "basic block filter index"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A transaction of the wallet's. `height` is 0 and `branch` empty while it waits."""

    transaction: Transaction
    script_hashes: frozenset[bytes]
    height: int = 0
    position: int = 0
    branch: tuple[bytes, ...] = ()


class CoreIndex:
    """One wallet on one node. `follow` brings it to the tip; calls block."""

    def __init__(self, rpc: CoreRpc, report: Callable[[str], None]) -> None:
        """`report` is told in a sentence how far a long scan is."""
        self._rpc = rpc
        self._report = report
        self._start: int | None = None
        self._scanned = (-1, "")  # height and hash of the last block that was looked at
        self._scripts: dict[bytes, bytes] = {}  # script: its SHA-256
        self._coins: dict[Outpoint, bytes] = {}  # script
        self._sightings: dict[str, Sighting] = {}  # by txid
        self._foreign_txids: set[str] = set()  # in the mempool, and none of ours
        self._by_script: dict[bytes, list[Sighting]] = {}

    @property
    def tip_height(self) -> int:
        return self._scanned[0]

    def sighting(self, txid: str) -> Sighting | None:
        return self._sightings.get(txid)

    def history(self, script_hash: bytes) -> Collection[Sighting]:
        """Confirmed in the order of the chain, then what waits; the SHA-256 of a script."""
        return self._by_script.get(script_hash, ())

    def follow(self, wallet: ScannedWallet, gap: int) -> int:
        """Look at what is new. How many addresses of a branch were looked for at most.

        Raises ServerRefused, ServerLost.
        """
        tip_hash = str(self._rpc.call("getbestblockhash"))
        self._drop_lost_blocks()
        self._begin(wallet)
        for output in wallet.engine.list_output():
            outpoint = Outpoint(output.outpoint.txid.serialize(), output.outpoint.vout)
            self._coins[outpoint] = output.txout.script_pubkey.to_bytes()
        tip_height = int(self._rpc.call("getblockheader", tip_hash)["height"])
        count = 0
        while (wanted := self._wanted(wallet, gap)) > count:
            count = wanted
            fresh = self._derive(wallet, count)
            if not wallet.search.complete:
                self._scan(fresh, self._start or 0, self._scanned[0])
            self._scan(self._scripts, self._scanned[0] + 1, tip_height)
            self._scanned = (tip_height, tip_hash)
            self._look_at_mempool(wallet)
        self._report("")
        self._sort()
        return count

    def _begin(self, wallet: ScannedWallet) -> None:
        """As with the light client: from the birthday while coins are looked for, else go on."""
        if self._start is not None and wallet.search.complete:
            return
        start = self._fork(wallet) + 1 if wallet.search.complete else self._birthday(wallet)
        if self._start is None or start < self._start:
            self._start, self._scanned = start, (start - 1, "")
            self._sightings.clear()
            self._foreign_txids.clear()
            self._scripts.clear()

    def _fork(self, wallet: ScannedWallet) -> int:
        """The height of the last block that both know."""
        blocks = sorted(wallet.engine.checkpoints(), key=lambda block: -block.height)
        for block in blocks:
            if self._is_on_chain(str(block.hash)):
                return int(block.height)
        return 0

    def _is_on_chain(self, block_hash: str) -> bool:
        (header,) = self._rpc.batch([("getblockheader", [block_hash])])
        return not isinstance(header, RpcRefused) and int(header["confirmations"]) > 0

    def _birthday(self, wallet: ScannedWallet) -> int:
        """The height before which the seed received nothing, by the clocks of blocks."""
        if wallet.search.birthday is None:
            return 0
        day = datetime.combine(wallet.search.birthday, time(), UTC).timestamp()
        low, high = 0, int(self._rpc.call("getblockcount"))
        while low < high:
            middle = (low + high) // 2
            header = self._rpc.call("getblockheader", self._rpc.call("getblockhash", middle))
            low, high = (middle + 1, high) if header["mediantime"] < day else (low, middle)
        return max(low - BLOCKS_BEFORE_BIRTHDAY, 0)

    def _drop_lost_blocks(self) -> None:
        """Go back to the last block that was looked at and is on the best chain still."""
        height, block_hash = self._scanned
        if not block_hash or self._is_on_chain(block_hash):
            return
        header = self._rpc.call("getblockheader", block_hash)
        while int(header["confirmations"]) < 0:
            header = self._rpc.call("getblockheader", header["previousblockhash"])
        height = int(header["height"])
        self._scanned = (height, str(header["hash"]))
        self._sightings = {
            txid: sighting
            for txid, sighting in self._sightings.items()
            if sighting.height <= height
        }

    def _wanted(self, wallet: ScannedWallet, gap: int) -> int:
        """How many addresses of a branch are to be looked for: so many behind the last used."""
        used = {
            script_hash
            for sighting in self._sightings.values()
            for script_hash in sighting.script_hashes
        }
        last = max(wallet.revealed())
        for number, script_hash in enumerate(self._scripts.values()):
            if script_hash in used:
                last = max(last, number // 2 + 1)  # branches by turns, see _derive
        return last + gap

    def _derive(self, wallet: ScannedWallet, count: int) -> list[bytes]:
        """Scripts that were not looked for yet, both branches by turns."""
        fresh = []
        for index in range(len(self._scripts) // 2, count):
            for branch in (bdk.KeychainKind.EXTERNAL, bdk.KeychainKind.INTERNAL):
                address = wallet.engine.peek_address(branch, index).address
                fresh.append(bytes(address.script_pubkey().to_bytes()))
        self._scripts |= {script: sha256(script).digest() for script in fresh}
        return fresh

    def _scan(self, scripts: Collection[bytes], first: int, last: int) -> None:
        first = max(first, 1)  # the coin of block 0 is none
        indexed = self._indexed_height() if last - first >= FEW_BLOCKS else first - 1
        if last - indexed > MOST_BLOCKS:
            raise ServerRefused(
                f"its filter index has {grouped(max(indexed, 0))} of {grouped(last)} blocks. Start"
                " it with -blockfilterindex=1 and wait until they are done"
            )
        while first <= min(last, indexed):
            end = min(first + SCAN_STEP - 1, last, indexed)
            if last - first >= SCAN_STEP:
                self._report(f"Block {grouped(first)} of {grouped(last)} is looked at.")
            descriptors = [f"raw({script.hex()})" for script in scripts]
            answer = self._rpc.call("scanblocks", "start", descriptors, first, end)
            if not answer.get("completed", True):
                raise ServerLost
            self._read(answer["relevant_blocks"])
            first = end + 1
        hashes = self._rpc.batch([("getblockhash", [height]) for height in range(first, last + 1)])
        self._read(hashes)

    def _indexed_height(self) -> int:
        """Up to where there are filters: what lies above is passed over by a scan in silence."""
        index = self._rpc.call("getindexinfo", FILTER_INDEX).get(FILTER_INDEX)
        return int(index["best_block_height"]) if index else -1

    def _read(self, hashes: Iterable[Any]) -> None:
        """Keep what is ours of these blocks, lowest first."""
        for block_hash in hashes:
            if isinstance(block_hash, RpcRefused):
                raise ServerLost  # a reorg took it away meanwhile
            raw, header = self._rpc.batch(
                [("getblock", [block_hash, 0]), ("getblockheader", [block_hash])]
            )
            for answer in (raw, header):
                if isinstance(answer, RpcRefused):
                    raise answer
            self._take_block(_parsed(raw, block_hash), int(header["height"]))

    def _take_block(self, block: Block, height: int) -> None:
        txids = [transaction.txid for transaction in block.transactions]
        for position, transaction in enumerate(block.transactions):
            if touched := self._touched(transaction):
                branch = tuple(merkle_branch(txids, position))
                sighting = Sighting(transaction, touched, height, position, branch)
                self._sightings[transaction.name] = sighting

    def _look_at_mempool(self, wallet: ScannedWallet) -> None:
        waiting = dict.fromkeys(self._rpc.call("getrawmempool"))
        self._foreign_txids &= waiting.keys()
        for txid, sighting in list(self._sightings.items()):
            if not sighting.height and txid not in waiting:
                del self._sightings[txid]
        own_txids = [row.txid for row in wallet.history() if row.height is None]
        new_txids = [
            txid
            for txid in dict.fromkeys([*(txid for txid in own_txids if txid in waiting), *waiting])
            if txid not in self._foreign_txids and txid not in self._sightings
        ][:MOST_NEW]
        raws = self._rpc.batch([("getrawtransaction", [txid]) for txid in new_txids])
        raw_by_txid = {
            txid: raw for txid, raw in zip(new_txids, raws, strict=True) if isinstance(raw, str)
        }
        transactions = {txid: _parsed_transaction(raw) for txid, raw in raw_by_txid.items()}
        while sighted := self._take_waiting(transactions):  # children come in any order
            for txid in sighted:
                del transactions[txid]
        self._foreign_txids |= transactions.keys()

    def _take_waiting(self, transactions: dict[str, Transaction]) -> list[str]:
        taken = []
        for txid, transaction in transactions.items():
            if touched := self._touched(transaction):
                self._sightings[txid] = Sighting(transaction, touched)
                taken.append(txid)
        return taken

    def _touched(self, transaction: Transaction) -> frozenset[bytes]:
        """The hashes of our scripts that it pays to or spends from."""
        touched = set()
        for index, out in enumerate(transaction.outputs):
            if out.script_pubkey in self._scripts:
                self._coins[Outpoint(transaction.txid, index)] = out.script_pubkey
                touched.add(self._scripts[out.script_pubkey])
        for txin in transaction.inputs:
            if (script := self._coins.get(txin.outpoint)) is not None:
                touched.add(sha256(script).digest())
        return frozenset(touched)

    def _sort(self) -> None:
        by_script: dict[bytes, list[Sighting]] = defaultdict(list)
        for sighting in sorted(
            self._sightings.values(), key=lambda s: (s.height == 0, s.height, s.position)
        ):
            for script_hash in sighting.script_hashes:
                by_script[script_hash].append(sighting)
        self._by_script = dict(by_script)


def _parsed(raw: str, block_hash: str) -> Block:
    try:
        block = Block.parse(bytes.fromhex(raw))
    except (ValueError, TypeError, Malformed) as error:
        raise ServerLost from error
    if block.hash[::-1].hex() != block_hash:
        raise ServerLost
    return block


def _parsed_transaction(raw: str) -> Transaction:
    try:
        return Transaction.parse(bytes.fromhex(raw))
    except (ValueError, Malformed) as error:
        raise ServerLost from error
