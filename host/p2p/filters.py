"""Compact block filters (BIP158): a block's scripts, squeezed. Ask them "is mine in there?"."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size

GOLOMB_BITS = 19  # P of the basic filter
FALSE_POSITIVE_RATE = 784_931  # M of the basic filter: one in so many
OP_RETURN = 0x6A
MASK = (1 << 64) - 1
NO_HEADER = bytes(32)  # what the genesis block's filter header is chained to


def basic_filter(block_hash: bytes, created: Iterable[bytes], spent: Iterable[bytes]) -> bytes:
    """The basic filter of a block, as it travels in cfilter.

    `created` are the scripts of the block's outputs, `spent` those of the coins its inputs spend;
    `block_hash` is in the order of the wire. Source: BIP158, "Contents", "Construction".
    """
    items = {script for script in created if script and script[0] != OP_RETURN}
    items |= {script for script in spent if script}
    key = _key(block_hash)
    span = len(items) * FALSE_POSITIVE_RATE
    points = sorted(siphash(key, item) * span >> 64 for item in items)
    return compact_size(len(items)) + _golomb(points)


def filter_hash(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def filter_header(data: bytes, previous: bytes) -> bytes:
    """BIP157: each header commits to its filter and to every one before it."""
    return filter_hash(filter_hash(data) + previous)


def siphash(key: tuple[int, int], data: bytes) -> int:
    """SipHash-2-4 (Aumasson, Bernstein)."""
    words = [
        int.from_bytes(data[start : start + 8], "little") for start in range(0, len(data) & ~7, 8)
    ]
    words.append(int.from_bytes(data[len(words) * 8 :], "little") | (len(data) & 0xFF) << 56)
    first, second = key
    a, b = first ^ 0x736F6D6570736575, second ^ 0x646F72616E646F6D
    c, d = first ^ 0x6C7967656E657261, second ^ 0x7465646279746573
    for word in words:
        a, b, c, d = _rounds(2, a, b, c, d ^ word)
        a ^= word
    a, b, c, d = _rounds(4, a, b, c ^ 0xFF, d)
    return a ^ b ^ c ^ d


def _rounds(count: int, a: int, b: int, c: int, d: int) -> tuple[int, int, int, int]:
    # Rotations are spelled out: a call for each would double the time of a block.
    for _ in range(count):
        a = a + b & MASK
        b = (b << 13 & MASK | b >> 51) ^ a
        a = a << 32 & MASK | a >> 32
        c = c + d & MASK
        d = (d << 16 & MASK | d >> 48) ^ c
        a = a + d & MASK
        d = (d << 21 & MASK | d >> 43) ^ a
        c = c + b & MASK
        b = (b << 17 & MASK | b >> 47) ^ c
        c = c << 32 & MASK | c >> 32
    return a, b, c, d


def _golomb(points: Iterable[int]) -> bytes:
    """Differences between sorted numbers, each a unary quotient and GOLOMB_BITS of remainder."""
    bits: list[str] = []
    last = 0
    for point in points:
        quotient, remainder = divmod(point - last, 1 << GOLOMB_BITS)
        bits.append("1" * quotient + "0" + f"{remainder:0{GOLOMB_BITS}b}")
        last = point
    stream = "".join(bits)
    stream += "0" * (-len(stream) % 8)
    return int(stream or "0", 2).to_bytes(len(stream) // 8, "big")


class BasicFilter:
    """A basic filter as a peer sent it, to be asked what it contains."""

    def __init__(self, data: bytes, block_hash: bytes) -> None:
        """Raises Malformed, also for a bit too many."""
        cursor = Cursor(data)
        self.count = cursor.compact()
        stream = cursor.take(cursor.remaining)
        if self.count * (GOLOMB_BITS + 1) > 8 * len(stream):
            raise Malformed("The filter is shorter than it says.")
        self._key = _key(block_hash)
        self._points = frozenset(_points(stream, self.count))

    def holds(self, script: bytes) -> bool:
        """Whether it contains a script; wrongly so for one in 784 931."""
        span = self.count * FALSE_POSITIVE_RATE
        return siphash(self._key, script) * span >> 64 in self._points


def _key(block_hash: bytes) -> tuple[int, int]:
    return int.from_bytes(block_hash[:8], "little"), int.from_bytes(block_hash[8:16], "little")


def _points(stream: bytes, count: int) -> Iterator[int]:
    """The numbers in a stream of bits; what is left are fewer than eight zeros."""
    bits = f"{int.from_bytes(stream):0{8 * len(stream)}b}" if stream else ""
    position = last = 0
    for _ in range(count):
        end = bits.find("0", position)
        remainder = bits[end + 1 : end + 1 + GOLOMB_BITS]
        if end < 0 or len(remainder) < GOLOMB_BITS:
            raise Malformed("The filter ends too early.")
        last += (end - position << GOLOMB_BITS) + int(remainder, 2)
        yield last
        position = end + 1 + GOLOMB_BITS
    if len(bits) - position >= 8 or "1" in bits[position:]:
        raise Malformed("The filter is longer than it says.")
