"""What a person types into a payment, checked while it is typed. The wallet checks again."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from host.fees import FeeChoice
from host.payees import (
    AmountError,
    Payee,
    PayeeError,
    SecretPasted,
    read_amount,
    read_fee,
    read_payee,
)
from host.payees.contacts import Contact, of_name
from host.payees.poisoning import resembling
from host.session import wording
from host.values import HistoryEntry

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Checked(Generic[Value]):
    """A value, or None and the hint what it still needs. `wrong` when it cannot become right.

    What is `sensitive` must not stay on the screen.
    """

    value: Value | None
    hint: str
    wrong: bool = False
    sensitive: bool = False


def payee(text: str, network: str, contacts: Iterable[Contact] = ()) -> Checked[Payee]:
    """Whom an address, a request or a contact's name means; the hint says what else there is."""
    if not text.strip():
        return Checked(None, "The address you were given, or a payment request.")
    if contact := of_name(text, contacts):
        address = read_payee(contact.payee, network)
        hint = " ".join((f"This is {contact.name}.", *address.notes))
        return Checked(replace(address, label=contact.name), hint)
    try:
        payee = read_payee(text, network)
    except PayeeError as error:
        return Checked(None, error.hint, wrong=True, sensitive=isinstance(error, SecretPasted))
    names = (f"For {payee.label}." if payee.label else "", payee.message)
    return Checked(payee, " ".join(filter(None, (*names, *payee.notes))))


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much a recipient gets; None is all that is left."""

    sats: int | None


def amount(text: str, available: int, requested: int | None = None) -> Checked[Wanted]:
    """Sats, more than none, no more than there are. `requested` is what the payee asks for."""
    if not text.strip() and requested is None:
        return Checked(None, f"In sats, with a unit, or max. You have {wording.amount(available)}.")
    try:
        value = read_amount(text) if text.strip() else requested
    except AmountError as error:
        return Checked(None, error.hint, wrong=True)
    if requested not in {None, value}:
        return Checked(None, f"The request asks for {wording.amount(requested or 0)}.", wrong=True)
    if value is None:
        return Checked(Wanted(None), f"All of {wording.amount(available)}, less the fee.")
    if value >= available:
        return Checked(
            None,
            f"That and its fee are more than the {wording.amount(available)} you have.",
            wrong=True,
        )
    share = wording.share(value, available)
    return Checked(Wanted(value), f"{wording.amount(value)}, ≈ {share} of your coins")


def fee(text: str, *, is_new: bool = True) -> Checked[FeeChoice]:
    """A rate, the whole fee, or a number of blocks; of what replaces another one, not the whole."""
    if not text.strip():
        return Checked(None, "In sat/vB, or 6 blocks.")
    try:
        choice = read_fee(text)
    except AmountError as error:
        return Checked(None, error.hint, wrong=True)
    if choice.fee_sats is not None and not is_new:
        return Checked(None, "Here a rate in sat/vB is needed, or a number of blocks.", wrong=True)
    return Checked(choice, _fee_hint(choice))


def _fee_hint(choice: FeeChoice) -> str:
    if choice.blocks is not None:
        return "As your server estimates it, which is asked then. Nobody promises it."
    if choice.fee_sats is not None:
        return f"{wording.amount(choice.fee_sats)}, whatever its size."
    return wording.rate(choice.sats_per_vbyte or 0)


def look_alike_warning(
    addresses: Iterable[str], history: Iterable[HistoryEntry], contacts: Iterable[Contact] = ()
) -> str:
    """That one of them is made to be taken for a contact or somebody who was paid before; or ""."""
    records = (entry.record for entry in history)
    payees = {name for record in records if record for name in record.recipient.split()}
    payees |= {contact.payee for contact in contacts}
    for address in addresses:
        if payee := resembling(address, payees):
            return (
                f"This is not {payee}, which you know: it begins and ends alike. Such an"
                " address may have been made to be copied by mistake. Compare what lies between."
            )
    return ""
