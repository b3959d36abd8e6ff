"""What a person has entered of a PIN or another secret text, in one buffer that can be erased."""

import hmac
from abc import abstractmethod
from string import ascii_lowercase, ascii_uppercase, digits, punctuation
from typing import ClassVar, Final, Self

from signer.errors import Malformed
from signer.formats import bech32
from signer.formats.payload import envelopes
from signer.formats.payload.secrets import seed_form
from signer.keys.backups import codex32
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
    group: ClassVar = 1
    "How many letters are read together, and seen until the next ones come."

    @abstractmethod
    def letter(self, character: str) -> str:
        """What is added for a typed character; empty for one that belongs into no such text."""

    def tail(self) -> str:
        """The last letters, as many as there are in their group."""
        start = max(0, self._count - 1) // self.group * self.group
        return str(self.view()[start:], "utf-8", "replace")

    @abstractmethod
    def fill(self, data: bytes) -> None:
        """Hold what a code says and nothing else. Raises Malformed; then it is empty."""

    def passes_over(self, _data: bytes) -> bool:
        """Whether a code is none of such texts for sure: what was held up to be asked for one."""
        return False

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

    def letter(self, character: str) -> str:
        return character if character.isascii() and character.isprintable() else ""

    def fill(self, data: bytes) -> None:
        self.erase()
        if mistake := _mistake(data):
            raise Malformed(mistake)
        normal = passphrase.normalized(_line(data))
        self._hold(normal)
        erase(normal)


class PasswordEntry(PassphraseEntry):
    """The password of an encrypted code: its bytes as they are, typed or out of another code."""

    __slots__ = ()

    def fill(self, data: bytes) -> None:
        text = _line(data)
        if not 0 < len(text) <= self.longest:
            raise Malformed(f"A password has 1 to {self.longest} bytes.")
        self.erase()
        self._hold(text)

    def passes_over(self, data: bytes) -> bool:
        return data[:3].lower() == b"ur:" or data.startswith(b"B$") or _is_envelope(data)


class Codex32Entry(TextEntry):
    """A secret or a share of codex32 (BIP93), in lower case."""

    __slots__ = ()

    longest: ClassVar = codex32.LONGEST
    sets: ClassVar = {"a-z": f"{''.join(sorted(bech32.ALPHABET))}1"}
    group: ClassVar = 4

    @classmethod
    def of_share(cls, share: codex32.Codex32Share) -> Self:
        """As if it had been typed; the share stays the caller's."""
        entry = cls()
        text = share.letters()
        entry._hold(text)
        erase(text)
        return entry

    def letter(self, character: str) -> str:
        lower = character.lower()
        return lower if lower in self.sets["a-z"] else ""

    def fill(self, data: bytes) -> None:
        self.erase()
        text = _line(data)
        codex32.parse(text).erase()
        for letter in text:
            self.append(chr(letter).lower())

    def replace(self, number: int, letters: PinEntry) -> None:
        """Another group of letters with this number, from 0, as long as the one there."""
        start = number * self.group
        self._buffer[start : start + len(letters)] = letters.view()

    def share(self) -> codex32.Codex32Share:
        """The share, its payload the caller's to erase. Raises Malformed."""
        return codex32.parse(self.view())


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


def _is_envelope(data: bytes) -> bool:
    try:
        return envelopes.of_code(data) is not None
    except Malformed:
        return True


def _line(data: bytes) -> memoryview:
    """Without the line end that some programs put behind a text."""
    end = len(data)
    while end and data[end - 1] in b"\r\n":
        end -= 1
    return memoryview(data)[:end]
