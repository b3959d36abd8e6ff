"""What survives besides the seed: who this device is, its networks, when it locks itself."""

from dataclasses import dataclass, replace

from signer.errors import Malformed
from signer.formats.cursor import Cursor

SERIAL_BYTES = 6
MODEL = "quietkey"
_LONGEST_WORD = 64
_MOST_NETWORKS = 32

NEVER = 0
LOCK_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """`serial` is six random bytes, drawn once; wiping the seed keeps all of this.

    `networks` are pairs of a chain's name and the word it has for the chosen network. After
    `lock_minutes` without a key the device locks itself; NEVER is 0. Raises Malformed for what no
    device writes.
    """

    serial: bytes
    model: str = MODEL
    networks: tuple[tuple[str, str], ...] = ()
    lock_minutes: int = LOCK_MINUTES

    def __post_init__(self) -> None:
        if len(self.serial) != SERIAL_BYTES:
            raise Malformed(f"A serial has {SERIAL_BYTES} bytes.")
        if len(self.networks) > _MOST_NETWORKS or not all(map(_is_word, self._words())):
            raise Malformed("The settings are none of ours.")
        if not 0 <= self.lock_minutes <= 0xFF:
            raise Malformed("The minutes of the auto-lock are out of bounds.")

    @property
    def name(self) -> str:
        """The short name that tells this device from another."""
        return self.serial.hex()[-6:].upper()

    def with_network(self, chain: str, network: str) -> "Settings":
        """The settings with this network of a chain, and the others as they were."""
        return replace(self, networks=tuple((dict(self.networks) | {chain: network}).items()))

    def encode(self) -> bytes:
        words = b"".join(bytes((len(word),)) + word.encode() for word in self._words())
        return self.serial + bytes((len(self.networks),)) + words + bytes((self.lock_minutes,))

    def _words(self) -> tuple[str, ...]:
        return (self.model, *(word for pair in self.networks for word in pair))


def read(cursor: Cursor) -> Settings:
    """The settings at the cursor. Raises Malformed."""
    return replace(read_networks(cursor), lock_minutes=cursor.uint(1))


def read_networks(cursor: Cursor) -> Settings:
    """The settings of a record from before devices locked themselves. Raises Malformed."""
    serial, count = cursor.take(SERIAL_BYTES), cursor.uint(1)
    model = _read_word(cursor)
    pairs = tuple((_read_word(cursor), _read_word(cursor)) for _ in range(count))
    return Settings(serial, model, pairs)


def read_serial(cursor: Cursor) -> Settings:
    """The settings of a record from before there were others. Raises Malformed."""
    return Settings(cursor.take(SERIAL_BYTES))


def _read_word(cursor: Cursor) -> str:
    return cursor.take(cursor.uint(1)).decode("latin-1")


def _is_word(text: str) -> bool:
    return 1 <= len(text) <= _LONGEST_WORD and all("!" <= letter <= "~" for letter in text)
