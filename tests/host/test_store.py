"""What the wallet must not forget, on a real file."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from host.errors import WalletError
from host.store import Pairing, Store
from host.store.schema import MIGRATIONS, VERSION
from host.values import Draft, PaymentRequest, Recipient, SignedPayment
from tests.wallets import issued

PAIRING = Pairing("regtest", "wpkh", "73c5da0a", "tpub")
DRAFT = Draft(b"psbt\xff", "bcrt1q", 25_000, 141, 1.5, 74_859, ("one", "two", "three", "four"))
PAYMENT = SignedPayment(b"\x02\0", "ab" * 32, 141)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "quietkey.sqlite"


def test_everything_is_there_after_a_restart(file: Path) -> None:
    store = Store(file)
    store.pair(PAIRING)
    store.hand_out(0, "bcrt1q0", 5)
    store.mark_verified(0, 6)
    store.keep_draft(DRAFT)
    store.close()
    again = Store(file)
    assert again.pairing() == PAIRING
    assert again.draft() == DRAFT
    assert issued(file) == [(0, 5, 6)]


def test_a_new_file_knows_nothing(file: Path) -> None:
    store = Store(file)
    assert (store.pairing(), store.draft()) == (None, None)
    assert (issued(file), store.payments()) == ([], ())


def test_an_address_is_handed_out_once(file: Path) -> None:
    store = Store(file)
    assert store.hand_out(0, "bcrt1q0", 5)
    assert not store.hand_out(0, "bcrt1q0", 6)
    assert not Store(file).hand_out(0, "bcrt1q0", 7)


def test_there_is_one_draft_at_a_time(file: Path) -> None:
    store = Store(file)
    newer = replace(DRAFT, psbt=b"newer")
    store.keep_draft(DRAFT)
    store.keep_draft(newer)
    store.drop_draft(DRAFT)  # late news of the older one
    assert store.draft() == newer


def test_a_signed_payment_takes_the_place_of_its_draft(file: Path) -> None:
    store = Store(file)
    store.keep_draft(DRAFT)
    store.keep_payment(DRAFT, PAYMENT, 7)
    assert store.draft() is None
    (record,) = store.payments()
    assert (record.payment, record.status, record.created) == (PAYMENT, "signed", 7)
    store.mark_sent(PAYMENT.txid)
    assert store.payments()[0].status == "sent"


def test_the_same_payment_twice_is_one_payment_and_stays_sent(file: Path) -> None:
    store = Store(file)
    store.keep_payment(DRAFT, PAYMENT, 7)
    store.mark_sent(PAYMENT.txid)
    store.keep_payment(DRAFT, PAYMENT, 8)
    assert [record.status for record in store.payments()] == ["sent"]


def test_a_second_pairing_is_refused_and_changes_nothing(file: Path) -> None:
    store = Store(file)
    store.pair(PAIRING)
    with pytest.raises(WalletError, match="already"):
        store.pair(replace(PAIRING, fingerprint="ffffffff"))
    assert store.pairing() == PAIRING
    store.keep_draft(DRAFT)  # and the file is not left locked
    assert Store(file).draft() == DRAFT


def test_a_file_of_a_newer_quietkey_is_left_alone(file: Path) -> None:
    Store(file).close()
    with closing(sqlite3.connect(file)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = file.read_bytes()
    with pytest.raises(WalletError, match="newer Quietkey"):
        Store(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("version", [1, 3, 5])
def test_a_wallet_of_an_older_version_is_its_first_account(file: Path, version: int) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        for step in MIGRATIONS[:version]:
            db.executescript(step)
        row = (PAIRING.network, PAIRING.script, PAIRING.fingerprint, PAIRING.account_xpub)
        db.execute("INSERT INTO pairing VALUES (1, ?, ?, ?, ?)", row)
        db.execute(f"PRAGMA user_version = {version}")
    assert Store(file).pairing() == PAIRING
    assert (PAIRING.account, PAIRING.descriptor) == (0, "")


def test_another_account_and_a_descriptor_are_remembered(file: Path) -> None:
    pairing = replace(PAIRING, account=7, descriptor="wpkh(...)")
    store = Store(file)
    store.pair(pairing)
    store.close()
    assert Store(file).pairing() == pairing


def test_a_file_that_is_no_database_is_said_to_be_damaged(file: Path) -> None:
    file.write_bytes(b"not a database" * 100)
    with pytest.raises(WalletError, match="damaged"):
        Store(file)
    assert file.read_bytes() == b"not a database" * 100


@pytest.mark.parametrize("version", [3, 4])
def test_a_wallet_of_an_older_version_keeps_its_draft_and_can_freeze_coins(
    file: Path, version: int
) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        for step in MIGRATIONS[:version]:
            db.executescript(step)
        row = (DRAFT.psbt, DRAFT.recipient, DRAFT.sats, DRAFT.fee_sats, DRAFT.sats_per_vbyte,
               DRAFT.change_sats, '["one", "two", "three", "four"]', "")  # fmt: skip
        db.execute("INSERT INTO draft VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        db.execute(f"PRAGMA user_version = {version}")
    store = Store(file)
    assert store.draft() == DRAFT
    assert store.frozen() == frozenset()
    store.freeze("ab:0")
    store.freeze("ab:0")
    store.freeze("cd:1")
    store.unfreeze("cd:1")
    store.unfreeze("ef:2")
    store.close()
    assert Store(file).frozen() == {"ab:0"}


def test_a_wallet_of_version_4_keeps_who_saw_its_payments_and_what_a_device_refused(
    file: Path,
) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        for step in MIGRATIONS[:4]:
            db.executescript(step)
        db.execute("INSERT INTO payments VALUES ('aa', x'01', 'bcrt1q', 5, 1, 7, 'sent', '', 2, 3)")
        db.execute("INSERT INTO addresses VALUES (4, 'bcrt1q', 7, NULL, 8)")
        db.execute("PRAGMA user_version = 4")
    store = Store(file)
    (record,) = store.payments()
    assert (record.payment.txid, record.status) == ("aa", "sent")
    assert (record.seen_by, record.peers) == (2, 3)
    assert store.last_address() is None


def test_what_was_wished_for_reads_back(file: Path) -> None:
    request = PaymentRequest(
        (Recipient("bcrt1q", 5, "Rent"), Recipient("bcrt1p", None)),
        2.5,
        fee_sats=300,
        coins=("ab:0",),
        data=b"\x00\xff",
        lock_time=7,
    )
    draft = replace(DRAFT, request=request)
    Store(file).keep_draft(draft)
    assert Store(file).draft() == draft


TURNS = """
import sys
from pathlib import Path
from dataclasses import replace
from host.store import Store
from host.values import Draft, SignedPayment
store = Store(Path(sys.argv[1]))
for number in range(1 << 30):
    draft = Draft(b"%d" % number, "bcrt1q", number, 1, 1.0, 1, ("a", "b", "c", "d"))
    store.keep_draft(draft)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
    store.keep_payment(draft, SignedPayment(b"%d" % number, str(number), 1), number)
"""


@pytest.mark.parametrize("turns", [1, 7, 23])
def test_power_cut_at_any_moment_leaves_a_draft_or_its_payment(file: Path, turns: int) -> None:
    busy = subprocess.Popen(  # our own interpreter
        [sys.executable, "-c", TURNS, str(file)], stdout=subprocess.PIPE, text=True
    )
    with busy:
        assert busy.stdout is not None
        said = [int(busy.stdout.readline()) for _ in range(turns)]
        busy.kill()
    store = Store(file)
    paid = [record.sats for record in store.payments()]
    draft = store.draft()
    assert paid == list(range(len(paid)))
    assert draft is None or draft.sats == len(paid)
    assert len(paid) + (draft is not None) > said[-1]
