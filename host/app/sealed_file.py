"""Bytes under a password, in one file: Argon2id (RFC 9106) makes the key, ChaCha20-Poly1305 seals.

The file: a name of its own, a version, the cost, salt and nonce, a checksum of all these, 16 bytes
that tell a wrong password from a damaged file, and the sealed bytes. All of it is authenticated.
"""

import os
import struct
import unicodedata
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from host import files
from host.errors import BadInput
from host.storage_errors import disk_error

MAGIC, VERSION = b"quietkey backup\n", 1
MAX_BYTES = 100_000_000
SHORTEST_PASSWORD = 8
_HEAD = struct.Struct("<16sBIBB16s12s")
_SUM, _PROOF, _KEY = 4, 16, 32
_NOTHING = "Nothing was restored."
WRONG_PASSWORD = f"This is not the password of this backup. {_NOTHING} Type it again."
DAMAGED = f"This backup is damaged: it is not as it was written. {_NOTHING} Take another copy."
Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class StretchCost:
    """What one try of a password takes: KiB of memory, passes over it, lanes."""

    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 4

    @property
    def is_bearable(self) -> bool:
        """A file that somebody made must not exhaust the machine that reads it."""
        memory = 8 * self.lanes <= self.memory_kib <= 1024 * 1024
        return memory and 1 <= self.passes <= 10 and 1 <= self.lanes <= 16


USUAL = StretchCost()


@dataclass(frozen=True, slots=True)
class _Header:
    cost: StretchCost
    salt: bytes
    nonce: bytes

    def encode(self) -> bytes:
        cost = self.cost
        fields = (cost.memory_kib, cost.passes, cost.lanes, self.salt, self.nonce)
        head = _HEAD.pack(MAGIC, VERSION, *fields)
        return head + zlib.crc32(head).to_bytes(_SUM, "little")


@dataclass(frozen=True, slots=True)
class _SealingKeys:
    key: bytes = field(repr=False)
    proof: bytes = field(repr=False)


def seal(
    contents: bytes, password: str, cost: StretchCost = USUAL, random: Random = os.urandom
) -> bytes:
    """The file for these bytes. Raises BadInput for a password that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput(
            f"The password is shorter than {SHORTEST_PASSWORD} letters. Nothing was written."
        )
    header = _Header(cost, random(16), random(12))
    keys = _stretched(password, header)
    head = header.encode() + keys.proof
    return head + ChaCha20Poly1305(keys.key).encrypt(header.nonce, contents, head)


def unseal(file: bytes, password: str) -> bytes:
    """What was sealed. Raises BadInput: no backup, a newer one, a wrong password, damaged."""
    if not file.startswith(MAGIC):
        raise BadInput(f"This file is no backup of Quietkey. {_NOTHING}")
    if file[len(MAGIC) : len(MAGIC) + 1] > bytes([VERSION]):
        raise BadInput(f"This backup is from a newer Quietkey. {_NOTHING} Update, and try again.")
    size = _HEAD.size + _SUM
    head, proof = file[:size], file[size : size + _PROOF]
    header = _read_header(head)
    keys = _stretched(password, header)
    if proof != keys.proof:
        raise BadInput(WRONG_PASSWORD)
    try:
        return ChaCha20Poly1305(keys.key).decrypt(header.nonce, file[size + _PROOF :], head + proof)
    except InvalidTag as error:
        raise BadInput(DAMAGED) from error


def _read_header(head: bytes) -> _Header:
    if (
        len(head) < _HEAD.size + _SUM
        or zlib.crc32(head[:-_SUM]).to_bytes(_SUM, "little") != (head[-_SUM:])
    ):
        raise BadInput(DAMAGED)
    _, _, memory_kib, passes, lanes, salt, nonce = _HEAD.unpack(head[:-_SUM])
    cost = StretchCost(memory_kib, passes, lanes)
    if not cost.is_bearable:
        raise BadInput(DAMAGED)
    return _Header(cost, salt, nonce)


def _stretched(password: str, header: _Header) -> _SealingKeys:
    """The same password typed on another system has the same letters (NFKD, as in BIP39)."""
    cost = header.cost
    stretched = Argon2id(
        salt=header.salt,
        length=_KEY + _PROOF,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    ).derive(unicodedata.normalize("NFKD", password).encode())
    return _SealingKeys(stretched[:_KEY], stretched[_KEY:])


def write(path: Path, data: bytes) -> None:
    """A new file that its owner alone may read, whole or not at all. Raises BadInput, WalletError.

    One that is there already is left alone: it may be the only backup.
    """
    if path.exists():
        raise BadInput(f"There is a file {path} already. Nothing was written. Take another name.")
    scratch = path.with_name(f".{path.name}.new")
    try:
        scratch.unlink(missing_ok=True)
        with os.fdopen(os.open(scratch, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise disk_error(error, path) from error


def read(path: Path) -> bytes:
    """Raises BadInput."""
    try:
        with files.open_file(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}. {_NOTHING}") from error
    if len(data) > MAX_BYTES:
        raise BadInput(f"{path} is too large for a backup. {_NOTHING}")
    return data
