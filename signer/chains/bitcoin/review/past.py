"""What a payment has to do with those signed before, before all other pages: it shortens none."""

from collections.abc import Iterator

from signer import wording
from signer.chains.bitcoin import units
from signer.chains.bitcoin.payment.history import (
    SignedPayment,
    SigningHistory,
    pays_the_same,
    pays_the_same_recipients,
)
from signer.chains.bitcoin.payment.outputs import OutputRole
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.review import Page, warning


def past_warnings(payment: CheckedPayment, history: SigningHistory) -> tuple[Page, ...]:
    """A replacement, and amounts that were paid before (T93); nothing for a new payment."""
    past = history.replaced_by(payment)
    return (
        *((_replacement(payment, past),) if past else ()),
        *_repetitions(payment, history.repeated_by(payment)),
    )


def _replacement(payment: CheckedPayment, past: SignedPayment) -> Page:
    return warning(
        "Replaces a payment",
        "It spends a coin of a payment that you signed before: only one of the two can happen.",
        _whom(payment, past),
        _fee(payment.fee_sats - past.fee_sats),
    )


def _whom(payment: CheckedPayment, past: SignedPayment) -> str:
    if payment.foreign and pays_the_same_recipients(payment, past):
        return "The same recipients, other amounts: others put in coins, too."
    if not pays_the_same(payment, past):
        # Whoever exchanges the recipient calls it a higher fee (T28).
        return "Not the same recipients and amounts as before."
    leaving = sum(
        not target.stays and target.role is not OutputRole.DATA for target in payment.outputs
    )
    if not leaving:
        return "Nothing is paid to others, as before."
    return f"Same {wording.plural(leaving, 'recipient')}." if leaving > 1 else "Same recipient."


def _fee(more_sats: int) -> str:
    if not more_sats:
        return "The same fee."
    return f"Fee {units.sats(abs(more_sats))} {'more' if more_sats > 0 else 'less'}."


def _repetitions(payment: CheckedPayment, indexes: tuple[int, ...]) -> Iterator[Page]:
    """Who builds a payment anew out of other coins, while the first waits, pays twice."""
    lines = [
        f"Output {index + 1}: another payment of {units.sats(payment.outputs[index].output.sats)} "
        "to the same address."
        for index in indexes
    ]
    if lines:
        yield warning(
            "Paid before", *lines, "You signed one before, with other coins: both can happen."
        )
