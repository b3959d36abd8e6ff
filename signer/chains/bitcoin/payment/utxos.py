"""UTXOs: what the spent coins (prevouts) are worth: proven, or claimed where we commit to it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from signer.chains.bitcoin.network import MAX_REMEMBERED_COINS
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

_FINAL = (fields.FINAL_SCRIPTSIG, fields.FINAL_SCRIPTWITNESS)
Parsed = dict[bytes, PreviousTx]  # wallets repeat a previous transaction for each of its coins


def spent_outputs(request: Psbt, foreign: Collection[int] = ()) -> tuple[TxOutput, ...]:
    """The output each input spends, in order. Raises Malformed, or Refused if one is not proven.

    `foreign` are inputs of others, signed already: nothing that leaves us depends on their amounts.

    Proven by its whole previous transaction; where signatures commit to the amount, claimed.
    Taproot signatures commit to every amount (BIP341): where all coins are taproot, a lie makes
    them void. A signature of segwit version 0 commits to the amount of its own coin only (BIP143),
    which is enough for one coin. Of several, a host that lies about one amount in a first request
    and about another in a second gets signatures that together turn the difference into fee
    (CVE-2020-14199): `claimed` names them for a warning and for the memory in `history`. Taproot
    coins among others too: that a coin is one is as much a claim as its amount.
    """
    parsed: Parsed = {}
    spent = tuple(
        _spent(index, tx_input, records, parsed)
        for index, (tx_input, records) in enumerate(
            zip(request.tx.inputs, request.inputs, strict=True)
        )
    )
    check_proven(request, spent, foreign)
    return spent


def check_proven(request: Psbt, spent: Sequence[TxOutput], foreign: Collection[int]) -> None:
    """Refused for a coin of ours whose amount is neither proven nor committed to."""
    own = [index for index in range(len(spent)) if index not in foreign]
    unproven = _unproven(request, own)
    if unproven and not _commits_to_claims(request, spent, own):
        raise Refused(BitcoinReason.AMOUNT_NOT_PROVEN, f"Input {unproven[0] + 1}.")


def claimed(request: Psbt, own_coins: Mapping[int, TxOutput]) -> tuple[int, ...]:
    """Of these inputs those whose amounts are claims, each committed to by its own signature."""
    return () if all(map(_is_taproot, own_coins.values())) else _unproven(request, own_coins)


def _unproven(request: Psbt, indexes: Iterable[int]) -> tuple[int, ...]:
    return tuple(
        index for index in indexes if not request.inputs[index].has_any(fields.NON_WITNESS_UTXO)
    )


def _commits_to_claims(request: Psbt, spent: Sequence[TxOutput], own: Sequence[int]) -> bool:
    """Whether our signatures would commit to every amount of ours that is only claimed."""
    coins = [(spent[index], request.inputs[index]) for index in own]
    # With ANYONECANPAY each coin is signed alone, and can be joined with others anew.
    if any(
        sighash_types.leaves_inputs_open(sighash_types.requested(records, is_taproot=False))
        for _, records in coins
    ):
        return False
    if all(_is_taproot(output) for output, _ in coins):
        return True
    # Who remembers only some of the coins can be told anything about the others. And a coin that
    # is signed for good gets no signature of ours that a lie would make void.
    return len(coins) <= MAX_REMEMBERED_COINS and all(
        records.has_any(fields.NON_WITNESS_UTXO)
        or (is_segwit(output, records) and not records.has_any(*_FINAL))
        for output, records in coins
    )


def _is_taproot(output: TxOutput) -> bool:
    return script.script_type(output.script_pubkey) is ScriptType.P2TR


def is_segwit(output: TxOutput, records: Map) -> bool:
    """Plain, or nested in the redeem script, which was compared with the coin (BIP141)."""
    program = records.get(fields.REDEEM_SCRIPT) or output.script_pubkey
    return script.script_type(program) in {ScriptType.P2WPKH, ScriptType.P2WSH} or _is_taproot(
        output
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
