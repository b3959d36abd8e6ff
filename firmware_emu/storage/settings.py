"""What survives besides the seed: who this device is."""

from dataclasses import dataclass

from signer.errors import Malformed
from signer.formats.cursor import Cursor

SERIAL_BYTES = 6


@dataclass(frozen=True, slots=True)
class Settings:
    """`serial` is six random bytes, drawn once; wiping the seed keeps it."""

    serial: bytes

    def __post_init__(self) -> None:
        if len(self.serial) != SERIAL_BYTES:
            raise Malformed(f"A serial has {SERIAL_BYTES} bytes.")

    @property
    def name(self) -> str:
        """The short name that tells this device from another."""
        return self.serial.hex()[-6:].upper()

    def encode(self) -> bytes:
        return self.serial


def read(cursor: Cursor) -> Settings:
    """The settings at the cursor. Raises Malformed."""
    return Settings(cursor.take(SERIAL_BYTES))
