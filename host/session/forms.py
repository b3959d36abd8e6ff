"""What a person types into a payment, checked while it is typed. The wallet checks again."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from host.config import BASE58_VERSIONS, BECH32_HRP
from host.session import wording
from signer.errors import Malformed
from signer.formats import base58, bech32

Value = TypeVar("Value")

NETWORK_TITLES = {
    "mainnet": "the main network",
    "testnet": "the test network",
    "regtest": "a private network",
}
LOWEST_RATE = 1.0  # sat/vB; nodes do not pass on less
HIGHEST_RATE = 1000.0
BASE58_LENGTH = 21
MOST_DIGITS = 16  # of 21 million coins in sats; more digits are no amount


@dataclass(frozen=True, slots=True)
class Checked(Generic[Value]):
    """A value, or None and the hint what it still needs. `wrong` when it cannot become right."""

    value: Value | None
    hint: str
    wrong: bool = False


def address(text: str, network: str) -> Checked[str]:
    """An address of this network, without the spaces it was copied with."""
    joined = "".join(text.split())
    if not joined:
        return Checked(None, "The address you were given.")
    hrp = joined.lower().rpartition("1")[0]
    if hrp == BECH32_HRP[network]:
        return _segwit(joined, hrp)
    for foreign, foreign_hrp in BECH32_HRP.items():
        if hrp == foreign_hrp:
            return _of_another_network(foreign)
    return _base58(joined, network)


def _of_another_network(network: str) -> Checked[str]:
    title = NETWORK_TITLES[network]
    return Checked(None, f"This address is for {title}, not for this one.", wrong=True)


def _segwit(text: str, hrp: str) -> Checked[str]:
    try:
        bech32.decode(hrp, text)
    except Malformed:
        return Checked(None, "Incomplete, or one character is wrong.", wrong=True)
    return Checked(text.lower(), "")


def _base58(text: str, network: str) -> Checked[str]:
    try:
        payload = base58.decode_check(text)
    except Malformed:
        return Checked(None, "Incomplete, or one character is wrong.", wrong=True)
    version = payload[:1]
    if version in BASE58_VERSIONS[network] and len(payload) == BASE58_LENGTH:
        return Checked(text, "")
    for foreign, versions in BASE58_VERSIONS.items():
        if version in versions and version not in BASE58_VERSIONS[network]:
            return _of_another_network(foreign)
    return Checked(None, "This is not the address of a payment.", wrong=True)


def sats(text: str, available: int) -> Checked[int]:
    """Whole sats, more than none, no more than there are."""
    digits = "".join(text.split())
    if not digits:
        return Checked(None, f"In sats. You have {wording.amount(available)}.")
    is_number = digits.isascii() and digits.isdigit() and len(digits.lstrip("0")) <= MOST_DIGITS
    if not is_number or int(digits[-MOST_DIGITS:]) == 0:
        return Checked(None, "A whole number of sats, at least 1.", wrong=True)
    value = int(digits[-MOST_DIGITS:])
    if value >= available:
        return Checked(
            None,
            f"That and its fee are more than the {wording.amount(available)} you have.",
            wrong=True,
        )
    share = wording.share(value, available)
    return Checked(value, f"{wording.amount(value)}, ≈ {share} of your coins")


def rate(text: str) -> Checked[float]:
    """Sats per virtual byte."""
    try:
        value = float(text.strip() or "0")
    except ValueError:
        value = 0.0
    if not LOWEST_RATE <= value <= HIGHEST_RATE:
        hint = f"In sat/vB, from {LOWEST_RATE:g} to {HIGHEST_RATE:g}."
        return Checked(None, hint, wrong=bool(text.strip()))
    return Checked(value, wording.rate(value))
