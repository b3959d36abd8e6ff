"""What a person reads of addresses and contacts at the command line, and what ends in a no."""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from host.__main__ import main
from host.cli.receiving import NOT_OURS, SHOWN_AGAIN, UNSEARCHED
from host.wallet import Wallet
from host.wallet.folder_lock import FolderLock
from tests.wallets import STRANGER, fund, paired

DAY = "2023-11-14"  # of tests.wallets.NOW


@dataclass
class Desk:
    """A home with a wallet, and what its person typed last."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    @property
    def folder(self) -> Path:
        return self.home / "regtest" / "wpkh"

    def types(self, *words: str) -> int:
        status = main(["wallet", *words, "--home", str(self.home)])
        self.out, self.err = self.capsys.readouterr()
        return status


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    desk = Desk(tmp_path, capsys)
    with closing(paired(desk.folder)) as wallet:
        fund(wallet, 50_000)
    return desk


def opened(desk: Desk) -> Wallet:
    return Wallet.open(desk.folder)


def test_an_address_is_printed_alone_and_shown_again_until_somebody_pays(desk: Desk) -> None:
    assert desk.types("receive") == 0
    first = desk.out
    assert first.startswith("bcrt1q")
    assert UNSEARCHED in desk.err
    assert desk.types("receive") == 0
    assert desk.out == first
    assert SHOWN_AGAIN in desk.err
    assert desk.types("receive", "--new") == 0
    assert desk.out != first


def test_a_request_is_a_link_and_its_label_stays_with_the_address(desk: Desk) -> None:
    assert desk.types("receive", "--amount", "0.001 BTC", "--label", "Rent for May") == 0
    assert desk.out.endswith("?amount=0.001&label=Rent%20for%20May\n")
    assert desk.types("addresses") == 0
    newest, oldest = desk.out.splitlines()
    assert newest.endswith("-  Rent for May")
    assert DAY in oldest
    assert oldest.endswith("50 000 sats")
    assert oldest.startswith("    0  bcrt1q")
    assert desk.types("export", "labels") == 0
    assert json.loads(desk.out)["label"] == "Rent for May"


@pytest.mark.parametrize("amount", ["max", "all of it", "-1", "0.000000001", "1e3"])
def test_what_is_no_amount_is_not_asked_for(desk: Desk, amount: str) -> None:
    assert desk.types("receive", f"--amount={amount}") == 2
    assert desk.out == ""
    with closing(opened(desk)) as wallet:
        assert wallet.revealed()[0] == 1, "no address was given for it"


def test_too_many_unpaid_addresses_are_warned_of_where_they_are_given(desk: Desk) -> None:
    with closing(opened(desk)) as wallet:
        for _ in range(20):
            wallet.next_address()
    assert desk.types("receive", "--new") == 0
    assert "21 addresses in a row were given out" in desk.err
    assert desk.types("addresses") == 0
    assert "21 addresses in a row were given out" in desk.err


def test_whose_an_address_is_stands_in_a_sentence(desk: Desk) -> None:
    with closing(opened(desk)) as wallet:
        used, unused = (wallet.address_at(index).address for index in (0, 7))
    assert desk.types("find", used) == 0
    assert desk.out == "Yours: receiving address 0, path 84h/1h/0h/0/0. Somebody paid to it.\n"
    assert desk.types("find", unused.upper()) == 0
    assert desk.out == "Yours: receiving address 7, path 84h/1h/0h/0/7. Nobody paid to it yet.\n"
    assert desk.types("find", STRANGER) == 0
    assert desk.out == f"{NOT_OURS}\n"
    assert desk.types("find", STRANGER.replace("8", "9", 1)) == 2


def test_who_only_looks_may_do_so_beside_another_program(desk: Desk) -> None:
    with closing(FolderLock.acquire(desk.folder)):
        for words in (("addresses",), ("contacts",), ("find", STRANGER)):
            assert desk.types(*words) == 0
        assert desk.types("contact", "Anna", STRANGER) == 1
        assert "nother" in desk.err


def test_contacts_are_a_list(desk: Desk) -> None:
    assert desk.types("contact", "Anna", STRANGER) == 0
    assert desk.out == f"Anna is paid at {STRANGER}.\n"
    assert desk.types("contacts") == 0
    assert desk.out == f"{'Anna':<20} {STRANGER}\n"
    assert desk.types("forget-contact", "Bob") == 2
    assert desk.types("contact", "25k", STRANGER) == 2
    assert "A name cannot be" in desk.err
    assert desk.types("forget-contact", "anna") == 0
    assert desk.types("contacts") == 0
    assert desk.out == ""


def test_without_a_wallet_nothing_is_found(tmp_path: Path, desk: Desk) -> None:
    desk.home = tmp_path / "elsewhere"
    for words in (("addresses",), ("find", STRANGER), ("contacts",), ("receive",)):
        assert desk.types(*words) == 1
        assert "There is no wallet here yet" in desk.err
