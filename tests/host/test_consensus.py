import json
from dataclasses import replace
from pathlib import Path

import pytest

from host.consensus import ScriptsRefused, verify
from host.transactions import Transaction, TxOut
from signer.errors import Malformed

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "signed_transactions.json").read_text(encoding="utf-8")
)
CASES = [pytest.param(case, id=case["id"]) for case in VECTORS["cases"]]


def _read(case: dict) -> tuple[Transaction, list[TxOut]]:
    spent = [TxOut(sats, bytes.fromhex(script)) for sats, script in case["spent"]]
    return Transaction.parse(bytes.fromhex(case["tx"])), spent


@pytest.mark.parametrize("case", CASES)
def test_a_published_signed_transaction_satisfies_every_script(case: dict) -> None:
    transaction, spent = _read(case)
    verify(transaction.encode(), spent)


@pytest.mark.parametrize("case", CASES)
def test_a_turned_bit_in_the_last_signature_is_found_where_it_is(case: dict) -> None:
    transaction, spent = _read(case)
    signed = [index for index, each in enumerate(transaction.inputs) if each.witness]
    at = signed[-1]
    signature, *rest = transaction.inputs[at].witness
    turned = bytes([*signature[:20], signature[20] ^ 1, *signature[21:]])
    inputs = list(transaction.inputs)
    inputs[at] = replace(inputs[at], witness=(turned, *rest))
    with pytest.raises(ScriptsRefused) as refused:
        verify(replace(transaction, inputs=tuple(inputs)).encode(), spent)
    assert refused.value.input_index == at
    assert f"Input {at + 1} " in str(refused.value)


@pytest.mark.parametrize("case", CASES)
def test_segwit_signatures_commit_to_the_amount_they_spend(case: dict) -> None:
    transaction, spent = _read(case)
    lied = [replace(each, sats=each.sats + 1) for each in spent]
    with pytest.raises(ScriptsRefused):
        verify(transaction.encode(), lied)


@pytest.mark.parametrize("case", CASES)
def test_too_few_or_too_many_spent_outputs_are_refused_and_nothing_dies(case: dict) -> None:
    # The engine ends the process when asked about an input beyond its list.
    transaction, spent = _read(case)
    for wrong in ([], spent[:-1], [*spent, spent[0]]):
        with pytest.raises(Malformed, match="spend"):
            verify(transaction.encode(), wrong)


@pytest.mark.parametrize("raw", [b"", b"\0", bytes(10), bytes.fromhex("0100000000010000000000")])
def test_bytes_that_are_no_transaction_are_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        verify(raw, [])


def test_a_transaction_with_bytes_after_it_is_malformed() -> None:
    transaction, spent = _read(VECTORS["cases"][0])
    with pytest.raises(Malformed):
        verify(transaction.encode() + b"\0", spent)
