"""T145: who can write in the wallet's folder puts another key in the place of the device's.

Every address that is given from then on is theirs. The addresses that were given before are not of
that key: the wallet does not open, and says that its file is damaged. It must not say that the file
beside it is, which would be made again for the other key. Who changes those addresses as well is
found out by the device alone, which is asked about an address with `receive --device`.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from host.config import account_path
from host.errors import WalletError
from host.wallet import Wallet
from signer.chains.bitcoin import CHAIN
from tests.wallets import OTHER_WORDS, STRANGER, fund, keyring, opened, paired

THEIRS = CHAIN.xpub(keyring(OTHER_WORDS), account_path("regtest", "wpkh"), "regtest")
KEY = f"UPDATE pairing SET account_xpub = '{THEIRS}'"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wallet = paired(tmp_path / "wallet")
    fund(wallet, 100_000)
    wallet.next_address()
    wallet.close()
    return tmp_path / "wallet"


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "quietkey.sqlite")) as db, db:
        db.execute(statement)


@pytest.mark.parametrize("is_rebuilt", [False, True], ids=["beside its chain", "without its chain"])
@pytest.mark.parametrize(
    "statement",
    [
        KEY,
        f"UPDATE addresses SET address = '{STRANGER}' WHERE position = 0",
        f"UPDATE addresses SET address = '{STRANGER}' WHERE position = 1",
        "UPDATE pairing SET network = 'testnet'",
        "UPDATE pairing SET account_xpub = 'tpub'",
        "UPDATE pairing SET fingerprint = 'x'",
        "UPDATE pairing SET script = 'policy', descriptor = 'wpkh(x)'",
        "UPDATE pairing SET script = 'sh-wpkh'",
        # Deriving up to it would take hours, at each start.
        "INSERT INTO addresses VALUES (2147483647, 'x', 1, NULL, NULL)",
        "INSERT INTO addresses VALUES (-5, 'x', 1, NULL, NULL)",
        "INSERT INTO addresses VALUES (99999999999, 'x', 1, NULL, NULL)",
    ],
)
def test_a_file_whose_addresses_are_not_of_its_key_is_not_opened(
    folder: Path, statement: str, is_rebuilt: bool
) -> None:
    change(folder, statement)
    if is_rebuilt:
        (folder / "coins.sqlite").unlink()
    for open_it in (Wallet.open, Wallet.exists):
        with pytest.raises(WalletError, match=r"quietkey\.sqlite is damaged") as refused:
            open_it(folder)
        assert "device gave" not in str(refused.value)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO payments VALUES ('ab', x'00', 'x', 1, 1, 1, 'sent', '', 0, 0)",
        "INSERT INTO draft VALUES (1, x'00', 'x', 1, 1, 1, 0, '[]', '', '', x'')",
        "INSERT INTO draft VALUES (1, x'70736274ff', 'x', 1, 1, 1, 0, '', '', '', x'')",
        "INSERT INTO draft VALUES (1, x'70736274ff', 'x', 1, 1, 1, 0, '[]', '', '{', x'')",
        "INSERT INTO draft VALUES (1, x'70736274ff', 'x', 1, 1, 1, 0, '[]', '', '{}', x'')",
        "UPDATE search SET birthday = 'yesterday'",
        "UPDATE search SET gap = 99999999",  # so many addresses would be derived at each start
    ],
)
def test_what_nobody_can_read_is_a_damaged_file(folder: Path, statement: str) -> None:
    change(folder, statement)
    with pytest.raises(WalletError, match=r"quietkey\.sqlite is damaged"):
        Wallet.open(folder)


def test_no_label_or_contact_of_the_file_moves_the_cursor_of_a_terminal(folder: Path) -> None:
    change(folder, f"INSERT INTO labels VALUES ('addr', '{STRANGER}', 'a\x1b[2Jb')")
    change(folder, f"INSERT INTO contacts VALUES ('Bob\x1b[8m', '{STRANGER}')")
    wallet = opened(folder)
    (label,), (contact,) = wallet.store.labels(), wallet.store.contacts()
    assert (label.text, contact.name, contact.payee) == ("a [2Jb", "Bob [8m", STRANGER)
    wallet.close()


def test_a_file_as_it_was_written_opens_with_its_chain_or_without(folder: Path) -> None:
    addresses = []
    for _ in range(2):
        wallet = opened(folder)
        addresses.append(wallet.next_address().index)
        wallet.close()
        (folder / "coins.sqlite").unlink()
    assert addresses == [2, 3]
