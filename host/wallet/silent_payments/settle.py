"""What a device made of a payment to silent addresses: its proofs, and the scripts that follow.

A wrong script is valid and pays nobody: nothing of it is taken on the device's word.
"""

from collections.abc import Sequence
from dataclasses import replace

from host.errors import WalletError
from host.psbt import SILENT_ADDRESS, UNSIGNED_TX, Map, PsbtMaps
from host.transactions import Transaction, TxOut
from host.wallet.silent_payments import proofs, scripts
from host.wallet.silent_payments.outputs import silent_outputs
from signer.errors import Malformed

# BIP375: the share of all coins together and its proof, and those of one coin.
_SHARE, _PROOF = b"\x07", b"\x08"
_COIN_SHARE, _COIN_PROOF = b"\x1d", b"\x1e"


def settle(draft: PsbtMaps, signed: bytes, spent: Sequence[TxOut]) -> PsbtMaps:
    """Our own payment with the scripts that pay its silent addresses, as version 0.

    `signed` is what the device made of it, `spent` are the coins in the inputs' order. Raises
    WalletError: a share that is missing or not proven, or an output that pays somebody else. A
    payment without silent addresses is the same as before.
    """
    payees = silent_outputs(draft)
    if not payees:
        return draft
    if signed == draft.encode():
        raise WalletError(f"The device found nothing to sign: it has other keys. {_SAFE}")
    try:
        returned = PsbtMaps.parse(signed)
    except Malformed as error:
        raise WalletError(f"What came back is not a clean PSBT: {error} {_SAFE}") from error
    unsigned = Transaction.parse(draft.unsigned_tx)
    keys = _input_keys(draft, spent)
    shares = {payee.scan_key: _share(returned, payee.scan_key, keys) for payee in payees.values()}
    outpoints = [txin.outpoint.encode() for txin in unsigned.inputs]
    salt = scripts.input_hash(outpoints, _total(keys))
    payment_scripts = scripts.output_scripts(payees, shares, salt)
    _check_outputs(returned, payment_scripts)
    outputs = tuple(
        replace(txout, script_pubkey=payment_scripts.get(index, txout.script_pubkey))
        for index, txout in enumerate(unsigned.outputs)
    )
    settled = replace(unsigned, outputs=outputs).encode(witness=False)
    records = tuple(
        {key: value for key, value in output.items() if key != SILENT_ADDRESS}
        for output in draft.outputs
    )
    return PsbtMaps({**draft.top, UNSIGNED_TX: settled}, draft.inputs, records)


def _input_keys(draft: PsbtMaps, spent: Sequence[TxOut]) -> tuple[bytes, ...]:
    pairs = zip(spent, draft.inputs, strict=True)
    keys = tuple(scripts.input_key(coin, records) for coin, records in pairs)
    if not all(keys):
        raise WalletError(f"A coin of this payment cannot pay a silent address. {_SAFE}")
    return keys


def _share(returned: PsbtMaps, scan_key: bytes, keys: tuple[bytes, ...]) -> bytes:
    """The point that all coins share with a scan key, proven for all at once or one by one."""
    if _SHARE + scan_key in returned.top:
        return _proven(returned.top, _SHARE, _PROOF, scan_key, _total(keys))
    if len(returned.inputs) != len(keys):
        raise WalletError(f"Another transaction came back than the one to sign. {_SAFE}")
    pairs = zip(returned.inputs, keys, strict=True)
    return _total(
        tuple(_proven(maps, _COIN_SHARE, _COIN_PROOF, scan_key, key) for maps, key in pairs)
    )


def _total(points: tuple[bytes, ...]) -> bytes:
    try:
        return proofs.total(points)
    except ValueError as error:
        raise WalletError(f"These coins together cannot pay a silent address. {_SAFE}") from error


def _proven(records: Map, share: bytes, proof: bytes, scan_key: bytes, public_key: bytes) -> bytes:
    point = records.get(share + scan_key)
    if point is None:
        raise WalletError(
            "The device did not say how it came to the output of the silent address (BIP375), so"
            f" nobody knows whom it pays. {_SAFE}"
        )
    if not proofs.is_proven(public_key, scan_key, point, records.get(proof + scan_key, b"")):
        raise WalletError(
            "The device's part of the silent payment is not proven to be right: the coins could be"
            f" lost. {_SAFE} If it happens again, do not use this device."
        )
    return point


def _check_outputs(returned: PsbtMaps, payment_scripts: dict[int, bytes]) -> None:
    outputs = Transaction.parse(returned.unsigned_tx).outputs
    for index, script in payment_scripts.items():
        if index >= len(outputs) or outputs[index].script_pubkey != script:
            raise WalletError(
                "What the device signed does not pay the silent address, but somebody else or"
                f" nobody. {_SAFE} If it happens again, do not use this device."
            )


_SAFE = "Nothing was paid. Discard the payment and try again."
