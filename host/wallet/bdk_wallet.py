"""BDK's wallet, which answers from memory what it was asked before, until something changes.

BDK finds out at each question anew which transactions count, and for that looks at all of them:
asking once for each payment of a long history would take the square of its length.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Self

import bdkpython as bdk

from host import garbage
from host.wallet.ended import Coin

_Answers = dict[str, Any]


def _changing(name: str) -> Callable[..., Any]:
    """That method of BDK's, after which nothing is believed that was answered before."""
    method = getattr(bdk.Wallet, name)

    def change(wallet: "BdkWallet", *args: object) -> object:
        with wallet.guard:
            try:
                return method(wallet, *args)
            finally:
                wallet.answers.clear()
                wallet.look_at_tip()

    return change


class BdkWallet(bdk.Wallet):  # type: ignore[misc]
    """Any thread may ask. Made by any of BDK's constructors."""

    guard: "threading.RLock"
    answers: _Answers
    _flows: dict[str, tuple[int, int | None]]
    _inputs: dict[str, tuple[Coin, ...]]
    _counted: frozenset[str]
    _tip: "bdk.BlockId"

    @classmethod
    def _uniffi_make_instance(cls, handle: int) -> Self:
        """How each of BDK's constructors ends."""
        wallet: Self = super()._uniffi_make_instance(handle)
        wallet.guard, wallet.answers = threading.RLock(), {}
        wallet._flows, wallet._inputs, wallet._counted = {}, {}, frozenset()
        wallet.look_at_tip()
        return wallet

    apply_update = _changing("apply_update")
    apply_update_events = _changing("apply_update_events")
    apply_unconfirmed_txs = _changing("apply_unconfirmed_txs")
    apply_unconfirmed_txs_events = _changing("apply_unconfirmed_txs_events")
    apply_evicted_txs = _changing("apply_evicted_txs")
    apply_evicted_txs_events = _changing("apply_evicted_txs_events")
    insert_txout = _changing("insert_txout")

    def look_at_tip(self) -> None:
        """After a change."""
        self._tip = super().latest_checkpoint()

    def latest_checkpoint(self) -> "bdk.BlockId":
        """At once, also while BDK does something that takes long: an event loop asks for it."""
        return self._tip

    @property
    def canonical(self) -> "Mapping[str, bdk.CanonicalTx]":
        """The transactions that count, by their txids as people read them."""
        transactions: Mapping[str, bdk.CanonicalTx] = self._answer("transactions", self._by_txid)
        return transactions

    def transactions(self) -> "list[bdk.CanonicalTx]":
        return list(self._answer("list", super().transactions))

    def get_tx(self, txid: "bdk.Txid") -> "bdk.CanonicalTx | None":
        return self.canonical.get(str(txid))

    def list_unspent(self) -> "list[bdk.LocalOutput]":
        return list(self._answer("unspent", super().list_unspent))

    def balance(self) -> "bdk.Balance":
        return self._answer("balance", super().balance)

    def flow(self, txid: str, transaction: "bdk.Transaction") -> tuple[int, int | None]:
        """What a transaction that counts moved, in sats: what came less what went; and its fee."""
        with self.guard:
            if txid not in self._flows:
                moved = self.sent_and_received(transaction)
                net_sats = moved.received.to_sat() - moved.sent.to_sat()
                self._flows[txid] = net_sats, self.fee_sats(transaction)
            return self._flows[txid]

    def fee_sats(self, transaction: "bdk.Transaction") -> int | None:
        """None when it spends coins that are not ours, whose amounts we do not know."""
        try:
            return int(self.calculate_fee(transaction).to_sat())
        except bdk.CalculateFeeError:
            return None

    def spent_by(self, txid: str) -> tuple[Coin, ...]:
        """The coins that a transaction that counts spends."""
        with self.guard:
            if txid not in self._inputs:
                points = (txin.previous_output for txin in self.canonical[txid].transaction.input())
                self._inputs[txid] = tuple(
                    (bytes(point.txid.serialize()), int(point.vout)) for point in points
                )
            return self._inputs[txid]

    def _answer(self, question: str, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - BDK's
        with self.guard:
            if question not in self.answers:
                with garbage.uncollected():
                    self.answers[question] = ask()
            return self.answers[question]

    def _by_txid(self) -> "dict[str, bdk.CanonicalTx]":
        by_txid = {str(tx.transaction.compute_txid()): tx for tx in self.transactions()}
        if by_txid.keys() != self._counted:
            self._counted = frozenset(by_txid)
            self._flows.clear()  # what one moved depends on where its coins came from
        return by_txid
