"""Randomness for the device, stirred from every source it is handed."""

from signer.hashes import tagged_hash
from signer.keys.curve import erase
from signer.keys.seeds.entropy import mix


class EntropyPool:
    """Leaving out any one source changes all that is drawn; drawing never gives the same twice."""

    __slots__ = ("_state",)

    def __init__(self, entropy: bytes) -> None:
        self._state = mix(entropy)

    def stir(self, entropy: bytes) -> None:
        """Add a source. One that the host controls can do no harm here, only good."""
        previous = self._state
        self._state = mix(previous, entropy)
        erase(previous)

    def draw(self, count: int) -> bytes:
        """`count` fresh bytes, the caller's to erase.

        The state moves on and the one before is erased, so that nothing that is found in memory
        later tells what was drawn (threat T81).
        """
        seed = bytes(self._state)
        following = tagged_hash("quietkey/pool/next", seed)
        blocks = bytearray(-(-count // 32) * 32)
        for number, start in enumerate(range(0, len(blocks), 32)):
            piece = tagged_hash("quietkey/pool/draw", seed, number.to_bytes(4, "big"))
            memoryview(blocks)[start : start + 32] = memoryview(piece)
            erase(piece)
        erase(self._state)
        self._state = mix(following)
        fresh = bytes(memoryview(blocks)[:count])
        for spent in (seed, following, blocks):
            erase(spent)
        return fresh

    def shuffled(self, items: str) -> str:
        """The characters of `items` in an unpredictable order, each order equally likely."""
        remaining = list(items)
        return "".join(remaining.pop(self.number_below(len(remaining))) for _ in items)

    def number_below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1. 16 bytes make the bias of the remainder vanish."""
        return int.from_bytes(self.draw(16), "big") % bound
