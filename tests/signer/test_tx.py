"""Transactions: read exactly, written exactly, and nothing promised is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin.network import MAX_INPUTS, MAX_OUTPUTS
from signer.chains.bitcoin.tx import Input, Output, Tx, parse_previous, parse_unsigned
from signer.errors import Malformed, Reason, Refused
from signer.formats.cursor import compact_size
from tests.psbts import PAYEE, output, previous_tx, txid

uint32 = st.integers(0, 2**32 - 1)
txs = st.builds(
    Tx,
    version=uint32,
    inputs=st.lists(st.builds(Input, st.binary(min_size=36, max_size=36), uint32), max_size=4).map(
        tuple
    ),
    outputs=st.lists(
        st.builds(Output, st.integers(0, 2**64 - 1), st.binary(max_size=300)), max_size=4
    ).map(tuple),
    locktime=uint32,
)


@given(txs)
def test_a_transaction_reads_back(tx: Tx) -> None:
    assert parse_unsigned(tx.encode()) == tx


@given(st.binary(max_size=200))
def test_no_bytes_break_either_reader(data: bytes) -> None:
    for parse in (parse_unsigned, parse_previous):
        try:
            parse(data)
        except (Malformed, Refused):
            continue


@given(txs, st.data())
def test_a_transaction_cut_short_is_malformed(tx: Tx, data: st.DataObject) -> None:
    raw = tx.encode()
    with pytest.raises((Malformed, Refused)):
        parse_unsigned(raw[: data.draw(st.integers(0, len(raw) - 1))])


def test_a_filled_script_sig_is_malformed() -> None:
    signed = b"\x02\0\0\0\x01" + bytes(36) + b"\x01\x51" + bytes(4) + b"\x00" + bytes(4)
    with pytest.raises(Malformed, match="scriptSig"):
        parse_unsigned(signed)


@pytest.mark.parametrize(
    ("inputs", "outputs"), [(MAX_INPUTS + 1, 0), (0, MAX_OUTPUTS + 1)], ids=["inputs", "outputs"]
)
def test_more_than_the_budget_is_refused(inputs: int, outputs: int) -> None:
    raw = (
        b"\x02\0\0\0"
        + compact_size(inputs)
        + (bytes(36) + b"\0" + bytes(4)) * inputs
        + compact_size(outputs)
        + bytes(9) * outputs
        + bytes(4)
    )
    with pytest.raises(Refused) as refused:
        parse_unsigned(raw)
    assert refused.value.reason is Reason.TOO_LARGE


def test_the_witness_does_not_change_what_a_previous_transaction_is() -> None:
    outputs = [output(5, PAYEE), output(2**40, b"")]
    bare, full = previous_tx(outputs), previous_tx(outputs, witness=True)
    assert len(full) > len(bare)
    assert parse_previous(full) == parse_previous(bare)
    assert parse_previous(full).txid == txid(bare)
    assert parse_previous(full).outputs == (Output(5, PAYEE), Output(2**40, b""))


def test_a_byte_behind_a_previous_transaction_is_malformed() -> None:
    with pytest.raises(Malformed, match="left over"):
        parse_previous(previous_tx([output(5, PAYEE)]) + b"\x00")
