"""The hash functions of Bitcoin. Pure bytes in, bytes out; nothing here knows what it hashes."""

import hashlib
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol


class Hasher(Protocol):
    """A running hash: what `hashlib` objects offer, as far as we use it."""

    def update(self, data: bytes | bytearray | memoryview, /) -> None: ...
    def digest(self) -> bytes: ...
    def copy(self) -> "Hasher": ...


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def double_sha256(data: bytes) -> bytes:
    """SHA256 twice: txids (before people see them reversed), BIP143, base58 checksums."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def hash160(data: bytes) -> bytes:
    """RIPEMD160 of SHA256 (20 bytes): key fingerprints and P2WPKH programs."""
    return ripemd160(hashlib.sha256(data).digest())


def tagged_hasher(tag: str) -> Hasher:
    """A running tagged hash (BIP340) that has taken in only its tag; feed it, take `digest()`."""
    return _tagged_midstate(tag).copy()


def tagged_hash(tag: str, *parts: bytes) -> bytes:
    """SHA256(SHA256(tag) || SHA256(tag) || parts...), 32 bytes (BIP340, Tagged Hashes)."""
    hasher = _tagged_midstate(tag).copy()
    for part in parts:
        hasher.update(part)
    return hasher.digest()


@lru_cache(maxsize=64)  # tags are written in our source: a handful, never a host's choice
def _tagged_midstate(tag: str) -> Hasher:
    prefix = hashlib.sha256(tag.encode()).digest()
    return hashlib.sha256(prefix + prefix)


def ripemd160(data: bytes) -> bytes:
    """RIPEMD160 (20 bytes), by OpenSSL where it has it, else by `ripemd160_in_python`."""
    if _OPENSSL_HAS_RIPEMD160:
        return hashlib.new("ripemd160", data, usedforsecurity=False).digest()
    return ripemd160_in_python(data)


def _openssl_has_ripemd160() -> bool:
    # Some builds of OpenSSL 3 leave it out with their other legacy algorithms, and still list it.
    try:
        hashlib.new("ripemd160", b"", usedforsecurity=False)
    except ValueError:
        return False
    return True


_OPENSSL_HAS_RIPEMD160 = _openssl_has_ripemd160()


def ripemd160_in_python(data: bytes) -> bytes:
    """RIPEMD160 without OpenSSL: fifty times slower, for public data only."""
    state: tuple[int, ...] = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
    padding = b"\x80" + bytes((55 - len(data)) % 64) + (8 * len(data)).to_bytes(8, "little")
    padded = data + padding
    for start in range(0, len(padded), 64):
        words = struct.unpack_from("<16I", padded, start)
        left = _line(state, words, _LEFT, (0, 1, 2, 3, 4))
        right = _line(state, words, _RIGHT, (4, 3, 2, 1, 0))
        # The lines are added crosswise, each state word shifted by one place.
        state = tuple(
            (state[(i + 1) % 5] + left[(i + 2) % 5] + right[(i + 3) % 5]) & _U32 for i in range(5)
        )
    return struct.pack("<5I", *state)


def _line(
    state: tuple[int, ...],
    words: tuple[int, ...],
    rounds: tuple[tuple[int, bytes, bytes], ...],
    functions: tuple[int, ...],
) -> tuple[int, ...]:
    a, b, c, d, e = state
    for (constant, order, turns), function in zip(rounds, functions, strict=True):
        mix = _MIX[function]
        for index, turn in zip(order, turns, strict=True):
            total = (a + mix(b, c, d) + words[index] + constant) & _U32
            a, e, d, c, b = e, d, _rotate(c, 10), b, (_rotate(total, turn) + e) & _U32
    return a, b, c, d, e


def _rotate(value: int, turn: int) -> int:
    return ((value << turn) | (value >> (32 - turn))) & _U32


# RIPEMD-160 (Dobbertin, Bosselaers, Preneel 1996), appendix A.
_U32 = 0xFFFFFFFF
_MIX: tuple[Callable[[int, int, int], int], ...] = (
    lambda x, y, z: x ^ y ^ z,
    lambda x, y, z: (x & y) | (~x & z),
    lambda x, y, z: (x | ~y) ^ z,
    lambda x, y, z: (x & z) | (y & ~z),
    lambda x, y, z: x ^ (y | ~z),
)
# Per round: the added constant, the order of the message words, and how far each step rotates.
# fmt: off
_LEFT = (
    (0x00000000, bytes((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)),
                 bytes((11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8))),
    (0x5A827999, bytes((7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8)),
                 bytes((7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12))),
    (0x6ED9EBA1, bytes((3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12)),
                 bytes((11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5))),
    (0x8F1BBCDC, bytes((1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2)),
                 bytes((11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12))),
    (0xA953FD4E, bytes((4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13)),
                 bytes((9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6))),
)
_RIGHT = (
    (0x50A28BE6, bytes((5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12)),
                 bytes((8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6))),
    (0x5C4DD124, bytes((6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2)),
                 bytes((9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11))),
    (0x6D703EF3, bytes((15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13)),
                 bytes((9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5))),
    (0x7A6D76E9, bytes((8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14)),
                 bytes((15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8))),
    (0x00000000, bytes((12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11)),
                 bytes((8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11))),
)
# fmt: on
