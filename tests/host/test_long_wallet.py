"""A wallet with a long life: what is kept in memory stays true, and nothing takes long."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import bdkpython as bdk
import pytest

from host.app.history import entries, latest
from host.errors import WalletError
from host.wallet import Wallet, bdk_adapter
from host.wallet.bdk_adapter import EXTERNAL
from tests.devnets import STRANGER
from tests.scale.home import NAME, HomeFolder, home
from tests.wallets import confirm, fund, opened, paired, sign

TRANSACTIONS, COINS = 300, 30


def of_bdk(wallet: Wallet) -> "bdk.Wallet":
    """The same file, read by BDK alone: it derives every script and remembers no answer."""
    persister = bdk.Persister.new_sqlite(str(wallet.path / "coins.sqlite"))
    descriptor = bdk_adapter.descriptor(wallet.pairing)
    return bdk.Wallet.load_from_two_path_descriptor(descriptor, persister, 26)


async def test_a_long_history_is_what_bdk_itself_says_and_soon_there(tmp_path: Path) -> None:
    async with home(tmp_path, TRANSACTIONS, COINS):
        pass
    began = time.process_time()
    with closing(Wallet.open(HomeFolder(tmp_path).named(NAME))) as wallet:
        first = latest(wallet, 50)
        whole = entries(wallet)
        coins, balance = wallet.utxos(), wallet.balance()
        took_s = time.process_time() - began
        judge = of_bdk(wallet)
        assert (len(whole), len(coins)) == (TRANSACTIONS, COINS)
        assert [entry.row.txid for entry in whole[:50]] == [entry.row.txid for entry in first]
        assert balance.confirmed_sats == judge.balance().confirmed.to_sat()
        assert {coin.outpoint for coin in coins} == {
            bdk_adapter.outpoint_text(output.outpoint) for output in judge.list_unspent()
        }
        flows = {}
        for canonical in judge.transactions():
            moved = judge.sent_and_received(canonical.transaction)
            net_sats = moved.received.to_sat() - moved.sent.to_sat()
            flows[str(canonical.transaction.compute_txid())] = net_sats
        assert {entry.row.txid: entry.row.net_sats for entry in whole} == flows
    assert took_s < 3, "it took the square of its length before: 2 s for 1,000"


def test_what_was_answered_is_forgotten_when_something_happens(tmp_path: Path) -> None:
    with closing(paired(tmp_path)) as wallet:
        assert (wallet.utxos(), wallet.history(), wallet.balance().pending_sats) == ((), (), 0)
        txid = fund(wallet, 50_000, in_block=False)
        assert [row.txid for row in wallet.history()] == [txid]
        assert wallet.balance().pending_sats == 50_000
        now = bdk.EvictedTx(txid=bdk.Txid.from_string(txid), evicted_at=1_800_000_000)
        wallet.engine.apply_evicted_txs([now])
        assert (wallet.utxos(), wallet.history()) == ((), ())


def test_what_a_payment_moved_is_found_out_again_when_what_it_spends_is_known(
    tmp_path: Path,
) -> None:
    with closing(paired(tmp_path)) as wallet:
        fund(wallet, 50_000)
        draft = wallet.draft(STRANGER, 10_000, 1)
        payment = wallet.finish(draft, sign(draft.psbt))
        before = wallet.history()[0]
        assert before.net_sats == -10_000 - draft.fee_sats
        wallet.store.mark_sent(payment.txid)
        confirm(wallet.path / "coins.sqlite", payment.txid)
        wallet._load()
        assert wallet.confirmations(payment.txid) == 1
        assert wallet.waiting() == ()


def test_a_script_that_was_changed_on_the_disk_is_given_to_nobody(tmp_path: Path) -> None:
    with closing(paired(tmp_path)) as wallet:
        fund(wallet, 50_000)
    change(tmp_path, "IN", 1)
    with closing(opened(tmp_path)) as wallet:
        with pytest.raises(WalletError, match="damaged"):
            wallet.next_address()
        wallet.search_again()  # derives them all again
        assert wallet.next_address().address == str(
            of_bdk(wallet).peek_address(EXTERNAL, 2).address
        )


def test_nothing_is_paid_whose_change_would_not_be_known_again(tmp_path: Path) -> None:
    with closing(paired(tmp_path)) as wallet:
        fund(wallet, 50_000)
    change(tmp_path, "NOT IN", 0)
    with closing(opened(tmp_path)) as wallet:
        with pytest.raises(WalletError, match="damaged"):
            wallet.draft(STRANGER, 10_000, 1)
        assert wallet.store.draft() is None
        wallet.search_again()
        assert wallet.draft(STRANGER, 10_000, 1).change_sats > 0


def change(folder: Path, branch: str, index: int) -> None:
    """The branch that receives is IN those of which an address was given."""
    with closing(sqlite3.connect(folder / "coins.sqlite")) as db, db:
        changed = db.execute(_CHANGE.format(branch), (b"\0\x14" + bytes(20), index))
        assert changed.rowcount == 1


_CHANGE = """
    UPDATE bdk_descriptor_derived_spks SET spk = ? WHERE spk_index = ? AND descriptor_id {}
        (SELECT descriptor_id FROM bdk_descriptor_last_revealed)
"""
