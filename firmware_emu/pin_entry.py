"""What a person has entered of a PIN or another secret text, in one buffer that can be erased."""

import hmac
from abc import abstractmethod
from string import ascii_lowercase, ascii_uppercase, digits, punctuation
from typing import ClassVar, Final, Self

from signer.errors import Malformed
from signer.formats.payload.secrets import seed_form
from signer.keys.curve import Buffer, erase
from signer.keys.node import Uncopyable
from signer.keys.seeds import passphrase, scanned
from signer.keys.seeds.neighbours import is_seed

LONGEST = 64  # characters
_SEED: Final = "That is a seed, no passphrase."
_PART: Final = "That is a part of something else."


class PinEntry(Uncopyable):
    """Up to 64 ASCII characters. As a context manager it erases itself; it has no printable form.

    A str would leave each of its beginnings behind in memory (threat T81), so there is none.
    """

    __slots__ = ("_buffer", "_count")

    longest: ClassVar = LONGEST

    def __init__(self) -> None:
        self._buffer = bytearray(self.longest)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.erase()

    def __len__(self) -> int:
        return self._count

    def append(self, character: str) -> None:
        """One ASCII character more. Beyond the longest nothing is added."""
        if self._count < self.longest:
            self._buffer[self._count] = ord(character)
            self._count += 1

    def pop(self) -> None:
        """Forget the last character, if there is one."""
        if self._count:
            self._count -= 1
            self._buffer[self._count] = 0

    def view(self) -> memoryview:
        """What was typed: the buffer itself, not a copy."""
        return memoryview(self._buffer)[: self._count]

    def equals(self, other: "PinEntry") -> bool:
        """Whether both hold the same, in a time that does not tell where they differ."""
        return hmac.compare_digest(self.view(), other.view())

    def erase(self) -> None:
        """Forget all of it."""
        erase(self._buffer)
        self._count = 0


class TextEntry(PinEntry):
    """A text of `longest` bytes at most, of the letters in `sets` or as a code has it."""

    __slots__ = ()

    sets: ClassVar[dict[str, str]]
    "The letters that can be picked, in sets with a name of at most six."

    @abstractmethod
    def fill(self, data: bytes) -> None:
        """Hold what a code says and nothing else. Raises Malformed; then it is empty."""

    def _hold(self, text: Buffer) -> None:
        memoryview(self._buffer)[: len(text)] = memoryview(text)
        self._count = len(text)


class PassphraseEntry(TextEntry):
    """A BIP39 passphrase: printable ASCII as it is typed, or the text of a code in NFKD."""

    __slots__ = ()

    longest: ClassVar = passphrase.LONGEST
    sets: ClassVar = {
        "abc": ascii_lowercase,
        "ABC": ascii_uppercase,
        "123": f"{digits} ",
        "#+=": punctuation,
    }

    def fill(self, data: bytes) -> None:
        self.erase()
        if mistake := _mistake(data):
            raise Malformed(mistake)
        normal = passphrase.normalized(_line(data))
        self._hold(normal)
        erase(normal)


def _mistake(data: bytes) -> str:
    """What a code is that no person means as a passphrase; a row of words may well be one."""
    if data[:3].lower() == b"ur:" or data.startswith(b"B$"):
        return _PART
    form = seed_form(data)
    try:
        if form:
            with scanned.words_of(data, form) as words:
                return _SEED if is_seed(words) else ""
    except Malformed:
        return ""
    return ""


def _line(data: bytes) -> memoryview:
    """Without the line end that some programs put behind a text."""
    end = len(data)
    while end and data[end - 1] in b"\r\n":
        end -= 1
    return memoryview(data)[:end]
