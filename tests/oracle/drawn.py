"""Chance that can be repeated: everything a run draws comes out of its seed by hashing."""

import os
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
SEED = os.environ.get("QUIETKEY_ORACLE_SEED") or os.urandom(4).hex()


class Drawn:
    """The chance of one case."""

    def __init__(self, *names: object) -> None:
        self._seed = "/".join(map(str, names)).encode()
        self._turn = 0

    def bytes(self, size: int) -> bytes:
        """So many bytes, others at each call."""
        blocks = []
        for _ in range(0, size, 32):
            self._turn += 1
            blocks.append(sha256(self._seed + self._turn.to_bytes(8, "big")).digest())
        return b"".join(blocks)[:size]

    def below(self, limit: int) -> int:
        return int.from_bytes(self.bytes(16), "big") % limit

    def between(self, least: int, most: int) -> int:
        """A number from `least` to `most`, both included."""
        return least + self.below(most - least + 1)

    def one_in(self, number: int) -> bool:
        return self.below(number) == 0

    def choice(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]


def values(strategy: SearchStrategy[T], count: int, name: str) -> list[T]:
    """Values of a hypothesis strategy of the project, at most `count`; the same for one name."""
    found: list[T] = []

    @seed(name)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found
