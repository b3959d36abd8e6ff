"""UTXOs: what the spent coins (prevouts) are worth, proven from bytes that are signed."""

from collections.abc import Sequence

from signer.chains.bitcoin.payment import sighash_types
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import script, tx
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.tx import PreviousTx, TxInput, TxOutput
from signer.errors import Refused
from signer.formats.cursor import Cursor
from signer.hashes import hash160, sha256

Parsed = dict[bytes, PreviousTx]  # wallets repeat a previous transaction for each of its coins


def spent_outputs(request: Psbt) -> tuple[TxOutput, ...]:
    """The output each input spends, in order. Raises Malformed, or Refused if one is not proven.

    A signature of segwit version 0 commits to the amount of its own coin only. A host that lies
    about one amount in a first request and about another in a second gets two signatures that
    together turn the difference into fee (CVE-2020-14199), so the amount has to come from the whole
    previous transaction. Taproot signatures commit to every amount (BIP341): where all coins are
    taproot, a lie makes the signatures void, and the claim is enough. With ANYONECANPAY they commit
    to their own amount only, and the claim is not enough again.
    """
    parsed: Parsed = {}
    spent = tuple(
        _spent(index, tx_input, records, parsed)
        for index, (tx_input, records) in enumerate(
            zip(request.tx.inputs, request.inputs, strict=True)
        )
    )
    if not _commits_to_all(request, spent):
        for index, records in enumerate(request.inputs):
            if not records.has_any(fields.NON_WITNESS_UTXO):
                raise Refused(BitcoinReason.AMOUNT_NOT_PROVEN, f"Input {index + 1}.")
    return spent


def _commits_to_all(request: Psbt, spent: Sequence[TxOutput]) -> bool:
    """Whether every signature would commit to every amount."""
    return all(
        script.script_type(output.script_pubkey) is ScriptType.P2TR
        and not sighash_types.leaves_inputs_open(sighash_types.requested(records, is_taproot=True))
        for output, records in zip(spent, request.inputs, strict=True)
    )


def _spent(index: int, tx_input: TxInput, records: Map, parsed: Parsed) -> TxOutput:
    detail = f"Input {index + 1}."
    claimed = _claimed(records)
    proven = _proven(tx_input, records, parsed, detail)
    # Two readers could believe one field each: nothing that contradicts itself is signed (T02).
    if claimed is not None and proven is not None and claimed != proven:
        raise Refused(BitcoinReason.AMOUNTS_DISAGREE, detail)
    output = proven or claimed
    if output is None:
        raise Refused(BitcoinReason.AMOUNT_NOT_PROVEN, detail)
    _check_scripts(output.script_pubkey, records, detail)
    return output


def _claimed(records: Map) -> TxOutput | None:
    value = records.get(fields.WITNESS_UTXO)
    if value is None:
        return None
    cursor = Cursor(value)
    output = TxOutput(cursor.uint(8), cursor.blob())
    cursor.end()
    return output


def _proven(tx_input: TxInput, records: Map, parsed: Parsed, detail: str) -> TxOutput | None:
    raw = records.get(fields.NON_WITNESS_UTXO)
    if raw is None:
        return None
    if raw not in parsed:
        parsed[raw] = tx.parse_previous(raw)
    previous = parsed[raw]
    # Any transaction would do to prove any amount, were its hash not compared (T03).
    if previous.txid != tx_input.txid or tx_input.index >= len(previous.outputs):
        raise Refused(BitcoinReason.WRONG_PREVIOUS_TX, detail)
    return previous.outputs[tx_input.index]


def _check_scripts(script_pubkey: bytes, records: Map, detail: str) -> None:
    """A redeem or witness script must be the one the coin commits to (BIP174, Signer)."""
    program = script_pubkey
    redeem = records.get(fields.REDEEM_SCRIPT)
    if redeem is not None:
        if program != script.p2sh(hash160(redeem)):
            raise Refused(BitcoinReason.SCRIPT_NOT_COMMITTED, detail)
        program = redeem
    witness = records.get(fields.WITNESS_SCRIPT)
    if witness is not None and program != script.p2wsh(sha256(witness)):
        raise Refused(BitcoinReason.SCRIPT_NOT_COMMITTED, detail)
