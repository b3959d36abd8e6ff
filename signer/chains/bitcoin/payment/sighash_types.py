"""Sighash types (signature hash types): what a signature leaves open, and which of them we make."""

from signer.chains.bitcoin.accounts.account import AccountIndex
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import sighash
from signer.errors import Refused


def requested(records: Map, *, is_taproot: bool) -> int:
    """The hash type an input asks for; without one, that which commits to everything."""
    value = records.get(fields.SIGHASH)
    if value is not None:
        return int.from_bytes(value, "little")
    return sighash.DEFAULT if is_taproot else sighash.ALL


def allowed(request: Psbt, index: int, location: AccountIndex, *, expert: bool) -> int:
    """The hash type to sign input `index` with. Refused unless it is ALL, or an expert's wish."""
    is_taproot, detail = bool(location.spend_data.internal_key), f"Input {index + 1}."
    flag = requested(request.inputs[index], is_taproot=is_taproot)
    if flag == sighash.ALL or (flag == sighash.DEFAULT and is_taproot):
        return flag
    if flag not in sighash.OPEN_TYPES:
        raise Refused(BitcoinReason.SIGHASH_UNKNOWN, detail)
    # NONE, SINGLE and ANYONECANPAY let others change what was shown after it was signed (T12).
    if not expert:
        raise Refused(BitcoinReason.SIGHASH_UNSUPPORTED, detail)
    # Without an output of its own index, SINGLE signs the number 1 in legacy scripts: a signature
    # that opens every coin of that key for ever. Segwit and taproot make no sense of it either.
    if flag & 0x1F == sighash.SINGLE and index >= len(request.tx.outputs):
        raise Refused(BitcoinReason.SIGHASH_SINGLE_BUG, detail)
    return flag


def leaves_inputs_open(flag: int) -> bool:
    """Whether others may add coins, and so whether only the coin's own amount is committed to."""
    return bool(flag & sighash.ANYONECANPAY)
