"""A fee as a person chooses it, and what a server says of fees: its word, and no promise."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeeChoice:
    """A fee as a person chose it, in one of three ways: a rate, the whole fee, or so many blocks.

    `blocks` is within how many a block shall have it, as far as somebody estimates that.
    """

    sats_per_vbyte: float | None = None
    fee_sats: int | None = None
    blocks: int | None = None


@dataclass(frozen=True, slots=True)
class FeeEstimate:
    """What `source` says that a payment needs to be in one of the next `blocks`: its word.

    `sats_per_vbyte` is None while it has no estimate.
    """

    source: str
    blocks: int
    sats_per_vbyte: float | None


@dataclass(frozen=True, slots=True)
class FeeAdvice:
    """A rate in sat/vB for so many blocks, whose estimate it comes from, and that in words."""

    sats_per_vbyte: float
    estimate: FeeEstimate
    sentence: str
