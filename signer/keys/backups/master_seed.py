"""What SLIP39 and codex32 keep: a seed as BIP32 takes it, to which no words of BIP39 lead."""

from typing import Final

SIZES: Final = range(16, 33)
"Bytes of those that a device keeps; both standards go on to 64, and nobody makes such backups."


class MasterSeed(bytearray):
    """16 to 64 bytes, the caller's to erase. Not the entropy of words: other keys come of that."""
