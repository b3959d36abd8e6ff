"""Bits in groups of another width: what words, letters and digits of a seed are made of."""

from collections.abc import Iterable, Iterator


def regroup(values: Iterable[int], wide: int, narrow: int) -> Iterator[int]:
    """Groups of `wide` bits as groups of `narrow` bits; an incomplete last group is dropped.

    Bit by bit through small numbers: what may be a secret is never one integer.
    """
    pending = bits = 0
    for value in values:
        pending = pending << wide | value
        bits += wide
        while bits >= narrow:
            bits -= narrow
            yield pending >> bits
            pending &= (1 << bits) - 1
