"""Secret nonces of joint signatures (MuSig2) between their two rounds: in memory, once, and few.

Two partial signatures by one nonce give the key away (T54). So a nonce leaves here exactly once, is
never copied or stored, and is dropped with the keys. What it was made for is remembered beside it.
"""

from signer.errors import CommonReason, Refused
from signer.keys.curve import erase
from signer.keys.node import Uncopyable

MAX_OPEN = 256  # a nonce for each coin of a payment; a host that begins without end is refused


class Nonces(Uncopyable):
    """Secret nonces, found by their public nonces (66 bytes)."""

    __slots__ = ("_made", "_open")

    def __init__(self) -> None:
        self._open: dict[bytes, tuple[bytearray, object]] = {}
        self._made = 0

    def check_room(self, count: int) -> None:
        """Raises Refused when with so many more there would be over MAX_OPEN nonces waiting."""
        if len(self._open) + count > MAX_OPEN:
            raise Refused(CommonReason.TOO_MANY_NONCES)

    def number(self) -> bytes:
        """32 bytes, others at each call: to be mixed in, so that a stuck source repeats no nonce.

        Raises Refused when MAX_OPEN nonces are waiting.
        """
        self.check_room(1)
        self._made += 1
        return self._made.to_bytes(32, "big")

    def keep(self, public_nonce: bytes, secret_nonce: bytearray, purpose: object) -> None:
        """`secret_nonce` becomes ours until it is taken or wiped."""
        self._open[public_nonce] = (secret_nonce, purpose)

    def take(self, public_nonce: bytes, purpose: object) -> bytearray:
        """The secret nonce, which is the caller's to erase. From here it is gone, come what may.

        Raises Refused if it is not here, or if it was made for another purpose: then it is erased.
        """
        try:
            self.check(public_nonce, purpose)
        except Refused:
            self._drop(public_nonce)
            raise
        return self._open.pop(public_nonce)[0]

    def check(self, public_nonce: bytes, purpose: object) -> None:
        """Raises Refused where `take` would, and takes nothing."""
        if public_nonce not in self._open:
            raise Refused(CommonReason.NONCE_GONE)
        if self._open[public_nonce][1] != purpose:
            raise Refused(CommonReason.NONCE_ELSEWHERE)

    def wipe(self) -> None:
        """Zero and drop every nonce. May be called again."""
        for secret_nonce, _ in self._open.values():
            erase(secret_nonce)
        self._open.clear()

    def _drop(self, public_nonce: bytes) -> None:
        if public_nonce in self._open:
            erase(self._open.pop(public_nonce)[0])

    def __contains__(self, public_nonce: bytes) -> bool:
        return public_nonce in self._open

    def __len__(self) -> int:
        return len(self._open)
