"""Mutations without a fuzzer's guidance: the same ones every time, from a hash of a counter."""

from collections.abc import Iterator, Sequence
from hashlib import sha256


class Chance:
    """Numbers that look random and are the same in every run."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._turn = 0

    def below(self, bound: int) -> int:
        self._turn += 1
        digest = sha256(self._seed + self._turn.to_bytes(8, "big")).digest()
        return int.from_bytes(digest[:8], "big") % bound


ODD = (b"\x00", b"\xff", b"\xfd\xff\xff", b"\xff" * 9, b"\x7f\xff\xff\xff", b"0" * 20, b"(", b"'")


def mutations(corpus: Sequence[bytes], count: int, seed: bytes = b"") -> Iterator[bytes]:
    """Each input of the corpus as it is, then `count` that differ from one in 1 to 4 places."""
    yield from corpus
    chance = Chance(seed)
    for _ in range(count):
        data = corpus[chance.below(len(corpus))]
        for _ in range(1 + chance.below(4)):
            data = _changed(data, corpus, chance)
        yield data


def _changed(data: bytes, corpus: Sequence[bytes], chance: Chance) -> bytes:
    at = chance.below(len(data) + 1)
    end = min(len(data), at + chance.below(16))
    match chance.below(7):
        case 0:  # one bit
            bit = bytes((data[at] ^ 1 << chance.below(8),)) if at < len(data) else b"\x01"
            return data[:at] + bit + data[at + 1 :]
        case 1:
            return data[:at] + bytes((chance.below(256),)) + data[at + 1 :]
        case 2:
            return data[:at] + ODD[chance.below(len(ODD))] + data[at:]
        case 3:
            return data[:at] + data[end:]
        case 4:
            return data[:end] + data[at:end] * chance.below(40) + data[end:]
        case 5:
            return data[:at]
        case _:  # the rest of another
            other = corpus[chance.below(len(corpus))]
            return data[:at] + other[chance.below(len(other) + 1) :]
