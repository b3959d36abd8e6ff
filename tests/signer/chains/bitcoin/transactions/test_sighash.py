"""What is signed is what the network says is signed: published digests, and Core's own verdict."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import pytest

from signer.chains.bitcoin.descriptors.spend_data import leaf_hash
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import script, sighash
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.tx import Tx, TxInput, TxOutput, parse, parse_unsigned
from signer.errors import Refused
from signer.formats.cursor import Cursor
from signer.hashes import double_sha256
from signer.keys import curve
from tests import kernel, psbts
from tests.signer.published import cases, shared

TYPES = (0x00, 0x01, 0x02, 0x03, 0x81, 0x82, 0x83)  # all that taproot knows
CODE = b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"


def make(inputs: int = 3, outputs: int = 3) -> Tx:
    ins = (TxInput(bytes((number,)) * 36, 0xFFFFFFF0 + number) for number in range(inputs))
    outs = (TxOutput(1_000 + number, b"\x51" * number) for number in range(outputs))
    return Tx(2, tuple(ins), tuple(outs), 500)


@pytest.mark.parametrize("case", cases("sighash"))
def test_published_digests(case: dict[str, Any]) -> None:
    tx = parse_unsigned(bytes.fromhex(case["tx"]))
    spent = [TxOutput(sats, bytes.fromhex(locked)) for sats, locked in case["spent"]]
    common, at, flag = sighash.midstates(tx, spent), case["index"], case["hash_type"]
    if script.script_type(spent[at].script_pubkey) is ScriptType.P2TR:
        digest = sighash.taproot(tx, common, at, spent[at], flag)
    else:
        code = script.p2pkh(script.program(spent[at].script_pubkey))
        digest = sighash.segwit_v0(tx, common, at, code, spent[at].sats, flag)
    assert digest.hex() == case["sighash"]


@pytest.mark.parametrize("case", cases("sighash", "legacy"))
def test_published_legacy_digests(case: dict[str, Any]) -> None:
    tx, code = parse(bytes.fromhex(case["tx"])), bytes.fromhex(case["script_code"])
    found = sighash.legacy(tx, case["index"], code, case["hash_type"])
    assert found[::-1].hex() == case["sighash"]


def test_all_legacy_digests_of_bitcoin_core() -> None:
    """500, with every flag there is and many there are not, and scripts of random bytes."""
    rows = json.loads(shared("bitcoin-core/sighash.json").read_text())[1:]
    for raw, code, index, flag, expected in rows:
        tx = parse(bytes.fromhex(raw))
        found = sighash.legacy(tx, index, bytes.fromhex(code), flag)
        assert found[::-1].hex() == expected
        common = sighash.midstates(tx, ())
        assert sighash.legacy(tx, index, bytes.fromhex(code), flag, common) == found
    assert len(rows) == 500


def bip341() -> tuple[Tx, list[TxOutput], dict[str, Any]]:
    corpus = json.loads(shared("bip341/wallet-test-vectors.json").read_text())
    whole = corpus["keyPathSpending"][0]
    coins = whole["given"]["utxosSpent"]
    spent = [TxOutput(one["amountSats"], bytes.fromhex(one["scriptPubKey"])) for one in coins]
    return parse_unsigned(bytes.fromhex(whole["given"]["rawUnsignedTx"])), spent, whole


def test_all_key_path_digests_of_bip341() -> None:
    tx, spent, whole = bip341()
    common = sighash.midstates(tx, spent)
    for one in whole["inputSpending"]:
        at, flag = one["given"]["txinIndex"], one["given"]["hashType"]
        found = sighash.taproot(tx, common, at, spent[at], flag)
        assert found.hex() == one["intermediary"]["sigHash"]
        # The digest is the tagged hash of the message, whose first byte is the epoch.
        assert one["intermediary"]["sigMsg"].startswith(f"00{flag:02x}")
    assert len(whole["inputSpending"]) == 7


def test_the_shared_hashes_are_those_of_bip341() -> None:
    tx, spent, whole = bip341()
    found, expected = sighash.midstates(tx, spent), whole["intermediary"]
    assert found.amounts.hex() == expected["hashAmounts"]
    assert found.outputs.hex() == expected["hashOutputs"]
    assert found.outpoints.hex() == expected["hashPrevouts"]
    assert found.scripts.hex() == expected["hashScriptPubkeys"]
    assert found.sequences.hex() == expected["hashSequences"]


def bip143() -> Iterator[tuple[bytes, bytes, bytes]]:
    """(transaction, preimage, digest) of every example, in the order of the text."""
    text = shared("bip143/test-vectors.mediawiki.txt").read_text()
    found = re.finditer(
        r"(?P<tx>unsigned transaction:|examples:)\s*(?P<raw>[0-9a-f]+)"
        r"|(?P<pre>preimage[^:\n]*:)\s*(?P<message>[0-9a-f]+)"
        r"|(?P<end>sig[Hh]ash:)\s*(?P<digest>[0-9a-f]{64})",
        text,
    )
    raw = message = ""
    for one in found:
        raw, message = one["raw"] or raw, one["message"] or message
        if one["end"] and message:
            yield bytes.fromhex(raw), bytes.fromhex(message), bytes.fromhex(one["digest"])
            message = ""


def test_all_examples_of_bip143() -> None:
    """What each preimage says it commits to, asked of ours; the rest is in the transaction."""
    examples = list(bip143())
    for raw, preimage, expected in examples:
        cursor = Cursor(preimage, 4 + 32 + 32)
        outpoint, code, sats = cursor.take(36), cursor.blob(), cursor.uint(8)
        flag = int.from_bytes(preimage[-4:], "little")
        tx = parse(raw)
        at = [one.outpoint for one in tx.inputs].index(outpoint)
        common = sighash.midstates(tx, ())
        assert sighash.segwit_v0(tx, common, at, code, sats, flag) == expected
    assert len(examples) == 14


def test_single_without_its_output_is_one_before_segwit_and_refused_in_taproot() -> None:
    tx = make(inputs=3, outputs=2)
    spent = [TxOutput(7, b"")] * 3
    assert sighash.legacy(tx, 2, CODE, 3) == (1).to_bytes(32, "little")
    assert sighash.legacy(tx, 2, CODE, 0x83) == (1).to_bytes(32, "little")
    assert sighash.legacy(tx, 1, CODE, 3) != (1).to_bytes(32, "little")
    for flag in (3, 0x83):
        with pytest.raises(Refused) as refused:
            sighash.taproot(tx, sighash.midstates(tx, spent), 2, spent[2], flag)
        assert refused.value.reason is BitcoinReason.SIGHASH_UNSUPPORTED


@pytest.mark.parametrize("flag", [0x04, 0x80, 0x84, 0x41, 0xFF, 0x101])
def test_taproot_has_no_digest_for_a_type_it_does_not_know(flag: int) -> None:
    spent = [TxOutput(7, b"")] * 3
    with pytest.raises(Refused) as refused:
        sighash.taproot(make(), sighash.midstates(make(), spent), 0, spent[0], flag)
    assert refused.value.reason is BitcoinReason.SIGHASH_UNKNOWN


@pytest.mark.parametrize(
    ("code", "hashed"),
    [
        (b"\xab\x51\xab\xab\x52", b"\x51\x52"),
        (b"\x02\xab\xab\x51", b"\x02\xab\xab\x51"),  # pushed, and no operation
        (b"\x4c\x01\xab\xab", b"\x4c\x01\xab"),
        (b"\x4d\x01\x00\xab\xab", b"\x4d\x01\x00\xab"),
        (b"\x4e\x01\x00\x00\x00\xab\xab", b"\x4e\x01\x00\x00\x00\xab"),
        (b"\xab\x05\xab", b"\x05\xab"),  # a push cut short: what is behind it stays
        (b"\xab\x4d\xab", b"\x4d\xab"),
    ],
)
def test_code_separators_are_not_part_of_a_legacy_script(code: bytes, hashed: bytes) -> None:
    assert sighash.legacy(make(), 0, code, 1) == sighash.legacy(make(), 0, hashed, 1)


SECRET = bytes(31) + b"\x07"


def leaf_coin(code: bytes) -> tuple[bytes, bytes]:
    """(output script, control block) of a tree of one leaf over a key whose secret we know."""
    internal = curve.public_key(bytearray(SECRET))[1:]
    key = curve.tweak_public(b"\x02" + internal, curve.taproot_tweak(internal, leaf_hash(code)))
    return b"\x51\x20" + key[1:], bytes((0xC0 | key[0] & 1,)) + internal


@pytest.mark.parametrize("annex", [b"", b"\x50annex"])
@pytest.mark.parametrize("separated", [False, True])
def test_bitcoin_core_accepts_signatures_over_our_leaf_digests(
    separated: bool, annex: bytes
) -> None:
    """Every flag at every index, with and without code separator and annex (BIP342)."""
    public = curve.public_key(bytearray(SECRET))[1:]
    code = (b"\x61\xab" if separated else b"") + b"\x20" + public + b"\xac"
    place = 1 if separated else sighash.NO_CODE_SEPARATOR
    locked, control = leaf_coin(code)
    spent = [TxOutput(5_000 + number, locked) for number in range(3)]
    for flag, at in product(TYPES, range(3)):
        tx = make()
        digest = sighash.taproot(
            tx,
            sighash.midstates(tx, spent),
            at,
            spent[at],
            flag,
            leaf_hash(code),
            annex=annex,
            code_separator=place,
        )
        signature = curve.sign_schnorr(bytearray(SECRET), digest, public)
        witness = (signature + (bytes((flag,)) if flag else b""), code, control)
        assert verdict(tx, spent, at, (*witness, annex) if annex else witness), (flag, at)


def verdict(tx: Tx, spent: Sequence[TxOutput], at: int, witness: tuple[bytes, ...]) -> bool:
    """Whether Core's engine accepts input `at` with this witness; the others have none."""
    one = tx.inputs[at]
    signed = TxInput(one.outpoint, one.sequence, b"", witness)
    inputs = (*tx.inputs[:at], signed, *tx.inputs[at + 1 :])
    raw = Tx(tx.version, inputs, tx.outputs, tx.locktime).encode_signed()
    return kernel.verdicts(raw, list(spent))[at]


@pytest.mark.parametrize("script_kind", ["wpkh", "tr"])
def test_the_lists_are_hashed_once_for_all_inputs(
    script_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once when the payment is checked, once when what leaves is: or signing grows with squares."""
    hashed: list[int] = []
    right = sighash.midstates

    def noted(tx: Tx, spent: Sequence[TxOutput]) -> sighash.Midstates:
        hashed.append(len(spent))
        return right(tx, spent)

    monkeypatch.setattr(sighash, "midstates", noted)
    psbts.sign(psbts.build(psbts.keyring(), 20, script_kind), psbts.keyring())
    assert hashed == [20, 20]


def test_what_is_shared_is_hashed_when_first_asked_for_and_then_kept() -> None:
    tx, spent = make(), [TxOutput(7, b"")] * 3
    common = sighash.midstates(tx, spent)
    sighash.legacy(tx, 0, CODE, 1, common)
    assert "amounts" not in vars(common)
    sighash.taproot(tx, common, 0, spent[0], 0)
    assert common.amounts is common.amounts


@pytest.mark.parametrize(
    "push",
    [
        b"\x02\xab\xab",
        b"\x4c\x02\xab\xab",
        b"\x4d\x02\x00\xab\xab",
        b"\x4e\x02\x00\x00\x00\xab\xab",
    ],
    ids=["direct", "one byte of size", "two", "four"],
)
def test_code_separators_are_taken_out_and_pushed_bytes_are_not(push: bytes) -> None:
    tx, code = make(1, 1), b"\xab" + push + b"\xab\xac\xab"
    left = push + b"\xac"
    parts = (
        (2).to_bytes(4, "little") + b"\x01" + tx.inputs[0].outpoint,
        bytes((len(left),)) + left + tx.inputs[0].sequence.to_bytes(4, "little"),
        b"\x01" + tx.outputs[0].encode() + (500).to_bytes(4, "little"),
        (1).to_bytes(4, "little"),
    )
    assert sighash.legacy(tx, 0, code, 1) == double_sha256(b"".join(parts))
