"""Randomness for the device, stirred from every source it is handed."""

from signer.hashes import tagged_hash
from signer.keys.entropy import mix


class Pool:
    """Leaving out any one source changes all that is drawn; drawing never gives the same twice."""

    __slots__ = ("_state",)

    def __init__(self, entropy: bytes) -> None:
        self._state = mix(entropy)

    def stir(self, entropy: bytes) -> None:
        """Add a source. One that the host controls can do no harm here, only good."""
        self._state = mix(bytes(self._state), entropy)

    def draw(self, count: int) -> bytes:
        """`count` fresh bytes. The state moves on first, so that what was drawn stays secret."""
        seed = bytes(self._state)
        self._state = mix(tagged_hash("quietkey/pool/next", seed))
        blocks = (
            tagged_hash("quietkey/pool/draw", seed, i.to_bytes(4, "big"))
            for i in range(-(-count // 32))
        )
        return b"".join(blocks)[:count]

    def shuffled(self, items: str) -> str:
        """The characters of `items` in an unpredictable order, each order equally likely."""
        rest = list(items)
        return "".join(rest.pop(self.below(len(rest))) for _ in items)

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1. 16 bytes make the bias of the remainder vanish."""
        return int.from_bytes(self.draw(16), "big") % bound
