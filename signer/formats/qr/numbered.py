"""Codes that only say which of how many they are: `p2of3 ...` (Specter), and UR version 1.

There is no fountain here, and `pMofN` has neither checksum nor message id: what was put together is
believed as far as whoever reads it believes it.
"""

import re
from base64 import b32encode, b64encode
from dataclasses import dataclass, field
from typing import Final

from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.bch import Code
from signer.formats.bech32 import ALPHABET
from signer.formats.qr.parts import Limits, Progress
from signer.hashes import sha256

MOST_PARTS: Final = 9999
_PART: Final = re.compile(
    r"p([0-9]{1,4})of([0-9]{1,4})\s(.*)", re.IGNORECASE | re.ASCII | re.DOTALL
)
_LETTERS: Final = ALPHABET
_UR1: Final = re.compile(
    rf"ur:(?P<type>[a-z0-9-]+)(?:/(?P<number>[0-9]{{1,4}})of(?P<count>[0-9]{{1,4}}))?"
    rf"(?:/(?P<digest>[{_LETTERS}]{{58}}))?/(?P<body>[{_LETTERS}]+)"
)
_BC32: Final = 0x3FFFFFFF  # the constant that its checksum leaves (BCR-2020-004)
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)  # of bech32
_CHECKSUM: Final = 6  # letters
_CODE: Final = Code(_GENERATOR, symbols=_CHECKSUM)
_FROM_BASE32: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _LETTERS)
_VALUES: Final = str.maketrans(_LETTERS, "".join(map(chr, range(32))))
_DIGITS: Final = str.maketrans(_LETTERS, "0123456789abcdefghijklmnopqrstuv")


@dataclass(frozen=True, slots=True)
class NumberedPart:
    """Part `number`, from 1, of `count`. `digest` is the whole message's where it is told (UR1)."""

    kind: str
    number: int
    count: int
    body: str = field(repr=False)
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A whole message: the text of `pMofN`, or of UR1 its type and its CBOR."""

    kind: str
    text: str = field(default="", repr=False)
    cbor: bytes = field(default=b"", repr=False)


def parse(text: str) -> NumberedPart | None:
    """A code of either kind, or None for another. Raises Malformed for impossible numbers."""
    if match := _PART.fullmatch(text.strip()):
        return _checked(NumberedPart("", int(match[1]), int(match[2]), match[3].strip()))
    match = _UR1.fullmatch(text.strip().lower()) if text.isascii() else None
    if not match or not (match["digest"] or match["count"]):
        return None
    number, count = int(match["number"] or 1), int(match["count"] or 1)
    return _checked(
        NumberedPart(match["type"], number, count, match["body"], match["digest"] or "")
    )


def _checked(part: NumberedPart) -> NumberedPart:
    if not 1 <= part.number <= part.count:
        raise Malformed("The number of a part is above the count of its parts.")
    if part.kind and part.count > 1 and not part.digest:
        raise Malformed("A part of a version 1 UR does not say which message it is of.")
    return part


class NumberedCollector:
    """Takes such codes in any order until they make up one whole message.

    A part that contradicts those before it begins another message: no text says which it is of, so
    halves of two are never joined where that can be seen (threat T76).
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._parts: dict[int, NumberedPart] = {}

    def add(self, part: NumberedPart) -> Progress | Numbered:
        """Take one. The whole message when this completed it.

        Raises Malformed for one that is too long, and for a message whose digest then is wrong.
        """
        length = len(part.body) * part.count
        if part.count > self._limits.parts or length > 2 * self._limits.message_bytes:
            raise Malformed("The message is too long to be taken by QR codes.")
        known = self._parts.get(part.number)
        if self._contradicts(part, known):
            self._parts.clear()
        self._parts[part.number] = part
        if len(self._parts) < part.count:
            parts_map = tuple(number in self._parts for number in range(1, part.count + 1))
            series = (part.kind, part.count, part.digest)
            return Progress(len(self._parts), part.count, known is None, series, parts_map)
        parts = [self._parts[number] for number in sorted(self._parts)]
        self.reset()
        return _joined(parts)

    def reset(self) -> None:
        """Forget an unfinished message."""
        self._parts.clear()

    def _contradicts(self, part: NumberedPart, known: NumberedPart | None) -> bool:
        other = next(iter(self._parts.values()), part)
        headers = (part.kind, part.count, part.digest), (other.kind, other.count, other.digest)
        return headers[0] != headers[1] or (known is not None and known.body != part.body)


def split(text: str, letters: int) -> tuple[str, ...]:
    """The codes of a text as `pMofN`, each with so many letters of it at most; one is plain.

    Raises Malformed for a text of too many codes.
    """
    count = max(1, -(-len(text) // letters))
    if count == 1:
        return (text,)
    if count > MOST_PARTS:
        raise Malformed("The text is too long for so small codes.")
    size = -(-len(text) // count)
    bodies = [text[start : start + size] for start in range(0, len(text), size)]
    return tuple(f"p{number}of{len(bodies)} {body}" for number, body in enumerate(bodies, start=1))


def split_psbt(psbt: bytes, letters: int) -> tuple[str, ...]:
    """The same of a PSBT, as base64. Raises Malformed."""
    return split(b64encode(psbt).decode("ascii"), letters)


def split_ur1(psbt: bytes, letters: int) -> tuple[str, ...]:
    """A PSBT as codes of UR version 1 (`ur:bytes`), each with so many letters of it at most."""
    return split_cbor(Numbered("bytes", cbor=cbor.encode(psbt)), letters)


def split_cbor(message: Numbered, letters: int) -> tuple[str, ...]:
    """The same of any UR of version 1. Raises Malformed for one of too many codes."""
    body, digest = bc32(message.cbor), bc32(sha256(message.cbor))
    size = -(-len(body) // -(-len(body) // letters))
    bodies = [body[start : start + size] for start in range(0, len(body), size)]
    if len(bodies) == 1:
        return (f"ur:{message.kind}/{digest}/{body}".upper(),)
    if len(bodies) > MOST_PARTS:
        raise Malformed("The message is too long for so small codes.")
    return tuple(
        f"ur:{message.kind}/{number}of{len(bodies)}/{digest}/{part}".upper()
        for number, part in enumerate(bodies, start=1)
    )


def _joined(parts: list[NumberedPart]) -> Numbered:
    text = "".join(part.body for part in parts)
    kind = parts[0].kind
    if not kind:
        return Numbered("", text)
    digest = parts[0].digest
    if not digest:
        return Numbered(kind, cbor=from_bc32(text))
    # SHA-256 finds more than the checksum does, which for a long text takes long (threat T75).
    data = _from_letters(text[:-_CHECKSUM])
    if from_bc32(digest) != sha256(data):
        raise Malformed("The parts of this UR are of two messages, or one is damaged.")
    return Numbered(kind, cbor=data)


def bc32(data: bytes) -> str:
    """`data` in BC32 (BCR-2020-004): letters and checksum of bech32, without a prefix."""
    letters = b32encode(data).decode("ascii").rstrip("=").translate(_FROM_BASE32)
    values = letters.translate(_VALUES).encode("ascii")
    residue = _CODE.residue([0, *values, *bytes(_CHECKSUM)]) ^ _BC32
    checksum = [residue >> shift & 31 for shift in range(25, -1, -5)]
    return letters + "".join(_LETTERS[value] for value in checksum)


def from_bc32(text: str) -> bytes:
    """The bytes of BC32. Raises Malformed."""
    values = text.translate(_VALUES).encode("ascii")
    if len(values) < _CHECKSUM or _CODE.residue([0, *values]) != _BC32:
        raise Malformed("A letter of a version 1 UR is wrong.")
    return _from_letters(text[:-_CHECKSUM])


def _from_letters(text: str) -> bytes:
    """By one number, in a power of two, so in linear time; an incomplete last byte is dropped."""
    size, spare = divmod(5 * len(text), 8)
    return (int(text.translate(_DIGITS) or "0", 32) >> spare).to_bytes(size, "big")
