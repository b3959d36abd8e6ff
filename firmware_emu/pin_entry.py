"""What a person has typed of a PIN, in one buffer that can be erased."""

import hmac
from typing import Self

from signer.keys.curve import erase
from signer.keys.node import Uncopyable

LONGEST = 64  # characters


class PinEntry(Uncopyable):
    """Up to 64 ASCII characters. As a context manager it erases itself; it has no printable form.

    A str would leave each of its beginnings behind in memory (threat T81), so there is none.
    """

    __slots__ = ("_buffer", "_count")

    def __init__(self) -> None:
        self._buffer = bytearray(LONGEST)
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.erase()

    def __len__(self) -> int:
        return self._count

    def append(self, character: str) -> None:
        """One ASCII character more. Beyond the longest PIN nothing is added."""
        if self._count < LONGEST:
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
