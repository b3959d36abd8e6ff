"""What is said of a payment beside whose coins others put theirs, signed already (T95).

The sums of such a payment are not what it costs us: the recipient gets what others put in as well.
What leaves us follows from our coins and outputs alone, and is said first.
"""

from collections.abc import Iterator

from signer import wording
from signer.chains.bitcoin import units
from signer.chains.bitcoin.payment.outputs import RETURNING, OutputRole
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.review import Fact, Kind, Origin, Page


def flow(payment: CheckedPayment) -> Iterator[Fact]:
    """What leaves us in all, what stays ours (with it, all of our coins), and whose coins pay."""
    leaving = payment.leaving_sats
    if leaving >= 0:
        yield Fact("You pay", f"{units.sats(leaving)} in all, fee included")
    else:
        yield Fact("You gain", f"{units.sats(-leaving)} in all")
    back, elsewhere = _sum(payment, *RETURNING), _sum(payment, OutputRole.OTHER_ACCOUNT)
    if back:
        yield Fact("Change to you", units.sats(back), Origin.DERIVED)
    if elsewhere:
        yield Fact("Move", units.sats(elsewhere))
        yield Fact("to", "another account of yours", Origin.DERIVED)
    if not any(target.location for target in payment.outputs):
        yield Fact("", "No output is known to be yours.")
    count = len(payment.accounts)
    coins = f"{_coins(len(payment.inputs))} of yours"
    yield Fact("From", f"{coins}, of {count} accounts" if count > 1 else coins)
    yield Fact("", _whose(payment))


def pages(payment: CheckedPayment) -> Iterator[Page]:
    """Who puts in what, and where it goes: both sides of the sum."""
    kept = payment.spent_sats - payment.leaving_sats
    paid = sum(target.output.sats for target in payment.outputs) - kept
    facts = (
        Fact("", _whose(payment)),
        Fact("Yours", units.sats(payment.spent_sats), Origin.DERIVED),
        Fact("Theirs", units.sats(payment.foreign_sats)),
        Fact("To others", units.sats(paid)),
        Fact("To you", units.sats(kept), Origin.DERIVED),
        Fact("Fee of both", units.sats(payment.fee_sats)),
    )
    yield Page(Kind.OVERVIEW, "Coins of others", facts)


def _whose(payment: CheckedPayment) -> str:
    foreign = len(payment.foreign)
    verb = "is" if foreign == 1 else "are"
    coins = _coins(len(payment.inputs) + foreign)
    return f"{foreign} of {coins} {verb} somebody else's, signed already."


def _sum(payment: CheckedPayment, *roles: OutputRole) -> int:
    return sum(target.output.sats for target in payment.outputs if target.role in roles)


def _coins(count: int) -> str:
    return wording.plural(count, "coin")
