"""Silent payments in PSBTs: every published case, and what our own keys add to a request."""

import time
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.accounts import registry
from signer.chains.bitcoin.accounts.account import (
    AccountIndex,
    SingleKeyAccount,
    single_key_spend_data,
)
from signer.chains.bitcoin.descriptors.spend_data import NUMS
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.silent_payments import inputs as silent_inputs
from signer.chains.bitcoin.silent_payments import send
from signer.chains.bitcoin.silent_payments.send import Prepared
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import CommonReason, Malformed, Reason, Refused
from signer.formats.silent_address import SilentAddress
from signer.hashes import hash160
from signer.keys import curve
from signer.keys import silent as silent_keys
from signer.keys.curve import dleq, points
from signer.keys.silent import InputKey
from tests import psbts
from tests.psbts import KINDS, keyring, path
from tests.signer.silents import (
    BOB,
    SCAN,
    Imported,
    Payment,
    bip375,
    mended,
    payment,
    place,
    receiver_outputs,
    spent,
)

REGTEST = NETWORKS["regtest"]
KEYS = keyring()
CAROL = SilentAddress(curve.public_key(bytearray(b"\x44" * 32)), BOB.spend_key)

# Every published invalid request, in order, and the word or reason it is turned down with.
INVALID: tuple[tuple[str, Reason | str], ...] = (
    ("missing PSBT_OUT_SP_V0_INFO", "label belongs to"),
    ("length for PSBT_OUT_SP_V0_INFO", "0x09"),
    ("length for PSBT_IN_SP_ECDH_SHARE", "0x1d"),
    ("length for PSBT_IN_SP_DLEQ", "0x1e"),
    ("PSBT_GLOBAL_TX_MODIFIABLE", "may still be added"),
    ("missing PSBT_OUT_SCRIPT", "0x04 is missing"),
    ("only one ineligible P2SH", CommonReason.SILENT_COINS),
    ("missing PSBT_IN_SP_ECDH_SHARE", BitcoinReason.SILENT_SHARE_MISSING),
    ("missing PSBT_IN_SP_DLEQ", BitcoinReason.SILENT_SHARE_WRONG),
    ("missing PSBT_GLOBAL_SP_DLEQ", BitcoinReason.SILENT_SHARE_WRONG),
    ("invalid proof in PSBT_IN_SP_DLEQ", BitcoinReason.SILENT_SHARE_WRONG),
    ("invalid proof in PSBT_GLOBAL_SP_DLEQ", BitcoinReason.SILENT_SHARE_WRONG),
    ("missing PSBT_IN_BIP32_DERIVATION", BitcoinReason.SILENT_KEY_MISSING),
    ("output 1 missing ECDH share", BitcoinReason.SILENT_SHARE_MISSING),
    ("input 1 missing ECDH share for output 1", BitcoinReason.SILENT_SHARE_MISSING),
    ("input 1 missing ECDH share for scan key", BitcoinReason.SILENT_SHARE_MISSING),
    ("segwit version greater than 1", CommonReason.SILENT_COINS),
    ("non-SIGHASH_ALL", BitcoinReason.SIGHASH_UNSUPPORTED),
    ("NUMS internal key", CommonReason.SILENT_COINS),
    ("does not match derived", BitcoinReason.SILENT_SCRIPT_WRONG),
    ("not sorted lexicographically", BitcoinReason.SILENT_SCRIPT_WRONG),
    ("k values assigned to wrong", BitcoinReason.SILENT_SCRIPT_WRONG),
)
# Cases whose `checks` ask for nothing but the kinds of the coins; as a whole, both are refused.
ONLY_COINS = "input_eligibility"


def check(raw: bytes) -> send.SilentPlan:
    request = container.parse(raw)
    return send.check(request, spent(request))


@pytest.mark.parametrize("number", range(22))
def test_each_published_invalid_request_is_turned_down_for_its_own_reason(number: int) -> None:
    cases = bip375("invalid")
    assert len(cases) == len(INVALID)
    (words, why), case = INVALID[number], cases[number]
    assert words in case["description"]
    raw = mended(case)
    if isinstance(why, Reason):
        with pytest.raises(Refused) as refused:
            check(raw)
        assert refused.value.reason is why
    else:
        with pytest.raises(Malformed, match=why):
            check(raw)


@pytest.mark.parametrize("number", range(20))
def test_each_published_valid_request_is_taken(number: int) -> None:
    cases = bip375("valid")
    assert len(cases) == 20
    case = cases[number]
    request = container.parse(mended(case))
    if case.get("checks") == [ONLY_COINS]:
        assert silent_inputs.contributing(request, spent(request)) == {}
        return
    plan = send.check(request, spent(request))
    given_ = {at: out.get(fields.OUT_SCRIPT) for at, out in enumerate(request.outputs)}
    scripts = plan.scripts()
    assert {at: given_[at] for at in plan.payees if given_[at]}.items() <= scripts.items()
    is_whole = not case["description"].startswith("in progress") or len(scripts) == len(plan.payees)
    assert bool(plan.lacking()) is not is_whole


def test_published_coins_as_they_stand_are_locked_by_no_key_and_refused_for_that() -> None:
    # The deviation behind `mended`: their P2WPKH scripts hold no HASH160 of the key they name.
    reasons = []
    for case in bip375("valid"):
        try:
            check(b64decode(case["psbt"]))
        except Refused as refused:
            reasons.append(refused.reason)
    assert reasons == [CommonReason.SILENT_COINS] + [BitcoinReason.SILENT_KEY_MISSING] * 16


def test_from_the_published_keys_we_make_the_published_scripts() -> None:
    made = {True: 0, False: 0}
    for case in bip375("valid"):
        # A taproot coin of the vectors has its bare output key as secret, which no account of ours
        # derives. Where its share is given it is another signer's; in one case it is not.
        if case.get("checks") == [ONLY_COINS] or "one P2TR input" in case["description"]:
            continue
        wanted = container.parse(mended(case))
        places, keys = _places(wanted, case["supplementary"]["inputs"])
        bare = _bare(wanted, places)
        request = send.prepare(bare, spent(bare), places, keys, REGTEST).request
        scripts = [out.get(fields.OUT_SCRIPT) for out in wanted.outputs]
        pairs = zip(request.tx.outputs, scripts, strict=True)
        assert all(output.script_pubkey == known for output, known in pairs if known)
        check(request.encode())
        made[request.globals.has_any(fields.GLOBAL_SP_ECDH_SHARE)] += 1
    assert made == {True: 16, False: 2}


def _places(request: Psbt, told: list[dict[str, Any]]) -> tuple[dict[int, AccountIndex], Imported]:
    keys = Imported([bytes.fromhex(one["private_key"]) for one in told])
    places = {}
    for at, output in enumerate(spent(request)):
        for number, one in enumerate(told):
            public = bytes.fromhex(one["public_key"])
            for kind in (ScriptType.P2PKH, ScriptType.P2SH, ScriptType.P2WPKH):
                lock = single_key_spend_data(kind, public)
                if lock.script_pubkey == output.script_pubkey:
                    places[at] = AccountIndex(SingleKeyAccount(kind, ()), 0, 0, lock, ((number,),))
    return places, keys


def _bare(request: Psbt, places: dict[int, AccountIndex]) -> Psbt:
    """The request before our coins had shares, and before silent payments had scripts."""
    shares = (fields.SP_ECDH_SHARE, fields.SP_DLEQ)
    global_shares = (fields.GLOBAL_SP_ECDH_SHARE, fields.GLOBAL_SP_DLEQ)
    inputs = [
        _without(one, shares) if at in places else one for at, one in enumerate(request.inputs)
    ]
    outputs = [
        _without(one, (fields.OUT_SCRIPT,)) if one.has_any(fields.OUT_SP_V0_INFO) else one
        for one in request.outputs
    ]
    maps = (_without(request.globals, global_shares), *inputs, *outputs)
    return container.parse(container.MAGIC + b"".join(one.encode() for one in maps))


def _without(one: Map, kinds: tuple[int, ...]) -> Map:
    return Map({key: value for key, value in one.fields.items() if key[0] not in kinds})


# --- our own coins


def prepare(made: Payment, paths: list[tuple[int, ...]]) -> Prepared:
    request = made.parse()
    places = {at: place(KEYS, where) for at, where in enumerate(paths)}
    return send.prepare(request, spent(request), places, KEYS, REGTEST)


MIXED = [path(kind, 0, index) for index, kind in enumerate((*KINDS, "tr", "tr", "wpkh"))]


def test_a_payment_from_coins_of_all_kinds_is_found_by_its_receiver() -> None:
    prepared = prepare(payment(KEYS, MIXED, (BOB, BOB)), MIXED)
    request = prepared.request
    found = silent_inputs.contributing(request, spent(request))
    assert len(found) == len(MIXED)
    outpoints = [one.outpoint for one in request.tx.inputs]
    looked = receiver_outputs(bytes(SCAN), BOB.spend_key, outpoints, list(found.values()), 2)
    assert [one.script_pubkey for one in request.tx.outputs] == [script.p2tr(x) for x in looked]
    assert prepared.addresses == {0: BOB.encode("regtest"), 1: BOB.encode("regtest")}


def test_the_share_stands_for_all_coins_and_its_proof_holds() -> None:
    request = prepare(payment(KEYS, MIXED, (BOB, CAROL, BOB)), MIXED).request
    total = points.combine(list(silent_inputs.contributing(request, spent(request)).values()))
    shares = dict(request.globals.records_of(fields.GLOBAL_SP_ECDH_SHARE))
    proofs = dict(request.globals.records_of(fields.GLOBAL_SP_DLEQ))
    assert shares.keys() == proofs.keys() == {BOB.scan_key, CAROL.scan_key}
    assert shares[BOB.scan_key] == points.shared_point(SCAN, total)
    for scan_key, share in shares.items():
        assert dleq.verify(total, scan_key, share, proofs[scan_key])
    assert not any(one.has_any(fields.SP_ECDH_SHARE, fields.SP_DLEQ) for one in request.inputs)


def test_what_is_shared_is_not_printed() -> None:
    """It is made with our secrets, and leaves only with what was approved."""
    prepared = prepare(payment(KEYS, MIXED, (BOB,)), MIXED)
    plan = check(prepared.request.encode())
    assert plan.shares[BOB.scan_key]
    assert "shares" not in repr(plan)
    assert "request" not in repr(prepared)


def test_the_same_request_gives_the_same_bytes_on_every_device() -> None:
    made = payment(KEYS, MIXED, (BOB, CAROL))
    assert prepare(made, MIXED).request.encode() == prepare(made, MIXED).request.encode()


def test_what_was_prepared_is_prepared_already() -> None:
    once = prepare(payment(KEYS, MIXED, (BOB, CAROL)), MIXED).request
    places = {at: place(KEYS, where) for at, where in enumerate(MIXED)}
    assert send.prepare(once, spent(once), places, KEYS, REGTEST).request == once


def test_everything_else_in_the_request_stays_as_it_came() -> None:
    made = payment(KEYS, MIXED, (BOB,))
    made.ins[0].put(0xFC, b"theirs", b"\x01x\x00")
    made.outs[0].put(fields.OUT_SP_V0_LABEL, bytes(4))
    before, after = made.parse(), prepare(made, MIXED).request
    pairs = zip(
        (before.globals, *before.inputs, *before.outputs),
        (after.globals, *after.inputs, *after.outputs),
        strict=True,
    )
    for old, new in pairs:
        assert old.records == new.records[: len(old.records)]
    assert not after.globals.has_any(fields.TX_MODIFIABLE)


def test_taproot_coins_are_to_be_signed_with_all_written_out() -> None:
    request = prepare(payment(KEYS, MIXED, (BOB,)), MIXED).request
    for where, records in zip(MIXED, request.inputs, strict=True):
        is_taproot = place(KEYS, where).spend_data.internal_key
        assert records.get(fields.SIGHASH) == (b"\x01\0\0\0" if is_taproot else None)


def test_who_could_still_add_inputs_cannot_any_more() -> None:
    made = payment(KEYS, MIXED[:1], (BOB,))
    made.head.put(fields.TX_MODIFIABLE, b"\x03")
    assert container.modifiable(made.parse()) == 3
    request = prepare(made, MIXED[:1]).request
    assert container.modifiable(request) == 0
    assert request.globals.get(fields.TX_MODIFIABLE) == b"\0"


def test_other_outputs_keep_their_scripts_and_names() -> None:
    made = payment(KEYS, MIXED[:2], (BOB, BOB))
    made.outs[0].drop(fields.OUT_SP_V0_INFO)
    made.outs[0].put(fields.OUT_SCRIPT, script.p2wpkh(bytes(20)))
    prepared = prepare(made, MIXED[:2])
    assert prepared.request.tx.outputs[0].script_pubkey == script.p2wpkh(bytes(20))
    assert prepared.addresses.keys() == {1}


def test_a_request_without_silent_payments_does_not_ask_for_any() -> None:
    made = payment(KEYS, MIXED[:1], (BOB,))
    made.outs[0].drop(fields.OUT_SP_V0_INFO)
    made.outs[0].put(fields.OUT_SCRIPT, b"\x51")


# --- beside other signers


def with_shares_of(made: Payment, paths: dict[int, tuple[int, ...]]) -> None:
    """What another signer, who has the keys at these paths, adds for each of his coins."""
    for at, where in paths.items():
        internal = place(KEYS, where).spend_data.internal_key
        tweak = curve.taproot_tweak(internal) if internal else b""
        key = InputKey(where, is_taproot=bool(internal), tweak=tweak)
        for share in silent_keys.shares(KEYS, [key], [BOB.scan_key, CAROL.scan_key]):
            made.ins[at].put(fields.SP_ECDH_SHARE, share.point, share.scan_key)
            made.ins[at].put(fields.SP_DLEQ, share.proof, share.scan_key)


def test_a_share_of_ours_that_is_there_is_left_as_it_is() -> None:
    """With another proof, made with other randomness: it says the same (BIP374)."""
    made = payment(KEYS, MIXED[2:5], (BOB,))
    with_shares_of(made, {0: MIXED[2], 2: MIXED[4]})  # the last is another signer's
    [share] = silent_keys.shares(KEYS, [InputKey(MIXED[2])], [BOB.scan_key], aux=b"\x01" * 32)
    made.ins[0].put(fields.SP_DLEQ, share.proof, BOB.scan_key)
    request = made.parse()
    ours = {at: place(KEYS, MIXED[2 + at]) for at in (0, 1)}
    after = send.prepare(request, spent(request), ours, KEYS, REGTEST).request
    assert after.inputs[0] == request.inputs[0]
    assert after.inputs[1].has_any(fields.SP_ECDH_SHARE)


def test_coins_whose_keys_cancel_each_other_out_are_refused() -> None:
    made = payment(KEYS, MIXED[2:4], (BOB,))
    key = KEYS.public_key(MIXED[2])
    keys = (key, points.negate(key))
    for one, public in zip(made.ins, keys, strict=True):
        one.drop(fields.BIP32_DERIVATION)
        one.put(fields.BIP32_DERIVATION, bytes(4), public)
    with pytest.raises(Refused) as refused:
        send.check(made.parse(), [TxOutput(1, script.p2wpkh(hash160(one))) for one in keys])
    assert refused.value.reason is CommonReason.SILENT_COINS
    assert refused.value.detail == "Their keys cancel each other out."


KEYLESS = {
    "no key path": psbts.vault(f"tr({NUMS.hex()},pk(@0/**))", KEYS),
    "a script": psbts.vault("wsh(pk(@0/**))", KEYS),
}


def placed(of: psbts.Vault) -> AccountIndex:
    """Our first place in an account of several keys or conditions."""
    return registry.recognise(of.policy, KEYS).location(KEYS, 0, 0)


def shared_coin(of: psbts.Vault) -> psbts.In:
    """As a wallet describes a coin that says nothing of its tree."""
    one = psbts.shared_coin(of, 0, 0, 100_000, 77)
    one.drop(fields.TAP_INTERNAL_KEY, fields.TAP_MERKLE_ROOT, fields.TAP_LEAF_SCRIPT)
    one.put(fields.PREVIOUS_TXID, one.outpoint[:32])
    one.put(fields.OUTPUT_INDEX, one.outpoint[32:])
    return one


@pytest.mark.parametrize("of", KEYLESS.values(), ids=KEYLESS)
def test_a_coin_of_ours_that_no_single_key_opens_does_not_count(of: psbts.Vault) -> None:
    made = payment(KEYS, MIXED[2:3], (BOB,))
    made.ins.append(shared_coin(of))
    made.head.put(fields.INPUT_COUNT, b"\x02")
    request = made.parse()
    places = {0: place(KEYS, MIXED[2]), 1: placed(of)}
    after = send.prepare(request, spent(request), places, KEYS, REGTEST).request
    outpoints = [one.outpoint for one in request.tx.inputs]
    key = KEYS.public_key(MIXED[2])
    [looked] = receiver_outputs(bytes(SCAN), BOB.spend_key, outpoints, [key], 1)
    assert after.tx.outputs[0].script_pubkey == script.p2tr(looked)


def test_a_coin_whose_key_path_is_anothers_waits_for_his_share() -> None:
    """We could open it by its script; the receiver counts its key."""
    of = psbts.vault("tr(@0/**,pk(@1/**))", keyring(psbts.OTHER), KEYS)
    made = payment(KEYS, MIXED[2:3], (BOB,))
    made.ins.append(shared_coin(of))
    made.head.put(fields.INPUT_COUNT, b"\x02")
    request = made.parse()
    places = {0: place(KEYS, MIXED[2]), 1: placed(of)}
    with pytest.raises(Refused) as refused:
        send.prepare(request, spent(request), places, KEYS, REGTEST)
    assert refused.value.reason is BitcoinReason.SILENT_SHARE_MISSING
    assert refused.value.detail == "Input 2."


@given(st.integers(1, len(MIXED) - 1))
def test_the_parts_of_two_signers_make_the_scripts_of_one(first: int) -> None:
    made = payment(KEYS, MIXED, (BOB, CAROL))
    alone = prepare(made, MIXED).request
    ours = {at: place(KEYS, where) for at, where in enumerate(MIXED) if at >= first}
    request = made.parse()
    with pytest.raises(Refused) as refused:
        send.prepare(request, spent(request), ours, KEYS, REGTEST)
    assert refused.value.reason is BitcoinReason.SILENT_SHARE_MISSING
    assert refused.value.detail == "Input 1."
    with_shares_of(made, dict(enumerate(MIXED[:first])))
    request = made.parse()
    joint = send.prepare(request, spent(request), ours, KEYS, REGTEST).request
    assert joint.tx == alone.tx
    assert not joint.globals.has_any(fields.GLOBAL_SP_ECDH_SHARE)
    assert check(joint.encode()).lacking() == []


# --- any bytes

Change = Callable[[Payment, bytes], None]
FIELDS: dict[str, Change] = {
    "info": lambda made, data: made.outs[0].put(fields.OUT_SP_V0_INFO, data),
    "label": lambda made, data: made.outs[0].put(fields.OUT_SP_V0_LABEL, data),
    "script": lambda made, data: made.outs[0].put(fields.OUT_SCRIPT, data),
    "share": lambda made, data: made.ins[0].put(fields.SP_ECDH_SHARE, data, BOB.scan_key),
    "proof": lambda made, data: made.ins[0].put(fields.SP_DLEQ, data, BOB.scan_key),
    "global share": lambda made, data: made.head.put(
        fields.GLOBAL_SP_ECDH_SHARE, data, BOB.scan_key
    ),
    "global proof": lambda made, data: made.head.put(fields.GLOBAL_SP_DLEQ, data, BOB.scan_key),
    "scan key": lambda made, data: made.head.put(fields.GLOBAL_SP_ECDH_SHARE, BOB.spend_key, data),
    "modifiable": lambda made, data: made.head.put(fields.TX_MODIFIABLE, data),
    "sighash": lambda made, data: made.ins[0].put(fields.SIGHASH, data),
    "internal key": lambda made, data: made.ins[3].put(fields.TAP_INTERNAL_KEY, data),
}


@pytest.mark.parametrize("field", FIELDS)
@given(
    data=st.binary(max_size=70)
    | st.sampled_from([33, 64, 66, 32, 4]).flatmap(lambda n: st.binary(min_size=n, max_size=n))
    | st.binary(min_size=64, max_size=64).map(lambda b: b"\2" + b[:32] + b"\3" + b[32:])
)
def test_any_bytes_in_a_field_are_taken_refused_or_malformed(field: str, data: bytes) -> None:
    made = payment(KEYS, MIXED[:4], (BOB,))
    FIELDS[field](made, data)
    try:
        prepared = prepare(made, MIXED[:4])
    except (Malformed, Refused):
        return
    assert check(prepared.request.encode()).lacking() == []


def test_more_proofs_than_the_budget_are_neither_made_nor_verified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    partly = payment(KEYS, MIXED[:4], (BOB, CAROL))
    with_shares_of(partly, {0: MIXED[0]})
    ours = {at: place(KEYS, MIXED[at]) for at in (1, 2, 3)}  # the first is another signer's
    request = partly.parse()

    def beside_another() -> None:
        send.prepare(request, spent(request), ours, KEYS, REGTEST)

    for budget, asked in (
        (4, lambda: prepare(partly, MIXED[:4])),  # two scan keys, two proofs that are given
        (6, beside_another),  # three coins of ours, two scan keys
        (3, lambda: prepare(payment(KEYS, MIXED[:1], payees(3)), MIXED[:1])),
    ):
        monkeypatch.setattr(send, "MAX_PROOFS", budget)
        asked()
        monkeypatch.setattr(send, "MAX_PROOFS", budget - 1)
        with pytest.raises(Refused) as refused:
            asked()
        assert refused.value.reason is CommonReason.TOO_LARGE


def payees(count: int) -> list[SilentAddress]:
    secrets = (bytearray([number] * 32) for number in range(1, count + 1))
    return [SilentAddress(curve.public_key(secret), BOB.spend_key) for secret in secrets]


def test_a_hundred_coins_pay_a_hundred_receivers_in_well_under_a_second() -> None:
    paths = [path("tr" if index % 2 else "wpkh", 0, index) for index in range(100)]
    made = payment(KEYS, paths, payees(100))
    start = time.process_time()
    prepared = prepare(made, paths)
    assert time.process_time() - start < 1
    assert len({one.script_pubkey for one in prepared.request.tx.outputs}) == 100
