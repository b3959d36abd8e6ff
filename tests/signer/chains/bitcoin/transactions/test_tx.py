"""Transactions: read exactly, written exactly, and nothing promised is believed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.transactions.tx import (
    PreviousTx,
    Tx,
    TxInput,
    TxOutput,
    parse,
    parse_previous,
    parse_unsigned,
)
from signer.errors import Malformed, Refused
from tests.psbts import PAYEE, output, previous_tx, txid
from tests.signer.published import shared

CLOSED = (Malformed, Refused)
uint32 = st.integers(0, 2**32 - 1)
outpoints = st.binary(min_size=36, max_size=36)
scripts = st.binary(max_size=300)
witnesses = st.lists(scripts, max_size=3).map(tuple)
outputs = st.lists(st.builds(TxOutput, st.integers(0, 2**64 - 1), scripts), max_size=4).map(tuple)


def made(inputs: st.SearchStrategy[TxInput], least: int = 0) -> st.SearchStrategy[Tx]:
    ins = st.lists(inputs, min_size=least, max_size=4).map(tuple)
    return st.builds(Tx, version=uint32, inputs=ins, outputs=outputs, locktime=uint32)


txs = made(st.builds(TxInput, outpoints, uint32))
signed_txs = made(st.builds(TxInput, outpoints, uint32, scripts, witnesses), least=1)


def listed(previous: PreviousTx) -> tuple[TxOutput, ...]:
    return tuple(previous.outputs[index] for index in range(len(previous.outputs)))


@given(txs)
def test_an_unsigned_transaction_reads_back(tx: Tx) -> None:
    assert parse_unsigned(tx.encode()) == tx


@given(signed_txs)
def test_a_signed_transaction_reads_back(tx: Tx) -> None:
    assert parse(tx.encode_signed()) == tx
    previous = parse_previous(tx.encode_signed())
    assert previous == parse_previous(tx.encode_signed())
    assert previous.txid == tx.txid
    assert listed(previous) == tx.outputs


@given(st.binary(max_size=200))
def test_no_bytes_break_any_reader(data: bytes) -> None:
    for read in (parse_unsigned, parse_previous, parse):
        try:
            read(data)
        except CLOSED:
            continue


@given(st.binary(max_size=60), st.booleans())
def test_what_is_read_is_written_again(tail: bytes, marked: bool) -> None:
    data = b"\x02\0\0\0" + (b"\x00\x01" if marked else b"") + tail
    try:
        tx = parse(data)
    except CLOSED:
        return
    assert tx.encode_signed() == data


def core(name: str) -> list[bytes]:
    rows: list[Any] = json.loads(shared(f"bitcoin-core/{name}.json").read_text())
    return [bytes.fromhex(row[1]) for row in rows if isinstance(row[0], list)]


@pytest.mark.parametrize(("name", "count"), [("tx_valid", 121), ("tx_invalid", 93)])
def test_every_transaction_of_bitcoin_core_is_written_as_it_was_read(name: str, count: int) -> None:
    """Of both files: the invalid ones are well formed, and break rules of consensus and scripts.

    Those are not a signer's: it sees no scriptSig in what it signs, and refuses sums and duplicates
    when it checks a payment.
    """
    pbk = pytest.importorskip("pbk", reason="Bitcoin Core's engine is not installed")
    raws = core(name)
    for raw in raws:
        tx = parse(raw)
        assert tx.encode_signed() == raw
        assert tx.txid == parse_previous(raw).txid == bytes(pbk.Transaction(raw).txid)
    assert len(raws) == count


@pytest.mark.parametrize("name", ["tx_valid", "tx_invalid"])
def test_a_transaction_of_bitcoin_core_cut_anywhere_is_malformed(name: str) -> None:
    for raw in core(name)[::10]:
        for length in range(len(raw)):
            for read in (parse, parse_previous):
                with pytest.raises(Malformed):
                    read(raw[:length])


def test_a_witness_may_hold_many_empty_items() -> None:
    tx = Tx(2, (TxInput(bytes(36), 0, b"", (b"",) * 300),), (), 0)
    assert parse(tx.encode_signed()) == tx


def test_witnesses_that_are_all_empty_are_malformed() -> None:
    """Two ways to write one transaction would be two texts for one meaning."""
    raw = b"\x02\0\0\0\x00\x01\x01" + bytes(36) + b"\x00" + bytes(4) + b"\x00" + b"\x00" + bytes(4)
    for read in (parse, parse_previous):
        with pytest.raises(Malformed, match="without witnesses"):
            read(raw)


@given(txs, st.data())
def test_an_unsigned_transaction_cut_short_is_malformed(tx: Tx, data: st.DataObject) -> None:
    raw = tx.encode()
    with pytest.raises(Malformed):
        parse_unsigned(raw[: data.draw(st.integers(0, len(raw) - 1))])


def test_a_filled_script_sig_is_malformed() -> None:
    signed = b"\x02\0\0\0\x01" + bytes(36) + b"\x01\x51" + bytes(4) + b"\x00" + bytes(4)
    with pytest.raises(Malformed, match="scriptSig"):
        parse_unsigned(signed)


def test_the_witness_does_not_change_what_a_previous_transaction_is() -> None:
    outputs = [output(5, PAYEE), output(2**40, b"")]
    bare, full = previous_tx(outputs), previous_tx(outputs, witness=True)
    assert len(full) > len(bare)
    for raw in (bare, full):
        previous = parse_previous(raw)
        assert previous.txid == txid(bare)
        assert listed(previous) == (TxOutput(5, PAYEE), TxOutput(2**40, b""))


@pytest.mark.parametrize("witness", [False, True])
def test_a_byte_behind_a_transaction_is_malformed(witness: bool) -> None:
    raw = previous_tx([output(5, PAYEE)], witness=witness)
    for read in (parse_previous, parse):
        read(raw)
        with pytest.raises(Malformed, match="left over"):
            read(raw + b"\x00")
