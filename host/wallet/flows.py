"""Where the coins of a transaction come from and go to, as this wallet can tell."""

import bdkpython as bdk

from host import flows
from host.diagram import TransactionFlow
from host.errors import BadInput
from host.psbt import MAGIC, PsbtMaps
from host.transactions import Outpoint, Transaction, TxOut
from host.wallet.account import Account
from host.wallet.bdk_adapter import INTERNAL


def flow(account: Account, source: bytes | str) -> TransactionFlow:
    """Of a PSBT, a raw transaction, or one of this wallet by its txid. Raises BadInput."""
    return flows.of_transaction(
        _transaction(account, source),
        account.network,
        lambda script: _owner(account, script),
        lambda outpoint: _spent_output(account, outpoint),
    )


def _transaction(account: Account, source: bytes | str) -> Transaction:
    if isinstance(source, bytes):
        is_psbt = source.startswith(MAGIC)
        return Transaction.parse(PsbtMaps.parse(source).unsigned_tx if is_psbt else source)
    canonical = account.engine.canonical.get(source)
    if canonical is not None:
        return Transaction.parse(canonical.transaction.serialize())
    for record in account.store.payments():
        if record.payment.txid == source:
            return Transaction.parse(record.payment.raw_tx)
    raise BadInput(f"This wallet has no transaction {source[:64]}.")


def _spent_output(account: Account, outpoint: Outpoint) -> TxOut | None:
    """What an input spends, as far as this wallet has the transaction it comes from."""
    canonical = account.engine.canonical.get(outpoint.txid[::-1].hex())
    if canonical is None:
        return None
    return Transaction.parse(canonical.transaction.serialize()).outputs[outpoint.index]


def _owner(account: Account, script: bytes) -> str:
    derivation = account.engine.derivation_of_spk(bdk.Script(script))
    if derivation is None:
        return "theirs"
    return "change" if derivation.keychain is INTERNAL else "yours"
