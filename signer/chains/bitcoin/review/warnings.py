"""What is odd about a payment: one function per warning, shown before everything else."""

from collections.abc import Iterator, Sequence

from signer import wording
from signer.chains.bitcoin import units
from signer.chains.bitcoin.accounts.account import LAST_USUAL_INDEX, Account, PolicyAccount
from signer.chains.bitcoin.network import (
    BIP68_DISABLED,
    BLOCKS_PER_YEAR,
    FAR_TEST_HEIGHT,
    FINAL_SEQUENCE,
    LOCKTIME_THRESHOLD,
    RELEASE_HEIGHT,
    RELEASE_TIME,
    SECONDS_PER_YEAR,
    Network,
)
from signer.chains.bitcoin.payment.outputs import OutputRole, ReviewedOutput
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.chains.bitcoin.transactions import script, sighash
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.tx import Tx
from signer.errors import Malformed
from signer.keys import curve
from signer.keys.path import render
from signer.review import Page, warning

USUAL_FEE_PERCENT = 5  # of what is paid
LARGE_FEE_PERCENT = 25  # of the coins spent
USUAL_SATS_PER_VBYTE = 500
USUAL_ANCHOR_SATS = 1_000  # Lightning channels put 240 or 330 into one
_OPEN_NAMES = {
    0x02: "NONE",
    0x03: "SINGLE",
    0x81: "ALL, ANYONECANPAY",
    0x82: "NONE, ANYONECANPAY",
    0x83: "SINGLE, ANYONECANPAY",
}


def payment_warnings(payment: CheckedPayment) -> tuple[Page, ...]:
    """The warnings of a payment; none for an ordinary one."""
    return (
        *_open(payment),
        *_claimed(payment),
        *_odd_coins(payment),
        *_high_fee(payment),
        *_high_rate(payment),
        *time_warnings(payment.tx, payment.network),
        *_shared(payment),
        *output_warnings(payment.outputs),
    )


def time_warnings(tx: Tx, network: Network) -> tuple[Page, ...]:
    """What keeps a transaction out of blocks for longer than people expect."""
    return (*_delayed(tx, network), *_resting(tx))


def output_warnings(outputs: Sequence[ReviewedOutput]) -> tuple[Page, ...]:
    """What is odd about each output."""
    return tuple(page for n, target in enumerate(outputs, 1) for page in _odd(n, target))


def _open(payment: CheckedPayment) -> Iterator[Page]:
    """Hash types that leave parts of the payment to others (T12): only an expert sees this page."""
    for flag in sorted({coin.hash_type for coin in payment.inputs} & sighash.OPEN_TYPES):
        numbers = [str(coin.index + 1) for coin in payment.inputs if coin.hash_type == flag]
        yield warning(
            "Open signature",
            f"Signature type {_OPEN_NAMES[flag]}, coins {', '.join(numbers)}.",
            *_left_open(flag),
            "What the other pages say may still be changed by others.",
        )


def _left_open(flag: int) -> Iterator[str]:
    if flag & 0x1F == sighash.NONE:
        yield "No output is signed: anyone can send the coins where they like."
    if flag & 0x1F == sighash.SINGLE:
        yield "Only the output of the same number is signed: anyone can change the others."
    if flag & sighash.ANYONECANPAY:
        yield "Only the coin itself is signed: anyone can add coins or take others away."


def _claimed(payment: CheckedPayment) -> Iterator[Page]:
    """Amounts without their previous transactions (T01). One coin's signature vouches for its own.

    Of several the memory of what was signed stops the attack, which another device with the same
    seed does not share: so the person is told.
    """
    if len(payment.inputs) > 1 and payment.claimed:
        yield warning(
            "Amounts are claimed",
            f"The wallet app sends no proof of {wording.plural(len(payment.claimed), 'amount')}.",
            "If it lies, the fee can be higher than shown.",
            "Proof is the previous transaction of each coin.",
        )


def _odd_coins(payment: CheckedPayment) -> Iterator[Page]:
    """Coins where few wallets look (T44): signed, but never without saying where they lie."""
    lines = [
        f"Coin {coin.index + 1}: {render(coin.location.path)}"
        for coin in payment.inputs
        if not coin.location.is_usual(payment.network, LAST_USUAL_INDEX)
    ]
    if payment.network.coin:
        lines += _without_a_network(payment.accounts, is_odd=bool(lines))
    if lines:
        yield warning("Unusual path", *lines)


def _without_a_network(accounts: Sequence[Account], *, is_odd: bool) -> Iterator[str]:
    """Accounts whose keys are the same on every network (T45): standard ones are no such.

    A person may have been talked into registering one of real coins for a test network (BIP45).
    """
    registered = [account for account in accounts if isinstance(account, PolicyAccount)]
    nameless = [account for account in registered if not account.names_coin_type]
    yield from (f"Account {account.title}" for account in nameless)
    if nameless or (is_odd and not all(account.names_coin_type for account in accounts)):
        yield "No network is part of this path: the coins may be real ones."


def fee_base(payment: CheckedPayment) -> tuple[int, str]:
    """What a fee is measured by: what is paid, or what is moved where nothing is paid."""
    if payment.paid_sats:
        return payment.paid_sats, "of the payment"
    return payment.spent_sats, "of the coins"


def _high_fee(payment: CheckedPayment) -> Iterator[Page]:
    base, basis = fee_base(payment)
    fee, spent = payment.fee_sats, payment.spent_sats
    if fee * 100 < USUAL_FEE_PERCENT * base:
        return
    lines = [
        f"Fee is {wording.share(fee, base)} {basis}.",
        f"Usual is under {USUAL_FEE_PERCENT} %.",
    ]
    if payment.paid_sats and fee * 100 >= LARGE_FEE_PERCENT * spent:
        lines.append(f"It takes {wording.share(fee, spent)} of the coins you spend.")
    rate = units.rate(fee, payment.vbytes)
    yield warning("High fee", *lines, f"You would pay {units.sats(fee)} of fee, at {rate}.")


def _high_rate(payment: CheckedPayment) -> Iterator[Page]:
    if payment.fee_sats >= USUAL_SATS_PER_VBYTE * payment.vbytes:
        yield warning(
            "High fee rate",
            f"Fee is {units.rate(payment.fee_sats, payment.vbytes)}.",
            f"Usual is under {USUAL_SATS_PER_VBYTE} sat/vB.",
        )


def _delayed(tx: Tx, network: Network) -> Iterator[Page]:
    """A lock that keeps the payment out of blocks for long (T22).

    Wallets set the height of today against miners who would rewrite the last block; such a lock is
    a detail. A date, or a height that is a year ahead or more, is not.
    """
    locktime = tx.locktime
    if all(tx_input.sequence == FINAL_SEQUENCE for tx_input in tx.inputs):
        return
    if locktime >= LOCKTIME_THRESHOLD:
        years = _years(locktime - RELEASE_TIME, SECONDS_PER_YEAR)
        yield warning("Delayed", "No block may hold it before", wording.utc(locktime), *years)
    elif locktime >= _far_height(network):
        years = () if network.coin else _years(locktime - RELEASE_HEIGHT, BLOCKS_PER_YEAR)
        height = wording.spaced(locktime)
        yield warning("Delayed", f"No block may hold it before block {height}.", *years)


def _far_height(network: Network) -> int:
    return FAR_TEST_HEIGHT if network.coin else RELEASE_HEIGHT + BLOCKS_PER_YEAR


def _years(ahead: int, year: int) -> tuple[str, ...]:
    if ahead < year:
        return ()
    return (f"That is about {wording.plural(ahead // year, 'year')} after this device was made.",)


def _resting(tx: Tx) -> Iterator[Page]:
    """Relative locks (BIP68): the payment waits until each coin has rested that long."""
    lines = [
        f"Coin {number}: {units.relative_lock(tx_input.sequence)}"
        for number, tx_input in enumerate(tx.inputs, 1)
        if tx.version >= 2 and not tx_input.sequence & BIP68_DISABLED and tx_input.sequence & 0xFFFF
    ]
    if lines:
        yield warning("Coins must rest", "The payment waits until each is this old:", *lines)


def _shared(payment: CheckedPayment) -> Iterator[Page]:
    """Coins of ours alone that go under others' control, too: they could hold them back (T09)."""
    for number, target in enumerate(payment.outputs, 1):
        if target.role is not OutputRole.OTHER_ACCOUNT or target.location is None:
            continue
        account = target.location.account
        if account.is_shared and not payment.accounts[0].is_shared:
            yield warning(
                "Shared account",
                f"Output {number} moves {units.sats(target.output.sats)}",
                f"to {account.title}, which others have keys of, too.",
            )


def _odd(number: int, target: ReviewedOutput) -> Iterator[Page]:
    name, amount = f"Output {number}", units.sats(target.output.sats)
    if target.misclaimed:
        # The mark of change fraud: the host hopes that change is not looked at (T07).
        yield warning(
            "Not your change",
            f"{name} is said to return to this account. It does not.",
            f"{amount} would leave it.",
        )
    if target.location is not None and not target.stays:
        # Money at index 2,000,000,000 is not stolen, but held to ransom (T08).
        yield warning(
            "Unusual path",
            f"{name} pays {amount} to a key of yours at {render(target.location.path)}.",
            "Wallets do not look there, so it is counted as a payment.",
        )
    match target.role:
        case OutputRole.DATA:
            if target.output.sats:
                yield warning(
                    "Coins are burned", f"{name} puts {amount} into data.", "They are lost."
                )
        case OutputRole.UNKNOWN:
            yield warning(
                "Unknown script",
                f"{name} pays {amount} to a script without an address.",
                "Anyone might be able to take them.",
            )
        case _:
            yield from _odd_amount(name, target)


def _odd_amount(name: str, target: ReviewedOutput) -> Iterator[Page]:
    locked = target.output.script_pubkey
    kind = script.script_type(locked)
    dust = script.DUST_SATS[kind]
    if kind is ScriptType.P2A and target.output.sats > USUAL_ANCHOR_SATS:
        # It has an address, so a host could pass it off as somebody's: a gift to whoever is first.
        yield warning(
            "Anybody can spend it",
            f"{name} pays {units.sats(target.output.sats)} to an anchor output.",
            f"An anchor usually holds no more than {units.sats(USUAL_ANCHOR_SATS)}.",
        )
    if target.output.sats < dust:
        yield warning(
            "Too little to send",
            f"{name} holds {units.sats(target.output.sats)}.",
            f"Most nodes pass on no less than {units.sats(dust)}.",
        )
    if kind is ScriptType.P2TR and not _is_point(script.program(locked)):
        yield warning(
            "Nobody can spend it",
            f"{name} is locked by a key that does not exist.",
            f"{units.sats(target.output.sats)} would be lost.",
        )


def _is_point(x_only: bytes) -> bool:
    try:
        curve.check_public_key(b"\x02" + x_only)
    except Malformed:
        return False
    return True
