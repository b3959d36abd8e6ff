"""What a person types into a payment, checked while it is typed. The wallet checks again."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from host.tui import sentences
from signer.errors import Malformed
from signer.formats import base58, bech32

Value = TypeVar("Value")

HRP = "bcrt"  # regtest, BIP173
OTHER_HRPS = {"bc": "the main network", "tb": "the test network"}
VERSIONS = (b"\x6f", b"\xc4")  # base58 P2PKH and P2SH of the test networks
MAIN_VERSIONS = (b"\x00", b"\x05")
LOWEST_RATE = 1.0  # sat/vB; nodes do not pass on less
HIGHEST_RATE = 1000.0


@dataclass(frozen=True, slots=True)
class Checked(Generic[Value]):
    """A value, or None and what it still needs. `wrong` when what is written cannot be right."""

    value: Value | None
    says: str
    wrong: bool = False


def address(text: str) -> Checked[str]:
    """An address of this network, without the spaces it was copied with."""
    joined = "".join(text.split())
    if not joined:
        return Checked(None, "The address you were given.")
    hrp = joined.lower().rpartition("1")[0]
    if hrp in OTHER_HRPS:
        return Checked(
            None, f"This address is for {OTHER_HRPS[hrp]}, not for this one.", wrong=True
        )
    return _segwit(joined) if hrp == HRP else _base58(joined)


def _segwit(text: str) -> Checked[str]:
    try:
        bech32.decode(HRP, text)
    except Malformed:
        return Checked(None, "Not a whole address yet, or one character is another.", wrong=True)
    return Checked(text.lower(), "")


def _base58(text: str) -> Checked[str]:
    try:
        payload = base58.decode_check(text)
    except Malformed:
        return Checked(None, "Not a whole address yet, or one character is another.", wrong=True)
    if payload[:1] in MAIN_VERSIONS:
        return Checked(None, "This address is for the main network, not for this one.", wrong=True)
    if payload[:1] not in VERSIONS or len(payload) != 21:
        return Checked(None, "This is not the address of a payment.", wrong=True)
    return Checked(text, "")


def sats(text: str, have: int) -> Checked[int]:
    """Whole sats, more than none, no more than there are."""
    digits = "".join(text.split())
    if not digits:
        return Checked(None, f"In sats. You have {sentences.amount(have)}.")
    if not (digits.isascii() and digits.isdigit()) or int(digits) == 0:
        return Checked(None, "A whole number of sats, at least 1.", wrong=True)
    value = int(digits)
    if value >= have:
        return Checked(
            None,
            f"That and its fee are more than the {sentences.amount(have)} you have.",
            wrong=True,
        )
    return Checked(
        value, f"{sentences.amount(value)}, ≈ {sentences.share(value, have)} of your coins"
    )


def rate(text: str) -> Checked[float]:
    """Sats per virtual byte."""
    try:
        value = float(text.strip() or "0")
    except ValueError:
        value = 0.0
    if not LOWEST_RATE <= value <= HIGHEST_RATE:
        wanted = f"In sat/vB, from {LOWEST_RATE:g} to {HIGHEST_RATE:g}."
        return Checked(None, wanted, wrong=bool(text.strip()))
    return Checked(value, f"{sentences.rate(value)} · next block")
