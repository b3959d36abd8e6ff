"""BBQr (Coinkite, "Better Bitcoin QR", version 1.0): a file as QR codes in any order.

Each code says `B$`, how it is encoded, what kind of file it belongs to, of how many codes, and
which one it is. There is no checksum and no message id: what was put together is believed only as
far as whoever parses it believes it.
"""

import re
import zlib
from base64 import b32encode
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from signer.errors import Malformed
from signer.formats.qr.parts import Limits, Progress

START: Final = "B$"
MAX_PARTS: Final = 36 * 36 - 1
PSBT: Final = "P"
TRANSACTION: Final = "T"

_KINDS: Final = {
    "P": "a PSBT",
    "T": "a transaction",
    "J": "JSON",
    "C": "CBOR",
    "U": "text",
    "B": "bytes",
    "X": "a program",
    "R": "a teleported secret",
    "S": "a teleported secret",
    "E": "a teleported secret",
}

# Letters of an alphanumeric QR code with the least error correction, versions 1 to 40 (ISO 18004).
# fmt: off
CAPACITY: Final = (
    25, 47, 77, 114, 154, 195, 224, 279, 335, 395, 468, 535, 619, 667, 758, 854, 938, 1046, 1153,
    1249, 1352, 1460, 1588, 1704, 1853, 1990, 2132, 2223, 2369, 2520, 2677, 2840, 3009, 3183, 3351,
    3537, 3729, 3927, 4087, 4296,
)
# fmt: on
_HEADER: Final = 8
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# All codes but the last must be cut where letters and bytes meet: 8 of base32 are 5 bytes.
_LETTERS: Final = {"H": 2, "2": 8, "Z": 8}
_BYTES: Final = {"H": 1, "2": 5, "Z": 5}

_TEXT: Final = re.compile(
    r"B\$(?:(?P<hex>H)|(?P<base32>[2Z]))(?P<kind>[A-Z])"
    r"(?P<count>[0-9A-Z]{2})(?P<index>[0-9A-Z]{2})"
    r"(?P<body>(?(hex)[0-9A-F]+|[A-Z2-7]+))"  # a group that repeats takes 180 bytes each time (T75)
)
_BASE32: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _DIGITS[:32])
# Raw deflate. Written with a window of 1 KiB, all that a reader need have; read with any, because
# zlib notices a reference beyond the window only where its output happens to be cut.
_WRITTEN_WINDOW: Final = -10
_READ_WINDOW: Final = -15

# Payments shrink by a third, and by three quarters where every coin has one address. What grows
# more than this again, beyond a size that hurts nobody, is made to fill a memory (T76).
_MOST_GROWTH: Final = 8
_FREE_GROWTH: Final = 64 << 10
_PIECE: Final = 16 << 10


@dataclass(frozen=True, slots=True)
class BbqrFile:
    """What the codes of a series hold together. `kind` is the letter of its type."""

    kind: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BbqrPart:
    """One code: number `index`, from 0, of `count`. `data` is decoded, and not yet inflated."""

    encoding: str
    kind: str
    count: int
    index: int
    data: bytes = field(repr=False)

    @property
    def header(self) -> tuple[str, str, int]:
        """What all parts of one file agree on."""
        return self.encoding, self.kind, self.count

    @property
    def is_last(self) -> bool:
        return self.index == self.count - 1


def parse(text: str) -> BbqrPart:
    """One code's text. Raises Malformed for anything that another text could mean as well."""
    if len(text) > CAPACITY[-1]:
        raise Malformed(f"A BBQr code of {len(text)} letters fits no QR code.")
    match = _TEXT.fullmatch(text)
    if match is None or (match["hex"] and len(match["body"]) % 2):
        raise Malformed("The text is no BBQr code.")
    count, index = int(match["count"], 36), int(match["index"], 36)
    if index >= count:
        raise Malformed("The number of a BBQr code is above the count of its codes.")
    encoding = match["hex"] or match["base32"]
    data = bytes.fromhex(match["body"]) if encoding == "H" else _from_base32(match["body"])
    part = BbqrPart(encoding, match["kind"], count, index, data)
    if not part.is_last and len(data) % _BYTES[encoding]:
        raise Malformed("A BBQr code that is not the last ends amid a group of letters.")
    return part


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is cut into codes: `part_bytes` of `data` in each but the last."""

    encoding: str
    kind: str
    data: bytes = field(repr=False)
    count: int
    part_bytes: int

    def text(self, index: int) -> str:
        """Code number `index`, from 0. It is written when it is due: of 500, the first at once."""
        part = self.data[index * self.part_bytes : (index + 1) * self.part_bytes]
        body = part.hex().upper() if self.encoding == "H" else _to_base32(part)
        return (
            f"{START}{self.encoding}{self.kind}{_two_digits(self.count)}{_two_digits(index)}{body}"
        )

    @property
    def letters(self) -> int:
        """Letters of the longest code."""
        return _HEADER + _letters(min(len(self.data), self.part_bytes), self.encoding)


def layout(file: BbqrFile, version: int, encoding: str = "Z") -> Layout:
    """The codes to show round and round, none above this QR version (1 to 40).

    All are as long as the first, but the last. `encoding` is "H" (hex), "2" (base32), or "Z", which
    is "2" where deflate saves nothing. Raises Malformed: nothing to show, or more than 1295 such
    codes hold.
    """
    data, encoding = _packed(file.data, encoding)
    unit = _LETTERS[encoding]
    capacity = (CAPACITY[version - 1] - _HEADER) // unit * unit
    letters = _letters(len(data), encoding)
    count = -(-letters // capacity)
    if not 0 < count <= MAX_PARTS:
        raise Malformed(f"{len(file.data)} bytes do not fit a series of BBQr codes.")
    # Codes of one size: the picture does not jump, and the smallest version does for all.
    groups = -(-letters // (count * unit))
    return Layout(encoding, file.kind, data, count, groups * _BYTES[encoding])


def split(file: BbqrFile, version: int, encoding: str = "Z") -> tuple[str, ...]:
    """The texts of all the codes of its layout. Raises Malformed."""
    codes = layout(file, version, encoding)
    return tuple(map(codes.text, range(codes.count)))


def fits(file: BbqrFile, version: int) -> bool:
    """Whether a series of codes of this version (1 to 40) can hold the file."""
    try:
        layout(file, version)
    except Malformed:
        return False
    return True


class BbqrCollector:
    """Takes the texts of BBQr codes in any order until they make up one whole file.

    Codes that disagree on encoding, type or count are of different files and are collected apart;
    codes that agree and cannot be of one file yet (the same number twice with other bytes, other
    lengths) end what was collected (threat T76).
    """

    def __init__(self, types: Collection[str], limits: Limits | None = None) -> None:
        """`types` are the letters of the types to take."""
        self._wanted = tuple(types)
        self._limits = limits or Limits()
        self._candidates: list[_Series] = []

    def add(self, text: str) -> Progress | BbqrFile:
        """Take one code. The whole file when this one completed it.

        Raises Malformed for a code that cannot belong to a file of a wanted type within the limits,
        for one that contradicts those before it (all of them are forgotten then), and for the one
        that completed a file whose compression then was wrong.
        """
        part = parse(text)
        if part.kind not in self._wanted:
            raise Malformed(f"The code holds {_KINDS.get(part.kind, 'something unknown')}.")
        self._check_size(part)
        series = self._series(part)
        if series.contradicts(part):
            # Which of them is the stray nobody knows, and half of each would make a third file.
            self._candidates.remove(series)
            raise Malformed("The codes of two files are mixed. Show one file alone.")
        is_new = series.add(part)
        surplus = self._limits.surplus([known.known for known in self._candidates])
        if surplus is not None:
            del self._candidates[surplus]
        if series.known < part.count:
            return Progress(series.known, part.count, is_new, series.header, series.parts)
        # Others may go on: what another animation has shown so far is not lost by it.
        self._candidates = [known for known in self._candidates if known is not series]
        return series.file(self._limits.message_bytes)

    def reset(self) -> None:
        """Forget every unfinished file."""
        self._candidates.clear()

    def _check_size(self, part: BbqrPart) -> None:
        # None but the last is shorter than another, and the last has a byte.
        total = len(part.data) * (part.count - 1) + 1
        if part.count > self._limits.parts or total > self._limits.message_bytes:
            raise Malformed("The file is too long to be taken by QR codes.")

    def _series(self, part: BbqrPart) -> "_Series":
        """The series this part belongs to; candidates stay in the order they were last seen."""
        for series in self._candidates:
            if series.header == part.header:
                self._candidates.remove(series)
                break
        else:
            series = _Series(part)
        self._candidates.append(series)
        return series


class _Series:
    """The parts of one file so far."""

    def __init__(self, first: BbqrPart) -> None:
        self.header = first.header
        self._parts: dict[int, BbqrPart] = {}

    @property
    def known(self) -> int:
        return len(self._parts)

    @property
    def parts(self) -> tuple[bool, ...]:
        """For each part, whether it is known."""
        return tuple(index in self._parts for index in range(self.header[2]))

    def add(self, part: BbqrPart) -> bool:
        """Take in a part of this header. False when it said nothing new."""
        is_new = part.index not in self._parts
        self._parts[part.index] = part
        return is_new

    def contradicts(self, part: BbqrPart) -> bool:
        """Whether a part of this header cannot be of the same file as the parts so far."""
        last = part.count - 1
        # All that are no last ones have the same length, so any of them speaks for all.
        any_but_last = next((index for index in self._parts if index != last), last)
        yardsticks = {any_but_last, last, part.index} & self._parts.keys()
        return any(_contradict(part, self._parts[index]) for index in yardsticks)

    def file(self, limit: int) -> BbqrFile:
        """The whole file of at most so many bytes, once all parts are known. Raises Malformed."""
        encoding, kind, count = self.header
        data = b"".join(self._parts[index].data for index in range(count))
        if len(data) > limit:
            raise Malformed("The file is too long to be taken by QR codes.")
        return BbqrFile(kind, _inflated(data, limit) if encoding == "Z" else data)


def _contradict(first: BbqrPart, second: BbqrPart) -> bool:
    """Whether two parts of the same header cannot be of one file."""
    if first.index == second.index:
        return first.data != second.data
    if first.is_last or second.is_last:
        last, inner = (first, second) if first.is_last else (second, first)
        return len(last.data) > len(inner.data)
    return len(first.data) != len(second.data)


def _inflated(data: bytes, limit: int) -> bytes:
    """What raw deflate made `data` of. Raises Malformed before a bomb takes memory (T76)."""
    size = _inflated_size(data, min(limit, max(_FREE_GROWTH, _MOST_GROWTH * len(data))))
    return zlib.decompress(data, _READ_WINDOW, size)


def _inflated_size(data: bytes, limit: int) -> int:
    """The size of it in bytes, counted piece by piece and thrown away."""
    inflater = zlib.decompressobj(_READ_WINDOW)
    size = 0
    while not inflater.eof:
        try:
            piece = inflater.decompress(data, _PIECE)
        except zlib.error:
            raise Malformed("The compression of a BBQr file is broken.") from None
        data = inflater.unconsumed_tail
        size += len(piece)
        if size > limit:
            raise Malformed("A BBQr file inflates to more than is taken.")
        if not (piece or inflater.eof):
            raise Malformed("The compression of a BBQr file ends too early.")
    if inflater.unused_data:
        raise Malformed("There are bytes left over behind a compressed BBQr file.")
    return size


@lru_cache(maxsize=4)
def _packed(data: bytes, encoding: str) -> tuple[bytes, str]:
    """What the letters of all codes together stand for, and the encoding that is used."""
    if encoding != "Z":
        return data, encoding
    deflater = zlib.compressobj(9, zlib.DEFLATED, _WRITTEN_WINDOW)
    deflated = deflater.compress(data) + deflater.flush()
    return (deflated, "Z") if len(deflated) < len(data) else (data, "2")


def _letters(size: int, encoding: str) -> int:
    """Letters of so many bytes."""
    return 2 * size if encoding == "H" else -(-8 * size // 5)


def _to_base32(data: bytes) -> str:
    return b32encode(data).decode("ascii").rstrip("=")


def _from_base32(text: str) -> bytes:
    """Base32 (RFC 4648) without padding; by one number, in a power of two, so in linear time."""
    size, spare = divmod(5 * len(text), 8)
    number = int(text.translate(_BASE32), 32)
    if spare >= 5 or number & ((1 << spare) - 1):
        raise Malformed("The letters of a BBQr code do not end with a byte.")
    return (number >> spare).to_bytes(size, "big")


def _two_digits(number: int) -> str:
    return _DIGITS[number // 36] + _DIGITS[number % 36]
