"""Bitcoin Core's own script engine as the judge of every signature a test makes."""

import pytest

from signer.chains.bitcoin import psbt
from signer.chains.bitcoin.psbt import Map, Psbt
from signer.chains.bitcoin.tx import Output, parse_previous
from signer.formats.cursor import Cursor, compact_size


def check(signed: bytes) -> None:
    """Each input of a fully signed single-key PSBT opens its coin, or the test fails.

    Only where Bitcoin Core's engine is installed (it has no wheels for some machines).
    """
    request = psbt.parse(signed)
    spent = [spent_output(request, index) for index in range(len(request.inputs))]
    raw = finalized(request)
    for index, verdict in enumerate(verdicts(raw, spent)):
        assert verdict, f"Bitcoin Core does not accept the signature of input {index + 1}"


def verdicts(raw_tx: bytes, spent: list[Output]) -> list[bool]:
    """Whether each input of a transaction that spends these outputs is validly signed."""
    pbk = pytest.importorskip("pbk", reason="Bitcoin Core's engine is not installed")
    from pbk.script import PrecomputedTransactionData  # noqa: PLC0415  absent where pbk is

    tx = pbk.Transaction(raw_tx)
    assert len(tx.inputs) == len(spent)  # an index too far would end the process in C
    outs = [pbk.TransactionOutput(pbk.ScriptPubkey(o.script_pubkey), o.sats) for o in spent]
    ready = PrecomputedTransactionData(tx, outs)
    flags = pbk.ScriptVerificationFlags.ALL
    return [
        bool(pbk.ScriptPubkey(o.script_pubkey).verify(o.sats, tx, ready, index, flags))
        for index, o in enumerate(spent)
    ]


def spent_output(request: Psbt, index: int) -> Output:
    """The output an input spends, as the PSBT proves or claims it."""
    whole = request.inputs[index].get(psbt.NON_WITNESS_UTXO)
    if whole is not None:
        return parse_previous(whole).outputs[request.tx.inputs[index].index]
    cursor = Cursor(request.inputs[index].get(psbt.WITNESS_UTXO) or b"")
    return Output(cursor.uint(8), cursor.blob())


def finalized(request: Psbt) -> bytes:
    """The network transaction of a PSBT whose inputs are all P2WPKH or taproot key path."""
    bare = request.unsigned_tx
    witnesses = b"".join(_witness(one) for one in request.inputs)
    return bare[:4] + b"\x00\x01" + bare[4:-4] + witnesses + bare[-4:]


def _witness(one: Map) -> bytes:
    final = one.get(psbt.FINAL_SCRIPTWITNESS)
    if final is not None:
        return final
    schnorr = one.get(psbt.TAP_KEY_SIG)
    items = (
        [schnorr] if schnorr else [x for key, sig in one.all(psbt.PARTIAL_SIG) for x in (sig, key)]
    )
    return compact_size(len(items)) + b"".join(compact_size(len(i)) + i for i in items)
