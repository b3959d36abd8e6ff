"""A silent payment goes where the address on screen says, or is not signed.

A script that does not follow from the coins and the address is valid, and nobody finds the money.
"""

import pytest

from signer.chains.bitcoin.accounts.account import AccountIndex
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.psbt import container, fields, maps
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.silent_payments import send
from signer.chains.bitcoin.silent_payments.inputs import NUMS
from signer.chains.bitcoin.silent_payments.send import Prepared
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import CommonReason, CrossCheckFailed, Malformed, Reason, Refused
from signer.formats.silent_address import SilentAddress
from signer.keys import curve
from signer.keys.curve import dleq, points
from tests import psbts
from tests.psbts import KINDS, keyring, path
from tests.signer.silents import BOB, Payment, payment, place, spent

KEYS = keyring()
OTHERS = keyring("legal winner thank year wave sausage worth useful legal winner thank yellow")
COINS = [path(kind, 0, index) for index, kind in enumerate(KINDS)]
EVE = SilentAddress(curve.public_key(bytearray(b"\x66" * 32)), BOB.spend_key)


def prepare(made: Payment | Psbt, wheres: list[tuple[int, ...]] | None = None) -> Prepared:
    request = made.parse() if isinstance(made, Payment) else made
    return send.prepare(request, spent(request), _ours(wheres or COINS), KEYS, NETWORKS["regtest"])


def _ours(wheres: list[tuple[int, ...]]) -> dict[int, AccountIndex]:
    return {at: place(KEYS, where) for at, where in enumerate(wheres)}


def refusal(made: Payment | Psbt, where: str | None = None) -> Reason:
    with pytest.raises(Refused) as refused:
        prepare(made)
    assert where in {None, refused.value.detail}
    return refused.value.reason


def settled(payees: tuple[SilentAddress, ...] = (BOB,)) -> Payment:
    """A payment whose shares, proofs and scripts are all there, still to be changed."""
    request = prepare(payment(KEYS, COINS, payees)).request
    made = payment(KEYS, COINS, payees)
    for records, one in zip((made.head, *made.ins, *made.outs), _maps(request), strict=True):
        records.records = list(one.records)
    return made


def _maps(request: Psbt) -> tuple[maps.Map, ...]:
    return (request.globals, *request.inputs, *request.outputs)


def test_a_settled_payment_is_taken_as_it_is() -> None:
    assert prepare(settled()).request == settled().parse()


@pytest.mark.parametrize(
    "target", [script.p2tr(BOB.spend_key[1:]), script.p2wpkh(bytes(20))], ids=["P2TR", "P2WPKH"]
)
def test_a_script_that_does_not_follow_from_the_coins_is_refused(target: bytes) -> None:
    made = settled()
    made.outs[0].put(fields.OUT_SCRIPT, target)
    assert refusal(made, "Output 1.") is BitcoinReason.SILENT_SCRIPT_WRONG


def test_a_script_without_shares_to_check_it_by_is_refused() -> None:
    made = settled()
    made.head.drop(fields.GLOBAL_SP_ECDH_SHARE, fields.GLOBAL_SP_DLEQ)
    assert refusal(made, "Output 1.") is BitcoinReason.SILENT_SHARE_MISSING


def test_the_scripts_of_two_payees_cannot_be_swapped() -> None:
    made = settled((BOB, EVE))
    one, other = (out.get(fields.OUT_SCRIPT) for out in made.outs)
    made.outs[0].put(fields.OUT_SCRIPT, other)
    made.outs[1].put(fields.OUT_SCRIPT, one)
    assert refusal(made) is BitcoinReason.SILENT_SCRIPT_WRONG


def test_an_address_put_beside_the_script_of_another_is_refused() -> None:
    made = settled()
    made.outs[0].put(fields.OUT_SP_V0_INFO, BOB.scan_key + EVE.scan_key)
    assert refusal(made) is BitcoinReason.SILENT_SCRIPT_WRONG
    made.outs[0].put(fields.OUT_SP_V0_INFO, EVE.scan_key + BOB.spend_key)
    assert refusal(made) is BitcoinReason.SILENT_SHARE_MISSING


def test_the_address_shown_is_the_one_that_is_paid() -> None:
    for payee in (BOB, EVE):
        assert prepare(payment(KEYS, COINS, (payee,))).addresses == {0: payee.encode("regtest")}
    scripts = [
        prepare(payment(KEYS, COINS, (payee,))).request.tx.outputs[0].script_pubkey
        for payee in (BOB, EVE, SilentAddress(BOB.scan_key, EVE.scan_key))
    ]
    assert len(set(scripts)) == 3


# --- through the signer's own door


def whole(kind: str = "wpkh") -> Payment:
    """A payment of two coins of one account, all but the fee to one address."""
    made = payment(KEYS, [path(kind, 0, index) for index in range(2)])
    made.outs[0].put(fields.OUT_AMOUNT, (199_000).to_bytes(8, "little"))
    return made


def test_what_a_person_reads_is_the_address_and_what_is_signed_is_its_script() -> None:
    assert BOB.encode("regtest") in psbts.text(psbts.review(whole().encode(), KEYS).pages)
    signed = container.parse(psbts.sign(whole().encode(), KEYS))
    plan = send.check(signed, spent(signed))
    assert [one.script_pubkey for one in signed.tx.outputs] == list(plan.scripts().values())


def test_a_script_of_the_host_s_is_not_even_shown() -> None:
    made = whole()
    made.outs[0].put(fields.OUT_SCRIPT, script.p2tr(BOB.spend_key[1:]))
    assert psbts.refusal(made.encode(), KEYS) is BitcoinReason.SILENT_SHARE_MISSING
    made = whole()
    made.ins[1].put(fields.SIGHASH, b"\x81\0\0\0")
    assert psbts.refusal(made.encode(), KEYS) is BitcoinReason.SIGHASH_UNSUPPORTED


# --- shares


def share_for(keys: bytearray, scan_key: bytes) -> tuple[bytes, bytes]:
    return points.shared_point(keys, scan_key), dleq.prove(keys, scan_key, bytes(32))


def test_a_share_without_its_proof_is_refused() -> None:
    made = settled()
    made.head.drop(fields.GLOBAL_SP_DLEQ)
    assert refusal(made, "That of all inputs.") is BitcoinReason.SILENT_SHARE_WRONG


def test_a_share_of_other_keys_is_refused_though_its_proof_holds_for_them() -> None:
    point, proof = share_for(bytearray(b"\x07" * 32), BOB.scan_key)
    made = payment(KEYS, COINS)
    made.head.put(fields.GLOBAL_SP_ECDH_SHARE, point, BOB.scan_key)
    made.head.put(fields.GLOBAL_SP_DLEQ, proof, BOB.scan_key)
    assert refusal(made) is BitcoinReason.SILENT_SHARE_WRONG
    made = payment(KEYS, COINS)
    made.ins[0].put(fields.SP_ECDH_SHARE, point, BOB.scan_key)
    made.ins[0].put(fields.SP_DLEQ, proof, BOB.scan_key)
    assert refusal(made, "Input 1.") is BitcoinReason.SILENT_SHARE_WRONG


def test_a_proof_of_the_same_coins_for_another_address_is_refused() -> None:
    made, other = settled(), settled((EVE,))
    for kind in (fields.GLOBAL_SP_ECDH_SHARE, fields.GLOBAL_SP_DLEQ):
        made.head.put(kind, other.head.get(kind), BOB.scan_key)
    assert refusal(made) is BitcoinReason.SILENT_SHARE_WRONG


def test_a_coin_more_than_the_share_was_made_for_is_refused() -> None:
    made = settled()
    extra = payment(KEYS, [*COINS, path("wpkh", 0, 9)])
    made.ins.append(extra.ins[-1])
    made.head.put(fields.INPUT_COUNT, bytes((len(made.ins),)))
    assert refusal(made) is BitcoinReason.SILENT_SHARE_WRONG


def test_a_coin_of_somebody_else_without_a_share_is_refused() -> None:
    made = payment(KEYS, COINS)
    made.ins.append(payment(OTHERS, [path("wpkh", 0, 9)]).ins[0])
    made.head.put(fields.INPUT_COUNT, bytes((len(made.ins),)))
    assert refusal(made) is BitcoinReason.SILENT_SHARE_MISSING


# --- coins


def test_our_coin_counts_whatever_is_said_about_its_internal_key() -> None:
    honest = prepare(payment(KEYS, COINS)).request
    made = payment(KEYS, COINS)
    at = KINDS.index("tr")
    made.ins[at].put(fields.TAP_INTERNAL_KEY, NUMS)
    made.ins[at].put(fields.TAP_MERKLE_ROOT, b"\x11" * 32)
    assert prepare(made).request.tx == honest.tx


def test_a_coin_counts_with_the_key_that_locks_it_not_with_the_one_that_is_named() -> None:
    made = payment(KEYS, COINS)
    at = KINDS.index("wpkh")
    made.ins[at].drop(fields.BIP32_DERIVATION)
    made.ins[at].put(fields.BIP32_DERIVATION, bytes(4), BOB.scan_key)
    assert refusal(made) is BitcoinReason.SILENT_KEY_MISSING


def test_a_redeem_script_that_the_coin_does_not_commit_to_is_refused() -> None:
    made = payment(KEYS, COINS)
    made.ins[KINDS.index("sh(wpkh)")].put(fields.REDEEM_SCRIPT, b"\x51")
    assert refusal(made) is BitcoinReason.SCRIPT_NOT_COMMITTED


def test_the_key_at_a_path_of_ours_must_be_the_one_that_counts() -> None:
    request = payment(KEYS, COINS).parse()
    with pytest.raises(Refused) as refused:
        send.prepare(request, spent(request), _ours(COINS), OTHERS, NETWORKS["regtest"])
    assert refused.value.reason is BitcoinReason.KEY_MISMATCH
    assert refused.value.detail == "Input 1."


def test_a_coin_of_a_segwit_version_to_come_is_refused() -> None:
    request = payment(KEYS, COINS).parse()
    later = [*spent(request)[:-1], TxOutput(1, b"\x52\x20" + bytes(32))]
    with pytest.raises(Refused) as refused:
        send.prepare(request, later, _ours(COINS[:-1]), KEYS, NETWORKS["regtest"])
    assert refused.value.reason is CommonReason.SILENT_COINS


def test_coins_of_which_none_counts_are_refused() -> None:
    request = payment(KEYS, COINS[:1]).parse()
    with pytest.raises(Refused) as refused:
        send.prepare(request, [TxOutput(1, b"\x51")], {}, KEYS, NETWORKS["regtest"])
    assert refused.value.reason is CommonReason.SILENT_COINS
    assert refused.value.detail == "None of them counts."


def test_a_coin_whose_key_is_no_point_is_malformed() -> None:
    request = payment(KEYS, COINS).parse()
    lost = [TxOutput(1, script.p2tr(bytes(31) + b"\5")), *spent(request)[1:]]  # BIP340: no square
    with pytest.raises(Malformed, match="not a point"):
        send.prepare(request, lost, {}, KEYS, NETWORKS["regtest"])


# --- what may still change


@pytest.mark.parametrize(
    ("flag", "why"),
    [
        (0x00, BitcoinReason.SIGHASH_UNKNOWN),
        (0x02, BitcoinReason.SIGHASH_UNSUPPORTED),
        (0x03, BitcoinReason.SIGHASH_UNSUPPORTED),
        (0x81, BitcoinReason.SIGHASH_UNSUPPORTED),
        (0x84, BitcoinReason.SIGHASH_UNKNOWN),
    ],
)
def test_a_signature_that_leaves_anything_open_is_refused(flag: int, why: Reason) -> None:
    for at in range(len(COINS)):
        made = payment(KEYS, COINS)
        made.ins[at].put(fields.SIGHASH, flag.to_bytes(4, "little"))
        assert refusal(made, f"Input {at + 1}.") is why


def test_a_signature_that_may_be_single_is_refused() -> None:
    made = payment(KEYS, COINS)
    made.head.put(fields.TX_MODIFIABLE, b"\x04")
    assert refusal(made) is BitcoinReason.SIGHASH_UNSUPPORTED


@pytest.mark.parametrize("flags", [1, 2, 3, 4, 255])
def test_a_script_beside_flags_that_let_inputs_be_added_is_malformed(flags: int) -> None:
    made = settled()
    made.head.put(fields.TX_MODIFIABLE, bytes((flags,)))
    with pytest.raises(Malformed, match="may still be added"):
        prepare(made)


def test_a_fault_in_a_share_never_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = points.shared_point

    def faulty(secret: bytearray, public: bytes) -> bytes:
        return real(secret, public) if public != BOB.scan_key else points.negate(BOB.scan_key)

    monkeypatch.setattr(points, "shared_point", faulty)
    with pytest.raises(CrossCheckFailed):
        prepare(payment(KEYS, COINS))
