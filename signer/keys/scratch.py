"""Buffers that are erased together, however the work on them ends."""

from typing import Self

from signer.keys.curve import erase


class Scratch:
    """A block's secrets: what it owns is zeroed when the block ends, with a result or an error.

    What the caller shall have is `released` at the very end; until then an error erases it too.
    """

    __slots__ = ("_owned",)

    def __init__(self) -> None:
        self._owned: list[bytes | bytearray] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for buffer in self._owned:
            erase(buffer)

    def buffer(self, size: int) -> bytearray:
        """`size` zero bytes, owned."""
        fresh = bytearray(size)
        self._owned.append(fresh)
        return fresh

    def copy(self, data: bytes | bytearray | memoryview) -> bytearray:
        """The same bytes, owned. Through a memoryview: no other copy is made on the way."""
        fresh = self.buffer(len(data))
        memoryview(fresh)[:] = memoryview(data)
        return fresh

    def taken(self, data: bytes) -> bytearray:
        """The same bytes, owned, and `data` erased: the only way out of hashlib and hmac is bytes.

        `data` must be nobody else's (see `erase`).
        """
        try:
            return self.copy(data)
        finally:
            erase(data)

    def owned(self, buffer: bytearray) -> bytearray:
        """The buffer itself, owned from now on."""
        self._owned.append(buffer)
        return buffer

    def released(self, buffer: bytearray) -> bytearray:
        """The buffer itself, no longer owned: the caller's to erase."""
        self._owned = [owned for owned in self._owned if owned is not buffer]
        return buffer
