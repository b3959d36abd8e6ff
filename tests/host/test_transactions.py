"""Transactions as values: they read back, and have the names that others give them."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import bdkpython as bdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.transactions import NULL_TXID, Outpoint, Transaction, TxIn, TxOut, double_sha256
from signer.errors import Malformed

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "signed_transactions.json").read_text(encoding="utf-8")
)
RAW = [pytest.param(bytes.fromhex(case["tx"]), id=case["id"]) for case in VECTORS["cases"]]

short_bytes = st.binary(max_size=40)
outpoints = st.builds(Outpoint, st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1))
witnesses = st.lists(short_bytes, max_size=3).map(tuple)
inputs = st.builds(TxIn, outpoints, short_bytes, st.integers(0, 2**32 - 1), witnesses)
outputs = st.builds(TxOut, st.integers(0, 21 * 10**14), short_bytes)
transactions = st.builds(
    Transaction,
    st.integers(0, 2**32 - 1),
    st.lists(inputs, min_size=1, max_size=4).map(tuple),
    st.lists(outputs, max_size=4).map(tuple),
    st.integers(0, 2**32 - 1),
)
PLAIN = Transaction(
    2, (TxIn(Outpoint(b"\x01" * 32, 0), b"", 0xFFFFFFFD),), (TxOut(1_000, b"\x51"),), 0
)
WITNESSED = replace(PLAIN, inputs=(replace(PLAIN.inputs[0], witness=(b"signature", b"key")),))


@given(transactions)
def test_a_transaction_reads_back(transaction: Transaction) -> None:
    assert Transaction.parse(transaction.encode()) == transaction


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_malformed(raw: bytes) -> None:
    try:
        transaction = Transaction.parse(raw)
    except Malformed:
        return
    assert Transaction.parse(transaction.encode()) == transaction


@pytest.mark.parametrize("raw", RAW)
def test_a_published_transaction_has_the_names_and_the_size_that_others_give_it(raw: bytes) -> None:
    transaction = Transaction.parse(raw)
    theirs = bdk.Transaction(raw)
    assert transaction.encode() == raw
    assert transaction.name == str(theirs.compute_txid())
    assert transaction.wtxid[::-1].hex() == str(theirs.compute_wtxid())
    assert transaction.weight == theirs.weight()
    assert transaction.vsize == theirs.vsize()
    assert transaction.is_coinbase == theirs.is_coinbase()


@pytest.mark.parametrize("raw", RAW)
def test_a_published_transaction_cut_short_or_grown_is_malformed(raw: bytes) -> None:
    for cut in range(0, len(raw), max(1, len(raw) // 40)):
        with pytest.raises(Malformed):
            Transaction.parse(raw[:cut])
    with pytest.raises(Malformed):
        Transaction.parse(raw + b"\0")


@given(transactions)
def test_the_witness_changes_one_name_and_not_the_other(transaction: Transaction) -> None:
    bare = replace(
        transaction, inputs=tuple(replace(txin, witness=()) for txin in transaction.inputs)
    )
    assert bare.txid == transaction.txid
    has_witness = any(txin.witness for txin in transaction.inputs)
    assert (bare.wtxid == transaction.wtxid) is not has_witness
    assert bare.wtxid == bare.txid


def test_a_name_is_the_hash_the_other_way_round() -> None:
    raw = PLAIN.encode()
    assert PLAIN.txid == sha256(sha256(raw).digest()).digest() == double_sha256(raw)
    assert bytes.fromhex(PLAIN.name) == PLAIN.txid[::-1]


def test_bytes_of_a_witness_weigh_a_quarter() -> None:
    grown = replace(PLAIN, outputs=(TxOut(1_000, b"\x51" * 5),))
    assert grown.weight - PLAIN.weight == 16
    heavier = replace(PLAIN, inputs=(replace(PLAIN.inputs[0], witness=(b"x" * 10,)),))
    lighter = replace(PLAIN, inputs=(replace(PLAIN.inputs[0], witness=(b"x" * 6,)),))
    assert heavier.weight - lighter.weight == 4
    assert heavier.vsize - lighter.vsize == 1


def test_without_its_witness_a_transaction_is_what_its_txid_names() -> None:
    assert WITNESSED.encode(witness=False) == PLAIN.encode()
    assert WITNESSED.encode()[4:6] == b"\0\x01"  # BIP144


def test_a_coinbase_spends_nothing_that_was_there() -> None:
    source = TxIn(Outpoint(NULL_TXID, 0xFFFFFFFF), b"\x01\x6e", 0xFFFFFFFF)
    assert replace(PLAIN, inputs=(source,)).is_coinbase
    assert not replace(PLAIN, inputs=(source, source)).is_coinbase
    assert not PLAIN.is_coinbase


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "bytes"),
        (PLAIN.encode()[:4] + b"\0\x02" + PLAIN.encode()[4:], "witness flag 1"),
        (PLAIN.encode()[:4] + b"\0\x01" + PLAIN.encode()[4:-4] + b"\0" + bytes(4), "has none"),
        (bytes(4) + b"\xff" + b"\xff" * 8, "is over 33554432"),
        (bytes(4) + b"\xfd\x01\x00" + PLAIN.encode()[5:], "shortest form"),
    ],
    ids=["nothing", "flag 2", "empty witness", "too many inputs", "a count in too many bytes"],
)
def test_what_is_wrong_is_said(raw: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        Transaction.parse(raw)


def test_an_absurd_count_costs_nothing() -> None:
    many = (2).to_bytes(4, "little") + b"\xfe" + (2**31).to_bytes(4, "little") + bytes(41)
    with pytest.raises(Malformed):
        Transaction.parse(many)
