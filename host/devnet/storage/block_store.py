"""The file that keeps a node's blocks. What it gives back is bytes, believed by nobody yet."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from host.errors import HostError

T = TypeVar("T")

_TABLES = """
CREATE TABLE IF NOT EXISTS blocks(
    seq INTEGER PRIMARY KEY, hash BLOB UNIQUE, raw BLOB, height INTEGER);
CREATE TABLE IF NOT EXISTS node(
    id INTEGER PRIMARY KEY CHECK (id = 0), owner TEXT, height INTEGER, tip BLOB);
"""
_IN_USE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class StoreUnusable(HostError):
    """The file that keeps a node's blocks is in use, or is something else."""


class StoreDamaged(StoreUnusable):
    """The file cannot be read or written as the block store that it was."""


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A row as it lies there: whoever had the file may have put anything into it."""

    hash: object
    raw: object
    height: object


@dataclass(frozen=True, slots=True)
class StoredTip:
    """Where the node's best chain ended. `hash` is in the order of the wire."""

    height: int
    hash: bytes


class BlockStore:
    """One node's blocks, by hash and in the order in which they came. One process at a time."""

    def __init__(self, file: Path) -> None:
        """Open `file`, made when missing. Raises StoreUnusable, StoreDamaged."""
        self.file = file
        self.is_new = not file.exists()
        self._connection = sqlite3.connect(file, timeout=0)
        self._connection.text_factory = bytes  # a text that is none must not end the reading
        try:
            # Two devnets on one folder would each miss the blocks that the other writes.
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_TABLES)
            self._add_heights()
            self._check_pages()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise _unusable(file, error) from error

    @property
    def owner(self) -> str:
        """The node that the file belongs to; "" in a new file. Raises StoreDamaged."""
        row = self._first("SELECT owner FROM node")
        return row[0].decode("utf-8", "replace") if row and isinstance(row[0], bytes) else ""

    @property
    def tip(self) -> StoredTip | None:
        """The end of the best chain when it was last written. Raises StoreDamaged."""
        match self._first("SELECT height, tip FROM node"):
            case (int(height), bytes(block_hash)) if len(block_hash) == 32:
                return StoredTip(height, block_hash)
            case _:
                return None

    def rows(self) -> Iterator[StoredBlock]:
        """Every row, in the order in which it came. Raises StoreDamaged."""
        query = "SELECT hash, raw, height FROM blocks ORDER BY seq"
        listed = self._guarded(lambda: self._connection.execute(query).fetchall())
        return (StoredBlock(*row) for row in listed)

    def raw(self, block_hash: bytes) -> object:
        """What lies there for a block; None for no row. Raises StoreDamaged."""
        row = self._first("SELECT raw FROM blocks WHERE hash = ?", block_hash)
        return row[0] if row else None

    def keep(self, block_hash: bytes, raw: bytes, height: int | None) -> None:
        """Keep a block, also in the place of a bad copy. Raises StoreDamaged."""
        with self._change():
            self._connection.execute(
                "INSERT INTO blocks(hash, raw, height) VALUES (?, ?, ?) "
                "ON CONFLICT(hash) DO UPDATE SET raw = excluded.raw, height = excluded.height",
                (block_hash, raw, height),
            )

    def add(self, block_hash: bytes, raw: bytes, height: int | None, tip: StoredTip) -> None:
        """Keep a new block and where the best chain ends now. Raises StoreDamaged."""
        with self._change():
            self.keep(block_hash, raw, height)
            self._connection.execute("UPDATE node SET height = ?, tip = ?", (tip.height, tip.hash))

    def belong_to(self, owner: str, tip: StoredTip) -> None:
        """Whose file it is, and where the best chain ends. Raises StoreDamaged."""
        with self._change():
            self._connection.execute(
                "INSERT OR REPLACE INTO node VALUES (0, ?, ?, ?)", (owner, tip.height, tip.hash)
            )

    def arrange(self, listed: Sequence[tuple[bytes, int | None]]) -> None:
        """Bring these blocks into this order, and drop every other row. Raises StoreDamaged."""
        with self._change() as connection:
            connection.execute("UPDATE blocks SET seq = -seq - 1 WHERE seq >= 0")
            connection.executemany(
                "UPDATE blocks SET seq = ?, height = ? WHERE hash = ?",
                [(seq, height, key) for seq, (key, height) in enumerate(listed, 1)],
            )
            connection.execute("DELETE FROM blocks WHERE seq < 0")

    def settle(self) -> None:
        """Bring all that was kept to the disk itself. Raises StoreDamaged."""
        self._guarded(lambda: self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))

    def close(self) -> None:
        self._connection.close()

    def _add_heights(self) -> None:
        """Files of the first version say no heights."""
        columns = self._connection.execute("PRAGMA table_info(blocks)").fetchall()
        if b"height" not in [name for _, name, *_ in columns]:
            self._connection.execute("ALTER TABLE blocks ADD COLUMN height INTEGER")

    def _check_pages(self) -> None:
        if self.is_new:
            return
        verdict = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != (b"ok",):
            raise sqlite3.DatabaseError(verdict[0].decode("utf-8", "replace").partition("\n")[0])

    def _first(self, query: str, *values: object) -> tuple[object, ...] | None:
        row: tuple[object, ...] | None = self._guarded(
            lambda: self._connection.execute(query, values).fetchone()
        )
        return row

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as error:
            raise _unusable(self.file, error) from error

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        if self._connection.in_transaction:
            yield self._connection
            return
        try:
            with self._connection:
                yield self._connection
        except sqlite3.Error as error:
            raise _unusable(self.file, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _unusable(file: Path, error: sqlite3.Error) -> StoreUnusable:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _IN_USE:
        return StoreUnusable(
            f"The blocks in {file} cannot be used ({error}). Nothing was changed. "
            "Another devnet may be running on that folder: stop it, or choose another folder."
        )
    return StoreDamaged(
        f"The blocks in {file} cannot be used ({error}). Nothing was changed. "
        "Put the file back as it was, or choose another folder."
    )
