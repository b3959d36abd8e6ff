"""Wallets of several keys or conditions: payments written down, signed by turns, and ended."""

import sqlite3
from base64 import b64decode, b64encode
from contextlib import closing
from pathlib import Path

import bdkpython as bdk
import pytest

from host.app import spend
from host.app.history import entries
from host.errors import MoreSignatures, WalletError
from host.psbt import PsbtMaps, is_signature
from host.transactions import Transaction
from host.values import Draft, PaymentRequest, Recipient, SignedPayment
from host.wallet import Wallet, bdk_adapter
from tests.cosigners import TEMPLATES, shared, sign
from tests.devnets import STRANGER
from tests.wallets import NOW, confirm, fund, opened, paired

REPLACEABLE = 0xFFFFFFFD  # no relative lock (BIP68, BIP125)


def unsigned(draft: Draft) -> Transaction:
    return Transaction.parse(PsbtMaps.parse(draft.psbt).unsigned_tx)


@pytest.mark.parametrize("name", ["later the other", "leaves", "key or leaf"])
def test_a_payment_waits_for_no_lock_where_signatures_are_enough(name: str, tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet", TEMPLATES[name])
    fund(wallet, 100_000)
    draft = wallet.draft(STRANGER, 25_000, 1)
    assert [txin.sequence for txin in unsigned(draft).inputs] == [REPLACEABLE]


def test_where_every_way_has_a_lock_the_payment_keeps_to_it(tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet", "wsh(and_v(v:pk(@0/**),older(10)))")
    fund(wallet, 100_000)
    with pytest.raises(WalletError, match="Path 1 is possible from block 10 on; it is block 1"):
        wallet.draft(STRANGER, 25_000, 1)
    with closing(sqlite3.connect(wallet.path / "coins.sqlite")) as db, db:
        db.execute("INSERT OR IGNORE INTO bdk_blocks VALUES (10, ?)", ("22" * 32,))
    wallet.close()
    wallet = opened(tmp_path / "wallet")
    draft = wallet.draft(STRANGER, 25_000, 1)
    assert [txin.sequence for txin in unsigned(draft).inputs] == [10]


@pytest.mark.parametrize("script", ["pkh", "sh-wpkh", "wpkh", "tr"])
def test_a_whole_fee_can_be_said_for_every_kind_of_account(script: str, tmp_path: Path) -> None:
    wallet = paired(tmp_path / "wallet", script)
    fund(wallet, 100_000)
    request = PaymentRequest((Recipient(STRANGER, 25_000),), fee_sats=1_000)
    draft = wallet.draft_request(request)
    assert draft.fee_sats == 1_000
    assert 4 < draft.sats_per_vbyte < 8


# ---- signatures by turns


ENOUGH = {"both": (0, 1), "later the other": (0,), "key or leaf": (0,)}


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_signer_adds_its_signature_and_the_last_one_makes_the_payment(
    name: str, tmp_path: Path
) -> None:
    wallet, places = funded(tmp_path, TEMPLATES[name]), ENOUGH.get(name, (2, 1))
    draft = wallet.draft(STRANGER, 25_000, 1)
    *first, last = places
    for number, place in enumerate(first):
        with pytest.raises(MoreSignatures) as kept:
            wallet.finish(draft, sign(wallet.collected(draft), place, TEMPLATES[name]))
        assert kept.value.signed == tuple(sorted(places[: number + 1]))
    payment = wallet.finish(draft, sign(wallet.collected(draft), last, TEMPLATES[name]))
    assert payment.fee_sats == draft.fee_sats
    assert wallet.store.draft() is None
    size = Transaction.parse(payment.raw_tx).vsize
    assert size - 3 <= draft.fee_sats <= size + 30, "the fee rate was reckoned for this script"


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    wallet = funded(tmp_path, "wsh(sortedmulti(3,@0/**,@1/**,@2/**))")
    draft = wallet.draft(STRANGER, 25_000, 1)
    said = []
    for place in (1, 0):
        with pytest.raises(MoreSignatures) as kept:
            wallet.finish(draft, sign(draft.psbt, place, "wsh(sortedmulti(3,@0/**,@1/**,@2/**))"))
        said.append(str(kept.value))
    assert said[0].startswith("Signed by key 2 (3f635a63) of 3. 2 more signatures are needed.")
    assert said[1].startswith(
        "Signed by keys 1 (73c5da0a) and 2 (3f635a63) of 3. One more signature is needed."
    )
    assert said[1].endswith("Nothing was sent, and the payment is kept.")


def test_signers_who_each_had_the_unsigned_payment_are_combined(tmp_path: Path) -> None:
    wallet = funded(tmp_path)
    draft = wallet.draft(STRANGER, 25_000, 1)
    answers = [sign(draft.psbt, place) for place in (0, 2)]
    with pytest.raises(MoreSignatures):
        wallet.finish(draft, answers[0])
    assert wallet.finish(draft, answers[1]).txid == unsigned(draft).name


def test_the_same_signature_twice_is_no_second_one(tmp_path: Path) -> None:
    wallet = funded(tmp_path)
    draft = wallet.draft(STRANGER, 25_000, 1)
    with pytest.raises(MoreSignatures):
        wallet.finish(draft, sign(draft.psbt, 0))
    kept = wallet.collected(draft)
    for again, says in ((sign(draft.psbt, 0), "no signature that is not here"), (kept, "to sign")):
        with pytest.raises(WalletError, match=says):
            wallet.finish(draft, again)
    assert wallet.collected(draft) == kept


def test_signatures_survive_the_end_of_the_program(tmp_path: Path) -> None:
    wallet = funded(tmp_path)
    draft = wallet.draft(STRANGER, 25_000, 1)
    with pytest.raises(MoreSignatures):
        wallet.finish(draft, sign(draft.psbt, 1))
    wallet.close()
    again = opened(tmp_path / "wallet")
    kept = spend.unfinished(again)
    assert kept == draft
    signatures = again.signatures(kept)
    assert (signatures.signed, signatures.missing) == ((1,), 1)
    assert again.finish(kept, sign(again.collected(kept), 0))


def test_a_signature_of_a_key_that_was_not_asked_is_refused(tmp_path: Path) -> None:
    wallet = funded(tmp_path)
    draft = wallet.draft(STRANGER, 25_000, 1)
    signed = PsbtMaps.parse(sign(draft.psbt, 0))
    (records,) = signed.inputs
    ours = next(key for key in records if key[0] == 0x02)
    records[b"\x02" + bytes([2]) * 33] = records.pop(ours)
    with pytest.raises(WalletError, match="a key that was not asked"):
        wallet.finish(draft, signed.encode())
    assert not wallet.store.draft().collected


@pytest.mark.parametrize(("place", "byte"), [(33, 0), (0, 0)])
def test_a_taproot_signature_is_for_a_leaf_and_covers_everything(
    place: int, byte: int, tmp_path: Path
) -> None:
    template = TEMPLATES["leaves"]
    wallet = funded(tmp_path, template)
    draft = wallet.draft(STRANGER, 25_000, 1)
    signed = PsbtMaps.parse(sign(draft.psbt, 1, template))
    (records,) = signed.inputs
    key = next(key for key in records if key[0] == 0x14)
    signature = records.pop(key)
    if place:
        records[key[:place] + bytes([byte]) * 32] = signature  # another leaf
    else:
        records[key] = signature + b"\x02"  # SIGHASH_NONE
    with pytest.raises(WalletError, match=r"was not asked|does not cover the whole"):
        wallet.finish(draft, signed.encode())


@pytest.mark.parametrize("name", ["2 of 3", "legacy", "leaves"])
def test_a_wrong_signature_is_told_when_it_comes_and_takes_nothing_away(
    name: str, tmp_path: Path
) -> None:
    wallet = shared(tmp_path / "wallet", TEMPLATES[name])
    fund(wallet, 100_000)
    fund(wallet, 90_000, 1)
    draft = wallet.draft(STRANGER, 150_000, 1)
    places = ENOUGH.get(name, (0, 1))
    for place in places:
        right = sign(wallet.collected(draft), place, TEMPLATES[name])
        for number in range(len(unsigned(draft).inputs)):
            wrong = PsbtMaps.parse(right)
            records = wrong.inputs[number]
            key = next(k for k in records if is_signature(k) and k not in known(wallet, draft))
            flipped = bytes([records[key][-5] ^ 1])
            records[key] = records[key][:-5] + flipped + records[key][-4:]
            with pytest.raises(WalletError, match="not right"):
                wallet.finish(draft, wrong.encode())
        if place != places[-1]:
            with pytest.raises(MoreSignatures):
                wallet.finish(draft, right)
    assert wallet.finish(draft, right)


def known(wallet: Wallet, draft: Draft) -> set[bytes]:
    return {key for records in PsbtMaps.parse(wallet.collected(draft)).inputs for key in records}


# ---- every payment has an ending


def test_nothing_is_made_beside_a_payment_that_others_may_have(tmp_path: Path) -> None:
    wallet = funded(tmp_path)
    draft = wallet.draft(STRANGER, 25_000, 1)
    wallet.draft(STRANGER, 26_000, 1)  # nobody had the first
    draft = wallet.draft(STRANGER, 25_000, 1)
    assert wallet.hand_on(draft) == draft.psbt
    with pytest.raises(WalletError, match="waits for signatures, and others may have it"):
        wallet.draft(STRANGER, 26_000, 1)
    assert spend.unfinished(wallet) == draft


@pytest.mark.parametrize("is_signed", [True, False])
def test_a_discarded_payment_that_others_may_have_is_given_up_and_ruled_out(
    is_signed: bool, tmp_path: Path
) -> None:
    wallet = funded(tmp_path)
    fund(wallet, 90_000, 1)
    draft = wallet.draft(STRANGER, 25_000, 1)
    if is_signed:
        with pytest.raises(MoreSignatures):
            wallet.finish(draft, sign(draft.psbt, 0))
    else:
        wallet.hand_on(draft)
    wallet.discard(draft)
    (record,) = wallet.store.payments()
    assert (record.status, record.payment.txid) == ("given up", unsigned(draft).name)
    assert spend.unfinished(wallet) is None
    assert wallet.waiting() == ()
    again = wallet.draft(STRANGER, 25_000, 1)
    spent = {txin.outpoint for txin in unsigned(draft).inputs}
    assert spent & {txin.outpoint for txin in unsigned(again).inputs}, "one of the two is paid"
    (entry,) = [entry for entry in entries(wallet) if entry.record]
    assert entry.status == "given up"


def test_a_draft_that_nobody_had_is_forgotten(tmp_path: Path) -> None:
    wallet = funded(tmp_path)
    wallet.discard(wallet.draft(STRANGER, 25_000, 1))
    assert wallet.store.payments() == ()


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("2 of 3", "bump"),
        ("later the other", "bump"),
        ("later the other", "call off"),
        ("later the other", "call off, bump"),
    ],
)
def test_a_payment_on_its_way_is_replaced(name: str, way: str, tmp_path: Path) -> None:
    wallet = funded(tmp_path, TEMPLATES[name])
    first = whole(wallet, wallet.draft(STRANGER, 25_000, 1), name)
    wallet.store.mark_sent(first.txid, 1, 1)
    if way.startswith("call off"):
        draft = wallet.draft_call_off(first.txid, 3)
    else:
        draft = wallet.draft_bump(first.txid, 3)
    second = whole(wallet, draft, name)
    if way.endswith(", bump"):
        draft = wallet.draft_bump(second.txid, 6)
        second = whole(wallet, draft, name)
    statuses = {record.payment.txid: record.status for record in wallet.store.payments()}
    assert (statuses[first.txid], statuses[second.txid]) == ("replaced", "signed")
    assert second.fee_sats > first.fee_sats
    spent = {txin.outpoint for txin in Transaction.parse(second.raw_tx).inputs}
    assert spent == {txin.outpoint for txin in Transaction.parse(first.raw_tx).inputs}


def test_a_fee_that_is_not_high_enough_to_replace_is_named(tmp_path: Path) -> None:
    name = "later the other"
    wallet = funded(tmp_path, TEMPLATES[name])
    first = whole(wallet, wallet.draft(STRANGER, 25_000, 5), name)
    wallet.store.mark_sent(first.txid, 1, 1)
    with pytest.raises(WalletError, match="is needed at least"):
        wallet.draft_bump(first.txid, 5.1)


def test_an_address_of_a_wallet_of_several_keys_says_its_place(tmp_path: Path) -> None:
    assert funded(tmp_path).address_at(7).path == (0, 7)


def funded(tmp_path: Path, template: str = TEMPLATES["2 of 3"]) -> Wallet:
    wallet = shared(tmp_path / "wallet", template)
    fund(wallet, 100_000)
    return wallet


def whole(wallet: Wallet, draft: Draft, name: str) -> SignedPayment:
    """Signed by as many as it takes."""
    *first, last = ENOUGH.get(name, (0, 1))
    for place in first:
        with pytest.raises(MoreSignatures):
            wallet.finish(draft, sign(wallet.collected(draft), place, TEMPLATES[name]))
    return wallet.finish(draft, sign(wallet.collected(draft), last, TEMPLATES[name]))


def test_what_others_finish_after_it_was_given_up_is_in_the_history_whole(tmp_path: Path) -> None:
    wallet = funded(tmp_path)
    draft = wallet.draft(STRANGER, 25_000, 1)
    with pytest.raises(MoreSignatures):
        wallet.finish(draft, sign(draft.psbt, 0))
    elsewhere = bdk_adapter.finalized(PsbtMaps.parse(sign(wallet.collected(draft), 1)))
    wallet.discard(draft)
    seen = bdk.UnconfirmedTx(tx=bdk.Transaction(elsewhere), last_seen=NOW + 1)
    wallet.engine.apply_unconfirmed_txs([seen])
    wallet.engine.persist(wallet._persister)
    confirm(tmp_path / "wallet" / "coins.sqlite", unsigned(draft).name)
    wallet._load()
    (record,) = wallet.store.payments()
    assert (record.status, record.payment.raw_tx) == ("sent", elsewhere)
    (entry,) = [entry for entry in entries(wallet) if entry.record]
    assert (entry.status, entry.record.recipient) == ("confirmed", STRANGER)


@pytest.mark.parametrize("name", ["2 of 3", "both", "leaves"])
@pytest.mark.parametrize("is_first_here", [True, False])
def test_a_last_signer_that_finalizes_is_understood(
    name: str, is_first_here: bool, tmp_path: Path
) -> None:
    wallet = funded(tmp_path, TEMPLATES[name])
    draft = wallet.draft(STRANGER, 25_000, 1)
    first = sign(draft.psbt, 0, TEMPLATES[name])
    if is_first_here:
        with pytest.raises(MoreSignatures):
            wallet.finish(draft, first)
    whole = bdk.Psbt(b64encode(sign(first, 1, TEMPLATES[name])).decode()).finalize()
    assert whole.could_finalize
    final = PsbtMaps.parse(b64decode(whole.psbt.serialize()))
    assert not any(map(is_signature, final.inputs[0])), "no partial signature is left in it"
    assert wallet.finish(draft, final.encode()).txid == unsigned(draft).name
