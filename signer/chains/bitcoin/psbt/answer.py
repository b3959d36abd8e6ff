"""What of a signed PSBT goes back by a narrow way: its signatures alone, or what they complete."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Final

from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.transactions.script import ScriptType, operations, script_type
from signer.chains.bitcoin.transactions.tx import TxInput, parse_previous
from signer.formats.cursor import Cursor
from signer.hashes import hash160

# What makes the transaction: in version 2 it is spread over all maps (BIP370).
_GLOBAL: Final = frozenset(
    {
        fields.UNSIGNED_TX,
        fields.VERSION,
        fields.TX_VERSION,
        fields.FALLBACK_LOCKTIME,
        fields.INPUT_COUNT,
        fields.OUTPUT_COUNT,
        fields.TX_MODIFIABLE,
        fields.GLOBAL_SP_ECDH_SHARE,
        fields.GLOBAL_SP_DLEQ,
    }
)
_INPUT: Final = frozenset(
    {
        fields.PREVIOUS_TXID,
        fields.OUTPUT_INDEX,
        fields.SEQUENCE,
        fields.REQUIRED_TIME_LOCKTIME,
        fields.REQUIRED_HEIGHT_LOCKTIME,
        fields.PARTIAL_SIG,
        fields.FINAL_SCRIPTSIG,
        fields.FINAL_SCRIPTWITNESS,
        fields.TAP_KEY_SIG,
        fields.TAP_SCRIPT_SIG,
        fields.MUSIG2_PUB_NONCE,
        fields.MUSIG2_PARTIAL_SIG,
        fields.SP_ECDH_SHARE,
        fields.SP_DLEQ,
    }
)
_OP_1, _OP_CHECKMULTISIG = 0x51, 0xAE
_OUTPUT: Final = frozenset(
    {fields.OUT_AMOUNT, fields.OUT_SCRIPT, fields.OUT_SP_V0_INFO, fields.OUT_SP_V0_LABEL}
)


def signatures_only(signed: bytes) -> bytes:
    """The transaction and all signatures: enough for a Combiner (BIP174) that has the request.

    Raises Malformed.
    """
    psbt = container.parse(signed)
    trimmed = replace(
        psbt,
        globals=_kept(psbt.globals, _GLOBAL),
        inputs=tuple(_kept(records, _INPUT) for records in psbt.inputs),
        outputs=tuple(_kept(records, _OUTPUT) for records in psbt.outputs),
    )
    return trimmed.encode()


def final_transaction(signed: bytes) -> bytes | None:
    """The transaction for the network, if every input can be finished here (BIP174, Finalizer).

    Those are coins of one key and bare multisig, whatever wraps them; None for others, and while
    signatures are missing. Raises Malformed.
    """
    psbt = container.parse(signed)
    finished = [_finished(psbt, index) for index in range(len(psbt.inputs))]
    inputs = tuple(tx_input for tx_input in finished if tx_input is not None)
    if len(inputs) != len(finished):
        return None
    return replace(psbt.tx, inputs=inputs).encode_signed()


def _kept(records: Map, kinds: Container[int]) -> Map:
    return Map({key: value for key, value in records.fields.items() if key[0] in kinds})


def _finished(psbt: Psbt, index: int) -> TxInput | None:
    records, tx_input = psbt.inputs[index], psbt.tx.inputs[index]
    script_sig = records.get(fields.FINAL_SCRIPTSIG)
    stack = records.get(fields.FINAL_SCRIPTWITNESS)
    if script_sig or stack:
        return replace(tx_input, script_sig=script_sig or b"", witness=_stack(stack or b"\x00"))
    signature = records.get(fields.TAP_KEY_SIG)
    if signature:
        return replace(tx_input, witness=(signature,))
    script = _spent_script(records, tx_input)
    nested: tuple[bytes, ...] = ()
    if script_type(script) is ScriptType.P2SH:
        nested = (records.get(fields.REDEEM_SCRIPT) or b"",)
    inner = nested[0] if nested else script
    items, is_witness = _items(inner, records)
    if not items:
        return None
    if is_witness:
        return replace(tx_input, script_sig=_pushes(nested), witness=items)
    return replace(tx_input, script_sig=_pushes((*items, *nested)))


def _items(script: bytes, records: Map) -> tuple[tuple[bytes, ...], bool]:
    """What opens a script, empty where that is not known here; and whether it is a witness."""
    signatures = dict(records.records_of(fields.PARTIAL_SIG))
    match script_type(script):
        case ScriptType.P2WPKH:
            return _of_one_key(script[2:], signatures), True
        case ScriptType.P2PKH:
            return _of_one_key(script[3:23], signatures), False
        case ScriptType.P2WSH:
            witness_script = records.get(fields.WITNESS_SCRIPT) or b""
            items = _of_multisig(witness_script, signatures)
            return ((*items, witness_script) if items else ()), True
        case _:
            return _of_multisig(script, signatures), False


def _of_one_key(key_hash: bytes, signatures: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    pairs = ((sig, key) for key, sig in signatures.items() if hash160(key) == key_hash)
    return next(pairs, ())


def _of_multisig(script: bytes, signatures: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    """The signatures in the order of their keys, behind the empty item that CHECKMULTISIG takes."""
    steps = [(opcode, pushed) for _, opcode, pushed in operations(script)]
    keys = [pushed for _, pushed in steps[1:-2] if pushed]
    if len(steps) < 4 or len(keys) != len(steps) - 3 or steps[-1][0] != _OP_CHECKMULTISIG:
        return ()
    needed = steps[0][0] - _OP_1 + 1
    ordered = [signatures[key] for key in keys if key in signatures]
    return (b"", *ordered[:needed]) if 0 < needed <= len(ordered) else ()


def _spent_script(records: Map, tx_input: TxInput) -> bytes:
    """The output script of the coin, as its transaction or the request has it; or nothing."""
    witness_utxo = records.get(fields.WITNESS_UTXO)
    if witness_utxo:
        return Cursor(witness_utxo, 8).blob()
    whole = records.get(fields.NON_WITNESS_UTXO)
    outputs = parse_previous(whole).outputs if whole else ()
    return outputs[tx_input.index].script_pubkey if tx_input.index < len(outputs) else b""


def _stack(data: bytes) -> tuple[bytes, ...]:
    cursor = Cursor(data)
    return tuple(cursor.blob() for _ in range(cursor.count(1)))


def _pushes(items: Sequence[bytes]) -> bytes:
    """A scriptSig that pushes these, each as short as it can be."""
    return b"".join(_push(item) for item in items)


def _push(item: bytes) -> bytes:
    if len(item) < 0x4C:
        return bytes((len(item),)) + item
    if len(item) <= 0xFF:
        return bytes((0x4C, len(item))) + item
    return b"\x4d" + len(item).to_bytes(2, "little") + item
