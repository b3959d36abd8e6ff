"""Encrypted envelopes (KEF, Krux's format): what one says about itself. Nothing is decrypted here.

An envelope is the length of a label, the label (which salts the key), a version, the iterations of
the key derivation (3 bytes, big-endian; up to 10,000 they count ten thousands), and its payload:
initialization vector, ciphertext, and the bytes by which a right password is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from signer.errors import Malformed
from signer.formats.payload import payments
from signer.formats.payload.values import EncryptedSeed

BLOCK: Final = 16  # bytes, of AES
MOST_ITERATIONS: Final = 2_000_000  # some 0.7 s; Krux makes 100,000, and 500,000 at most
_TEN_THOUSANDS: Final = 10_000
_LONGEST_LABEL: Final = 252
_LONGEST: Final = 1024
_LEAST_SEED: Final = 16  # bytes; with less in it, it is no seed


class Mode(Enum):
    """The mode of AES-256."""

    ECB = "ECB"
    CBC = "CBC"
    CTR = "CTR"
    GCM = "GCM"


class Check(Enum):
    """Where the bytes are by which a right password is told."""

    HIDDEN = "SHA-256 of the text, encrypted behind it"
    EXPOSED = "SHA-256 of version, vector, text and key, behind the ciphertext"
    TAG = "the tag of GCM"


class Padding(Enum):
    NONE = "none"
    ZEROS = "zero bytes"
    PKCS7 = "PKCS #7"


@dataclass(frozen=True, slots=True)
class Version:
    """How a version is encrypted; `check_size` in bytes. The deflated ones are raw (RFC 1951)."""

    mode: Mode
    padding: Padding
    check: Check
    check_size: int
    is_deflated: bool = False

    @property
    def vector_size(self) -> int:
        """Bytes of the initialization vector."""
        return _VECTOR_SIZES[self.mode]

    def holds(self, size: int) -> bool:
        """Whether a payload of so many bytes can be of this version and hold a seed."""
        outside = 0 if self.check is Check.HIDDEN else self.check_size
        inside = size - self.vector_size - outside
        is_whole = self.padding is Padding.NONE or inside % BLOCK == 0
        return is_whole and inside >= _LEAST_SEED + self.check_size - outside


_VECTOR_SIZES: Final = {Mode.ECB: 0, Mode.CBC: 16, Mode.CTR: 12, Mode.GCM: 12}
VERSIONS: Final[Mapping[int, Version]] = {
    0: Version(Mode.ECB, Padding.ZEROS, Check.HIDDEN, 16),
    1: Version(Mode.CBC, Padding.ZEROS, Check.HIDDEN, 16),
    5: Version(Mode.ECB, Padding.ZEROS, Check.EXPOSED, 3),
    6: Version(Mode.ECB, Padding.PKCS7, Check.HIDDEN, 4),
    7: Version(Mode.ECB, Padding.PKCS7, Check.HIDDEN, 4, is_deflated=True),
    10: Version(Mode.CBC, Padding.ZEROS, Check.EXPOSED, 4),
    11: Version(Mode.CBC, Padding.PKCS7, Check.HIDDEN, 4),
    12: Version(Mode.CBC, Padding.PKCS7, Check.HIDDEN, 4, is_deflated=True),
    15: Version(Mode.CTR, Padding.NONE, Check.HIDDEN, 4),
    16: Version(Mode.CTR, Padding.NONE, Check.HIDDEN, 4, is_deflated=True),
    20: Version(Mode.GCM, Padding.NONE, Check.TAG, 4),
    21: Version(Mode.GCM, Padding.NONE, Check.TAG, 4, is_deflated=True),
}


def envelope_of(data: bytes) -> EncryptedSeed | None:
    """The envelope that `data` is, or None. Raises Malformed for one that asks for endless work.

    Bytes of a seed look like one in some 3 of ten million cases (18 words), others hardly ever.
    """
    if not 8 <= len(data) <= _LONGEST or not 1 <= data[0] <= _LONGEST_LABEL:
        return None
    start = 1 + data[0]
    label, head, payload = data[1:start], data[start : start + 4], data[start + 4 :]
    # The version may be a line end, and then a text of several lines has the shape, too.
    if len(head) < 4 or not _is_text(label) or _is_text(data.translate(None, b"\t\r\n")):
        return None
    version = VERSIONS.get(head[0])
    if version is None or not version.holds(len(payload)):
        return None
    iterations = int.from_bytes(head[1:], "big")
    iterations *= _TEN_THOUSANDS if iterations <= _TEN_THOUSANDS else 1
    if not iterations:
        return None
    if iterations > MOST_ITERATIONS:
        raise Malformed(
            f"The encrypted code asks for {iterations:,} rounds of work before its password can be"
            f" looked at; here {MOST_ITERATIONS:,} are done at most. Open it with the program that"
            " made it."
        )
    return EncryptedSeed(label, head[0], iterations, payload)


def of_text(text: str) -> EncryptedSeed | None:
    """The envelope that a text in hex, base64, base43 or base58 is. Raises Malformed as above."""
    return next(filter(None, map(envelope_of, _decoded(text))), None)


def of_code(code: bytes) -> EncryptedSeed | None:
    """The envelope that one code holds, as bytes or as text. Raises Malformed as above."""
    if (envelope := envelope_of(code)) or not code.isascii():
        return envelope
    return of_text(code.decode("ascii"))


def encoded(envelope: EncryptedSeed) -> bytes:
    """The envelope in bytes. Raises Malformed for a label or iterations that none can say."""
    count, rest = divmod(envelope.iterations, _TEN_THOUSANDS)
    count = envelope.iterations if rest else count
    is_sayable = (1 <= count <= _TEN_THOUSANDS) != bool(rest) and count < 1 << 24
    if not (is_sayable and 1 <= len(envelope.salt) <= _LONGEST_LABEL):
        raise Malformed("No envelope says such a label, or so many iterations.")
    head = bytes((envelope.version,)) + count.to_bytes(3, "big")
    return bytes((len(envelope.salt),)) + envelope.salt + head + envelope.payload


def _decoded(text: str) -> Iterator[bytes]:
    letters = "".join(text.split())
    if len(letters) <= 2 * _LONGEST:
        yield from (data for _, data in payments.decodings(letters))


def _is_text(data: bytes) -> bool:
    try:
        return data.decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False
