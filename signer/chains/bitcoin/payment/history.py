"""What this wallet signed before, as tags and amounts: second stories and payments are noticed.

A value, handed in and out as bytes; whoever keeps it has to keep it from others and from the host.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from signer.chains.bitcoin.network import MAX_REMEMBERED_COINS
from signer.chains.bitcoin.payment.outputs import OutputRole, ReviewedOutput
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions.tx import TxInput
from signer.errors import Malformed, Refused
from signer.formats.cursor import Cursor, compact_size
from signer.hashes import tagged_hash

_VERSION = 1
_TAG = 8  # bytes of a tagged hash; two coins of one tag would only have a claim refused
_AMOUNT = 8


@dataclass(frozen=True, slots=True)
class TaggedAmount:
    """A coin by the tag of its outpoint, or a recipient by that of its script, and its sats."""

    tag: bytes
    sats: int

    def encode(self) -> bytes:
        return self.tag + self.sats.to_bytes(_AMOUNT, "little")


@dataclass(frozen=True, slots=True)
class SignedPayment:
    """A payment that was signed, by tags (8 bytes): its transaction, and all that leaves us.

    `recipients` are those of `paid`, data left out; dropped where they are too many to remember.
    """

    tag: bytes
    paid: bytes
    fee_sats: int
    coins: tuple[TaggedAmount, ...]
    recipients: tuple[TaggedAmount, ...] = ()

    def encode(self) -> bytes:
        lists = (
            compact_size(len(amounts)) + b"".join(amount.encode() for amount in amounts)
            for amounts in (self.coins, self.recipients)
        )
        return self.tag + self.paid + self.fee_sats.to_bytes(_AMOUNT, "little") + b"".join(lists)


@dataclass(frozen=True, slots=True)
class SigningHistory:
    """The last payments that were signed, oldest first.

    At most MAX_REMEMBERED_COINS coins, and as many recipients.
    """

    payments: tuple[SignedPayment, ...] = ()

    def encode(self) -> bytes:
        """At most some 30 KB; `read` gives the same value again."""
        return bytes((_VERSION,)) + b"".join(payment.encode() for payment in self.payments)

    def check_amounts(self, payment: CheckedPayment) -> None:
        """A claimed amount must be the one that was signed before. Raises Refused.

        What is proven may differ: then what was claimed before was a lie, and this is not (T92).
        """
        amounts = {coin.tag: coin.sats for past in self.payments for coin in past.coins}
        for index in payment.claimed:
            sats = payment.utxos[index].sats
            if amounts.get(_coin_tag(payment.tx.inputs[index]), sats) != sats:
                raise Refused(BitcoinReason.AMOUNT_CHANGED, f"Input {index + 1}.")

    def check_foreign(self, payment: CheckedPayment) -> None:
        """A coin that was signed for here is nobody else's. Raises Refused (T96).

        Far from our other coins no search finds it; and what is taken for another's is not counted
        among what leaves us.
        """
        tags = {coin.tag for past in self.payments for coin in past.coins}
        for spent in payment.foreign:
            if _coin_tag(payment.tx.inputs[spent.index]) in tags:
                raise Refused(BitcoinReason.INPUT_IS_OURS, f"Input {spent.index + 1}.")

    def replaced_by(self, payment: CheckedPayment) -> SignedPayment | None:
        """The last payment that spends a coin of this one, if it is not the same transaction."""
        signed = _signed_payment(payment)
        if any(past.tag == signed.tag for past in self.payments):
            return None
        conflicts = [past for past in self.payments if _share_a_coin(past, signed)]
        return conflicts[-1] if conflicts else None

    def repeated_by(self, payment: CheckedPayment) -> tuple[int, ...]:
        """The outputs that pay an amount that was paid before, to whom, out of other coins."""
        signed = _signed_payment(payment)
        beside = [past for past in self.payments if not _share_a_coin(past, signed)]
        known = {recipient for past in beside for recipient in past.recipients}
        return tuple(
            index
            for index, target in enumerate(payment.outputs)
            if _is_recipient(target) and _recipient(target) in known
        )

    def with_payment(self, payment: CheckedPayment) -> "SigningHistory":
        """The history with a payment that was signed. The oldest ones make room.

        Of one with more coins than are remembered every amount was proven (`utxos`): it is left
        out, so that it takes the place of no claim.
        """
        if len(payment.inputs) > MAX_REMEMBERED_COINS:
            return self
        signed = _signed_payment(payment)
        others = [past for past in self.payments if past.tag != signed.tag]
        return SigningHistory(_within_bounds([*others, signed]))


def pays_the_same(payment: CheckedPayment, past: SignedPayment) -> bool:
    """Whether all that leaves us is the same: whom, how much each, and data."""
    return _signed_payment(payment).paid == past.paid


def pays_the_same_recipients(payment: CheckedPayment, past: SignedPayment) -> bool:
    """Whether the same are paid, however much each: in a payjoin the recipient's output grows."""
    tags = sorted(recipient.tag for recipient in _signed_payment(payment).recipients)
    return bool(tags) and tags == sorted(recipient.tag for recipient in past.recipients)


def read(data: bytes) -> SigningHistory:
    """A history as `encode` wrote it; no bytes are an empty one. Raises Malformed."""
    if not data:
        return SigningHistory()
    cursor = Cursor(data)
    if cursor.uint(1) != _VERSION:
        raise Malformed("The history is of another version.")
    payments: list[SignedPayment] = []
    while cursor.remaining:
        payments.append(_read_payment(cursor))
    history = SigningHistory(tuple(payments))
    if _within_bounds(payments) != history.payments:
        raise Malformed(f"A history holds at most {MAX_REMEMBERED_COINS} coins and recipients.")
    return history


def _read_payment(cursor: Cursor) -> SignedPayment:
    tag, paid, fee_sats = cursor.take(_TAG), cursor.take(_TAG), cursor.uint(_AMOUNT)
    coins, recipients = _read_amounts(cursor), _read_amounts(cursor)
    if not coins:
        raise Malformed("A payment of the history spends nothing.")
    return SignedPayment(tag, paid, fee_sats, coins, recipients)


def _read_amounts(cursor: Cursor) -> tuple[TaggedAmount, ...]:
    count = cursor.count(_TAG + _AMOUNT)
    return tuple(TaggedAmount(cursor.take(_TAG), cursor.uint(_AMOUNT)) for _ in range(count))


def _within_bounds(payments: Iterable[SignedPayment]) -> tuple[SignedPayment, ...]:
    """The newest of these payments, as many as fit; recipients give way before coins do."""
    kept: list[SignedPayment] = []
    coins = recipients = MAX_REMEMBERED_COINS
    for payment in reversed(tuple(payments)):
        coins -= len(payment.coins)
        if coins < 0:
            break
        fits = len(payment.recipients) <= recipients
        recipients -= len(payment.recipients) if fits else 0
        kept.append(payment if fits else replace(payment, recipients=()))
    return tuple(reversed(kept))


def _signed_payment(payment: CheckedPayment) -> SignedPayment:
    leaving = [target for target in payment.outputs if not target.stays]
    return SignedPayment(
        _tag("payment", payment.psbt.unsigned_tx),
        # In no order: wallets shuffle outputs when they build a payment anew.
        _tag("paid", b"".join(sorted(_recipient(target).encode() for target in leaving))),
        payment.fee_sats,
        # Coins of others would take the place of ours, as many as they like to send.
        tuple(
            TaggedAmount(_coin_tag(payment.tx.inputs[spent.index]), spent.utxo.sats)
            for spent in payment.inputs
        ),
        tuple(_recipient(target) for target in leaving if _is_recipient(target)),
    )


def _share_a_coin(past: SignedPayment, other: SignedPayment) -> bool:
    tags = {coin.tag for coin in other.coins}
    return any(coin.tag in tags for coin in past.coins)


def _is_recipient(target: ReviewedOutput) -> bool:
    return not target.stays and target.role is not OutputRole.DATA


def _recipient(target: ReviewedOutput) -> TaggedAmount:
    # A silent payment address has another script each time.
    whom = target.silent.encode() if target.silent else target.output.script_pubkey
    return TaggedAmount(_tag("recipient", whom), target.output.sats)


def _coin_tag(tx_input: TxInput) -> bytes:
    return _tag("coin", tx_input.outpoint)


def _tag(kind: str, data: bytes) -> bytes:
    return tagged_hash(f"quietkey/history/{kind}", data)[:_TAG]
