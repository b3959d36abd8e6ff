"""Payments to silent addresses that are made again at a higher fee: other coins, another script."""

from collections.abc import Callable

from host.errors import WalletError
from host.payees import read_payee
from host.transactions import Transaction
from host.values import PaymentRecord
from signer.formats.silent_address import SilentAddress

_P2TR, _P2TR_BYTES = b"\x51\x20", 34
_UNCLEAR = (
    "Which output of this payment goes to which silent address is not known here any more. Nothing"
    " was changed. Lift it by a payment that spends its change (cpfp), or call it off and pay"
    " again."
)


def silent_scripts(
    record: PaymentRecord, network: str, is_own: Callable[[bytes], bool]
) -> dict[bytes, SilentAddress]:
    """The output scripts of a payment that pay a silent address, and which address they pay.

    Those are taproot outputs that are neither this wallet's nor of an address that is named beside
    it. Raises WalletError for several silent addresses: nobody could tell their outputs apart.
    """
    payees = [read_payee(text, network) for text in record.recipient.split()]
    silent = [payee.silent for payee in payees if payee.silent]
    if not silent:
        return {}
    if len(silent) > 1:
        raise WalletError(_UNCLEAR)
    ordinary = {payee.script_pubkey for payee in payees}
    scripts = (txout.script_pubkey for txout in Transaction.parse(record.payment.raw_tx).outputs)
    output_scripts = {
        script: silent[0]
        for script in scripts
        if _is_taproot(script) and script not in ordinary and not is_own(script)
    }
    if not output_scripts:
        raise WalletError(_UNCLEAR)
    return output_scripts


def _is_taproot(script: bytes) -> bool:
    return len(script) == _P2TR_BYTES and script[:2] == _P2TR
