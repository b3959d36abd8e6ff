"""What is signed is what the BIPs say is signed."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from signer.chains.bitcoin import sighash
from signer.chains.bitcoin.tx import Output, Tx, parse_unsigned
from signer.hashes import sha256
from tests import psbts
from tests.signer.published import cases, shared


@pytest.mark.parametrize("case", cases("sighash"))
def test_published_digests(case: dict[str, Any]) -> None:
    tx = parse_unsigned(bytes.fromhex(case["tx"]))
    spent = [Output(sats, bytes.fromhex(script)) for sats, script in case["spent"]]
    shared_hashes = sighash.midstates(tx, spent)
    index = case["index"]
    digest = sighash.digest(tx, shared_hashes, index, spent[index], case["hash_type"])
    assert digest.hex() == case["sighash"]


@pytest.mark.parametrize("script", ["wpkh", "tr"])
def test_the_lists_are_hashed_once_for_all_inputs(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once when the payment is checked, once when what leaves is: or signing grows with squares."""
    hashed: list[int] = []
    right = sighash.midstates

    def noted(tx: Tx, spent: Sequence[Output]) -> sighash.Midstates:
        hashed.append(len(spent))
        return right(tx, spent)

    monkeypatch.setattr(sighash, "midstates", noted)
    psbts.sign(psbts.build(psbts.keyring(), 20, script), psbts.keyring())
    assert hashed == [20, 20]


def test_the_shared_hashes_are_those_of_bip341() -> None:
    corpus = json.loads(shared("bip341/wallet-test-vectors.json").read_text())
    given = corpus["keyPathSpending"][0]["given"]
    expected = corpus["keyPathSpending"][0]["intermediary"]
    tx = parse_unsigned(bytes.fromhex(given["rawUnsignedTx"]))
    spent = [Output(u["amountSats"], bytes.fromhex(u["scriptPubKey"])) for u in given["utxosSpent"]]
    found = sighash.midstates(tx, spent)
    assert found.amounts.hex() == expected["hashAmounts"]
    assert found.outputs.hex() == expected["hashOutputs"]
    assert found.outpoints.hex() == expected["hashPrevouts"]
    assert found.scripts.hex() == expected["hashScriptPubkeys"]
    assert found.sequences.hex() == expected["hashSequences"]
    assert sha256(b"") not in {found.amounts, found.outputs}
