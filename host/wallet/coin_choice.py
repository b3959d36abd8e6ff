"""Which of its coins a payment of an account may take, and on which path they are spent."""

from collections.abc import Iterable

import bdkpython as bdk

from host.config import grouped
from host.errors import BadInput
from host.spending import SpendingPath
from host.transactions import Transaction
from host.values import PaymentRecord, PaymentRequest
from host.wallet import held_back, path_words, spending_path
from host.wallet.bdk_adapter import outpoint_text
from host.wallet.held_back import Stock
from host.wallet.kept_draft import DraftKeeper
from host.wallet.payment_request import Funds
from host.wallet.spending_path import PathLocks


class CoinChooser(DraftKeeper):
    """An account whose coins are chosen, by itself or by a person."""

    def paths(self) -> tuple[SpendingPath, ...]:
        """How its coins can be spent, and from when on. Raises BadInput: too many to list."""
        with self._lock:
            coins = list(self._stock().usable.values())
            return path_words.listed(self._bdk, self.fingerprints, coins, self._present)

    def _path(self, number: int, stock: Stock | None = None) -> SpendingPath:
        path = spending_path.numbered(self._bdk, number)
        coins = tuple(stock.usable.values()) if stock else ()
        return path_words.described(number, path, self.fingerprints, coins, self._present)

    def _locks(self, number: int) -> PathLocks:
        return spending_path.numbered(self._bdk, number).locks if number else PathLocks()

    @property
    def _present(self) -> path_words.Present:
        return path_words.Present(self.tip_height, self._clock())

    def _stock(self, without: str = "") -> Stock:
        """All that is unspent, but for the outputs of the payment `without`."""
        safe = {outpoint_text(output.outpoint) for output in self._safe()}
        own_txids = {record.payment.txid for record in self.store.payments()}
        unspent = self._bdk.list_unspent()
        coins = (coin for coin in unspent if str(coin.outpoint.txid) != without)
        return held_back.sorted_out(self._bdk, coins, safe, self.store.frozen(), own_txids)

    def _choice(self, request: PaymentRequest) -> tuple[Stock, Funds]:
        """The coins that a payment may take, and what to say when they are not enough.

        Raises BadInput for one that was chosen and cannot be taken; WalletError: the path cannot.
        """
        stock = self._stock()
        if request.coins:
            stock = self._only(request.coins, stock)
        number = request.path or spending_path.usual(self._bdk)
        if number:
            stock = self._on_path(number, stock, chosen=bool(request.coins))
        aside = "Choose more coins, or a lower amount." if request.coins else stock.sentences
        return stock, Funds(stock.usable_sats, aside)

    def _only(self, coins: Iterable[str], stock: Stock) -> Stock:
        """Those coins. Raises BadInput for one that cannot be taken."""
        names = dict.fromkeys(map(self._own_outpoint, coins))
        for name in names:
            if name in stock.held:
                raise BadInput(f"The coin {name} {stock.reason(name)}. No payment was created.")
        return Stock({name: stock.usable[name] for name in names}, {})

    def _on_path(self, number: int, stock: Stock, *, chosen: bool = False) -> Stock:
        """Those that can take a path now: all of them, if they were `chosen`.

        Raises BadInput for a chosen one that cannot, WalletError when none can.
        """
        path, locks, present = self._path(number, stock), self._locks(number), self._present
        for name, coin in stock.usable.items() if chosen else ():
            if not present.is_open(locks, coin):
                raise BadInput(
                    f"The coin {name} can take path {number} from"
                    f" {present.opening(locks, coin).text} on; it is block"
                    f" {grouped(present.height)} now. No payment was created."
                )
        path_words.check_open(path, bool(stock.usable), present)
        return stock.on_path(number, locks, present)

    def _stock_for_bump(self, replaced: PaymentRecord) -> tuple[Stock, Funds]:
        """The coins that may pay a higher fee beside its own, and what to say of the others."""
        number = spending_path.number_of(self._bdk, bdk.Transaction(replaced.payment.raw_tx))
        stock = self._stock(replaced.payment.txid)
        stock = stock.on_path(number, self._locks(number), self._present)
        outputs = Transaction.parse(replaced.payment.raw_tx).outputs
        own_sats = replaced.payment.fee_sats + sum(output.sats for output in outputs)
        return stock, Funds(own_sats + stock.usable_sats, stock.sentences)
