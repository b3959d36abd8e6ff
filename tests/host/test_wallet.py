"""The watch-only wallet: addresses, drafts, and what it takes back from a signer."""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import bdkpython as bdk
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host.errors import HostError, TooFewCoins, WalletError
from host.psbt import PsbtMaps
from host.store import Pairing
from host.transactions import Transaction
from host.values import Balance, Draft
from host.wallet import Wallet
from signer.formats.cursor import blob
from signer.formats.words.digest_words import digest_words
from tests.wallets import OTHER_WORDS, STRANGER, fund, opened, paired, sign

SCRIPTS = ("wpkh", "tr")


@pytest.fixture(params=SCRIPTS)
def wallet(request: pytest.FixtureRequest, tmp_path: Path) -> Wallet:
    return paired(tmp_path / "wallet", request.param)


@pytest.fixture
def draft(wallet: Wallet) -> Draft:
    fund(wallet, 100_000)
    return wallet.draft(STRANGER, 25_000, 1.5)


@pytest.mark.parametrize(
    ("script", "address"),
    [
        ("wpkh", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"),  # BIP84
        ("tr", "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"),  # BIP86
    ],
)
def test_the_first_address_is_the_published_one(tmp_path: Path, script: str, address: str) -> None:
    assert paired(tmp_path, script, "mainnet").next_address().address == address


def test_the_path_of_an_address_is_where_the_device_finds_it(wallet: Wallet) -> None:
    purpose = {"wpkh": 84, "tr": 86}[wallet.script]
    hard = 1 << 31
    assert wallet.address_at(7).path == (purpose | hard, 1 | hard, hard, 0, 7)


def test_no_address_is_handed_out_twice_not_even_after_a_restart(tmp_path: Path) -> None:
    wallet = paired(tmp_path)
    first = [wallet.next_address().address for _ in range(3)]
    again = opened(tmp_path)
    assert not set(first) & {again.next_address().address for _ in range(3)}


def test_two_programs_on_one_wallet_hand_out_different_addresses(tmp_path: Path) -> None:
    one, two = paired(tmp_path), opened(tmp_path)
    given_out = [each.next_address().address for _ in range(3) for each in (one, two)]
    assert len(set(given_out)) == 6


def test_no_address_is_handed_out_twice_when_the_chain_file_is_lost(tmp_path: Path) -> None:
    first = paired(tmp_path).next_address()
    (tmp_path / "coins.sqlite").unlink()
    assert opened(tmp_path).next_address() != first


def test_a_wallet_remembers_whose_it_is(wallet: Wallet, tmp_path: Path) -> None:
    again = opened(tmp_path / "wallet")
    assert again.pairing == wallet.pairing
    assert again.fingerprint == "73c5da0a"


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such modes there")
def test_nobody_else_may_look_into_the_folder(wallet: Wallet, tmp_path: Path) -> None:
    assert wallet.fingerprint
    assert (tmp_path / "wallet").stat().st_mode & 0o077 == 0


def test_there_is_no_wallet_where_none_was_made(tmp_path: Path) -> None:
    assert not Wallet.exists(tmp_path)
    with pytest.raises(WalletError, match="no wallet here"):
        opened(tmp_path)


def test_a_second_wallet_does_not_replace_the_first(tmp_path: Path) -> None:
    first = paired(tmp_path)
    with pytest.raises(WalletError, match="already"):
        paired(tmp_path, words=OTHER_WORDS)
    assert opened(tmp_path).pairing == first.pairing


@pytest.mark.parametrize(
    "key",
    [
        "",
        "tpub",
        "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
        "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M/0",
        "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1N",
    ],
    ids=["nothing", "a stump", "a master key of mainnet", "a path behind it", "a wrong checksum"],
)
def test_what_is_not_an_account_key_makes_no_wallet(tmp_path: Path, key: str) -> None:
    with pytest.raises(WalletError, match="cannot use"):
        Wallet.create(tmp_path / "wallet", Pairing("regtest", "wpkh", "73c5da0a", key))
    assert not Wallet.exists(tmp_path / "wallet")


def test_an_account_key_of_the_other_network_makes_no_wallet(tmp_path: Path) -> None:
    other = paired(tmp_path / "main", network="mainnet").pairing
    with pytest.raises(WalletError, match="set to regtest"):
        Wallet.create(tmp_path / "wallet", replace(other, network="regtest"))


def test_a_draft_says_what_it_costs_and_what_comes_back(draft: Draft) -> None:
    unsigned = PsbtMaps.parse(draft.psbt).unsigned_tx
    outputs = Transaction.parse(unsigned).outputs
    assert sorted(output.sats for output in outputs) == sorted((25_000, draft.change_sats))
    assert draft.change_sats == 100_000 - 25_000 - draft.fee_sats
    # One input, two outputs: 110 to 155 virtual bytes at 1.5 sat/vB.
    assert 165 <= draft.fee_sats <= 233
    assert draft.words == digest_words(unsigned)


def test_a_draft_can_be_replaced_and_does_not_tempt_miners_to_reorganise(draft: Draft) -> None:
    unsigned = Transaction.parse(PsbtMaps.parse(draft.psbt).unsigned_tx)
    assert {each.sequence for each in unsigned.inputs} == {0xFFFFFFFD}  # BIP125
    assert unsigned.lock_time == 1  # the height of the block with its coin


@pytest.mark.parametrize(
    ("address", "sats", "says"),
    [
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", 25_000, "belongs to the main network"),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", 25_000, "belongs to a test network"),
        ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081", 25_000, "none that an address has"),
        ("", 25_000, "nothing to read"),
        ("x" * 10_000, 25_000, "far too long"),
        (STRANGER, 293, "294 sats or more"),
        (STRANGER, 0, "1 sat or more"),
        (STRANGER, -1, "1 sat or more"),
        (STRANGER, 1 << 70, "not more than all bitcoin"),
    ],
)
def test_what_cannot_be_paid_is_said_in_a_sentence(
    wallet: Wallet, address: str, sats: int, says: str
) -> None:
    fund(wallet, 100_000)
    with pytest.raises(WalletError, match=re.escape(says)) as refused:
        wallet.draft(address, sats, 1)
    assert str(refused.value).endswith(".")
    assert wallet.store.draft() is None


def test_the_least_that_is_passed_on_can_be_paid(wallet: Wallet) -> None:
    fund(wallet, 100_000)
    assert wallet.draft(STRANGER, 294, 1).sats == 294


def test_too_few_coins_says_how_many_sats_are_missing(wallet: Wallet) -> None:
    fund(wallet, 10_000)
    with pytest.raises(TooFewCoins, match="sats are missing") as refused:
        wallet.draft(STRANGER, 25_000, 1)
    missing = refused.value.missing_sats
    fund(wallet, missing + 200, number=1)  # and what it costs to spend one coin more
    assert wallet.draft(STRANGER, 25_000, 1).sats == 25_000
    assert 15_000 < missing < 15_300


@pytest.mark.parametrize("rate", [0, -1, 0.05, 10_001, float("nan"), float("inf")])
def test_a_fee_rate_nobody_can_mean_is_refused(wallet: Wallet, rate: float) -> None:
    fund(wallet, 100_000)
    with pytest.raises(WalletError, match="fee rate"):
        wallet.draft(STRANGER, 25_000, rate)


def test_ten_drafts_use_up_two_change_addresses_at_most(wallet: Wallet) -> None:
    fund(wallet, 100_000)
    for sats in range(25_000, 25_010):
        wallet.draft(STRANGER, sats, 1)
    # An older draft is kept until the newer one is there.
    assert wallet.engine.derivation_index(bdk.KeychainKind.INTERNAL) == 1


def test_a_draft_survives_a_restart_and_can_be_finished(
    wallet: Wallet, draft: Draft, tmp_path: Path
) -> None:
    wallet.close()
    again = opened(tmp_path / "wallet")
    fund_again(again)
    kept = again.store.draft()
    assert kept == draft
    assert again.finish(kept, sign(kept.psbt)).fee_sats == draft.fee_sats


def fund_again(wallet: Wallet) -> None:
    """The coin from nowhere is not on disk: BDK saves what it is told with the next change."""
    if not wallet.utxos():
        fund(wallet, 100_000)


def test_a_discarded_draft_is_gone_after_a_restart(
    wallet: Wallet, draft: Draft, tmp_path: Path
) -> None:
    wallet.discard(draft)
    wallet.close()
    assert opened(tmp_path / "wallet").store.draft() is None


def test_a_finished_payment_counts_its_coins_as_spent_also_after_a_restart(
    wallet: Wallet, draft: Draft, tmp_path: Path
) -> None:
    payment = wallet.finish(draft, sign(draft.psbt))
    assert wallet.balance() == Balance(0, draft.change_sats)
    assert [coin.sats for coin in wallet.utxos()] == [draft.change_sats]
    assert wallet.history()[0].net_sats == -(25_000 + draft.fee_sats)
    wallet.close()
    again = opened(tmp_path / "wallet")
    assert again.balance() == Balance(0, draft.change_sats)
    assert again.store.draft() is None
    assert [record.payment for record in again.store.payments()] == [payment]


def test_a_payment_that_a_crash_kept_from_bdk_is_told_to_it_at_the_next_start(
    wallet: Wallet, draft: Draft, tmp_path: Path
) -> None:
    payment = wallet.finish(draft, sign(draft.psbt))
    wallet.close()
    (tmp_path / "wallet" / "coins.sqlite").unlink()
    again = opened(tmp_path / "wallet")
    assert payment.txid in {row.txid for row in again.history()}


def test_a_payment_is_what_was_drafted_plus_signatures(wallet: Wallet, draft: Draft) -> None:
    payment = wallet.finish(draft, sign(draft.psbt))
    transaction = Transaction.parse(payment.raw_tx)
    assert transaction.encode(witness=False) == PsbtMaps.parse(draft.psbt).unsigned_tx
    assert transaction.name == payment.txid
    assert payment.fee_sats == draft.fee_sats


def test_a_signer_that_returns_nothing_but_signatures_is_understood(
    wallet: Wallet, draft: Draft
) -> None:
    whole = PsbtMaps.parse(sign(draft.psbt))
    bare = tuple({k: v for k, v in each.items() if k[0] in {0x02, 0x13}} for each in whole.inputs)
    trimmed = PsbtMaps({b"\0": whole.unsigned_tx}, bare, ({},) * len(whole.outputs))
    assert wallet.finish(draft, trimmed.encode()).fee_sats == draft.fee_sats


def test_a_taproot_signature_in_its_final_place_is_understood(tmp_path: Path) -> None:
    wallet = paired(tmp_path, "tr")
    fund(wallet, 100_000)
    draft = wallet.draft(STRANGER, 25_000, 1)
    whole = PsbtMaps.parse(sign(draft.psbt))
    final = tuple({b"\x08": b"\x01\x40" + each[b"\x13"]} for each in whole.inputs)
    moved = PsbtMaps(whole.top, final, whole.outputs)
    assert wallet.finish(draft, moved.encode()).fee_sats == draft.fee_sats


def test_a_finalized_witness_of_one_key_is_understood(wallet: Wallet, draft: Draft) -> None:
    if wallet.script != "wpkh":
        pytest.skip("a taproot witness has one item")
    whole = PsbtMaps.parse(sign(draft.psbt))
    final = []
    for each in whole.inputs:
        ((key, signature),) = [(k[1:], v) for k, v in each.items() if k[0] == 0x02]
        final.append({b"\x08": b"\x02" + blob(signature) + blob(key)})
    moved = PsbtMaps(whole.top, tuple(final), whole.outputs)
    assert wallet.finish(draft, moved.encode()).fee_sats == draft.fee_sats


def test_a_finalized_script_of_one_key_is_understood(tmp_path: Path) -> None:
    wallet = paired(tmp_path, "pkh")
    fund(wallet, 100_000)
    draft = wallet.draft(STRANGER, 25_000, 1)
    whole = PsbtMaps.parse(sign(draft.psbt))
    ((key, signature),) = [(k[1:], v) for k, v in whole.inputs[0].items() if k[0] == 0x02]
    pushes = blob(signature) + blob(key)
    more, final = (
        PsbtMaps(whole.top, ({b"\x07": script},), whole.outputs).encode()
        for script in (pushes + b"\x51", pushes)
    )
    with pytest.raises(WalletError, match="Not every coin was signed"):
        wallet.finish(draft, more)
    assert wallet.finish(draft, final).fee_sats == draft.fee_sats


Change = Callable[[PsbtMaps], bytes]


def _input(psbt: PsbtMaps, change: Callable[[dict[bytes, bytes]], dict[bytes, bytes]]) -> bytes:
    return PsbtMaps(psbt.top, tuple(map(change, psbt.inputs)), psbt.outputs).encode()


def _is_signature(key: bytes) -> bool:
    return key[0] in {0x02, 0x13}


def _signatures(psbt: PsbtMaps, change: Callable[[bytes], bytes]) -> bytes:
    return _input(
        psbt, lambda one: {k: change(v) if _is_signature(k) else v for k, v in one.items()}
    )


def _other_output(psbt: PsbtMaps) -> bytes:
    tx = bytearray(psbt.unsigned_tx)
    tx[-20] ^= 1
    return PsbtMaps({**psbt.top, b"\0": bytes(tx)}, psbt.inputs, psbt.outputs).encode()


BAD: dict[str, tuple[Change, str]] = {
    "bytes behind its end": (lambda p: p.encode() + b"\0", "not a clean PSBT"),
    "half of it": (lambda p: p.encode()[: len(p.encode()) // 2], "not a clean PSBT"),
    "nothing": (lambda _: b"", "not a clean PSBT"),
    "another recipient": (_other_output, "Another transaction"),
    "no signature": (
        lambda p: _input(p, lambda o: {k: v for k, v in o.items() if not _is_signature(k)}),
        "found nothing to sign",
    ),
    "another amount": (
        lambda p: _input(p, lambda o: {**o, b"\x01": o[b"\x01"][:1] + b"\x01" + o[b"\x01"][2:]}),
        "came back changed",
    ),
    "a signature of another kind": (
        lambda p: _signatures(p, lambda s: s[:-1] + b"\x83" if len(s) > 64 else s + b"\x83"),
        "does not cover the whole payment",
    ),
    "an empty signature": (lambda p: _signatures(p, lambda _: b""), "does not cover"),
    "a flipped signature": (
        lambda p: _signatures(p, lambda s: s[:20] + bytes([s[20] ^ 1]) + s[21:]),
        "not right",
    ),
    "a signature that is no signature": (
        lambda p: _signatures(p, lambda s: b"\x30" * 64 if len(s) == 64 else b"\x30\x01\x01"),
        "broken|not right",
    ),
    "a signature for another key": (
        lambda p: _input(p, lambda o: {**o, b"\x02" + b"\x03" * 33: b"\x30\x01"}),
        "a key that was not asked",
    ),
}


@pytest.mark.parametrize(("change", "says"), BAD.values(), ids=BAD.keys())
def test_what_comes_back_wrong_is_refused_and_the_draft_is_as_it_was(
    wallet: Wallet, draft: Draft, change: Change, says: str
) -> None:
    signed = sign(draft.psbt)
    with pytest.raises(WalletError, match=says):
        wallet.finish(draft, change(PsbtMaps.parse(signed)))
    assert wallet.store.draft() == draft
    assert wallet.store.payments() == ()
    assert wallet.finish(draft, signed).fee_sats == draft.fee_sats


def test_a_payment_whose_coin_was_spent_meanwhile_is_refused(wallet: Wallet, draft: Draft) -> None:
    other = wallet.draft(STRANGER, 30_000, 1)
    wallet.finish(other, sign(other.psbt))
    with pytest.raises(WalletError, match="spent meanwhile"):
        wallet.finish(draft, sign(draft.psbt))


@given(st.binary(max_size=300))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_from_a_signer_raise_anything_but_a_sentence(
    wallet: Wallet, draft: Draft, data: bytes
) -> None:
    for signed in (data, draft.psbt[:5] + data, draft.psbt + data):
        with pytest.raises(HostError):
            wallet.finish(draft, signed)


def test_dozens_of_coins_are_spent_in_one_payment(wallet: Wallet) -> None:
    for number in range(50):
        fund(wallet, 1_000, number)
    draft = wallet.draft(STRANGER, 44_000, 0.5)
    payment = wallet.finish(draft, sign(draft.psbt))
    assert len(Transaction.parse(payment.raw_tx).inputs) >= 45


def test_the_last_address_is_shown_again_until_it_is_confirmed_refused_or_paid(
    tmp_path: Path,
) -> None:
    wallet = paired(tmp_path)
    assert wallet.last_address() is None
    first = wallet.next_address()
    assert wallet.last_address() == first
    wallet.close()
    wallet = opened(tmp_path)
    assert wallet.last_address() == first
    wallet.mark_verified(first)
    assert wallet.last_address() is None
    second = wallet.next_address()
    wallet.mark_address_refused(second)
    assert wallet.last_address() is None
    fund(wallet, 50_000)
    assert wallet.is_used(wallet.address_at(2))
    assert wallet.last_address() is None, "somebody paid to it"
    assert wallet.next_address().index == 3
    wallet.close()
