"""One account of one device on one network: its addresses and coins, and what the chain says."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

import bdkpython as bdk

from host.config import HARDENED, Clock, private_folder, wall_clock
from host.errors import BadInput, WalletError
from host.storage_errors import exists
from host.store import Pairing, Search, Store
from host.values import (
    Balance,
    Draft,
    HistoryRow,
    ReceiveAddress,
    SignedPayment,
    Utxo,
)
from host.wallet import bdk_adapter, ended, payment_request, replacing
from host.wallet.bdk_adapter import EXTERNAL, INTERNAL, outpoint_text
from host.wallet.bdk_wallet import BdkWallet
from host.wallet.kept_pairing import check_payments, kept_pairing

STORE, COINS = "quietkey.sqlite", "coins.sqlite"
FIRST_SEARCH = Search()
NO_WALLET = "There is no wallet here yet. Pair a device first."
# Addresses behind the last used one that are known while a seed's coins are looked for, a branch:
# each costs a derivation at every start, so there are fewer once all coins are found.
RECOVERY_LOOKAHEAD = 100
ON_THEIR_WAY = ("signed", "sent")


class Account:
    """One account of one device on one network. Any thread may call; some calls take a while."""

    def __init__(self, path: Path, pairing: Pairing, store: Store, clock: Clock) -> None:
        """Use `create` or `open`."""
        self.path = path
        self.store = store
        self.pairing = pairing
        self.closed = False
        self._clock = clock
        self._lock = threading.RLock()
        if not exists(self._coins) and store.search().complete:
            store.set_search(replace(store.search(), complete=False))  # it is made again
        with bdk_adapter.named_reason(self._coins):
            self._persister = bdk.Persister.new_sqlite(str(self._coins))
        self._load()

    @classmethod
    def create(
        cls,
        path: Path,
        pairing: Pairing,
        *,
        search: Search = FIRST_SEARCH,
        clock: Clock = wall_clock,
    ) -> Self:
        """A new wallet in the folder `path` for the account key that a device gave.

        That key is the one at m/84h/.. ("wpkh", BIP84) or m/86h/.. ("tr", BIP86). `search` says
        how far the coins of a seed that was used before are looked for. Raises WalletError.
        """
        bdk_adapter.descriptor(pairing)
        store = Store(private_folder(path) / STORE)
        with _closed_on_error(store):
            store.pair(pairing)
            store.set_search(search)
            return cls(path, pairing, store, clock)

    @classmethod
    def open(cls, path: Path, *, clock: Clock = wall_clock) -> Self:
        """The wallet that was created in `path`. Raises WalletError when there is none."""
        if not exists(path / STORE):
            raise WalletError(NO_WALLET)
        store = Store(path / STORE)
        with _closed_on_error(store):
            pairing = kept_pairing(path / STORE, store, path / COINS)
            if pairing is None:
                raise WalletError(NO_WALLET)
            check_payments(path / STORE, store)
            return cls(path, pairing, store, clock)

    @staticmethod
    def exists(path: Path) -> bool:
        """Whether there is a wallet to open: a folder where pairing was cut short holds none."""
        if not exists(path / STORE):
            return False
        with closing(Store(path / STORE)) as store:
            return kept_pairing(path / STORE, store, path / COINS) is not None

    def close(self) -> None:
        """Nothing is lost without it: every change is on disk when its call returns."""
        with self._lock:
            if not self.closed:
                self.closed = True
                self._save()
                self.store.close()

    @property
    def network(self) -> str:
        return self.pairing.network

    @property
    def fingerprint(self) -> str:
        return self.pairing.fingerprint

    @property
    def script(self) -> str:
        return self.pairing.script

    @property
    def tip_height(self) -> int:
        """The height of the newest block this wallet knows."""
        return int(self._bdk.latest_checkpoint().height)

    @property
    def engine(self) -> BdkWallet:
        """BDK's own wallet, for backends to look at. Changes come in by `apply`."""
        return self._bdk

    @property
    def search(self) -> Search:
        """How far the coins of the seed are looked for, and whether all were found."""
        return self.store.search()

    def finish_search(self, *, complete: bool = True) -> None:
        """All coins of the seed are known now, or are not: the next start looks for them then."""
        self.store.set_search(replace(self.store.search(), complete=complete))

    def search_again(self, gap: int | None = None) -> None:
        """Let the next sync look from the birthday on for coins that were missed."""
        with self._lock:
            search = self.store.search()
            self.store.set_search(replace(search, gap=gap or search.gap, complete=False))
            self._save()
            bdk_adapter.forget_derived(self._coins)
            self._load()

    def revealed(self) -> tuple[int, int]:
        """How many addresses of each branch, receive and change, were handed out or are used."""
        indices = (self._bdk.derivation_index(branch) for branch in (EXTERNAL, INTERNAL))
        receive, change = (0 if index is None else index + 1 for index in indices)
        return receive, change

    def watched(self) -> tuple[int, int]:
        """How many addresses of each branch a light client that starts now looks for."""
        receive, change = (max(count - 1, 0) + self._lookahead for count in self.revealed())
        return receive, change

    def apply(self, update: "bdk.Update") -> bool:
        """Take in what a backend found on the chain, and keep it.

        Whether addresses turned out to be used that were not handed out here: the seed was in
        use somewhere else, and behind them may be more.
        """
        with self._lock:
            earlier = self.revealed()
            self._bdk.apply_update(update)
            self._save()
            self._take_stock()
            return self.revealed() != earlier

    def balance(self) -> Balance:
        with self._lock:
            balance = self._bdk.balance()
            safe = self._safe()
        confirmed = balance.confirmed.to_sat()
        change = sum(
            output.txout.value.to_sat()
            for output in safe
            if bdk_adapter.height(output.chain_position) is None
        )
        return Balance(confirmed, balance.total.to_sat() - confirmed - change, change)

    def last_address(self) -> ReceiveAddress | None:
        """The address handed out last, while nobody paid to it and the device was not asked."""
        with self._lock:
            index = self.store.last_address()
            if index is None or index != self.revealed()[0] - 1:
                return None
            address = self.address_at(index)
            return None if self.is_used(address) else address

    def is_used(self, receive: ReceiveAddress) -> bool:
        """Whether anybody paid to it, as far as this wallet knows."""
        with self._lock:
            unused = self._bdk.list_unused_addresses(EXTERNAL)
            return receive.index not in {info.index for info in unused}

    def next_address(self) -> ReceiveAddress:
        """An address that nobody was given before and that holds no coins.

        It is on disk before it is returned: a crash may skip one, and never gives one out twice.
        """
        with self._lock:
            while True:
                info = bdk_adapter.next_address(self._bdk)
                self._save()
                # Another program on the same folder may have been faster: then the next one.
                if self.store.hand_out(info.index, str(info.address), self._clock()):
                    return self._receive(info)

    def mark_verified(self, receive: ReceiveAddress) -> None:
        """Remember that the device agreed to this address."""
        self.store.mark_verified(receive.index, self._clock())

    def mark_address_refused(self, receive: ReceiveAddress) -> None:
        """Remember that the device, or its person, did not agree to this address."""
        self.store.mark_address_refused(receive.index, self._clock())

    def address_at(self, index: int) -> ReceiveAddress:
        """The receive address number `index`, without handing it out. Raises WalletError."""
        if not 0 <= index < HARDENED:
            raise WalletError("There is no address with that number.")
        return self._receive(self._bdk.peek_address(EXTERNAL, index))

    def utxos(self) -> tuple[Utxo, ...]:
        """What can be spent, largest first."""
        frozen = self.store.frozen()
        utxos = (self._coin(output, frozen) for output in self._bdk.list_unspent())
        return tuple(sorted(utxos, key=lambda coin: (-coin.sats, coin.outpoint)))

    def freeze(self, outpoint: str) -> None:
        """Let no payment take this coin, "txid:vout". Raises WalletError: it is not there."""
        self.store.freeze(self._own_outpoint(outpoint))

    def unfreeze(self, outpoint: str) -> None:
        """Let payments take this coin again. Raises WalletError: it is not there."""
        self.store.unfreeze(self._own_outpoint(outpoint))

    def _own_outpoint(self, outpoint: str) -> str:
        name = outpoint.strip().lower()
        if name not in {outpoint_text(output.outpoint) for output in self._bdk.list_unspent()}:
            raise BadInput(
                f"There is no coin {name[:80]} in this wallet. Nothing was changed."
                " `quietkey wallet coins` lists those that are there."
            )
        return name

    def history(self, newest: int | None = None) -> tuple[HistoryRow, ...]:
        """Newest first, what waits for a block before all others; not more than `newest`."""
        with self._lock:
            return tuple(bdk_adapter.rows(self._bdk, newest))

    def confirmations(self, txid: str) -> int:
        """How deep a transaction is; 0 while it waits, or when it is not known."""
        height = bdk_adapter.height_of(self._bdk, txid)
        return self.tip_height - height + 1 if height is not None else 0

    def counts(self, txid: str) -> bool:
        """Whether it is in a block, or could still be: nothing that counts rules it out."""
        return txid in self._bdk.canonical

    def conflict_depths(self) -> dict[str, int]:
        """The txids of payments that a block has ruled out, and the confirmations of that block.

        A reorg that deep would revive them.
        """
        with self._lock:
            waiting = bdk_adapter.in_no_block(self._coins, self.store.payments())
            return (
                {}
                if not waiting
                else ended.conflict_depths(waiting, bdk_adapter.spenders(self._bdk))
            )

    def _load(self) -> None:
        search = self.store.search()
        # More by one: BDK's light client looks at one address less than the wallet knows.
        gap = search.gap if search.complete else max(search.gap, RECOVERY_LOOKAHEAD)
        self._lookahead = gap + 1
        with bdk_adapter.named_reason(self._coins):
            self._bdk = bdk_adapter.load(self.pairing, self._persister, self._lookahead)
            if bdk_adapter.drop_lost_blocks(self._coins):
                self._bdk = bdk_adapter.load(self.pairing, self._persister, self._lookahead)
        self._reveal_handed_out()
        self._recall()

    def _safe(self) -> list["bdk.LocalOutput"]:
        """Coins that may be spent: in a block, or change of a payment that peers have shown.

        Nothing is built on what nobody has shown, and a coin of somebody else's payment that is in
        no block can be taken back: filters do not show the payment that takes it.
        """
        shown = {r.payment.txid for r in self.store.payments() if r.status == "sent"}
        return [
            output
            for output in self._bdk.list_unspent()
            if bdk_adapter.height(output.chain_position) is not None
            or self._stands(output.outpoint.txid, shown)
        ]

    def _stands(self, txid: "bdk.Txid", shown: Collection[str]) -> bool:
        """In a block, or shown by peers and built on what is: a reorg can take what is below."""
        canonical = self._bdk.get_tx(txid)
        if canonical is None:
            return False
        if bdk_adapter.height(canonical.chain_position) is not None:
            return True
        return str(txid) in shown and all(
            self._stands(spent.previous_output.txid, shown)
            for spent in canonical.transaction.input()
        )

    def _take_stock(self) -> None:
        """After news of the chain: blocks that came, and blocks that lost."""
        self._mark_confirmed()
        if bdk_adapter.drop_lost_blocks(self._coins):
            self._load()
        else:
            self._forget_ended()  # what ruled an ended payment out may have lost

    def _mark_confirmed(self) -> None:
        """What a block has shown is sent for good, ended or not: a reorg may take it back."""
        for record in self.store.payments():
            if record.status != "sent" and self.confirmations(record.payment.txid):
                self.store.mark_sent(record.payment.txid)

    def _reveal_handed_out(self) -> None:
        """Somebody was given them, whatever became of the file with what the chain says."""
        last = max(self.store.outermost_addresses(), default=None)
        if last is not None and last >= self.revealed()[0]:
            self._bdk.reveal_addresses_to(EXTERNAL, last)
            self._save()

    def _recall(self) -> None:
        """What a crash may have kept from BDK, and what BDK does not keep."""
        self._mark_confirmed()
        if draft := self.store.draft():
            self._mark_change(draft, self._bdk.mark_used)
        waiting = bdk_adapter.in_no_block(self._coins, self.store.payments())
        on_their_way = [record for record in waiting if record.status in ON_THEIR_WAY]
        lost = [record for record in on_their_way if not self.counts(record.payment.txid)]
        impossible = self.conflict_depths() if lost else {}
        for record in lost:
            if record.payment.txid not in impossible:
                self._remember(record.payment)
        self._forget_ended()

    def _forget_ended(self) -> None:
        txids = [r.payment.txid for r in self.store.payments() if r.status in ended.ENDED]
        replacing.forget(self._bdk, txids, self._clock())

    def _remember(self, payment: SignedPayment) -> None:
        transaction = bdk.Transaction(payment.raw_tx)
        unconfirmed = bdk.UnconfirmedTx(tx=transaction, last_seen=self._clock())
        self._bdk.apply_unconfirmed_txs([unconfirmed])
        self._save()

    @property
    def _coins(self) -> Path:
        return self.path / COINS

    def _save(self) -> None:
        with bdk_adapter.named_reason(self._coins):
            self._bdk.persist(self._persister)

    def _receive(self, info: "bdk.AddressInfo") -> ReceiveAddress:
        path = (*self.pairing.path, 0, info.index)
        return ReceiveAddress(str(info.address), info.index, path)

    def _coin(self, output: "bdk.LocalOutput", frozen: Collection[str]) -> Utxo:
        script = output.txout.script_pubkey
        outpoint = outpoint_text(output.outpoint)
        return Utxo(
            outpoint,
            output.txout.value.to_sat(),
            str(bdk.Address.from_script(script, payment_request.NETWORKS[self.network])),
            bdk_adapter.height(output.chain_position),
            outpoint in frozen,
        )

    def _mark_change(self, draft: Draft, mark: Callable[["bdk.KeychainKind", int], bool]) -> None:
        for index in bdk_adapter.change_indices(self._bdk, draft.psbt):
            mark(INTERNAL, index)


@contextmanager
def _closed_on_error(store: Store) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.close()
        raise
