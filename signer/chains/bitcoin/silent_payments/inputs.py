"""Which coins count for a silent payment, and with which public key.

The receiver finds a payment by adding up the keys of the coins that paid it (BIP352, Inputs For
Shared Secret Derivation). One coin too many or too few here, and nobody ever finds it: what a
request says about a coin is believed as far as the coin's own script commits to it.
"""

from collections.abc import Collection, Iterator, Sequence

from signer.chains.bitcoin.descriptors.spend_data import NUMS, branch_hash, leaf_hash
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.tx import TxOutput
from signer.errors import CommonReason, Refused
from signer.formats.cursor import Cursor
from signer.hashes import hash160
from signer.keys import curve

_COMPRESSED_BYTES = 33
_ANNEX = 0x50  # BIP341: what a last witness item that is no control block starts with
_OP_2 = 0x52


def contributing(
    request: Psbt, spent: Sequence[TxOutput], keyless: Collection[int] = ()
) -> dict[int, bytes]:
    """Input index -> compressed public key (33 bytes), for each coin that counts.

    `spent` are the outputs that the inputs spend, `keyless` the inputs known to have H as internal
    key. Raises Malformed, or Refused where the key cannot be told (SILENT_KEY_MISSING) or no silent
    payment may be made at all (SILENT_COINS).
    """
    keys = {}
    for index, (output, records) in enumerate(zip(spent, request.inputs, strict=True)):
        if index in keyless:
            continue
        key = _key(output.script_pubkey, records, f"Input {index + 1}.")
        if key is not None:
            keys[index] = key
    return keys


def _key(script_pubkey: bytes, records: Map, detail: str) -> bytes | None:
    match script.script_type(script_pubkey):
        case ScriptType.P2TR:
            key = script.program(script_pubkey)
            return None if _has_no_key_path(key, records) else b"\x02" + key
        case ScriptType.P2WPKH | ScriptType.P2PKH:
            return _hashed(script.program(script_pubkey), records, detail)
        case ScriptType.P2SH:
            redeem = _redeem_script(script.program(script_pubkey), records, detail)
            is_key = script.script_type(redeem) is ScriptType.P2WPKH
            return _hashed(script.program(redeem), records, detail) if is_key else None
        case ScriptType.UNKNOWN if _is_later_segwit(script_pubkey):
            # Receivers pass over such a transaction: a later BIP may mean something else by it.
            raise Refused(CommonReason.SILENT_COINS, detail)
        case _:
            return None


def _is_later_segwit(script_pubkey: bytes) -> bool:
    """A witness program (BIP141) of a version above 1."""
    if not 4 <= len(script_pubkey) <= 42 or not _OP_2 <= script_pubkey[0] <= script.OP_16:
        return False
    return script_pubkey[1] == len(script_pubkey) - 2


def _hashed(key_hash: bytes, records: Map, detail: str) -> bytes | None:
    """The key with this hash, None if it is an uncompressed one, which does not count."""
    for key in _keys(records):
        if hash160(key) == key_hash:
            return key if len(key) == _COMPRESSED_BYTES else None
    raise Refused(BitcoinReason.SILENT_KEY_MISSING, detail)


def _keys(records: Map) -> Iterator[bytes]:
    # Where a key is named before the coin is final (BIP375, Updater); a signature is no such place.
    yield from (key for key, _ in records.records_of(fields.BIP32_DERIVATION))
    yield from _witness(records)[-1:]
    yield from _pushed(records)


def _redeem_script(script_hash: bytes, records: Map, detail: str) -> bytes:
    redeem = records.get(fields.REDEEM_SCRIPT)
    if redeem is None:
        redeem = next(reversed(_pushed(records)), None)
    if redeem is None:
        raise Refused(BitcoinReason.SILENT_KEY_MISSING, detail)
    if hash160(redeem) != script_hash:
        raise Refused(BitcoinReason.SCRIPT_NOT_COMMITTED, detail)
    return redeem


def _pushed(records: Map) -> list[bytes]:
    """All that a final scriptSig pushes, wherever: somebody may have made it a strange one."""
    final = records.get(fields.FINAL_SCRIPTSIG) or b""
    return [pushed for _, _, pushed in script.operations(final) if pushed is not None]


def _witness(records: Map) -> list[bytes]:
    final = records.get(fields.FINAL_SCRIPTWITNESS)
    if final is None:
        return []
    cursor = Cursor(final)
    return [cursor.blob() for _ in range(cursor.count(1))]


# --- taproot coins without a key path


def _has_no_key_path(output_key: bytes, records: Map) -> bool:
    """Whether the output key is made of H, as BIP352 asks for leaving a coin out.

    Believed only with the tree that proves it: a host that just said so of one of our coins would
    have us pay where nobody looks (T30).
    """
    is_claimed = records.get(fields.TAP_INTERNAL_KEY) == NUMS
    if is_claimed and output_key == NUMS:
        return True
    roots = [records.get(fields.TAP_MERKLE_ROOT) or b""] if is_claimed else []
    roots += [_root(*proof) for proof in _proofs(records) if proof[0][1:33] == NUMS]
    return any(curve.taproot_output_key(NUMS, root) == output_key for root in roots)


def _proofs(records: Map) -> Iterator[tuple[bytes, bytes]]:
    """(control block, leaf script) of each leaf that is shown."""
    for control, leaf in records.records_of(fields.TAP_LEAF_SCRIPT):
        yield control, leaf[:-1]  # BIP371 puts the leaf version behind the script
    items = _witness(records)
    if len(items) > 1 and items[-1][:1] == bytes((_ANNEX,)):
        items.pop()
    if len(items) > 1:
        yield items[-1], items[-2]


def _root(control: bytes, leaf: bytes) -> bytes:
    """The root of the tree that a control block proves this leaf to be in (BIP341)."""
    path = Cursor(control[33:])
    root = leaf_hash(leaf, control[0] & 0xFE)
    while path.remaining:
        root = branch_hash(root, path.take(32))
    return root
