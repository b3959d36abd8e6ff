"""A spending path chosen by its number: what is listed, which coins it takes, and who signs."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from host.__main__ import main
from host.app import spend
from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.errors import BadInput, HostError, MoreSignatures, TooFewCoins, WalletError
from host.psbt import PsbtMaps
from host.session.payment import Drafted
from host.transactions import Transaction
from host.values import Draft, PaymentRequest, Recipient, SignedPayment
from host.wallet import Wallet
from host.wallet.path_words import PathLocks, Present
from tests.cosigners import TEMPLATES, descriptor, shared, sign
from tests.devnets import STRANGER
from tests.nights import AT_NIGHT
from tests.wallets import NOW, fund, opened

LATER = TEMPLATES["later the other"]  # key 1, or key 2 after 10 blocks
KEY_1, KEY_2, KEY_3 = "key 1 (73c5da0a)", "key 2 (3f635a63)", "key 3 (b8688df1)"
ANY_2 = "any 2 of the keys 1 (73c5da0a), 2 (3f635a63), 3 (b8688df1)"
AFTER_10 = "After 10 blocks (about 1.7 hours) since a coin came"
AFTER_2 = "after 2 blocks (about 20 minutes) since a coin came"
EXPANDING = "wsh(thresh(3,pk(@0/**),s:pk(@1/**),s:pk(@2/**),sln:older(10)))"
HEIGHT = "wsh(or_d(multi(2,@0/**,@1/**),and_v(v:pkh(@2/**),after(500))))"
TIME = "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(4194314))))"
DATE = "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),after(1800000000))))"
TWO_LOCKS = (
    "wsh(or_i(and_v(v:pkh(@0/**),older(52560)),and_v(v:pkh(@1/**),and_v(v:after(5),older(2)))))"
)
REPLACEABLE = 0xFFFFFFFD


def to_stranger(path: int, sats: int = 25_000, coins: tuple[str, ...] = ()) -> PaymentRequest:
    return PaymentRequest((Recipient(STRANGER, sats),), coins=coins, path=path)


def unsigned(draft: Draft) -> Transaction:
    return Transaction.parse(PsbtMaps.parse(draft.psbt).unsigned_tx)


def grown(wallet: Wallet, height: int) -> None:
    """A block of that height on the chain that the wallet knows."""
    with closing(sqlite3.connect(wallet.path / "coins.sqlite")) as db, db:
        db.execute("INSERT OR IGNORE INTO bdk_blocks VALUES (?, ?)", (height, "22" * 32))
    wallet._load()


def confirmed_at(wallet: Wallet, txid: str, height: int) -> None:
    with closing(sqlite3.connect(wallet.path / "coins.sqlite")) as db, db:
        db.execute("INSERT INTO bdk_anchors VALUES (?, ?, ?, ?)", (txid, height, "22" * 32, NOW))
    wallet._load()


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    """A coin of block 1, at block 1."""
    wallet = shared(tmp_path / "wallet", LATER)
    fund(wallet, 100_000)
    return wallet


@pytest.fixture
def aged(wallet: Wallet) -> Wallet:
    """A coin of block 1 and one of block 10, at block 10."""
    young = fund(wallet, 60_000, 1, in_block=False)
    wallet._save()
    grown(wallet, 10)
    confirmed_at(wallet, young, 10)
    return wallet


@pytest.mark.parametrize(
    ("template", "sentences"),
    [
        (TEMPLATES["2 of 3"], [f"Now: {ANY_2}."]),
        (TEMPLATES["both"], [f"Now: {KEY_1} and {KEY_2}."]),
        (LATER, [f"Now: {KEY_1} alone.", f"{AFTER_10}: {KEY_2} alone."]),
        (TEMPLATES["leaves"], [f"Now: {ANY_2}.", f"{AFTER_10}: {KEY_1} alone."]),
        (EXPANDING, [f"Now: {KEY_1}, {KEY_2} and {KEY_3}.", f"{AFTER_10}: {ANY_2}."]),
        (HEIGHT, [f"Now: {KEY_1} and {KEY_2}.", f"From block 500 on: {KEY_3} alone."]),
        (DATE, [f"Now: {KEY_1} alone.", f"From 2027-01-15 08:00 UTC on: {KEY_2} alone."]),
        (
            TIME,
            [f"Now: {KEY_1} alone.", f"After about 1.4 hours since a coin came: {KEY_2} alone."],
        ),
        (
            TWO_LOCKS,
            [
                f"After 52 560 blocks (about 1 year) since a coin came: {KEY_1} alone.",
                f"From block 5 on and {AFTER_2}: {KEY_2} alone.",
            ],
        ),
    ],
)
def test_a_wallet_lists_its_paths(template: str, sentences: list[str], tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet", template)
    paths = wallet.paths()
    assert [path.words for path in paths] == sentences
    assert [path.number for path in paths] == list(range(1, len(paths) + 1))


def test_too_many_paths_are_not_listed_and_the_default_still_pays(tmp_path: Path) -> None:
    locks = "".join(f",sln:older({10 + number})" for number in range(7))
    wallet = shared(tmp_path / "wallet", f"wsh(thresh(8,pk(@0/**),s:pk(@1/**),s:pk(@2/**){locks}))")
    fund(wallet, 100_000)
    with pytest.raises(BadInput, match="more than 16 paths"):
        wallet.paths()
    assert wallet.draft(STRANGER, 25_000, 1)


def test_what_is_not_possible_is_listed_with_when_it_is_and_refused(wallet: Wallet) -> None:
    first, second = wallet.paths()
    assert first.state == "Possible now."
    assert second.state == "Possible from block 10 on."
    with pytest.raises(WalletError, match="Path 2 is possible from block 10 on; it is block 1 now"):
        wallet.draft_request(to_stranger(2))
    with pytest.raises(BadInput, match="This wallet has no path 3"):
        wallet.draft_request(to_stranger(3))
    assert wallet.store.draft() is None


def test_coins_that_are_too_young_are_left_out(aged: Wallet) -> None:
    young = next(coin.outpoint for coin in aged.utxos() if coin.height == 10)
    assert aged.paths()[1].state == "Possible now for 1 of 2 coins; for all from block 19 on."
    draft = aged.draft_request(to_stranger(2))
    assert [txin.sequence for txin in unsigned(draft).inputs] == [10]
    with pytest.raises(TooFewCoins, match="60 000 sats more are too young for path 2"):
        aged.draft_request(to_stranger(2, 120_000))
    with pytest.raises(BadInput, match=f"{young} can take path 2 from block 19 on; it is block 10"):
        aged.draft_request(to_stranger(2, coins=(young,)))
    assert len(unsigned(aged.draft_request(to_stranger(1, 120_000))).inputs) == 2


def test_a_choice_outlives_the_program_and_its_keys_are_to_sign(aged: Wallet) -> None:
    draft = aged.draft_request(to_stranger(2))
    aged.close()
    again = opened(aged.path)
    kept = spend.unfinished(again)
    assert kept == draft
    assert f"Path 2: {AFTER_10}: {KEY_2} alone." in Drafted(kept).sentence
    progress = again.signatures(kept)
    assert progress.missing == 1
    assert progress.sentence.endswith(f"Path 2 is signed by {KEY_2} alone.")
    assert again.finish(kept, sign(again.collected(kept), 1, LATER)).fee_sats == draft.fee_sats


def test_without_a_choice_the_other_key_is_not_asked(aged: Wallet) -> None:
    draft = aged.draft(STRANGER, 25_000, 1)
    assert [txin.sequence for txin in unsigned(draft).inputs] == [REPLACEABLE]
    assert "Path" not in Drafted(draft).sentence
    assert aged.signatures(draft).missing is None


def test_as_many_signatures_are_missing_as_the_path_needs(tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet", EXPANDING)
    fund(wallet, 100_000)
    grown(wallet, 10)
    for path, missing, sequence in ((1, 3, REPLACEABLE), (2, 2, 10)):
        draft = wallet.draft_request(to_stranger(path))
        assert wallet.signatures(draft).missing == missing
        assert [txin.sequence for txin in unsigned(draft).inputs] == [sequence]
    with pytest.raises(MoreSignatures, match=r"One more signature is needed\. Path 2 .* any 2 of"):
        wallet.finish(draft, sign(draft.psbt, 2, EXPANDING))
    assert wallet.finish(draft, sign(wallet.collected(draft), 0, EXPANDING))


@pytest.mark.parametrize("is_bump", [True, False])
def test_what_takes_its_place_keeps_to_the_path(aged: Wallet, *, is_bump: bool) -> None:
    payment = signed_on(aged, LATER)
    draft = (aged.draft_bump if is_bump else aged.draft_call_off)(payment.txid, 20)
    assert [txin.sequence for txin in unsigned(draft).inputs] == [10]
    assert aged.finish(draft, sign(draft.psbt, 1, LATER)).fee_sats == draft.fee_sats


def test_no_coin_too_young_for_the_path_pays_for_a_higher_fee(aged: Wallet) -> None:
    payment = signed_on(aged, LATER)
    with pytest.raises(TooFewCoins):
        aged.draft_bump(payment.txid, 600)
    assert aged.store.draft() is None


def test_a_child_takes_the_path_that_was_chosen(tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet", HEIGHT)
    parent = fund(wallet, 100_000, in_block=False)
    child = PaymentRequest((), 5, child_of=parent, path=2)
    with pytest.raises(WalletError, match="Path 2 is possible from block 500 on; it is block 0"):
        wallet.draft_request(child)
    wallet._save()
    grown(wallet, 500)
    draft = wallet.draft_request(child)
    assert f"Path 2: From block 500 on: {KEY_3} alone." in Drafted(draft).sentence
    assert unsigned(draft).lock_time == 500
    wallet.close()
    wallet = opened(tmp_path / "wallet")
    payment = wallet.finish(draft, sign(wallet.collected(draft), 2, HEIGHT))
    assert payment.fee_sats == draft.fee_sats
    wallet.close()


def test_no_child_takes_a_path_that_wants_aged_coins(wallet: Wallet) -> None:
    parent = fund(wallet, 60_000, 1, in_block=False)
    with pytest.raises(BadInput, match="Path 2 takes only coins that have been in a block"):
        wallet.draft_request(PaymentRequest((), 5, child_of=parent, path=2))
    with pytest.raises(BadInput, match="no path 3"):
        wallet.draft_request(PaymentRequest((), 5, child_of=parent, path=3))


async def test_the_network_takes_a_child_on_the_path_that_was_chosen(
    devnet: Devnet, backend: P2pBackend, tmp_path: Path
) -> None:
    template = HEIGHT.replace("after(500)", "after(5)")
    wallet = shared(tmp_path / "shared", template)
    await devnet.fund(wallet.next_address().address, 1_000_000)
    await backend.sync(wallet)
    for request in (to_stranger(1), PaymentRequest((), 9, path=2)):
        parents = [record.payment.txid for record in wallet.waiting()]
        draft = wallet.draft_request(replace(request, child_of="".join(parents)))
        places = (2,) if parents else (0, 1)
        for place in places[:-1]:
            with pytest.raises(MoreSignatures):
                wallet.finish(draft, sign(wallet.collected(draft), place, template))
        payment = wallet.finish(draft, sign(wallet.collected(draft), places[-1], template))
        await spend.send(wallet, backend, payment)
    await devnet.mine()
    await backend.sync(wallet)
    assert wallet.confirmations(payment.txid) == 1
    wallet.close()


def test_a_height_is_written_into_the_payment(tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet", HEIGHT)
    fund(wallet, 100_000)
    with pytest.raises(WalletError, match="possible from block 500 on; it is block 1 now"):
        wallet.draft_request(to_stranger(2))
    grown(wallet, 500)
    draft = wallet.draft_request(to_stranger(2))
    assert unsigned(draft).lock_time == 500
    assert wallet.finish(draft, sign(draft.psbt, 2, HEIGHT))


@pytest.mark.parametrize(
    ("locks", "clock_s", "is_open"),
    [
        (PathLocks(time=NOW), NOW + 3_599, False),
        (PathLocks(time=NOW), NOW + 3_600, True),
        (PathLocks(seconds=5_120), NOW + 5_120 + 3_599, False),
        (PathLocks(seconds=5_120), NOW + 5_120 + 3_600, True),
        (PathLocks(height=2), NOW, False),
        (PathLocks(), 0, True),
    ],
)
def test_times_are_compared_with_the_blocks_clock(
    locks: PathLocks, clock_s: int, *, is_open: bool, wallet: Wallet
) -> None:
    (coin,) = wallet.engine.list_unspent()
    assert Present(1, clock_s).is_open(locks, coin) is is_open


# ---- on a network


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["wallet", *words])
    return status, *capsys.readouterr()


def test_paths_are_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ("--home", str(tmp_path), "--network", "regtest")
    assert typed(capsys, "import", descriptor(LATER), "--wallet", "club", *home)[0] == 0
    status, out, _ = typed(capsys, "paths", "--wallet", "club", *home)
    assert (status, out.splitlines()[1]) == (
        0,
        f"2. {AFTER_10}: {KEY_2} alone. There is no coin to spend.",
    )
    _, out, _ = typed(capsys, "paths", "--json", "--wallet", "club", *home)
    rows = [json.loads(row) for row in out.splitlines()]
    assert [(row["number"], row["signers"]) for row in rows] == [
        (1, f"{KEY_1} alone"),
        (2, f"{KEY_2} alone"),
    ]
    pay = ("pay", STRANGER, "25k", "--wallet", "club", "--psbt-out", str(tmp_path / "pay.psbt"))
    assert "no path 7" in typed(capsys, *pay, "--path", "7", *home)[2]
    for words in (pay, ("cpfp", "00" * 32, "--rate", "5")):
        with pytest.raises(SystemExit):
            typed(capsys, *words, "--path", "0", *home)


@AT_NIGHT
@pytest.mark.parametrize("template", [LATER, TEMPLATES["leaves"], EXPANDING])
async def test_the_network_takes_a_path_from_the_block_on_that_was_said(
    template: str,
    devnet: Devnet,
    backend: P2pBackend,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wallet = shared(tmp_path / "shared", template)
    await devnet.fund(wallet.next_address().address, 1_000_000)
    await backend.sync(wallet)
    opens = wallet.paths()[1].opens.height
    await devnet.mine(opens - wallet.tip_height - 1)
    await backend.sync(wallet)
    with pytest.raises(WalletError, match=f"possible from block {opens} on"):
        wallet.draft_request(to_stranger(2))
    with monkeypatch.context() as patch:
        patch.setattr(Present, "is_open", lambda *_: True)
        early = signed_on(wallet, template)
    with pytest.raises(HostError):
        await spend.send(wallet, backend, early)
    wallet.give_up(early.txid)
    await devnet.mine()
    await backend.sync(wallet)
    payment = signed_on(wallet, template)
    await spend.send(wallet, backend, payment)
    await devnet.mine()
    await backend.sync(wallet)
    assert wallet.confirmations(payment.txid) == 1


def signed_on(wallet: Wallet, template: str) -> SignedPayment:
    """A payment on path 2, signed by those who are asked there."""
    draft = wallet.draft_request(to_stranger(2))
    places = {LATER: (1,), EXPANDING: (2, 0)}.get(template, (0,))
    for place in places[:-1]:
        with pytest.raises(MoreSignatures):
            wallet.finish(draft, sign(wallet.collected(draft), place, template))
    return wallet.finish(draft, sign(wallet.collected(draft), places[-1], template))
