"""Output scripts of silent payments: every published case of sending, found by the receiver."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.silent_payments import inputs as silent_inputs
from signer.chains.bitcoin.silent_payments import outputs as silent_outputs
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.tx import Tx, TxInput, TxOutput
from signer.errors import CommonReason, Malformed, Refused
from signer.formats.silent_address import SilentAddress
from signer.keys import curve, silent
from signer.keys.curve import points
from signer.keys.silent import InputKey
from tests.signer.published import own
from tests.signer.silents import BOB, SCAN, Imported, bip352, receiver_outputs

# Receivers of the vectors share one scan key and one list of outputs for all of a case's labels.
_NO_SUCH_KEY = "None of them counts."


def request(given_: dict[str, Any]) -> tuple[Psbt, list[TxOutput]]:
    """The coins of a published case as a PSBT of final inputs, and what they spend."""
    inputs, maps, spent = [], [], []
    for one in given_["vin"]:
        outpoint = bytes.fromhex(one["txid"])[::-1] + one["vout"].to_bytes(4, "little")
        inputs.append(TxInput(outpoint, 0))
        final = {
            fields.FINAL_SCRIPTSIG: bytes.fromhex(one["scriptSig"]),
            fields.FINAL_SCRIPTWITNESS: bytes.fromhex(one["txinwitness"]),
        }
        maps.append(Map({bytes((kind,)): value for kind, value in final.items() if value}))
        spent.append(TxOutput(0, bytes.fromhex(one["prevout"]["scriptPubKey"]["hex"])))
    tx = Tx(2, tuple(inputs), (), 0)
    return Psbt(tx, b"", Map({}), tuple(maps), (), 2), spent


def pay(given_: dict[str, Any]) -> tuple[bytes, ...]:
    """The output scripts of a published case, by the private keys of the coins that count."""
    made, spent = request(given_)
    contributing = silent_inputs.contributing(made, spent)
    if not contributing:
        raise Refused(CommonReason.SILENT_COINS, _NO_SUCH_KEY)
    keyring = Imported([bytes.fromhex(one["private_key"]) for one in given_["vin"]])
    keys = [
        InputKey(
            (at,), is_taproot=script.script_type(spent[at].script_pubkey) is script.ScriptType.P2TR
        )
        for at in contributing
    ]
    payees = [
        SilentAddress(bytes.fromhex(one["scan_pub_key"]), bytes.fromhex(one["spend_pub_key"]))
        for one in given_["recipients"]
        for _ in range(one.get("count", 1))
    ]
    scan_keys = list({payee.scan_key: None for payee in payees})
    shared = {one.scan_key: one.point for one in silent.shares(keyring, keys, scan_keys)}
    total = points.combine(list(contributing.values()))
    salt = silent_outputs.input_hash([one.outpoint for one in made.tx.inputs], total)
    return silent_outputs.scripts(payees, shared, salt)


def check_sending(sending: dict[str, Any]) -> None:
    wanted = sending["expected"]["outputs"]
    if wanted == [[]]:
        with pytest.raises(Refused):
            pay(sending["given"])
        return
    keys = [made.hex()[4:] for made in pay(sending["given"])]
    assert sorted(keys) in [sorted(one) for one in wanted]


def check_coins(case: dict[str, Any]) -> None:
    """The coins that count, as sender and receiver see them, and what they add up to."""
    (sending,) = case["sending"]
    made, spent = request(sending["given"])
    found = silent_inputs.contributing(made, spent)
    assert [key.hex() for key in found.values()] == sending["expected"]["input_pub_keys"]
    for receiving in case["receiving"]:
        made, spent = request(receiving["given"])
        found = silent_inputs.contributing(made, spent)
        wanted = receiving["expected"]
        if wanted.get("input_pub_key_sum") is None:
            with pytest.raises(Malformed):
                points.combine(list(found.values()))
            continue
        total = points.combine(list(found.values()))
        assert total.hex() == wanted["input_pub_key_sum"]
        salt = silent_outputs.input_hash([one.outpoint for one in made.tx.inputs], total)
        assert points.multiply(total, salt).hex() == wanted["tweak"]


@pytest.mark.parametrize("case", own("bip352")["cases"], ids=lambda case: case["comment"])
def test_published_payments_go_where_published(case: dict[str, Any]) -> None:
    check_sending(case["sending"][0])
    check_coins(case)


def test_all_28_bip352_cases_of_sending_come_out_as_published() -> None:
    cases = bip352()
    assert len(cases) == 28
    for case in cases:
        for sending in case["sending"]:
            check_sending(sending)


def test_in_all_28_bip352_cases_sender_and_receiver_count_the_same_coins() -> None:
    for case in bip352():
        check_coins(case)


def test_of_the_28_cases_three_are_refused_each_for_its_own_reason() -> None:
    why = {}
    for case in bip352():
        try:
            pay(case["sending"][0]["given"])
        except Refused as refused:
            why[case["comment"].split(":")[0]] = (refused.reason, refused.detail)
    assert why == {
        "No valid inputs, sender generates no outputs": (CommonReason.SILENT_COINS, _NO_SUCH_KEY),
        "Input keys sum up to zero / point at infinity": (
            CommonReason.SILENT_COINS,
            "Their keys cancel each other out.",
        ),
        "Maximum per-group recipient limit K_max is exceeded (2324 matches)": (
            CommonReason.TOO_LARGE,
            "Too many outputs to one silent payment address.",
        ),
    }


outpoints = st.lists(st.binary(min_size=36, max_size=36), min_size=1, max_size=4)
secrets = st.lists(st.integers(1, 2**200), min_size=1, max_size=4)


@given(outpoints, secrets, st.integers(1, 4))
def test_the_receiver_finds_every_payment_by_other_code(
    spent: list[bytes], numbers: list[int], count: int
) -> None:
    keyring = Imported([number.to_bytes(32, "big") for number in numbers])
    keys = [InputKey((at,)) for at in range(len(numbers))]
    public_keys = [keyring.public_key(key.path) for key in keys]
    (share,) = silent.shares(keyring, keys, [BOB.scan_key])
    salt = silent_outputs.input_hash(spent, points.combine(public_keys))
    made = silent_outputs.scripts([BOB] * count, {BOB.scan_key: share.point}, salt)
    looked = receiver_outputs(bytes(SCAN), BOB.spend_key, spent, public_keys, count)
    assert [one[2:] for one in made] == looked


def test_each_scan_key_has_its_own_numbers_in_the_order_of_the_outputs() -> None:
    carol = SilentAddress(curve.public_key(bytearray(b"\x44" * 32)), BOB.spend_key)
    shared = {BOB.scan_key: BOB.spend_key, carol.scan_key: BOB.scan_key}
    salt = b"\x01" * 32
    alone = silent_outputs.scripts([BOB, BOB], shared, salt)
    mixed = silent_outputs.scripts([carol, BOB, carol, BOB], shared, salt)
    assert mixed[1::2] == alone
    assert len(set(mixed)) == 4


def test_as_many_payments_as_a_receiver_looks_for_are_made_and_one_more_is_refused() -> None:
    most = 2_323  # of BIP352, K_max
    made = silent_outputs.scripts([BOB] * most, {BOB.scan_key: BOB.spend_key}, b"\x01" * 32)
    assert len(set(made)) == most
    with pytest.raises(Refused, match="Too many outputs"):
        silent_outputs.scripts([BOB] * (most + 1), {BOB.scan_key: BOB.spend_key}, b"\x01" * 32)
