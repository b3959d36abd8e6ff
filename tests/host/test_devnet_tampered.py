"""Blocks tampered with on disk: named by node, height and hash, and healed, or refused."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from host.devnet.blocks import build, subsidy
from host.devnet.chain import NodeChain
from host.devnet.network import Devnet
from host.devnet.storage.admission import ChainLost
from host.p2p.blocks import Block
from host.transactions import TxOut
from tests.devnets import STRANGER, branch, clock, grow

ROOT = Path(__file__).parents[2]
HEIGHT = 114
Tamper = Callable[["Folder"], None]


@dataclass
class Folder:
    """A devnet's folder while nobody runs it. `hashes` are those that were agreed on."""

    path: Path
    hashes: list[bytes]
    txid: str

    def file(self, node: int) -> Path:
        return self.path / f"node-{node}.sqlite3"

    @contextmanager
    def rows(self, node: int) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file(node))) as store, store:
            yield store

    def raw(self, node: int, height: int) -> bytes:
        with self.rows(node) as store:
            query = "SELECT raw FROM blocks WHERE hash = ?"
            return store.execute(query, (self.hashes[height],)).fetchone()[0]

    def put(self, node: int, height: int, raw: object) -> None:
        with self.rows(node) as store:
            store.execute("UPDATE blocks SET raw = ? WHERE hash = ?", (raw, self.hashes[height]))

    def content(self) -> dict[str, object]:
        """What lies in the stores, told by their rows."""
        kept: dict[str, object] = {}
        for file in sorted(self.path.glob("*.sqlite3")):
            with closing(sqlite3.connect(file)) as store:
                kept[file.name] = store.execute("SELECT * FROM blocks ORDER BY seq").fetchall()
        return kept


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    path = tmp_path_factory.mktemp("devnet")

    async def live() -> Folder:
        async with Devnet(clock, 3, path / "net") as devnet:
            await devnet.mine(3)
            shutil.copy(path / "net" / "node-1.sqlite3", path / "older.sqlite3")
            txid = await devnet.fund(STRANGER, 77_000)
            chain = devnet.node(0).chain
            hashes = [chain.hash_at(height) for height in range(chain.height + 1)]
            return Folder(path / "net", hashes, txid)

    return asyncio.run(live())


@pytest.fixture
def folder(original: Folder, tmp_path: Path) -> Folder:
    shutil.copytree(original.path, tmp_path / "net")
    return Folder(tmp_path / "net", original.hashes, original.txid)


def _turned(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def one_bit(folder: Folder) -> None:
    folder.put(1, 50, _turned(folder.raw(1, 50), 100))


def a_signature_in_the_tip(folder: Folder) -> None:
    raw = folder.raw(1, HEIGHT)
    payment = Block.parse(raw).transactions[1]
    folder.put(1, HEIGHT, _turned(raw, raw.index(payment.inputs[0].witness[0]) + 5))


def a_block_deleted(folder: Folder) -> None:
    with folder.rows(1) as store:
        store.execute("DELETE FROM blocks WHERE hash = ?", (folder.hashes[50],))


def two_rows_swapped(folder: Folder) -> None:
    with folder.rows(1) as store:
        query = "UPDATE blocks SET seq = ? WHERE seq = ?"
        store.executemany(query, [(-1, 50), (50, 60), (60, -1)])


def two_bodies_swapped(folder: Folder) -> None:
    fifty, sixty = folder.raw(1, 50), folder.raw(1, 60)
    folder.put(1, 50, sixty)
    folder.put(1, 60, fifty)


def _stranger_row(folder: Folder, key: object, raw: object) -> None:
    with folder.rows(1) as store:
        store.execute("UPDATE blocks SET seq = seq + 1000 WHERE seq > 49")
        store.execute("INSERT INTO blocks VALUES (50, ?, ?, 50)", (key, raw))


def _stranger(height: int = 50) -> Block:
    return build(bytes([7]) * 32, height, 1_600_000_000, TxOut(subsidy(height), b"\x51"), ())


def a_foreign_block(folder: Folder) -> None:
    _stranger_row(folder, _stranger().hash, _stranger().encode())


def a_row_that_is_no_block(folder: Folder) -> None:
    _stranger_row(folder, b"\5" * 32, 12345)


def a_body_of_another_type(folder: Folder) -> None:
    folder.put(1, 50, None)


def a_body_as_broken_text(folder: Folder) -> None:
    with folder.rows(1) as store:
        query = "UPDATE blocks SET raw = substr(raw, 1, 99) || x'ff' WHERE hash = ?"
        store.execute(query, (folder.hashes[50],))


def another_nonce(folder: Folder, node: int = 1) -> None:
    raw = folder.raw(node, 50)
    folder.put(node, 50, raw[:76] + bytes([raw[76] ^ 1]) + raw[77:])


def another_block_in_its_place(folder: Folder) -> None:
    """Sound by itself, key and all: only the next block tells."""
    raw = Block.parse(folder.raw(1, 50))
    fake = build(raw.previous, 50, clock() - 5000, TxOut(subsidy(50), b"\x51"), ())
    with folder.rows(1) as store:
        values = fake.hash, fake.encode(), folder.hashes[50]
        store.execute("UPDATE blocks SET hash = ?, raw = ? WHERE hash = ?", values)


def a_block_that_breaks_a_rule(folder: Folder) -> None:
    """A longer chain, remembered as the node's own, whose last block earns too much."""
    height = HEIGHT + 1
    greedy = build(folder.hashes[-1], height, clock(), TxOut(subsidy(height) * 9, b"\x51"), ())
    with folder.rows(1) as store:
        store.execute(
            "INSERT INTO blocks VALUES (?, ?, ?, ?)", (height, greedy.hash, greedy.encode(), height)
        )
        store.execute("UPDATE node SET height = ?, tip = ?", (height, greedy.hash))


def _shorten(folder: Folder, node: int, height: int) -> None:
    with folder.rows(node) as store:
        store.execute("DELETE FROM blocks WHERE height > ?", (height,))
        store.execute("UPDATE node SET height = ?, tip = ?", (height, folder.hashes[height]))


def the_last_blocks_deleted(folder: Folder) -> None:
    _shorten(folder, 1, 110)


def the_whole_file_deleted(folder: Folder) -> None:
    folder.file(1).unlink()


def half_the_file(folder: Folder) -> None:
    raw = folder.file(1).read_bytes()
    folder.file(1).write_bytes(raw[: len(raw) // 2])


def a_page_of_zeros(folder: Folder) -> None:
    raw = bytearray(folder.file(1).read_bytes())
    middle = len(raw) // 4096 // 2 * 4096
    raw[middle : middle + 4096] = bytes(4096)
    folder.file(1).write_bytes(raw)


def garbage(folder: Folder) -> None:
    folder.file(1).write_bytes(b"my diary, not blocks" * 1000)


def an_older_copy(folder: Folder) -> None:
    with folder.rows(0) as store:
        older = list(store.execute("SELECT * FROM blocks ORDER BY seq"))[:111]
    folder.file(1).unlink()
    chain = NodeChain(folder.file(1), "node 1")
    for _, _, raw, _ in older:
        chain.submit(raw)
    chain.close()


def another_chain(folder: Folder) -> None:
    folder.file(1).unlink()
    chain = NodeChain(folder.file(1), "node 1")
    grow(chain, HEIGHT + 10)
    chain.close()


def two_files_exchanged(folder: Folder) -> None:
    keep = folder.path / "keep"
    folder.file(1).rename(keep)
    folder.file(2).rename(folder.file(1))
    keep.rename(folder.file(2))


MAINNET_1 = bytes.fromhex(  # the block after the first of the main network
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe68"
    "0e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e362990101000000010000000000000000"
    "000000000000000000000000000000000000000000000000ffffffff0704ffff001d0104ffffffff0100f2052a0100"
    "00004341"
    "0496b538e853519c726a2c91e61ec11600ae1390813a627c66fb8be7947be63c52da7589379515d4e0a604f8141781"
    "e62294721166bf621e73a82cbf2342c858eeac00000000"
)


def a_block_of_another_network(folder: Folder) -> None:
    _stranger_row(folder, Block.parse(MAINNET_1).hash, MAINNET_1)


def a_file_for_the_engine(folder: Folder) -> None:
    folder.file(1).with_suffix(".engine").write_bytes(b"no folder")


def a_hole_on_every_node(folder: Folder) -> None:
    for node, height in enumerate((50, 60, 70)):
        with folder.rows(node) as store:
            store.execute("DELETE FROM blocks WHERE hash = ?", (folder.hashes[height],))


def no_agreement(folder: Folder) -> None:
    (folder.path / "agreed.json").unlink()
    one_bit(folder)


def an_agreement_of_noise(folder: Folder) -> None:
    (folder.path / "agreed.json").write_bytes(b"\xff{[")


# What was done to one node of three, and what is said of it: the node, the height, the hash.
HEALED: dict[Tamper, tuple[int | None, str]] = {
    one_bit: (50, "holds other transactions than its header says"),
    a_signature_in_the_tip: (HEIGHT, "holds other transactions"),
    a_block_deleted: (50, "is missing"),
    two_rows_swapped: (60, "lies before the one it follows"),
    two_bodies_swapped: (50, "has bytes that are not of this hash"),
    a_foreign_block: (
        None,
        f"block 50 ({_stranger().hash[::-1].hex()}) follows no block that is here",
    ),
    a_row_that_is_no_block: (None, f"block 50 ({'05' * 32}) is not a block"),
    a_body_of_another_type: (50, "is not a block"),
    a_body_as_broken_text: (50, "is cut or garbled"),
    another_nonce: (50, "has bytes that are not of this hash"),
    another_block_in_its_place: (50, "is missing"),
    a_block_that_breaks_a_rule: (None, "block 115 ("),
    the_last_blocks_deleted: (HEIGHT, "is missing"),
    the_whole_file_deleted: (HEIGHT, "is missing, as is the file"),
    half_the_file: (HEIGHT, "cannot be read"),
    a_page_of_zeros: (HEIGHT, "cannot be read"),
    garbage: (HEIGHT, "cannot be read"),
    an_older_copy: (HEIGHT, "is missing, the file is older or cut"),
    another_chain: (HEIGHT, "is missing"),
    two_files_exchanged: (HEIGHT, "lies in a file of node 2"),
    a_block_of_another_network: (None, "is of another network"),
    a_hole_on_every_node: (60, "is missing"),
    no_agreement: (50, "holds other transactions"),
}


@pytest.mark.parametrize("tamper", HEALED, ids=lambda tamper: tamper.__name__)
async def test_what_was_done_to_a_node_is_named_and_healed(folder: Folder, tamper: Tamper) -> None:
    tamper(folder)
    height, problem = HEALED[tamper]
    notes: list[str] = []
    async with Devnet(clock, 3, folder.path, note=notes.append) as devnet:
        await _is_whole(devnet, folder)
    name = "" if height is None else f"block {height} ({folder.hashes[height][::-1].hex()}) "
    assert any(n.startswith("node 1: ") and name + problem in n for n in notes), notes
    assert any("node 1: " in n and ("whole again" in n or "dropped" in n) for n in notes), notes
    notes.clear()
    async with Devnet(clock, 3, folder.path, note=notes.append) as devnet:
        await _is_whole(devnet, folder)
    assert notes == []


@pytest.mark.parametrize("tamper", [a_file_for_the_engine, an_agreement_of_noise])
async def test_what_holds_no_block_is_made_anew(folder: Folder, tamper: Tamper) -> None:
    tamper(folder)
    async with Devnet(clock, 3, folder.path) as devnet:
        await _is_whole(devnet, folder)
    assert len(json.loads((folder.path / "agreed.json").read_text("utf-8"))["nodes"]) == 3


async def _is_whole(devnet: Devnet, folder: Folder) -> None:
    """All nodes hold the chain as it was, and go on."""
    for index in range(3):
        chain = devnet.node(index).chain
        assert [chain.hash_at(height) for height in range(HEIGHT + 1)] == folder.hashes
        assert all(chain.raw(block_hash) for block_hash in folder.hashes[1:])
    tip = Block.parse(devnet.node(1).chain.raw(folder.hashes[-1]) or b"")
    assert folder.txid in {transaction.name for transaction in tip.transactions}


def a_nonce_on_all(folder: Folder) -> None:
    for node in range(3):
        another_nonce(folder, node)


def a_block_deleted_on_all(folder: Folder) -> None:
    for node in range(3):
        with folder.rows(node) as store:
            store.execute("DELETE FROM blocks WHERE hash = ?", (folder.hashes[50],))


def the_last_blocks_deleted_on_all(folder: Folder) -> None:
    for node in range(3):
        _shorten(folder, node, 110)


def every_file_deleted(folder: Folder) -> None:
    for node in range(3):
        folder.file(node).unlink()


def the_last_block_deleted_and_no_agreement(folder: Folder) -> None:
    (folder.path / "agreed.json").unlink()
    for node in range(3):
        with folder.rows(node) as store:
            store.execute("DELETE FROM blocks WHERE height = ?", (HEIGHT,))


REFUSED = {
    a_nonce_on_all: 50,
    a_block_deleted_on_all: 50,
    the_last_blocks_deleted_on_all: HEIGHT,
    every_file_deleted: HEIGHT,
    the_last_block_deleted_and_no_agreement: HEIGHT,
}


@pytest.mark.parametrize("tamper", REFUSED, ids=lambda tamper: tamper.__name__)
async def test_what_was_done_to_all_nodes_is_refused_and_nothing_is_overwritten(
    folder: Folder, tamper: Tamper
) -> None:
    tamper(folder)
    before = folder.content()
    lost = f"block {REFUSED[tamper]} ({folder.hashes[REFUSED[tamper]][::-1].hex()})"
    for _ in range(2):
        with pytest.raises(ChainLost) as refused:
            await Devnet(clock, 3, folder.path).start()
        assert lost in str(refused.value)
        assert "nothing was changed" in str(refused.value)
    assert folder.content() == before


async def test_a_file_of_noise_on_the_only_node_is_refused_and_left(tmp_path: Path) -> None:
    file = tmp_path / "node-0.sqlite3"
    file.write_bytes(b"my diary, not blocks" * 100)
    with pytest.raises(ChainLost, match="node 0: its last block cannot be read"):
        await Devnet(clock, 1, tmp_path).start()
    assert file.read_bytes() == b"my diary, not blocks" * 100


def test_the_command_says_it_in_a_sentence_and_ends_with_status_1(folder: Folder) -> None:
    a_nonce_on_all(folder)
    run = subprocess.run(
        [sys.executable, "-m", "host", "devnet", "--data", str(folder.path)],
        cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert f"block 50 ({folder.hashes[50][::-1].hex()})" in run.stderr


async def test_a_dead_nodes_blocks_are_healed_when_it_starts_again(folder: Folder) -> None:
    notes: list[str] = []
    async with Devnet(clock, 3, folder.path, note=notes.append) as devnet:
        for tamper in (one_bit, garbage, the_whole_file_deleted, the_last_blocks_deleted):
            await devnet.kill(1)
            tamper(folder)
            await devnet.revive(1)
            await _is_whole(devnet, folder)
            assert any(note.startswith("node 1: block ") for note in notes)
            notes.clear()


async def test_a_dead_node_without_its_blocks_stays_dead_when_nobody_has_them(
    folder: Folder,
) -> None:
    async with Devnet(clock, 2, folder.path) as devnet:
        await devnet.kill(0)
        await devnet.kill(1)
        one_bit(folder)
        with pytest.raises(ChainLost, match="block 50"):
            await devnet.revive(1)
        await devnet.revive(0)
        await devnet.revive(1)
        assert [node.height for node in devnet.status()] == [HEIGHT] * 2


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - a store is watched, and it tells nobody
            await asyncio.sleep(0.01)


async def test_a_block_that_goes_bad_while_the_node_runs_is_never_served_and_healed(
    folder: Folder,
) -> None:
    notes: list[str] = []
    async with Devnet(clock, 3, folder.path, note=notes.append) as devnet:
        chain = devnet.node(1).chain
        block_hash = chain.damage(50)
        assert chain.raw(block_hash) is None
        await _until(lambda: not chain.wants(block_hash))
        assert chain.raw(block_hash)
    name = f"node 1: block 50 ({folder.hashes[50][::-1].hex()}) "
    assert [note.startswith(name) for note in notes] == [True, True]
    assert "not of this hash" in notes[0]
    assert "whole again" in notes[1]


async def test_a_node_whose_block_nobody_else_has_stops_and_says_so(folder: Folder) -> None:
    notes: list[str] = []
    async with Devnet(clock, 1, folder.path, note=notes.append) as devnet:
        chain = devnet.node(0).chain
        chain.raw(chain.damage(50))
        await _until(lambda: not devnet.status()[0].alive)
    assert f"block 50 ({folder.hashes[50][::-1].hex()})" in notes[-1]
    assert notes[-1].startswith("node 0 stops: ")


async def test_a_reorg_over_a_bad_block_stops_the_node_and_the_others_go_on(
    folder: Folder,
) -> None:
    notes: list[str] = []
    async with Devnet(clock, 3, folder.path, note=notes.append) as devnet:
        devnet.node(1).chain.damage(HEIGHT)
        fork = branch(devnet.node(0).chain, depth=2, length=3)
        for block in fork:
            devnet.node(0).submit_block(block.encode())
        await _until(lambda: not devnet.status()[1].alive)
        await devnet.agree()
        assert any("The chain changes" in note for note in notes)
        await devnet.revive(1)
        assert {node.tip for node in devnet.status()} == {fork[-1].hash[::-1].hex()}
