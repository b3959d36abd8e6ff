"""Payments to silent addresses: drafted, signed, found by who was paid, and made again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from host.app import pasted
from host.errors import BadInput, WalletError
from host.psbt import PsbtMaps
from host.transactions import Transaction
from host.values import Draft, PaymentRequest, Recipient, SignedPayment
from host.wallet import Wallet
from signer.chains.bitcoin import CHAIN
from signer.formats.silent_address import SilentAddress
from signer.keys import curve
from tests import cosigners, nights
from tests.signer.silents import BOB, SCAN, receiver_outputs
from tests.wallets import STRANGER, fund, opened, paired, sign

SP = BOB.encode("regtest")
# The same person's address for another purpose: one scan key, another spend key (BIP352, Labels).
LABELLED = SilentAddress(BOB.scan_key, curve.public_key(bytearray(b"\x44" * 32)))
EVE_SCAN = bytearray(b"\x55" * 32)
EVE = SilentAddress(curve.public_key(EVE_SCAN), curve.public_key(bytearray(b"\x66" * 32)))
COINS = (100_000, 60_000, 40_000)
KINDS = ("wpkh", "tr", "pkh", "sh-wpkh")


def with_coins(path: Path, script: str) -> Wallet:
    wallet = paired(path, script)
    for number, sats in enumerate(COINS):
        fund(wallet, sats, number)
    return wallet


@pytest.fixture(params=nights.cases(KINDS, by_day={"wpkh", "tr"}))
def each_wallet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wallet]:
    wallet = with_coins(tmp_path / "w", request.param)
    yield wallet
    wallet.close()


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[Wallet]:
    wallet = paired(tmp_path / "w")
    fund(wallet, 100_000)
    yield wallet
    wallet.close()


def requested(*recipients: tuple[str, int | None]) -> PaymentRequest:
    return PaymentRequest(tuple(Recipient(*recipient) for recipient in recipients), 1)


def finish(wallet: Wallet, draft: Draft) -> SignedPayment:
    return wallet.finish(draft, sign(draft.psbt))


def found(
    payment: SignedPayment, keys: Sequence[bytes], scan: bytearray, payee: SilentAddress
) -> Mapping[int, int]:
    """What the owner of a scan key finds of a transaction: sats, by the number of the payment.

    `keys` are those of the coins that it spends.
    """
    transaction = Transaction.parse(payment.raw_tx)
    outpoints = [txin.outpoint.encode() for txin in transaction.inputs]
    outputs = receiver_outputs(bytes(scan), payee.spend_key, outpoints, keys, 6)
    sats = {txout.script_pubkey: txout.sats for txout in transaction.outputs}
    return {
        number: sats[b"\x51\x20" + key]
        for number, key in enumerate(outputs)
        if b"\x51\x20" + key in sats
    }


def keys_of(payment: SignedPayment, draft: Draft) -> list[bytes]:
    """The keys of the coins that are spent, as a stranger reads them from the chain (BIP352)."""
    keys = []
    inputs = Transaction.parse(payment.raw_tx).inputs
    for txin, records in zip(inputs, PsbtMaps.parse(draft.psbt).inputs, strict=True):
        if len(txin.witness) == 1:
            keys.append(b"\x02" + records[b"\x01"][-32:])
        else:
            keys.append(txin.witness[1] if txin.witness else txin.script_sig[-33:])
    return keys


# ---- paid, and found


@pytest.mark.parametrize("each_wallet", KINDS, indirect=True)
def test_each_kind_of_account_pays_and_the_payee_finds_the_coins(each_wallet: Wallet) -> None:
    draft = each_wallet.draft_request(requested((SP.upper(), 125_000)))
    assert (draft.recipient, draft.sats, draft.words) == (SP, 125_000, ())
    assert draft.change_sats > 0
    payment = finish(each_wallet, draft)
    assert found(payment, keys_of(payment, draft), SCAN, BOB) == {0: 125_000}
    assert payment.fee_sats == draft.fee_sats >= Transaction.parse(payment.raw_tx).vsize
    (record,) = each_wallet.waiting()
    assert (record.recipient, record.sats) == (SP, 125_000)


def test_several_at_once_are_numbered_by_scan_key(each_wallet: Wallet) -> None:
    recipients = (
        (SP, 20_000),
        (STRANGER, 5_000),
        (EVE.encode("regtest"), 9_000),
        (SP, 21_000),
        (LABELLED.encode("regtest"), 22_000),
    )
    draft = each_wallet.draft_request(requested(*recipients))
    payment = finish(each_wallet, draft)
    keys = keys_of(payment, draft)
    to_bob, to_label = (found(payment, keys, SCAN, payee) for payee in (BOB, LABELLED))
    assert sorted(to_bob.values()) == [20_000, 21_000]
    assert list(to_label.values()) == [22_000]
    assert sorted([*to_bob, *to_label]) == [0, 1, 2], "one row of numbers for one scan key"
    assert found(payment, keys, EVE_SCAN, EVE) == {0: 9_000}
    assert draft.change_sats > 0


def test_all_there_is_goes_to_a_silent_address(each_wallet: Wallet) -> None:
    draft = each_wallet.draft_request(requested((SP, None)))
    payment = finish(each_wallet, draft)
    assert draft.change_sats == 0
    assert found(payment, keys_of(payment, draft), SCAN, BOB) == {0: sum(COINS) - draft.fee_sats}


def test_what_a_device_behind_a_camera_leaves_out_is_not_missed(each_wallet: Wallet) -> None:
    draft = each_wallet.draft_request(requested((SP, 125_000)))
    payment = each_wallet.finish(draft, CHAIN.signatures_only(sign(draft.psbt)))
    assert found(payment, keys_of(payment, draft), SCAN, BOB) == {0: 125_000}


def test_a_signed_answer_is_known_again_when_it_is_pasted(wallet: Wallet) -> None:
    draft = wallet.draft_request(requested((SP, 25_000)))
    for psbt in (draft.psbt, sign(draft.psbt), CHAIN.signatures_only(sign(draft.psbt))):
        assert pasted.own_payment(wallet, PsbtMaps.parse(psbt)) == draft
    other = wallet.draft_request(requested((SP, 25_001)))
    with pytest.raises(BadInput):
        pasted.own_payment(wallet, PsbtMaps.parse(draft.psbt))
    wallet.discard(other)


# ---- kept


def test_a_draft_and_a_payment_are_the_same_after_a_restart(wallet: Wallet) -> None:
    draft = wallet.draft_request(requested((SP, 25_000), (STRANGER, 1_000)))
    wallet.close()
    again = opened(wallet.path)
    assert again.store.draft() == draft
    payment = finish(again, draft)
    again.close()
    once_more = opened(wallet.path)
    (record,) = once_more.waiting()
    assert (record.payment, record.recipient) == (payment, f"{SP} {STRANGER}")
    assert once_more.store.draft() is None
    once_more.close()


def test_no_script_stands_for_the_address_in_what_is_kept_or_handed_on(wallet: Wallet) -> None:
    draft = wallet.draft_request(requested((SP, 25_000)))
    for psbt in (draft.psbt, wallet.hand_on(draft), wallet.collected(draft)):
        scripts = [
            txout.script_pubkey
            for txout in Transaction.parse(PsbtMaps.parse(psbt).unsigned_tx).outputs
        ]
        assert scripts.count(b"") == 1
        assert not any(script[:2] == b"\x51\x20" for script in scripts)


def test_a_discarded_draft_frees_its_change_address(wallet: Wallet) -> None:
    changes = []
    for _ in range(2):
        draft = wallet.draft_request(requested((SP, 25_000)))
        outputs = Transaction.parse(PsbtMaps.parse(draft.psbt).unsigned_tx).outputs
        changes += [txout.script_pubkey for txout in outputs if txout.script_pubkey]
        wallet.discard(draft)
    assert changes[0] == changes[1]


# ---- made again


def test_a_higher_fee_is_another_script_that_pays_the_same_address(each_wallet: Wallet) -> None:
    largest = each_wallet.utxos()[0].outpoint
    request = requested((SP, 60_000), (STRANGER, 1_000))
    draft = each_wallet.draft_request(replace(request, coins=(largest,)))
    payment = finish(each_wallet, draft)
    rate = 41_000 // (Transaction.parse(payment.raw_tx).vsize - 45)  # without change, too
    bumped = each_wallet.draft_bump(payment.txid, rate)
    assert bumped.recipient == draft.recipient
    again = finish(each_wallet, bumped)
    inputs = [len(Transaction.parse(one.raw_tx).inputs) for one in (payment, again)]
    assert inputs[1] > inputs[0], "another coin pays the fee"
    assert found(again, keys_of(again, bumped), SCAN, BOB) == {0: 60_000}
    assert not found(payment, keys_of(again, bumped), SCAN, BOB)
    third = each_wallet.draft_bump(again.txid, rate + 5)
    last = finish(each_wallet, third)
    assert found(last, keys_of(last, third), SCAN, BOB) == {0: 60_000}


def test_several_silent_addresses_are_not_made_again_by_guessing(wallet: Wallet) -> None:
    request = requested((SP, 20_000), (EVE.encode("regtest"), 20_000))
    payment = finish(wallet, wallet.draft_request(request))
    with pytest.raises(WalletError, match="call it off"):
        wallet.draft_bump(payment.txid, 20)
    assert wallet.store.draft() is None
    back = finish(wallet, wallet.draft_call_off(payment.txid, 20))
    assert [record.payment.txid for record in wallet.waiting()] == [back.txid]


# ---- who cannot


def test_a_wallet_of_several_keys_says_so(tmp_path: Path) -> None:
    wallet = cosigners.shared(tmp_path / "club")
    fund(wallet, 100_000)
    with pytest.raises(BadInput, match="descriptor that was imported"):
        wallet.draft_request(requested((SP, 25_000)))
    assert wallet.store.draft() is None
    wallet.close()


@pytest.mark.parametrize(
    ("network", "address", "says"),
    [
        ("regtest", BOB.encode("mainnet"), "belongs to the main network"),
        ("mainnet", BOB.encode("signet"), "belongs to a test network"),
        ("signet", SP, "belongs to a private network"),
        ("regtest", SP[:-1] + "q", "Letter 118 is probably wrong"),
        ("regtest", SP[:-3], "3 letters are missing"),
        ("regtest", SP[:20] + SP[20:].upper(), "are mixed"),
        ("regtest", SilentAddress(b"\x02" + bytes(32), BOB.spend_key).encode("regtest"), "wrong"),
    ],
)
def test_the_wrong_address_is_named(tmp_path: Path, network: str, address: str, says: str) -> None:
    wallet = paired(tmp_path / "w", network=network)
    with pytest.raises(BadInput, match=re.escape(says)):
        wallet.draft_request(requested((address, 25_000)))
    wallet.close()


def test_dust_to_a_silent_address_is_refused(wallet: Wallet) -> None:
    with pytest.raises(BadInput, match="is too little"):
        wallet.draft_request(requested((SP, 329)))
