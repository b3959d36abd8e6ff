"""Bitcoin Core's own script engine as the judge of every signature a test makes."""

from base64 import b64encode

import pytest

from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.psbt import fields as psbt_fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.transactions.script import ScriptType, script_type
from signer.chains.bitcoin.transactions.tx import TxOutput, parse_previous
from signer.formats.cursor import Cursor, blob, compact_size
from signer.hashes import hash160


def check(signed: bytes) -> None:
    """Each input of a fully signed PSBT opens its coin, or the test fails.

    Only where Bitcoin Core's engine is installed (it has no wheels for some machines).
    """
    request = container.parse(signed)
    spent = [spent_output(request, index) for index in range(len(request.inputs))]
    raw = finalized(request)
    for index, verdict in enumerate(verdicts(raw, spent)):
        assert verdict, f"Bitcoin Core does not accept the signature of input {index + 1}"


def can_judge(request: Psbt) -> bool:
    """Whether it can be finished here: nothing another calls final, no redeem script left out."""
    for index, records in enumerate(request.inputs):
        if records.has_any(psbt_fields.FINAL_SCRIPTSIG, psbt_fields.FINAL_SCRIPTWITNESS):
            return False
        is_nested = script_type(spent_output(request, index).script_pubkey) is ScriptType.P2SH
        if is_nested and records.get(psbt_fields.REDEEM_SCRIPT) is None:
            return False
    return True


def verdicts(raw_tx: bytes, spent: list[TxOutput]) -> list[bool]:
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


def spent_output(request: Psbt, index: int) -> TxOutput:
    """The output an input spends, as the PSBT proves or claims it."""
    whole = request.inputs[index].get(psbt_fields.NON_WITNESS_UTXO)
    if whole is not None:
        return parse_previous(whole).outputs[request.tx.inputs[index].index]
    cursor = Cursor(request.inputs[index].get(psbt_fields.WITNESS_UTXO) or b"")
    return TxOutput(cursor.uint(8), cursor.blob())


def finalized(request: Psbt) -> bytes:
    """The network transaction of a PSBT that is signed in full.

    One key and multisig are put together here; for other scripts BDK does it.
    """
    spent = [spent_output(request, index) for index in range(len(request.inputs))]
    pairs = zip(request.inputs, spent, strict=True)
    parts = [_final(one, output.script_pubkey) for one, output in pairs]
    if None in parts:
        return _by_bdk(request)
    found = [part for part in parts if part is not None]
    return _transaction(request, [sig for sig, _ in found], [witness for _, witness in found])


def _transaction(request: Psbt, script_sigs: list[bytes], witnesses: list[bytes]) -> bytes:
    inputs = b"".join(
        one.outpoint + blob(sig) + one.sequence.to_bytes(4, "little")
        for one, sig in zip(request.tx.inputs, script_sigs, strict=True)
    )
    outputs = b"".join(output.encode() for output in request.tx.outputs)
    body = b"".join(
        (compact_size(len(script_sigs)), inputs, compact_size(len(request.tx.outputs)), outputs)
    )
    version, locktime = (n.to_bytes(4, "little") for n in (request.tx.version, request.tx.locktime))
    if any(witness != b"\x00" for witness in witnesses):
        return version + b"\x00\x01" + body + b"".join(witnesses) + locktime
    return version + body + locktime


def _final(one: Map, script_pubkey: bytes) -> tuple[bytes, bytes] | None:
    """The scriptSig and the witness of an input, or None where its script is not a plain one."""
    script_sig, witness = (
        one.get(psbt_fields.FINAL_SCRIPTSIG),
        one.get(psbt_fields.FINAL_SCRIPTWITNESS),
    )
    if script_sig is not None or witness is not None:
        return script_sig or b"", witness or b"\x00"
    schnorr = one.get(psbt_fields.TAP_KEY_SIG)
    if schnorr is not None:
        return b"", _stack([schnorr])
    redeem, inner = one.get(psbt_fields.REDEEM_SCRIPT), one.get(psbt_fields.WITNESS_SCRIPT)
    outer = redeem if redeem is not None else script_pubkey
    items = _items(one, inner if inner is not None else outer)
    if items is None:
        return None
    if inner is not None:
        return _pushes([redeem]) if redeem else b"", _stack([*items, inner])
    if outer[:2] == b"\x00\x14":
        return _pushes([redeem]) if redeem else b"", _stack(items)
    return _pushes([*items, *([redeem] if redeem is not None else [])]), b"\x00"


def _items(one: Map, code: bytes) -> list[bytes] | None:
    """What opens a script of one key's hash, or a multisig."""
    signatures = dict(one.records_of(psbt_fields.PARTIAL_SIG))
    if code[:2] == b"\x00\x14" or code[:3] == b"\x76\xa9\x14":
        key = next(key for key in signatures if hash160(key) in code)
        return [signatures[key], key]
    if code[-1:] != b"\xae" or not 0x51 <= code[0] <= 0x60:
        return None
    in_order = sorted(signatures, key=code.index)
    return [b"", *(signatures[key] for key in in_order[: code[0] - 0x50])]


def _pushes(items: list[bytes]) -> bytes:
    return b"".join(_push(item) for item in items)


def _push(item: bytes) -> bytes:
    if len(item) < 0x4C:
        return bytes((len(item),)) + item
    if len(item) < 0x100:
        return b"\x4c" + bytes((len(item),)) + item
    return b"\x4d" + len(item).to_bytes(2, "little") + item


def _stack(items: list[bytes]) -> bytes:
    return compact_size(len(items)) + b"".join(blob(item) for item in items)


def _by_bdk(request: Psbt) -> bytes:
    bdk = pytest.importorskip("bdkpython", reason="BDK is not installed")
    text = b64encode(version_0(request)).decode()
    done = bdk.Psbt(text).finalize()
    assert done.could_finalize, f"BDK cannot finalize it: {done.errors}"
    return bytes(done.psbt.extract_tx().serialize())


def version_0(request: Psbt) -> bytes:
    """A PSBT as the same one of version 0, for those who read no other."""
    if request.version == 0:
        return request.encode()
    fields = {b"\x00": request.unsigned_tx}
    maps = [Map(fields | _kept(request.globals, {*range(0x02, 0x07), psbt_fields.VERSION}))]
    maps += [Map(_kept(one, set(range(0x0E, 0x13)))) for one in request.inputs]
    maps += [Map(_kept(one, {0x03, 0x04})) for one in request.outputs]
    return container.MAGIC + b"".join(one.encode() for one in maps)


def _kept(one: Map, dropped: set[int]) -> dict[bytes, bytes]:
    return {key: value for key, value in one.records if key[0] not in dropped}
