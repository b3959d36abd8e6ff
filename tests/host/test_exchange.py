"""Wallets go to other programs and come back: descriptors and tables, as they are typed."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host.__main__ import main
from host.cli import exchange
from host.devnet.network import Devnet
from host.values import HistoryEntry, HistoryRow, PaymentRecord, SignedPayment
from host.wallet import Wallet, descriptors
from tests.host.test_descriptors import GOOD, KEY, ORIGIN, summed
from tests.wallets import OTHER_WORDS, STRANGER, fund, opened, paired, sign

POLICY = summed(f"wsh(sortedmulti(1,{ORIGIN}{KEY}/<0;1>/*))")
Typed = Callable[..., Any]


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    async def run(*words: str) -> tuple[int, str, str]:
        line = ["wallet", *words, "--home", str(tmp_path / "home")]
        status = await asyncio.to_thread(main, line)
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home" / "wallets"


@pytest.mark.parametrize("mine", ["", "mine"])
async def test_a_wallet_that_is_taken_in_does_not_open_in_the_place_of_ones_own(
    typed: Typed, tmp_path: Path, mine: str
) -> None:
    """The next `receive` would hand out somebody else's address as one's own."""
    theirs = paired(tmp_path / "theirs", words=OTHER_WORDS)
    text = descriptors.write(theirs.pairing)
    theirs.close()
    if mine:
        own = paired(tmp_path / "own")
        await typed("import", descriptors.write(own.pairing), "--wallet", mine)
    else:
        own = paired(tmp_path / "home" / "regtest" / "wpkh")
    first = own.address_at(0).address
    own.close()
    status, _, talk = await typed("import", text, "--wallet", "club")
    assert status == 0
    assert "opens as before. To change that: quietkey wallets --use club" in talk
    assert json.loads((await typed("receive", "--json"))[1])["address"] == first
    assert main(["wallets", "--use", "club", "--home", str(tmp_path / "home")]) == 0
    assert json.loads((await typed("receive", "--json"))[1].splitlines()[-1])["address"] != first


async def test_a_wallet_goes_out_and_comes_back_as_the_wallet_of_its_device(
    typed: Typed, tmp_path: Path, home: Path
) -> None:
    original = paired(tmp_path / "home" / "regtest" / "wpkh")
    original.close()
    status, text, _ = await typed("export")
    assert status == 0
    file = tmp_path / "wallet.txt"
    file.write_text(text)
    status, out, talk = await typed("import", str(file), "--wallet", "again")
    assert (status, "the one without a name opens as before" in talk) == (0, True)
    again = opened(home / "again")
    assert again.pairing == original.pairing
    assert again.address_at(0).address in out
    again.close()
    status, out, _ = await typed("receive", "--json", "--wallet", "again")
    assert (status, json.loads(out)["index"]) == (0, 0)
    status, _, talk = await typed("import", str(file), "--wallet", "again")
    assert (status, "already" in talk) == (1, True)
    status, out, _ = await typed("export", "--wallet", "again", "--json")
    assert json.loads(out) == {"descriptor": text.strip(), "network": "regtest"}


async def test_another_wallet_is_watched_and_its_payments_are_written_down(
    typed: Typed, home: Path, devnet: Devnet
) -> None:
    peer = ("--peer", devnet.peers[0])
    status, out, _ = await typed("import", POLICY, "--wallet", "club", "--json")
    assert status == 0
    await devnet.fund(json.loads(out)["first_address"], 90_000)
    status, _, talk = await typed("sync", "--wallet", "club", *peer)
    assert status == 0, talk
    _, out, _ = await typed("balance", "--wallet", "club", "--json")
    assert json.loads(out)["confirmed_sats"] == 90_000
    psbt = home.parent / "out.psbt"
    status, _, talk = await typed(
        "pay", STRANGER, "25000", "--wallet", "club", "--psbt-out", str(psbt), *peer
    )
    assert status == 0, talk
    assert psbt.read_bytes().startswith(b"psbt\xff")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((GOOD,), "Give the wallet a name"),
        ((GOOD, "--wallet", "A b"), "cannot be a wallet's name"),
        ((GOOD, "--wallet", "x", "--network", "mainnet"), "for a test network"),
        (("no-such-file", "--wallet", "x"), "cannot be read: No such file"),
        (("no\0file", "--wallet", "x"), "its name is none"),
        ((".", "--wallet", "x"), "cannot be read"),
    ],
)
async def test_what_cannot_be_imported_is_said_and_leaves_nothing(
    typed: Typed, home: Path, words: tuple[str, ...], says: str
) -> None:
    status, out, talk = await typed("import", *words)
    assert (status, out) in {(1, ""), (2, "")}
    assert says in talk
    assert not await asyncio.to_thread(home.exists)
    assert not (home.parent / "config.toml").exists()


async def test_a_file_that_is_no_text_is_said(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff")
    status, _, talk = await typed("import", str(tmp_path / "picture"), "--wallet", "x")
    assert (status, "is no text" in talk) == (2, True)


async def test_the_history_is_a_table_whose_balance_is_the_wallets(
    typed: Typed, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "home" / "regtest" / "wpkh")
    fund(wallet, 100_000)
    draft = wallet.draft(STRANGER, 25_000, 1)
    wallet.finish(draft, sign(draft.psbt))
    wallet.close()
    status, page, _ = await typed("export", "history")
    assert status == 0
    received, paid = csv.DictReader(io.StringIO(page))
    assert (received["status"], received["net_sats"], received["recipient"]) == (
        "confirmed", "100000", "",
    )  # fmt: skip
    assert received["fee_sats"] == "", "who paid it was somebody else"
    assert received["time"] == "2023-11-14T22:13:20Z"
    assert (paid["status"], paid["recipient"], paid["height"]) == ("not sent", STRANGER, "")
    fee = int(paid["fee_sats"])
    assert int(paid["net_sats"]) == -25_000 - fee
    assert int(paid["balance_sats"]) == 75_000 - fee
    again = Wallet.open(tmp_path / "home" / "regtest" / "wpkh")
    balance = again.balance()
    assert int(paid["balance_sats"]) == balance.spendable_sats + balance.pending_sats


def test_what_cannot_happen_any_more_changes_no_balance_and_no_cell_is_a_formula() -> None:
    row = HistoryRow("aa", -5, 1, None, 0, None)
    record = PaymentRecord(SignedPayment(b"", "aa", 1), "=HYPERLINK()", 4, 7, "given up")
    entry = HistoryEntry(row, record, is_possible=False)
    (cells,) = list(csv.reader(io.StringIO(exchange.history_page([entry], {"aa": "@x"}))))[1:]
    assert cells[-3:] == ["0", "'=HYPERLINK()", "'@x"]
    assert cells[0] == "1970-01-01T00:00:07Z"
