"""Uniform Resources (BCR-2020-005): a type name and some CBOR as text that suits a QR code."""

import re
from dataclasses import dataclass, field
from typing import Final

from signer.errors import Malformed
from signer.formats import cbor
from signer.formats.qr import bytewords
from signer.formats.qr.fountain import FountainPart

MAX_TEXT: Final = 4296  # letters of the largest QR code; a longer text comes from no camera
PSBT_TYPES: Final = ("crypto-psbt", "psbt")  # written is the first: half the field reads no other

_TEXT: Final = re.compile(
    r"ur:(?!-|[a-z0-9-]*-[-/])(?P<type>[a-z0-9-]+)"  # no hyphen at an end, or beside another
    r"(?:/(?P<number>[1-9][0-9]{0,9})-(?P<count>[1-9][0-9]{0,9}))?"
    r"/(?P<body>[a-z]+)",
)
_PART_RULES: Final = cbor.Rules(canonical=False, items=6)  # a list, and what is in it


@dataclass(frozen=True, slots=True)
class Ur:
    """A whole UR: its type in lower case and its CBOR."""

    type: str
    cbor: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class UrPart:
    """One part of a UR whose CBOR was cut by the fountain code."""

    type: str
    part: FountainPart


def parse(text: str) -> Ur | UrPart:
    """A UR or a part of one, from text of either case. Raises Malformed (BCR-2020-005, 4)."""
    if len(text) > MAX_TEXT:
        raise Malformed(f"A UR of {len(text)} letters fits no QR code.")
    # Only ASCII has a case here: in Unicode the sign for Kelvin is a capital k.
    match = _TEXT.fullmatch(text.lower()) if text.isascii() else None
    if match is None:
        raise Malformed("The text is no UR.")
    kind, body = match["type"], bytewords.decode(match["body"])
    if match["count"] is None:
        return Ur(kind, body)
    part = _part(body)
    if (part.number, part.count) != (int(match["number"]), int(match["count"])):
        raise Malformed("The numbers in front of a UR part are not those inside it.")
    return UrPart(kind, part)


def render(ur: Ur | UrPart) -> str:
    """The UR in upper case, which a QR code stores in 5.5 bits a letter instead of 8."""
    if isinstance(ur, Ur):
        return f"ur:{ur.type}/{bytewords.encode(ur.cbor)}".upper()
    part = ur.part
    body = cbor.encode([part.number, part.count, part.message_length, part.checksum, part.data])
    return f"ur:{ur.type}/{part.number}-{part.count}/{bytewords.encode(body)}".upper()


def from_psbt(psbt: bytes) -> Ur:
    """A binary PSBT as the UR that every reader in the field knows (BCR-2020-006)."""
    return Ur(PSBT_TYPES[0], cbor.encode(psbt))


def to_psbt(ur: Ur) -> bytes:
    """The binary PSBT in a UR of one of PSBT_TYPES. Raises Malformed."""
    if ur.type not in PSBT_TYPES:
        raise Malformed(f"A UR of the type {ur.type} holds no PSBT.")
    match cbor.decode(ur.cbor, cbor.LENIENT):
        # The tag does not belong at the top, and some senders put it there.
        case bytes(psbt) | cbor.Tag(310 | 40310, bytes(psbt)):
            return psbt
        case _:
            raise Malformed("A PSBT in a UR is a CBOR byte string.")


def _part(body: bytes) -> FountainPart:
    match cbor.decode(body, _PART_RULES):
        case [int(number), int(count), int(length), int(checksum), bytes(data)] as items if (
            bool not in map(type, items)  # in Python, true is a number
        ):
            return FountainPart(number, count, length, checksum, data)
        case _:
            raise Malformed("A UR part is a list of four numbers and some bytes.")
