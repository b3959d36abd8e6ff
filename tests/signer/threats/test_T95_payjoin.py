"""Beside coins of others that are signed already, what leaves us is said, of our coins alone."""

import re
from collections.abc import Callable
from hashlib import sha256

import ecdsa
import pytest
from embit import bip32, bip39
from embit.psbt import PSBT
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.payment import history
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import sighash
from signer.errors import Refused
from signer.formats.cursor import compact_size
from signer.hashes import hash160
from signer.keys import curve
from signer.review import Page
from tests import kernel, psbts
from tests.psbts import OTHER, PAYEE, THIRD, Draft, In, Out, draft, keyring, refusal, review, text
from tests.psbts import vault as vault_of

SEGWIT = ("sh(wpkh)", "wpkh", "tr")
MULTISIG = vault_of(
    "wsh(sortedmulti(2,@0/**,@1/**,@2/**))", keyring(OTHER), keyring(THIRD), keyring()
)
Spoil = Callable[[In], None]


def signature_of(made: Draft, index: int, words: str = OTHER) -> tuple[bytes, bytes]:
    """(key, signature) of an input, as embit makes it for whoever has these words."""
    request = PSBT.parse(made.encode())
    request.sign_with(bip32.HDKey.from_seed(bip39.mnemonic_to_seed(words)), sighash=None)
    records = container.parse(request.serialize()).inputs[index]
    final = records.get(0x08)
    if final is not None:  # embit ends a taproot coin at once
        return b"", final[2:]
    if records.get(0x13) is not None:
        return b"", records.get(0x13) or b""
    [pair] = records.records_of(0x02)
    return pair


def sign_foreign(made: Draft, index: int, kind: str, *, is_final: bool = True) -> None:
    """Input `index` signed by its owner; final, as a receiver hands it back (BIP78), or not yet."""
    one = made.ins[index]
    key, signature = signature_of(made, index)
    one.drop(0x06, 0x16, 0x17)
    if not is_final:
        one.put(0x13, signature) if kind == "tr" else one.put(0x02, signature, key)
        return
    if kind == "sh(wpkh)":
        one.put(0x07, psbts.blob(one.get(0x04)))
        one.drop(0x04)
    items = [signature] if kind == "tr" else [signature, key]
    one.put(0x08, compact_size(len(items)) + b"".join(map(psbts.blob, items)))


def proposal(
    kind: str = "wpkh",
    foreign_kind: str = "wpkh",
    *,
    foreign: int = 1,
    foreign_sats: int = 50_000,
    is_proven: bool = False,
    is_final: bool = True,
    change: Callable[[Draft], None] = lambda _: None,
) -> Draft:
    """What a receiver of 25 000 sats proposes: his coins in front of ours, his output raised."""
    made = draft(keyring(), 1, kind)
    for number in range(foreign):
        coin = psbts.coin(
            keyring(OTHER), psbts.path(foreign_kind, index=number), foreign_sats, 70 + number
        )
        made.ins.insert(0, coin)
        made.outs[0].sats += foreign_sats
    change(made)
    for index in range(foreign):
        sign_foreign(made, index, foreign_kind, is_final=is_final)
        if not is_proven:
            made.ins[index].drop(0x00)
    return made


def shown_of(made: Draft) -> str:
    return text(review(made.encode(), keyring()).pages)


@pytest.mark.parametrize("is_final", [True, False])
@pytest.mark.parametrize("foreign_kind", SEGWIT)
@pytest.mark.parametrize("kind", psbts.KINDS)
def test_what_leaves_us_is_of_our_coins_alone(kind: str, foreign_kind: str, is_final: bool) -> None:
    made = proposal(kind, foreign_kind, foreign=2, is_final=is_final)
    assert (
        "[Total]\nYou pay 25 200 sats in all, fee included\nChange to you 74 800 sats\n"
        "From 1 coin of yours\n2 of 3 coins are somebody else's, signed already.\n"
        "Fee 200 sats (0.8 %)\n"
    ) in shown_of(made)
    assert "\nTotal " not in shown_of(made)  # of both it would be, and of nobody
    assert (
        "[Coins of others]\n2 of 3 coins are somebody else's, signed already.\n"
        "Yours 100 000 sats\nTheirs 100 000 sats\nTo others 125 000 sats\nTo you 74 800 sats\n"
        "Fee of both 200 sats\n"
    ) in shown_of(made)
    part = "Part of it may come from coins of others."
    assert f"[Recipient 1 of 1]\nPay 125 000 sats\n{part}\nto " in shown_of(made)
    psbts.sign(made.encode(), keyring())  # Core's engine accepts every input


@pytest.mark.parametrize("kind", psbts.KINDS)
@pytest.mark.parametrize("foreign_kind", SEGWIT)
def test_the_size_with_the_coins_of_others_is_known(kind: str, foreign_kind: str) -> None:
    made = proposal(kind, foreign_kind)
    signed = container.parse(psbts.sign(made.encode(), keyring()))
    script_sigs = {"sh(wpkh)": 23}.get(foreign_kind, 0) + {"sh(wpkh)": 23, "pkh": 106}.get(kind, 0)
    weight = 3 * (len(signed.unsigned_tx) + script_sigs) + len(kernel.finalized(signed))
    assert review(made.encode(), keyring()).subject.vbytes == (weight + 3) // 4


def multisig_proposal(*signers: str) -> Draft:
    made = draft(keyring(), 1)
    made.ins.append(psbts.shared_coin(MULTISIG, 0, 0, 50_000, 70))
    made.outs[0].sats += 50_000
    made.ins[1].drop(0x00)
    pairs = [signature_of(made, 1, words) for words in signers]
    made.ins[1].drop(0x06)
    for key, signature in pairs:
        made.ins[1].put(0x02, signature, key)
    return made


def test_a_multisig_of_others_is_verified_signature_by_signature() -> None:
    made = multisig_proposal(OTHER, THIRD)
    assert "You pay 25 200 sats in all" in shown_of(made)
    psbts.sign(made.encode(), keyring())
    request = container.parse(made.encode())
    code = made.ins[1].get(0x05)
    signatures = dict(request.inputs[1].records_of(0x02))
    ordered = [signatures[key] for key in sorted(signatures)]
    for items, is_taken in (
        ([b"", *ordered, code], True),
        ([b"", *reversed(ordered), code], False),
        ([b"", ordered[0], ordered[0], code], False),
        ([b"", ordered[0], code], False),
        ([b"\x01", *ordered, code], False),
        ([b"", *ordered, code + b"\x51"], False),
        ([b"", *ordered], False),
    ):
        made.ins[1].put(0x08, compact_size(len(items)) + b"".join(map(psbts.blob, items)))
        if is_taken:
            assert "You pay" in shown_of(made)
        else:
            assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_a_multisig_that_lacks_a_signature_is_refused() -> None:
    assert refusal(multisig_proposal(OTHER), keyring()) is BitcoinReason.INPUT_NOT_OURS


@pytest.mark.parametrize(
    "template", ["wsh(sortedmulti(2,@0/**,@1/**))", "tr(@0/**,pk(@1/**))", "tr(musig(@0,@1)/**)"]
)
def test_a_registered_account_takes_part_too(template: str) -> None:
    of = vault_of(template, keyring(), keyring(OTHER))
    made = draft(of)
    made.ins.append(psbts.coin(keyring(THIRD), psbts.path("tr"), 50_000, 70))
    made.outs[0].sats += 50_000
    _, signature = signature_of(made, 1, THIRD)
    made.ins[1].drop(0x00, 0x16, 0x17)
    made.ins[1].put(0x08, b"\x01\x40" + signature)
    shown = text(review(made.encode(), keyring(), "regtest", [of.record(keyring())]).pages)
    assert "You pay 25 200 sats in all, fee included\nChange to you 74 800 sats" in shown
    (psbts.together if "musig" in template else psbts.complete)(made, of)


# --- refused: what is not signed, or not so that it can be verified (T10)


def _flip(one: In, kind: int = 0x08) -> None:
    value = one.get(kind)
    one.put(kind, value[:10] + bytes((value[10] ^ 1,)) + value[11:])


SPOILED: dict[str, Spoil] = {
    "no signature": lambda one: one.drop(0x08),
    "a turned bit": _flip,
    "an empty witness": lambda one: one.put(0x08, b"\x00"),
    "no witness but a scriptSig": lambda one: setattr(
        one, "records", [(b"\x07", b"\x51"), *one.records[:-1]]
    ),
    "a scriptSig beside it": lambda one: one.put(0x07, b"\x51"),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=list(SPOILED))
@pytest.mark.parametrize("foreign_kind", ["wpkh", "tr"])
def test_what_is_not_verified_is_refused(foreign_kind: str, spoil: Spoil) -> None:
    made = proposal("wpkh", foreign_kind, is_proven=True)
    assert "You pay" in shown_of(made)
    spoil(made.ins[0])
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


@pytest.mark.parametrize("foreign_kind", ["wpkh", "tr"])
def test_a_signature_over_another_amount_is_none(foreign_kind: str) -> None:
    made = proposal("wpkh", foreign_kind)
    made.ins[0].put(0x01, psbts.output(50_001, made.ins[0].get(0x01)[9:]))
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


@pytest.mark.parametrize("foreign_kind", SEGWIT)
def test_a_signature_of_another_transaction_is_none(foreign_kind: str) -> None:
    made = proposal("wpkh", foreign_kind)
    made.outs[0].sats -= 1
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


@pytest.mark.parametrize("foreign_kind", ["wpkh", "tr"])
@pytest.mark.parametrize("flag", [0x81, 0x02, 0x83])
def test_a_signature_that_leaves_something_open_is_refused(foreign_kind: str, flag: int) -> None:
    """Embit signs with the type that is asked for; so others could still change the payment."""
    made = proposal(
        "wpkh",
        foreign_kind,
        change=lambda made: made.ins[0].put(0x03, flag.to_bytes(4, "little")),
    )
    made.ins[0].drop(0x03)
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def _retyped(one: In, flag: int) -> None:
    """The last byte of the final signature, its type, exchanged for another."""
    witness = one.get(0x08)
    at = 1 + witness[1]
    one.put(0x08, witness[:at] + bytes((flag,)) + witness[at + 1 :])


@pytest.mark.parametrize("foreign_kind", ["wpkh", "tr"])
def test_a_type_that_was_not_signed_is_refused(foreign_kind: str) -> None:
    made = proposal(
        "wpkh",
        foreign_kind,
        change=lambda made: made.ins[0].put(0x03, (1).to_bytes(4, "little")),
    )
    made.ins[0].drop(0x03)
    assert "You pay" in shown_of(made)
    _retyped(made.ins[0], 0x81)
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


@pytest.mark.parametrize("foreign_kind", ["sh(wpkh)", "wpkh"])
def test_a_key_that_the_coin_does_not_name_opens_nothing(foreign_kind: str) -> None:
    """A signature of version 0 says nothing of the script: it holds for any coin of that amount."""
    made = proposal("wpkh", foreign_kind)
    made.ins[0].put(
        0x01, psbts.output(50_000, psbts.lock(keyring(THIRD), psbts.path(foreign_kind)))
    )
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


@pytest.mark.parametrize("is_nested", [False, True])
def test_a_signature_by_a_stranger_s_key_opens_nothing(is_nested: bool) -> None:
    """A coin of whomever, its very digest, and a key that anybody has: it holds, and is none."""
    made, coin = proposal(), psbts.path("wpkh")
    program = psbts.lock(keyring(THIRD), coin)
    locked = b"\xa9\x14" + hash160(program) + b"\x87" if is_nested else program
    made.ins[0] = psbts.funded(locked, 50_000, 70)
    request = container.parse(made.encode())
    code = b"\x76\xa9\x14" + program[2:] + b"\x88\xac"
    shared = sighash.midstates(request.tx, [])
    digest = sighash.segwit_v0(request.tx, shared, 0, code, 50_000, sighash.ALL)
    signature = curve.sign_ecdsa(bytearray(_SECRET), digest, _KEY) + b"\x01"
    made.ins[0].put(0x08, b"\x02" + psbts.blob(signature) + psbts.blob(_KEY))
    made.ins[0].put(0x07, psbts.blob(program) if is_nested else b"")
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_a_script_sig_that_pushes_otherwise_opens_nothing() -> None:
    """Its program fits; as a script it says something else, and the network refuses it."""
    made = proposal("wpkh", "sh(wpkh)")
    pushed = made.ins[0].get(0x07)
    made.ins[0].put(0x07, b"\x17" + pushed[1:])
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS
    made.ins[0].put(0x07, pushed)
    assert "You pay" in shown_of(made)


def test_a_multisig_that_the_coin_does_not_name_opens_nothing() -> None:
    made = multisig_proposal(OTHER, THIRD)
    signatures = dict(container.parse(made.encode()).inputs[1].records_of(0x02))
    code = made.ins[1].get(0x05)
    items = [b"", *(signatures[key] for key in sorted(signatures)), code]
    made.ins[1].put(0x08, compact_size(len(items)) + b"".join(map(psbts.blob, items)))
    assert "You pay" in shown_of(made)
    made.ins[1].drop(0x05)
    made.ins[1].put(0x01, psbts.output(50_000, b"\x00\x20" + bytes(32)))
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_taproot_inside_a_script_hash_is_nobody_s() -> None:
    """Consensus does not look at the signature of such a coin: anybody can take it (BIP341)."""
    secret = bytearray(31) + b"\x01"
    key = curve.public_key(secret)[1:]
    program = b"\x51\x20" + key
    locked = b"\xa9\x14" + hash160(program) + b"\x87"
    made = proposal()
    made.ins[0] = psbts.funded(locked, 50_000, 70)
    request = container.parse(made.encode())
    spent = [kernel.spent_output(request, index) for index in range(2)]
    shared = sighash.midstates(request.tx, spent)
    for nested in (False, True):
        digest = sighash.taproot(request.tx, shared, 0, spent[0], sighash.DEFAULT)
        made.ins[0].put(0x08, b"\x01\x40" + curve.sign_schnorr(secret, digest, key))
        made.ins[0].put(0x07, psbts.blob(program) if nested else b"")
        assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


_SECRET = bytes(31) + b"\x01"
_KEY = curve.public_key(bytearray(_SECRET))
_PUSH = b"\x21" + _KEY


def test_what_checkmultisig_drops_must_be_empty() -> None:
    """Consensus in witness programs, BIP147: with anything else there, the coin stays shut."""
    made, code = proposal(), b"\x51" + _PUSH + b"\x51\xae"
    made.ins[0] = psbts.funded(b"\x00\x20" + sha256(code).digest(), 50_000, 70)
    request = container.parse(made.encode())
    shared = sighash.midstates(request.tx, [])
    digest = sighash.segwit_v0(request.tx, shared, 0, code, 50_000, sighash.ALL)
    signature = curve.sign_ecdsa(bytearray(_SECRET), digest, _KEY) + b"\x01"
    items = [b"\x01", signature, code]
    made.ins[0].put(0x08, b"\x03" + b"".join(map(psbts.blob, items)))
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


@pytest.mark.parametrize(
    ("code", "is_multisig"),
    [
        (b"\x51" + _PUSH + b"\x51\xae", True),
        (b"\x51" + _PUSH + _PUSH + b"\x52\xae", True),
        (b"\x51" + _PUSH + b"\x51\xae\x51", False),
        (b"\x51" + _PUSH + b"\x52\xae", False),
        (b"\x51" + _PUSH + b"\x51\xaf", False),
        (b"\x51\x22" + _KEY + b"\x51\xae", False),
        (b"\x52" + _PUSH + b"\x51\xae", False),
        (b"\x50" + _PUSH + b"\x51\xae", False),
        (b"\x51" + 16 * _PUSH + b"\x60\xae", True),
        (b"\x51" + 17 * _PUSH + b"\x61\xae", False),
        (_PUSH + b"\xac", False),
        (b"\x51\x51\xae", False),
        (b"", False),
    ],
)
def test_only_a_plain_multisig_is_verified(code: bytes, is_multisig: bool) -> None:
    """Whatever else a script says, its signature holds; whether it opens the coin is not known."""
    made = proposal()
    made.ins[0] = psbts.funded(b"\x00\x20" + sha256(code).digest(), 50_000, 70)
    request = container.parse(made.encode())
    shared = sighash.midstates(request.tx, [])
    digest = sighash.segwit_v0(request.tx, shared, 0, code, 50_000, sighash.ALL)
    signature = curve.sign_ecdsa(bytearray(_SECRET), digest, _KEY) + b"\x01"
    items = [b"", signature, code]
    made.ins[0].put(0x08, compact_size(len(items)) + b"".join(map(psbts.blob, items)))
    if is_multisig:
        assert "You pay" in shown_of(made)
        psbts.sign(made.encode(), keyring())
    else:
        assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_more_signatures_than_a_multisig_needs_open_it_too() -> None:
    made = multisig_proposal(OTHER, THIRD, psbts.ABANDON)
    assert "You pay 25 200 sats in all" in shown_of(made)
    psbts.sign(made.encode(), keyring())


def test_a_multisig_without_its_script_is_refused() -> None:
    made = multisig_proposal(OTHER, THIRD)
    made.ins[1].drop(0x05)
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_what_does_not_open_the_coin_stands_in_nobody_s_way() -> None:
    """Signatures of another key, or of another kind: none of them is used."""
    stranger = (_KEY, curve.sign_ecdsa(bytearray(_SECRET), bytes(32), _KEY) + b"\x01")
    made = proposal(is_final=False)
    made.ins[0].put(0x02, stranger[1], stranger[0])
    made.ins[0].put(0x13, bytes(64))
    assert "You pay 25 200 sats in all" in shown_of(made)
    made = multisig_proposal(OTHER, THIRD)
    made.ins[1].put(0x02, stranger[1], stranger[0])
    made.ins[1].put(0x13, bytes(64))
    assert "You pay 25 200 sats in all" in shown_of(made)


def test_a_taproot_coin_signed_for_a_script_alone_is_refused() -> None:
    made = proposal("wpkh", "tr", is_final=False)
    signature = made.ins[0].get(0x13)
    made.ins[0].drop(0x13)
    made.ins[0].put(0x14, signature, _KEY[1:] + bytes(32))
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_a_key_in_its_long_form_opens_nothing_that_nodes_pass_on() -> None:
    """Consensus takes it, no node relays it: a payment with it would not leave its first node."""
    secret = bytearray(_SECRET)
    whole = ecdsa.SigningKey.from_string(_SECRET, ecdsa.SECP256k1).verifying_key
    for key, is_taken in ((_KEY, True), (whole.to_string("uncompressed"), False)):
        made = proposal()
        made.ins[0] = psbts.funded(b"\x00\x14" + hash160(key), 50_000, 70)
        request = container.parse(made.encode())
        code = b"\x76\xa9\x14" + hash160(key) + b"\x88\xac"
        digest = sighash.segwit_v0(
            request.tx, sighash.midstates(request.tx, []), 0, code, 50_000, sighash.ALL
        )
        signature = curve.sign_ecdsa(secret, digest, _KEY) + b"\x01"
        made.ins[0].put(0x08, b"\x02" + psbts.blob(signature) + psbts.blob(key))
        if is_taken:
            assert "You pay" in shown_of(made)
        else:
            assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_an_output_of_ours_is_never_denied() -> None:
    def sweep(made: Draft) -> None:
        del made.outs[1]
        made.outs[0].sats += 74_800

    swept = shown_of(proposal(change=sweep))
    assert "in all, fee included\nNo output is known to be yours.\nFrom 1 coin of yours" in swept
    assert "No output is known to be yours" not in shown_of(proposal())


def test_what_moves_to_another_account_is_said_with_what_stays() -> None:
    def move(made: Draft) -> None:
        made.outs.append(psbts.change(keyring(), psbts.path("tr", 0, 2), 4_800))
        made.outs[1].sats -= 4_800

    assert (
        "You pay 25 200 sats in all, fee included\nChange to you 70 000 sats\nMove 4 800 sats\n"
        "to another account of yours\nFrom 1 coin of yours\n"
    ) in shown_of(proposal(change=move))


def test_coins_of_two_accounts_of_ours_are_counted_so() -> None:
    def add(made: Draft) -> None:
        made.ins.append(psbts.coin(keyring(), psbts.path("tr"), 10_000, 3))
        made.outs[1].sats += 10_000

    shown = shown_of(proposal(change=add))
    assert "From 2 coins of yours, of 2 accounts\n1 of 3 coins is somebody else's" in shown


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (100_000, "You pay 0 sats in all, fee included"),
        (99_999, "You pay 1 sat in all, fee included"),
        (100_001, "You gain 1 sat in all"),
    ],
)
def test_the_last_sat_decides_who_pays(back: int, words: str) -> None:
    def balance(made: Draft) -> None:
        made.outs[0].sats += made.outs[1].sats - back
        made.outs[1].sats = back

    shown = shown_of(proposal(change=balance))
    assert f"[Total]\n{words}\n" in shown


def test_a_legacy_coin_of_others_is_not_verified() -> None:
    made = draft(keyring(), 1)
    made.ins.append(psbts.coin(keyring(OTHER), psbts.path("pkh"), 50_000, 70))
    key, signature = signature_of(made, 1)
    made.ins[1].drop(0x06)
    made.ins[1].put(0x02, signature, key)
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS
    made.ins[1].put(0x07, psbts.blob(signature) + psbts.blob(key))
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


def test_one_coin_that_is_not_signed_refuses_the_whole() -> None:
    made = proposal(foreign=2)
    made.ins[1].drop(0x08)
    assert refusal(made, keyring()) is BitcoinReason.INPUT_NOT_OURS


@pytest.mark.parametrize("flag", [0x02, 0x03, 0x81, 0x82, 0x83])
def test_an_expert_signs_with_all_too(flag: int) -> None:
    made = proposal()
    made.ins[1].put(0x03, flag.to_bytes(4, "little"))
    with pytest.raises(Refused) as refused:
        review(made.encode(), keyring(), expert=True)
    assert refused.value.reason is BitcoinReason.SIGHASH_UNSUPPORTED


# --- fees, amounts, sums


def test_a_fee_that_we_pay_alone_is_measured_by_what_we_pay() -> None:
    """The recipient's coins must not make a fee look small beside a large sum."""
    made = proposal(foreign_sats=5_000_000)
    made.outs[1].sats -= 2_000
    sign_again(made)
    shown = shown_of(made)
    assert "You pay 27 200 sats in all, fee included" in shown
    assert "[High fee]\nFee is 8.8 % of the payment." in shown


def sign_again(made: Draft, kind: str = "wpkh") -> None:
    made.ins[0] = psbts.coin(
        keyring(OTHER), psbts.path(kind), int.from_bytes(made.ins[0].get(0x01)[:8], "little"), 70
    )
    sign_foreign(made, 0, kind)


def test_amounts_of_others_need_no_proof_and_no_warning() -> None:
    assert "claimed" not in shown_of(proposal("wpkh", "tr"))
    assert "claimed" not in shown_of(proposal("pkh", "wpkh"))


def test_our_own_amounts_need_their_proof_as_ever() -> None:
    made = proposal("pkh", "wpkh")
    made.ins[1].put(0x01, psbts.output(100_000, psbts.lock(keyring(), psbts.path("pkh"))))
    made.ins[1].drop(0x00)
    assert refusal(made, keyring()) is BitcoinReason.AMOUNT_NOT_PROVEN


def test_a_claim_of_our_only_coin_is_vouched_for_by_its_signature() -> None:
    made = proposal()
    made.ins[1].drop(0x00)
    assert "claimed" not in shown_of(made)


def test_who_gets_more_than_he_puts_in_reads_so() -> None:
    made = draft(keyring(), 1, outputs=())
    made.ins.insert(0, psbts.coin(keyring(OTHER), psbts.path(), 50_000, 70))
    made.outs[0].sats = 149_000
    sign_again(made)
    shown = shown_of(made)
    assert "[Total]\nYou gain 49 000 sats in all\nChange to you 149 000 sats\nFrom 1 coin" in shown
    assert "Fee 1 000 sats (1.0 %)" in shown
    assert "To others 0 sats" in shown


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["wpkh", "tr"]),
    st.integers(1, 3),
    st.integers(1_000, 90_000),
    st.lists(st.tuples(st.sampled_from(["payee", "change", "other"]), st.integers(0, 30_000))),
    st.integers(0, 5_000),
)
def test_both_sums_add_up(
    kind: str, foreign: int, sats: int, outs: list[tuple[str, int]], fee: int
) -> None:
    def change(made: Draft) -> None:
        at = {"change": psbts.path(kind, 1, 2), "other": psbts.path("pkh", 0, 2)}
        made.outs = [
            psbts.change(keyring(), at[whose], paid) if whose in at else Out([], paid, PAYEE)
            for whose, paid in outs[:3]
        ]
        left = 100_000 + foreign * sats - sum(out.sats for out in made.outs) - fee
        made.outs.append(psbts.change(keyring(), psbts.path(kind, 1, 3), left))

    made = proposal(kind, kind, foreign=foreign, foreign_sats=sats, change=change)
    pages = review(made.encode(), keyring()).pages
    overview = next(page for page in pages if page.title == "Total")
    gain = sum(sats_of(overview, "You gain"))
    assert sum(sats_of(overview, "You pay", "Change to you", "Move")) - gain == 100_000
    both = next(page for page in pages if page.title == "Coins of others")
    coming = sum(sats_of(both, "Yours", "Theirs"))
    assert coming == 100_000 + foreign * sats
    assert coming == sum(sats_of(both, "To others", "To you", "Fee of both"))
    assert sats_of(both, "Fee of both") == sats_of(overview, "Fee") == [fee]


def sats_of(page: Page, *labels: str) -> list[int]:
    read = [re.search(r"([\d ]+) sats?\b", f.value) for f in page.facts if f.label in labels]
    return [int(found[1].replace(" ", "")) for found in read if found]


# --- what was signed before


def signed_history(made: Draft, past: bytes = b"") -> bytes:
    reviewed = CHAIN.review(made.encode(), keyring(), "regtest", history=past)
    CHAIN.sign(reviewed.approve(reviewed.pages), keyring())
    return CHAIN.remember(reviewed, past)


def test_only_our_coins_are_remembered() -> None:
    """Else a receiver of many small coins would push ours out, and with them their amounts."""
    past = history.read(signed_history(proposal(foreign=3)))
    [payment] = past.payments
    assert [coin.sats for coin in payment.coins] == [100_000]


def test_a_payjoin_that_replaces_the_first_offer_says_so() -> None:
    past = signed_history(draft(keyring(), 1))
    reviewed = CHAIN.review(proposal().encode(), keyring(), "regtest", history=past)
    assert reviewed.pages[0].title == "Replaces a payment"
    assert "The same recipients, other amounts: others put in coins, too." in text(reviewed.pages)
    elsewhere = proposal(
        change=lambda made: setattr(made.outs[0], "script", b"\x00\x14" + b"x" * 20)
    )
    shown = text(CHAIN.review(elsewhere.encode(), keyring(), "regtest", history=past).pages)
    assert "Not the same recipients and amounts as before." in shown
