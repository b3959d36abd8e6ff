"""Would Bitcoin accept this transaction's scripts? Asked of Bitcoin Core's own engine."""

from collections.abc import Sequence

from host.errors import HostError
from host.transactions import Transaction, TxOut
from signer.errors import Malformed


class ScriptsRefused(HostError):
    """An input does not satisfy the coin it spends. `input_index` counts from 0."""

    def __init__(self, input_index: int) -> None:
        self.input_index = input_index
        super().__init__(
            f"Input {input_index + 1} is not signed correctly for the coin it spends, "
            "so the network would refuse the transaction. Nothing was sent. Sign it again."
        )


def verify(raw_tx: bytes, spent: Sequence[TxOut]) -> None:
    """Run the script of every input with all consensus rules, segwit and taproot included.

    `spent` holds the output that each input spends, in the order of the inputs.
    Raises ScriptsRefused; Malformed when the bytes are no transaction or `spent` does not fit.
    Amounts, fees and lock times are not looked at: the engine sees one transaction and no chain.
    """
    inputs = len(Transaction.parse(raw_tx).inputs)
    # The engine ends the whole process when an input has no spent output beside it.
    if inputs != len(spent):
        raise Malformed(f"{inputs} inputs spend {len(spent)} outputs.")
    if refused := _first_refused(raw_tx, spent):
        raise ScriptsRefused(refused - 1)


def _first_refused(raw_tx: bytes, spent: Sequence[TxOut]) -> int:
    """The number (from 1) of the first input that fails, or 0."""
    import pbk  # noqa: PLC0415 - takes 0.2 s, and is needed for the first time when one pays
    from pbk.script import PrecomputedTransactionData  # noqa: PLC0415 - as above

    try:
        transaction = pbk.Transaction(raw_tx)
    except RuntimeError as error:
        raise Malformed("Bitcoin's own engine cannot read the transaction.") from error
    scripts = [pbk.ScriptPubkey(output.script_pubkey) for output in spent]
    pairs = zip(scripts, spent, strict=True)
    outputs = [pbk.TransactionOutput(script, output.sats) for script, output in pairs]
    hashes = PrecomputedTransactionData(transaction, outputs)
    flags = pbk.ScriptVerificationFlags.ALL
    for index, (script, output) in enumerate(zip(scripts, spent, strict=True)):
        if not script.verify(output.sats, transaction, hashes, index, flags):
            return index + 1
    return 0
