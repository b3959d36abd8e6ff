"""Our part of a silent payment (BIP352): the sum of our coins' secrets times a receiver's scan key.

The sum exists for the length of one call, in buffers erased at its end; what comes out, shares and
their proofs, says nothing about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from signer.errors import CommonReason, CrossCheckFailed, Refused
from signer.keys import curve
from signer.keys.curve import dleq, points
from signer.keys.keyring import Keyring
from signer.keys.path import Path
from signer.keys.scratch import Scratch


@dataclass(frozen=True, slots=True)
class InputKey:
    """The key of ours that opens a coin; of a taproot coin the one behind its output key.

    `tweak` (32 bytes, or empty for none) is what the internal key was tweaked with (BIP341).
    """

    path: Path
    is_taproot: bool = False
    tweak: bytes = b""


@dataclass(frozen=True, slots=True)
class EcdhShare:
    """The point that a coin, or all coins, share with a scan key (33 bytes each), and its proof."""

    scan_key: bytes
    point: bytes
    proof: bytes = field(repr=False)


def public_key(keyring: Keyring, key: InputKey) -> bytes:
    """The public key (33 bytes) a coin of ours contributes; of a taproot coin the even one."""
    public = keyring.public_key(key.path)
    if key.is_taproot:
        public = _EVEN + public[1:]
    if key.tweak:
        public = _EVEN + curve.tweak_public(public, key.tweak)[1:]
    return public


def shares(
    keyring: Keyring,
    keys: Sequence[InputKey],
    scan_keys: Sequence[bytes],
    aux: bytes = curve.NO_AUX,
) -> tuple[EcdhShare, ...]:
    """What the coins of `keys` together share with each scan key, proven (BIP352, BIP374).

    `aux` is zero, as in our signatures: the same seed and request then give the same proofs on
    every device, so that none can carry a message (T51). BIP374 takes it as BIP340 does, and what
    fresh randomness would add, protection against faults, comes from verifying (T52).
    Raises Refused if the keys cancel each other out, Malformed for a scan key that is no point,
    CrossCheckFailed.
    """
    with Scratch() as scratch:
        total = scratch.buffer(32)
        for key in keys:
            _add(keyring, key, total, scratch)
        if not points.is_secret(total):
            raise Refused(CommonReason.SILENT_COINS, "Their keys cancel each other out.")
        # The public side is derived without the secrets: a fault on either side shows here.
        if curve.public_key(total) != points.combine([public_key(keyring, key) for key in keys]):
            raise CrossCheckFailed("The keys of a silent payment do not add up.")
        return tuple(
            EcdhShare(
                scan_key, points.shared_point(total, scan_key), dleq.prove(total, scan_key, aux)
            )
            for scan_key in scan_keys
        )


def _add(keyring: Keyring, key: InputKey, total: bytearray, scratch: Scratch) -> None:
    with keyring.opened(key.path) as (node, _):
        secret = scratch.copy(node.secret)
    if key.is_taproot:
        _make_even(secret)
    if key.tweak:
        curve.tweak_secret(secret, key.tweak)
        _make_even(secret)
    points.add_secret(total, secret)


def _make_even(secret: bytearray) -> None:
    """Of the two secrets of an x-only key, in place, the one whose point has an even y (BIP340)."""
    if curve.public_key(secret)[:1] != _EVEN:
        points.negate_secret(secret)


_EVEN = b"\x02"  # the prefix of a compressed point whose y is even (SEC 1, 2.3.3)
