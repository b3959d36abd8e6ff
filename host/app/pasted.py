"""What a PSBT that somebody pasted is to this wallet: its own payment, signed or not, or none."""

from host import psbt_files
from host.app import spend
from host.errors import BadInput
from host.psbt import BIP32_DERIVATION, PsbtMaps, is_same_payment
from host.transactions import Transaction
from host.values import Draft, PaymentRecord
from host.wallet import Wallet

_UNCHANGED = "Nothing was changed."
_MOST_NAMED = 3
_SIGNATURES = (b"\x02", b"\x07", b"\x08", b"\x13", b"\x14")  # partial, final, taproot


def own_payment(wallet: Wallet, psbt: PsbtMaps) -> Draft | PaymentRecord:
    """The payment of this wallet that the PSBT is about: to be signed, or signed and not sent.

    Raises BadInput, which names what it is instead.
    """
    draft = spend.unfinished(wallet)
    if draft is not None and is_same_payment(PsbtMaps.parse(draft.psbt), psbt):
        return draft
    name = Transaction.parse(psbt.unsigned_tx).name
    for record in spend.unsent(wallet):
        if record.payment.txid == name:
            return record
    raise BadInput(_named(wallet, psbt))


def is_signed(psbt: PsbtMaps) -> bool:
    """Whether there is a signature for any of its coins."""
    return any(key[:1] in _SIGNATURES for records in psbt.inputs for key in records)


def read(text: str) -> PsbtMaps:
    """The PSBT in a paste. Raises BadInput: none, or not a whole one."""
    return psbt_files.read_psbt(psbt_files.binary_form(text.encode()))


def _named(wallet: Wallet, psbt: PsbtMaps) -> str:
    """What a payment is that this wallet does not wait for."""
    outpoints = [txin.outpoint for txin in Transaction.parse(psbt.unsigned_tx).inputs]
    spent = {f"{outpoint.txid[::-1].hex()}:{outpoint.index}" for outpoint in outpoints}
    if spent & {coin.outpoint for coin in wallet.utxos()}:
        return (
            "This payment spends coins of yours, but this wallet does not wait for it."
            f" {_UNCHANGED} Write it here, with p."
        )
    names = _signers(psbt)
    if wallet.fingerprint in names:
        return (
            "This payment is for your signer, but its coins are not known here: they are of another"
            f" account or network, or spent already. {_UNCHANGED}"
        )
    whose = f": it is for the signer {', '.join(names[:_MOST_NAMED])}" if names else ""
    return f"This payment is not of this wallet{whose}. {_UNCHANGED}"


def _signers(psbt: PsbtMaps) -> list[str]:
    """Whose it is said to be, by master fingerprints."""
    names = {
        value[:4].hex()
        for records in psbt.inputs
        for key, value in records.items()
        if key[:1] == BIP32_DERIVATION
    }
    return sorted(names)
