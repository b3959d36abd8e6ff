"""BCH codes over symbols of 5 bits: the checksums of bech32 (BIP173) and descriptors (BIP380)."""

from collections.abc import Iterable, Sequence


class Code:
    """A code by its generator: what each bit of the symbol that leaves adds to the rest."""

    __slots__ = ("_feedback", "_kept", "_shift")

    def __init__(self, generator: Sequence[int], symbols: int) -> None:
        """`symbols`: how many the checksum has."""
        self._shift = 5 * (symbols - 1)
        self._kept = (1 << self._shift) - 1
        self._feedback = [_sum(generator, top) for top in range(32)]

    def residue(self, symbols: Iterable[int]) -> int:
        """What is left of these symbols (0 to 31), first to last, as one number."""
        left, head, shift, feedback = 1, self._kept, self._shift, self._feedback
        for symbol in symbols:
            left = (left & head) << 5 ^ symbol ^ feedback[left >> shift]
        return left


def _sum(generator: Sequence[int], top: int) -> int:
    total = 0
    for bit, term in enumerate(generator):
        total ^= term * (top >> bit & 1)
    return total
