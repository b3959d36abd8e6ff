"""What a device under test starts with, and how its screens are told."""

from dataclasses import dataclass

from firmware_emu.effects import Show
from firmware_emu.storage.settings import Settings
from firmware_emu.storage.vault import Cost, Vault, seal
from signer.keys.seeds.mnemonic import entropy_from_words

# The seed of BIP39's first test vector: known to everybody, so nothing of value may be sent to it.
MNEMONIC = "abandon " * 11 + "about"
PIN = "1234"

PROMPTS = ("confirm", "question")

CHEAP = Cost(memory_kib=1024, passes=1)
_SERIAL = bytes.fromhex("00007e577e57")
ENTROPY = b"the same run every time, for tests"


@dataclass(frozen=True, slots=True)
class ScreenView:
    """A screen: `kind` is confirm, pinpad, menu ... ; `state` is empty, locked or unlocked."""

    kind: str
    lines: tuple[str, ...]
    state: str
    fingerprint: str

    @classmethod
    def of(cls, show: Show) -> "ScreenView":
        """What a person sees of `show`."""
        kind = show.screen.kind
        return cls(kind, show.screen.lines(), show.state.value, show.fingerprint)

    @property
    def text(self) -> str:
        """All lines as one text."""
        return "\n".join(self.lines)


def sealed_record(mnemonic: str = MNEMONIC, pin: str = PIN) -> bytes:
    """What the flash of a device with this seed and PIN holds. Cheap to open: for tests only."""
    entropy = entropy_from_words(tuple(mnemonic.split()))
    return Vault(Settings(_SERIAL), seal(entropy, pin, CHEAP, b"\x5a" * 32)).encode()


def yes(prompt: ScreenView) -> str:
    """The key that goes on: RIGHT while there is more to read, then yes, held where it is asked."""
    if "▸" in prompt.lines[-1]:
        return "right"
    return "hold" if "hold" in prompt.lines[-1] else "ok"
