"""The words of the Bitcoin network: bytes <-> values, strictly and within bounds. No I/O.

Everything a stranger sends passes here first. Whatever is too long, left over, or not what it
claims to be is Malformed, and the peer that sent it is dropped.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from host.transactions import double_sha256
from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size

MAGIC = {
    "mainnet": bytes.fromhex("f9beb4d9"),
    "testnet": bytes.fromhex("0b110907"),
    "testnet4": bytes.fromhex("1c163f28"),  # BIP94
    "signet": bytes.fromhex("0a03cf40"),  # BIP325
    "regtest": bytes.fromhex("fabfb5da"),
}
PROTOCOL = 70016  # BIP339: wtxidrelay
HEADER_LENGTH = 24
# Bitcoin Core's MAX_PROTOCOL_MESSAGE_LENGTH. Without it one header makes us wait for 4 GB.
MAX_PAYLOAD = 4_000_000

NODE_NETWORK = 1 << 0
NODE_WITNESS = 1 << 3  # BIP144
NODE_COMPACT_FILTERS = 1 << 6  # BIP157

MSG_TX, MSG_BLOCK, MSG_WTX = 1, 2, 5  # MSG_WTX: BIP339
MSG_WITNESS_TX, MSG_WITNESS_BLOCK = MSG_TX | 1 << 30, MSG_BLOCK | 1 << 30  # BIP144
MAX_ITEMS = 50_000
MAX_HEADERS = 2_000
MAX_LOCATOR = 101
BLOCK_HEADER_LENGTH = 80

MAX_REASON = 111  # BIP61

BASIC_FILTER = 0  # BIP158
MAX_FILTERS = 1_000  # BIP157, per getcfilters
MAX_FILTER_HEADERS = 2_000  # BIP157, per getcfheaders
CHECKPOINT_EVERY = 1_000  # BIP157


@dataclass(frozen=True, slots=True)
class PeerMessage:
    command: str
    payload: bytes = b""

    def encode(self, magic: bytes) -> bytes:
        command = self.command.encode().ljust(12, b"\0")
        length = len(self.payload).to_bytes(4, "little")
        return magic + command + length + double_sha256(self.payload)[:4] + self.payload


class MessageDecoder:
    """The messages in a stream of bytes, however it is cut."""

    def __init__(self, magic: bytes) -> None:
        self._magic = magic
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[PeerMessage]:
        """Every message that is now complete. Raises Malformed; then the stream is beyond help."""
        self._waiting += data
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> PeerMessage | None:
        # Checked as early as the bytes are there: a stranger who speaks HTTP is dropped at once.
        if not self._magic.startswith(bytes(self._waiting[:4])):
            raise Malformed("The message does not begin with this network's magic bytes.")
        if len(self._waiting) < HEADER_LENGTH:
            return None
        length = int.from_bytes(self._waiting[16:20], "little")
        if length > MAX_PAYLOAD:
            raise Malformed(f"A message of {length} bytes is more than {MAX_PAYLOAD}.")
        end = HEADER_LENGTH + length
        if len(self._waiting) < end:
            return None
        header, payload = bytes(self._waiting[:24]), bytes(self._waiting[24:end])
        del self._waiting[:end]
        if double_sha256(payload)[:4] != header[20:24]:
            raise Malformed("The checksum of a message is wrong.")
        return PeerMessage(_command(header[4:16]), payload)


def _command(field: bytes) -> str:
    name = field.rstrip(b"\0")
    if not name or not all(0x20 < byte < 0x7F for byte in name):
        raise Malformed("A command must be printable letters, then zeros.")
    return name.decode("ascii")


@dataclass(frozen=True, slots=True)
class Version:
    """Who somebody says they are. Their word only: nothing is trusted because of it."""

    services: int
    timestamp: int
    nonce: int
    user_agent: str
    height: int
    relay: bool = True
    protocol: int = PROTOCOL

    def encode(self) -> bytes:
        agent = self.user_agent.encode()
        parts = [
            self.protocol.to_bytes(4, "little"),
            self.services.to_bytes(8, "little"),
            self.timestamp.to_bytes(8, "little", signed=True),
            bytes(52),  # two addresses that nobody has used for years
            self.nonce.to_bytes(8, "little"),
            compact_size(len(agent)) + agent,
            self.height.to_bytes(4, "little", signed=True),
            bytes([self.relay]),
        ]
        return b"".join(parts)

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Bytes after the relay flag are allowed: a later protocol may add some.

        Raises Malformed.
        """
        cursor = Cursor(payload)
        protocol, services, timestamp = cursor.uint(4), cursor.uint(8), cursor.uint(8)
        cursor.take(52)
        nonce, agent = cursor.uint(8), cursor.blob()
        if len(agent) > 256:
            raise Malformed("A user agent has 256 bytes at most.")
        height = int.from_bytes(cursor.take(4), "little", signed=True)
        relay = cursor.remaining == 0 or cursor.uint(1) != 0
        return cls(services, timestamp, nonce, _printable(agent), height, relay, protocol)


@dataclass(frozen=True, slots=True)
class Item:
    """Something a peer has or wants: a kind (MSG_...) and its hash."""

    kind: int
    hash: bytes


def encode_items(items: Sequence[Item]) -> bytes:
    encoded = (item.kind.to_bytes(4, "little") + item.hash for item in items)
    return compact_size(len(items)) + b"".join(encoded)


def parse_items(payload: bytes) -> tuple[Item, ...]:
    """The list in inv, getdata and notfound."""
    cursor = Cursor(payload)
    count = _at_most(cursor.count(36), MAX_ITEMS, "items")
    items = tuple(Item(cursor.uint(4), cursor.take(32)) for _ in range(count))
    cursor.end()
    return items


@dataclass(frozen=True, slots=True)
class GetHeaders:
    """Block hashes we know, newest first, and where to stop (zeros: as far as you can)."""

    locator: tuple[bytes, ...]
    stop: bytes = bytes(32)

    def encode(self) -> bytes:
        count = compact_size(len(self.locator))
        return PROTOCOL.to_bytes(4, "little") + count + b"".join(self.locator) + self.stop

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        cursor = Cursor(payload)
        cursor.uint(4)
        count = _at_most(cursor.count(32), MAX_LOCATOR, "locator hashes")
        request = cls(tuple(cursor.take(32) for _ in range(count)), cursor.take(32))
        cursor.end()
        return request


def encode_headers(headers: Sequence[bytes]) -> bytes:
    return compact_size(len(headers)) + b"".join(header + b"\0" for header in headers)


def parse_headers(payload: bytes) -> tuple[bytes, ...]:
    cursor = Cursor(payload)
    count = _at_most(cursor.count(81), MAX_HEADERS, "headers")
    headers = tuple(_header(cursor) for _ in range(count))
    cursor.end()
    return headers


def _header(cursor: Cursor) -> bytes:
    header = cursor.take(BLOCK_HEADER_LENGTH)
    if cursor.uint(1):
        raise Malformed("A header is followed by zero transactions.")
    return header


@dataclass(frozen=True, slots=True)
class FilterRange:
    """The request of getcfilters and getcfheaders (BIP157)."""

    start: int
    stop: bytes

    def encode(self) -> bytes:
        return bytes([BASIC_FILTER]) + self.start.to_bytes(4, "little") + self.stop

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        cursor = _filter_cursor(payload)
        request = cls(cursor.uint(4), cursor.take(32))
        cursor.end()
        return request


def parse_checkpoint_request(payload: bytes) -> bytes:
    """The stop hash of getcfcheckpt (BIP157)."""
    cursor = _filter_cursor(payload)
    stop = cursor.take(32)
    cursor.end()
    return stop


def encode_filter(block_hash: bytes, data: bytes) -> bytes:
    """One filter: the payload of cfilter (BIP157)."""
    return bytes([BASIC_FILTER]) + block_hash + compact_size(len(data)) + data


def encode_filter_headers(stop: bytes, previous: bytes, hashes: Sequence[bytes]) -> bytes:
    """The payload of cfheaders (BIP157)."""
    return bytes([BASIC_FILTER]) + stop + previous + compact_size(len(hashes)) + b"".join(hashes)


@dataclass(frozen=True, slots=True)
class FilterHeaders:
    """The answer to getcfheaders: filter hashes up to the block `stop`, behind one header."""

    stop: bytes
    previous: bytes
    hashes: tuple[bytes, ...]

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        cursor = _filter_cursor(payload)
        stop, previous = cursor.take(32), cursor.take(32)
        count = _at_most(cursor.count(32), MAX_FILTER_HEADERS, "filter hashes")
        hashes = tuple(cursor.take(32) for _ in range(count))
        cursor.end()
        return cls(stop, previous, hashes)


def parse_filter(payload: bytes) -> tuple[bytes, bytes]:
    """The hash of the block, and its filter (the payload of cfilter)."""
    cursor = _filter_cursor(payload)
    block_hash, data = cursor.take(32), cursor.blob()
    cursor.end()
    return block_hash, data


def encode_checkpoints(stop: bytes, headers: Sequence[bytes]) -> bytes:
    """The payload of cfcheckpt (BIP157)."""
    return bytes([BASIC_FILTER]) + stop + compact_size(len(headers)) + b"".join(headers)


def encode_fee_filter(sats_per_kvbyte: int) -> bytes:
    """BIP133: announce no transaction to me that pays less for 1,000 vB."""
    return sats_per_kvbyte.to_bytes(8, "little")


def parse_fee_filter(payload: bytes) -> int:
    """In sats for 1,000 vB. Raises Malformed."""
    if len(payload) != 8:
        raise Malformed("A feefilter has 8 bytes.")
    return int.from_bytes(payload, "little")


@dataclass(frozen=True, slots=True)
class Reject:
    """BIP61: why a transaction was not taken. Long out of fashion, and kind to people."""

    reason: str
    hash: bytes
    message: str = "tx"
    code: int = 0x10

    def encode(self) -> bytes:
        message, reason = self.message.encode(), self.reason.encode()[:MAX_REASON]
        parts = (
            compact_size(len(message)),
            message,
            bytes([self.code]),
            compact_size(len(reason)),
            reason,
        )
        return b"".join(parts) + self.hash

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        cursor = Cursor(payload)
        message, code, reason = cursor.blob(), cursor.uint(1), cursor.blob()
        refused_hash = cursor.take(32) if cursor.remaining == 32 else bytes(32)
        cursor.end()
        return cls(_printable(reason[:MAX_REASON]), refused_hash, _printable(message[:12]), code)


def _printable(text: bytes) -> str:
    # A stranger's words are shown on a terminal: no escape sequence may travel in them.
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in text)


def _filter_cursor(payload: bytes) -> Cursor:
    cursor = Cursor(payload)
    if cursor.uint(1) != BASIC_FILTER:
        raise Malformed("Only the basic filter type is served.")
    return cursor


def _at_most(count: int, limit: int, what: str) -> int:
    if count > limit:
        raise Malformed(f"{count} {what} in one message are more than {limit}.")
    return count
