"""Where the coins of a transaction come from and go to, for host.diagram."""

from collections.abc import Callable

from host.config import BASE58_VERSIONS, BECH32_HRP
from host.diagram import FlowCoin, TransactionFlow
from host.psbt import Map, PsbtMaps
from host.transactions import Outpoint, Transaction, TxIn, TxOut, double_sha256
from signer.errors import Malformed
from signer.formats import base58, bech32
from signer.formats.cursor import Cursor

_NON_WITNESS_UTXO, _WITNESS_UTXO = b"\x00", b"\x01"  # BIP174
_OP_RETURN, _OP_1 = 0x6A, 0x51
_P2PKH, _P2SH = (b"\x76\xa9\x14", b"\x88\xac"), (b"\xa9\x14", b"\x87")
Owner = Callable[[bytes], str]  # of a script: as host.diagram.FlowCoin has it
Prevout = Callable[[Outpoint], TxOut | None]


def of_transaction(
    transaction: Transaction, network: str, owner: Owner, prevout: Prevout
) -> TransactionFlow:
    """`prevout` gives what an input spends, where that is known."""
    inputs = []
    for txin in transaction.inputs:
        outpoint = f"{txin.outpoint.txid[::-1].hex()}:{txin.outpoint.index}"
        spent = prevout(txin.outpoint)
        if spent is None:
            inputs.append(FlowCoin(None, outpoint=outpoint))
        else:
            inputs.append(_coin(spent, network, owner, outpoint))
    outputs = (_coin(output, network, owner) for output in transaction.outputs)
    return TransactionFlow(tuple(inputs), tuple(outputs))


def of_psbt(psbt: PsbtMaps, network: str) -> TransactionFlow:
    """As a PSBT says it: whose its coins are, nobody can tell without keys. Raises Malformed."""
    transaction = Transaction.parse(psbt.unsigned_tx)
    outputs = {
        txin.outpoint: _stated_output(records, txin)
        for txin, records in zip(transaction.inputs, psbt.inputs, strict=True)
    }
    return of_transaction(transaction, network, lambda _: "", outputs.__getitem__)


def script_address(script: bytes, network: str) -> str:
    """The address of an output's script (BIP173, BIP350, base58); in hex where it has none."""
    for prefix, (head, tail) in zip(BASE58_VERSIONS[network], (_P2PKH, _P2SH), strict=True):
        if script.startswith(head) and len(script) == len(head) + 20 + len(tail):
            payload = prefix + script[len(head) : -len(tail)]
            return base58.encode(payload + double_sha256(payload)[:4])
    try:
        version = script[0] - _OP_1 + 1 if script[0] else 0
        if script[1] == len(script) - 2:
            return bech32.encode(BECH32_HRP[network], version, script[2:])
    except (Malformed, IndexError):
        pass
    return script.hex()


def _coin(output: TxOut, network: str, owner: Owner, outpoint: str = "") -> FlowCoin:
    script = output.script_pubkey
    if script[:1] == bytes([_OP_RETURN]):
        return FlowCoin(output.sats, outpoint=outpoint)
    if not script:
        return FlowCoin(output.sats, "theirs", outpoint=outpoint)
    label = owner(script)
    if outpoint and label == "change":  # what was change of an earlier payment is a coin like all
        label = "yours"
    return FlowCoin(output.sats, label, script_address(script, network), outpoint)


def _stated_output(records: Map, txin: TxIn) -> TxOut | None:
    if raw := records.get(_NON_WITNESS_UTXO):
        funding, index = Transaction.parse(raw), txin.outpoint.index
        if funding.txid != txin.outpoint.txid or index >= len(funding.outputs):
            raise Malformed("The PSBT has another transaction than the one a coin comes from.")
        return funding.outputs[index]
    if stated := records.get(_WITNESS_UTXO):
        cursor = Cursor(stated)
        return TxOut(cursor.uint(8), cursor.blob())
    return None
