"""What a wallet writes down: addresses given away, whose an address is, labels, contacts."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import bdkpython as bdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.__main__ import main
from host.errors import BadInput, HostError
from host.labels import Label
from host.payees import read_payee
from host.payees.cleaning import one_line
from host.payees.contacts import Contact, name_of, new_contact, of_name
from host.payees.uri import write_link
from host.session.forms import look_alike_warning
from host.session.records import WalletRecords
from host.session.wording import gap_warning
from host.store import Store
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from host.wallet import Wallet, descriptors
from tests.cosigners import descriptor
from tests.nights import AT_NIGHT
from tests.wallets import NOW, STRANGER, fund, paired

# BIP84's account of the seed that everybody knows, on the test networks.
OTHERS = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"
FOLDER = ("regtest", "wpkh")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one wallet that has one payment."""
    with closing(paired(tmp_path.joinpath(*FOLDER))) as wallet:
        fund(wallet, 50_000)
    return tmp_path


def records(wallet: Wallet) -> WalletRecords:
    return WalletRecords(lambda: wallet)


def typed(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    status = main(["wallet", *words, "--home", str(home), "--json"])
    out, err = capsys.readouterr()
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


async def test_who_was_given_which_address_and_what_came(tmp_path: Path) -> None:
    with closing(paired(tmp_path / "mine")) as wallet:
        fund(wallet, 50_000)
        receive = wallet.next_address()
        wallet.mark_verified(receive)
        await records(wallet).write_label(receive.address, "Rent")
        newest, first = await records(wallet).addresses()
    assert (newest.receive, newest.label, newest.verified) == (receive, "Rent", True)
    assert (newest.issued, newest.payments) == (NOW, 0)
    assert (first.received_sats, first.payments) == (50_000, 1)


@pytest.mark.parametrize(
    "script",
    ["wpkh", *(pytest.param(script, marks=AT_NIGHT) for script in ("tr", "sh-wpkh", "pkh"))],
)
async def test_an_address_of_ours_is_found_by_where_it_comes_from(
    tmp_path: Path, script: str
) -> None:
    with closing(paired(tmp_path / "mine", script)) as wallet:
        fund(wallet, 50_000)
        book = records(wallet)
        used = await book.find(wallet.address_at(0).address)
        assert used is not None
        assert (used.index, used.change, used.used, used.issued) == (0, False, True, True)
        far = wallet.address_at(900)
        own = await book.find(f"bitcoin:{far.address}?amount=1")
        assert own is not None
        assert (own.index, own.path, own.used, own.issued) == (900, far.path, False, False)
        assert await book.find(wallet.address_at(1_100).address) is None
        assert await book.find(STRANGER) is None
        with pytest.raises(BadInput):
            await book.find(STRANGER[:-1])


async def test_change_is_ours_too(tmp_path: Path) -> None:
    with closing(paired(tmp_path / "mine")) as wallet:
        change = str(wallet.engine.peek_address(bdk.KeychainKind.INTERNAL, 30).address)
        own = await records(wallet).find(change)
    assert own is not None
    assert own.change
    assert own.path[-2:] == (1, 30)


async def test_many_addresses_that_nobody_paid_are_warned_of(tmp_path: Path) -> None:
    with closing(paired(tmp_path / "mine")) as wallet:
        fund(wallet, 50_000)
        for _ in range(20):
            wallet.next_address()
        assert gap_warning(await records(wallet).addresses()) == ""
        wallet.next_address()
        warning = gap_warning(await records(wallet).addresses())
    assert warning.startswith("21 addresses in a row were given out, and nobody paid to them.")


@pytest.mark.parametrize(
    ("sats", "label", "query"),
    [
        (None, "", ""),
        (25_000, "", "?amount=0.00025"),
        (100_000_000, "", "?amount=1"),
        (123, "Rent & more=100%", "?amount=0.00000123&label=Rent%20%26%20more%3D100%25"),
        (None, "Löhne", "?label=L%C3%B6hne"),
        (None, "Rent.", "?label=Rent%2E"),
    ],
)
def test_a_request_is_read_back_as_it_was_meant(sats: int | None, label: str, query: str) -> None:
    link = write_link(STRANGER, sats, label)
    assert link == (f"bitcoin:{STRANGER}{query}" if query else STRANGER)
    payee = read_payee(link, "regtest")
    assert (payee.address, payee.sats, payee.label) == (STRANGER, sats, label)


async def test_contacts_are_kept_changed_and_forgotten(tmp_path: Path) -> None:
    with closing(paired(tmp_path / "mine")) as wallet:
        book = records(wallet)
        await book.keep_contact(" Anna  Berg ", f"bitcoin:{STRANGER}?amount=1")
        await book.keep_contact("Bob", OTHERS)
        await book.keep_contact("anna berg", OTHERS)
        assert await book.contacts() == (Contact("anna berg", OTHERS), Contact("Bob", OTHERS))
        await book.keep_contact("Jürgen", STRANGER)
        await book.keep_contact("JÜRGEN", OTHERS)
        assert (await book.contacts())[-1] == Contact("JÜRGEN", OTHERS)
        await book.forget_contact("jürgen")
        await book.forget_contact("BOB")
        with pytest.raises(BadInput, match="no contact"):
            await book.forget_contact("Bob")
    with closing(Wallet.open(tmp_path / "mine")) as wallet:
        assert of_name(" ANNA berg", await records(wallet).contacts()) is not None


@pytest.mark.parametrize("name", ["", " \n ", "n" * 41, STRANGER, STRANGER.upper(), "25k", "max",
                                  "bitcoin:x"])  # fmt: skip
def test_a_name_that_could_be_something_else_is_none(name: str) -> None:
    with pytest.raises(BadInput, match="A name"):
        new_contact(name, STRANGER, "regtest")


@pytest.mark.parametrize("payee", ["", "nobody", STRANGER[:-1], STRANGER.replace("bcrt1", "bc1")])
def test_a_contact_can_be_paid(payee: str) -> None:
    with pytest.raises(BadInput, match="Nothing was changed"):
        new_contact("Anna", payee, "regtest")


def test_who_looks_like_a_contact_is_warned_of() -> None:
    contacts = (Contact("Anna", STRANGER),)
    forged = f"{STRANGER[:12]}{'q' * (len(STRANGER) - 20)}{STRANGER[-8:]}"
    assert look_alike_warning([forged], (), contacts).startswith(f"This is not {STRANGER}")
    assert not look_alike_warning([STRANGER], (), contacts)
    assert name_of(STRANGER, contacts) == "Anna"


def test_a_wallet_from_before_contacts_has_none(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "quietkey.sqlite")) as store:
        store.keep_labels([Label("tx", "00" * 32, "kept")])
        assert store.contacts() == ()


def test_the_command_line_says_the_same(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (asked,) = typed(home, capsys, "receive", "--new", "--amount", "25k", "--label", "Rent")
    assert asked["uri"] == f"bitcoin:{asked['address']}?amount=0.00025&label=Rent"
    rows = typed(home, capsys, "addresses")
    assert rows[0]["receive"]["address"] == asked["address"]
    assert [row["label"] for row in rows] == ["Rent", ""]
    (own,) = typed(home, capsys, "find", asked["address"])
    assert own["mine"]
    assert own["index"] == 1
    assert typed(home, capsys, "find", STRANGER) == [{"mine": False}]
    assert typed(home, capsys, "contact", "Anna", STRANGER) == [{"name": "Anna", "payee": STRANGER}]
    assert typed(home, capsys, "contacts") == [{"name": "Anna", "payee": STRANGER}]
    (moved,) = typed(home, capsys, "contact", "anna", OTHERS)
    assert moved == {"name": "anna", "payee": OTHERS, "replaced": STRANGER}
    assert main(["wallet", "contact", "Anna", STRANGER, "--home", str(home)]) == 0
    assert capsys.readouterr().out == f"Anna is paid at {STRANGER}. Until now it was {OTHERS}.\n"


def test_a_contact_is_paid_by_name(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed(home, capsys, "contact", "Anna", STRANGER)
    psbt = home / "pay.psbt"
    words = ["pay", "anna", "20k", "--psbt-out", str(psbt), "--home", str(home)]
    assert main(["wallet", *words]) == 0
    assert f"Anna is paid at {STRANGER}." in capsys.readouterr().err
    assert psbt.exists()
    assert main(["wallet", "forget-contact", "Anna", "--home", str(home)]) == 0
    assert main(["wallet", "pay", "anna", "20k", "--psbt-out", "-", "--home", str(home)]) != 0


async def test_without_a_wallet_there_are_no_records() -> None:
    def nothing() -> Wallet:
        raise HostError("There is no wallet yet.")

    with pytest.raises(HostError, match="no wallet"):
        await WalletRecords(nothing).contacts()


def pay_to(wallet: Wallet, address: str, sats: int, number: int) -> None:
    """A payment of somebody else, seen and in no block."""
    script = bdk.Address(address, bdk.Network.REGTEST).script_pubkey().to_bytes()
    coin = TxIn(Outpoint(bytes([number]) * 32, 0), b"", 0)
    transaction = Transaction(2, (coin,), (TxOut(sats, script),), 0)
    seen = bdk.UnconfirmedTx(tx=bdk.Transaction(transaction.encode()), last_seen=NOW)
    wallet.engine.apply_unconfirmed_txs([seen])


async def test_several_payments_to_one_address_stand_in_one_row(tmp_path: Path) -> None:
    with closing(paired(tmp_path / "mine")) as wallet:
        address = wallet.next_address().address
        for number, sats in enumerate((10_000, 20_000, 700), 1):
            pay_to(wallet, address, sats, number)
        (row,) = await records(wallet).addresses()
    assert (row.received_sats, row.payments) == (30_700, 3)


async def test_an_address_that_was_given_elsewhere_is_a_row_without_a_day(tmp_path: Path) -> None:
    with closing(paired(tmp_path / "mine")) as wallet:
        pay_to(wallet, wallet.address_at(4).address, 10_000, 1)
        (row,) = await records(wallet).addresses()
        own = await records(wallet).find(row.receive.address)
    assert (row.receive.index, row.issued, row.payments) == (4, None, 1)
    assert own is not None
    assert (own.used, own.issued) == (True, False)


async def test_a_wallet_of_several_keys_knows_its_addresses(tmp_path: Path) -> None:
    path = tmp_path / "club"
    pairing = descriptors.read(descriptor(), "regtest").pairing
    with closing(Wallet.create(path, pairing, clock=lambda: NOW)) as wallet:
        receive = wallet.next_address()
        (row,) = await records(wallet).addresses()
        own = await records(wallet).find(receive.address)
    assert row.receive == receive
    assert own is not None
    assert own.path == (0, 0), "below each of its keys"


async def test_labels_are_written_to_what_there_is_and_forgotten(tmp_path: Path) -> None:
    with closing(paired(tmp_path / "mine")) as wallet:
        txid = fund(wallet, 50_000)
        address = wallet.address_at(0).address
        book = records(wallet)
        for ref in (txid, f"{txid}:0", address):
            await book.write_label(ref, f" about\n{ref[:4]} ")
        assert await book.labels() == {
            ref: f"about {ref[:4]}" for ref in (txid, f"{txid}:0", address)
        }
        await book.write_label(txid.upper(), "")
        assert txid not in await book.labels()
        with pytest.raises(BadInput, match="no txid, no coin"):
            await book.write_label("the rent", "paid")


LINE = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cf")), max_size=60)


@given(st.none() | st.integers(1, 21_000_000 * 100_000_000), LINE)
def test_any_request_is_read_back(sats: int | None, label: str) -> None:
    payee = read_payee(write_link(STRANGER, sats, label), "regtest")
    assert (payee.address, payee.sats) == (STRANGER, sats)
    assert payee.label == one_line(label)


@given(st.text(max_size=60))
def test_whatever_is_typed_as_a_name_is_kept_as_one_line_or_refused(name: str) -> None:
    try:
        contact = new_contact(name, STRANGER, "regtest")
    except BadInput as error:
        assert str(error).startswith("A name")  # noqa: PT017 - either is right
    else:
        assert 0 < len(contact.name) <= 40
        assert contact.name.isprintable()
        assert of_name(contact.name, [contact]) is contact
