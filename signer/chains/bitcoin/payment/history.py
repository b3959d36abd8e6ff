"""What this wallet signed before, as tags and amounts: a second story about a coin is noticed.

A value, handed in and out as bytes; whoever keeps it has to keep it from others and from the host.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from signer.chains.bitcoin.network import MAX_REMEMBERED_COINS
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
class SignedCoin:
    """A coin as it was signed: the tag of its outpoint (8 bytes), and its amount in sats."""

    tag: bytes
    sats: int

    def encode(self) -> bytes:
        return self.tag + self.sats.to_bytes(_AMOUNT, "little")


@dataclass(frozen=True, slots=True)
class SignedPayment:
    """A payment that was signed: the tag of its transaction (8 bytes), and its coins."""

    tag: bytes
    coins: tuple[SignedCoin, ...]

    def encode(self) -> bytes:
        coins = b"".join(coin.encode() for coin in self.coins)
        return self.tag + compact_size(len(self.coins)) + coins


@dataclass(frozen=True, slots=True)
class SigningHistory:
    """The last payments that were signed, oldest first, MAX_REMEMBERED_COINS coins at most."""

    payments: tuple[SignedPayment, ...] = ()

    def encode(self) -> bytes:
        """At most some 12 KB; `read` gives the same value again."""
        return bytes((_VERSION,)) + b"".join(payment.encode() for payment in self.payments)

    def check_amounts(self, payment: CheckedPayment) -> None:
        """A claimed amount must be the one that was signed before. Raises Refused.

        What is proven may differ: then what was claimed before was a lie, and this is not (T92).
        """
        amounts = {coin.tag: coin.sats for past in self.payments for coin in past.coins}
        for index in payment.claimed:
            sats = payment.inputs[index].utxo.sats
            if amounts.get(_coin_tag(payment.tx.inputs[index]), sats) != sats:
                raise Refused(BitcoinReason.AMOUNT_CHANGED, f"Input {index + 1}.")

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
        raise Malformed(f"A history holds at most {MAX_REMEMBERED_COINS} coins.")
    return history


def _read_payment(cursor: Cursor) -> SignedPayment:
    tag = cursor.take(_TAG)
    count = cursor.count(_TAG + _AMOUNT)
    if not count:
        raise Malformed("A payment of the history spends nothing.")
    coins = tuple(SignedCoin(cursor.take(_TAG), cursor.uint(_AMOUNT)) for _ in range(count))
    return SignedPayment(tag, coins)


def _within_bounds(payments: Iterable[SignedPayment]) -> tuple[SignedPayment, ...]:
    """The newest of these payments, as many as fit."""
    kept: list[SignedPayment] = []
    room = MAX_REMEMBERED_COINS
    for payment in reversed(tuple(payments)):
        room -= len(payment.coins)
        if room < 0:
            break
        kept.append(payment)
    return tuple(reversed(kept))


def _signed_payment(payment: CheckedPayment) -> SignedPayment:
    pairs = zip(payment.tx.inputs, payment.inputs, strict=True)
    coins = tuple(SignedCoin(_coin_tag(tx_input), spent.utxo.sats) for tx_input, spent in pairs)
    return SignedPayment(_tag("payment", payment.psbt.unsigned_tx), coins)


def _coin_tag(tx_input: TxInput) -> bytes:
    return _tag("coin", tx_input.outpoint)


def _tag(kind: str, data: bytes) -> bytes:
    return tagged_hash(f"quietkey/history/{kind}", data)[:_TAG]
