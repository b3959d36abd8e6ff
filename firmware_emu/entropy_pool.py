"""Randomness for the device, stirred from every source it is handed."""

from signer.hashes import tagged_hash
from signer.keys.curve import erase
from signer.keys.seeds.entropy import mix


class Pool:
    """Leaving out any one source changes all that is drawn; drawing never gives the same twice."""

    __slots__ = ("_state",)

    def __init__(self, entropy: bytes) -> None:
        self._state = mix(entropy)

    def stir(self, entropy: bytes) -> None:
        """Add a source. One that the host controls can do no harm here, only good."""
        before = self._state
        self._state = mix(before, entropy)
        erase(before)

    def draw(self, count: int) -> bytes:
        """`count` fresh bytes, the caller's to erase.

        The state moves on and the one before is erased, so that nothing that is found in memory
        later tells what was drawn (threat T81).
        """
        seed = bytes(self._state)
        following = tagged_hash("quietkey/pool/next", seed)
        drawn = bytearray(-(-count // 32) * 32)
        for block, start in enumerate(range(0, len(drawn), 32)):
            piece = tagged_hash("quietkey/pool/draw", seed, block.to_bytes(4, "big"))
            memoryview(drawn)[start : start + 32] = memoryview(piece)
            erase(piece)
        erase(self._state)
        self._state = mix(following)
        fresh = bytes(memoryview(drawn)[:count])
        for spent in (seed, following, drawn):
            erase(spent)
        return fresh

    def shuffled(self, items: str) -> str:
        """The characters of `items` in an unpredictable order, each order equally likely."""
        rest = list(items)
        return "".join(rest.pop(self.below(len(rest))) for _ in items)

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1. 16 bytes make the bias of the remainder vanish."""
        return int.from_bytes(self.draw(16), "big") % bound
