"""Whether each signature of a payment is right before all are there: the engine judges whole ones.

The digests are computed here once more, apart from the device's: sharing them would let one mistake
blind both.
"""

from collections.abc import Sequence
from hashlib import sha256

import coincurve

from host.errors import WalletError
from host.psbt import (
    FINAL_WITNESS,
    PARTIAL_SIG,
    SIGHASH_ALL,
    TAP_KEY_SIG,
    Map,
    PsbtMaps,
    is_signature,
    requested,
)
from host.transactions import Transaction, TxOut, double_sha256
from signer.errors import Malformed
from signer.formats.cursor import Cursor, compact_size
from signer.hashes import tagged_hash

_REDEEM_SCRIPT, _WITNESS_SCRIPT = b"\x04", b"\x05"  # BIP174
_ALL = SIGHASH_ALL.to_bytes(4, "little")
_SCRIPT_PATH = 2  # BIP341, spend_type without annex
_NO_SEPARATOR = b"\xff" * 4  # BIP342


def check(collected: PsbtMaps, spent: Sequence[TxOut]) -> None:
    """Raises WalletError when a signature is wrong. `spent` are the coins, in the inputs' order.

    Each signature is known to commit to everything: host.psbt has seen to it.
    """
    transaction = Transaction.parse(collected.unsigned_tx)
    for index, records in enumerate(collected.inputs):
        names = filter(is_signature, records)
        if not all(_is_right(transaction, spent, index, records, name) for name in names):
            raise WalletError(
                "A signature came back that is not right. Nothing was paid, and the payment is kept"
                " as it was. Sign again, or with another key."
            )


def unfinalized(own: PsbtMaps, signed: bytes, spent: Sequence[TxOut]) -> bytes:
    """A PSBT whose witnesses are final already, with the signatures that are in them by their keys.

    Who signs last finalizes, often: nothing tells then whose a signature is, but that it is right.
    """
    try:
        returned = PsbtMaps.parse(signed)
    except Malformed:
        return signed  # who takes it in says so
    if returned.unsigned_tx != own.unsigned_tx:
        return signed
    transaction = Transaction.parse(own.unsigned_tx)
    inputs = [
        records | _of_witness(transaction, spent, index, own.inputs[index], records)
        for index, records in enumerate(returned.inputs)
    ]
    return PsbtMaps(returned.top, tuple(inputs), returned.outputs).encode()


def _of_witness(
    transaction: Transaction, spent: Sequence[TxOut], index: int, own: Map, records: Map
) -> Map:
    if FINAL_WITNESS not in records or any(map(is_signature, records)):
        return {}
    cursor = Cursor(records[FINAL_WITNESS])
    stack = [cursor.blob() for _ in range(cursor.count(1))]
    return {
        name: item
        for name in requested(own)
        for item in stack
        if item and _is_right(transaction, spent, index, own | {name: item}, name)
    }


def _is_right(
    transaction: Transaction, spent: Sequence[TxOut], index: int, records: Map, name: bytes
) -> bool:
    value = records[name]
    try:
        if name[0] == PARTIAL_SIG:
            digest = _ecdsa_digest(transaction, spent[index], index, records)
            return coincurve.PublicKey(name[1:]).verify(value[:-1], digest, hasher=None)
        # Of the key path the output has the key, tweaked; of a leaf the record has it.
        is_key_path = name == TAP_KEY_SIG
        point = spent[index].script_pubkey[2:] if is_key_path else name[1:33]
        leaf = b"" if is_key_path else name[33:]
        digest = _taproot_digest(transaction, spent, index, value[64:], leaf)
        return coincurve.PublicKeyXOnly(point).verify(value[:64], digest)
    except ValueError:  # no signature, or no key
        return False


def _ecdsa_digest(transaction: Transaction, coin: TxOut, index: int, records: Map) -> bytes:
    if witness_script := records.get(_WITNESS_SCRIPT):
        return _segwit_digest(transaction, coin.sats, index, witness_script)
    script = records.get(_REDEEM_SCRIPT, coin.script_pubkey)
    parts = [transaction.version.to_bytes(4, "little"), compact_size(len(transaction.inputs))]
    for place, txin in enumerate(transaction.inputs):
        code = script if place == index else b""
        parts += [txin.outpoint.encode(), compact_size(len(code)), code]
        parts.append(txin.sequence.to_bytes(4, "little"))
    parts += [compact_size(len(transaction.outputs)), _outputs(transaction)]
    return double_sha256(b"".join((*parts, _lock_time(transaction), _ALL)))


def _segwit_digest(transaction: Transaction, sats: int, index: int, code: bytes) -> bytes:
    """BIP143, for SIGHASH_ALL."""
    txin = transaction.inputs[index]
    parts = (
        transaction.version.to_bytes(4, "little"),
        double_sha256(_outpoints(transaction)),
        double_sha256(_sequences(transaction)),
        txin.outpoint.encode(),
        compact_size(len(code)) + code,
        sats.to_bytes(8, "little"),
        txin.sequence.to_bytes(4, "little"),
        double_sha256(_outputs(transaction)),
        _lock_time(transaction),
        _ALL,
    )
    return double_sha256(b"".join(parts))


def _taproot_digest(
    transaction: Transaction, spent: Sequence[TxOut], index: int, hash_type: bytes, leaf: bytes
) -> bytes:
    """BIP341, Common signature message, for DEFAULT and ALL; with a leaf as BIP342 has it."""
    scripts = (coin.script_pubkey for coin in spent)
    parts = (
        b"\x00" + (hash_type or b"\x00"),
        transaction.version.to_bytes(4, "little") + _lock_time(transaction),
        sha256(_outpoints(transaction)).digest(),
        sha256(b"".join(coin.sats.to_bytes(8, "little") for coin in spent)).digest(),
        sha256(b"".join(compact_size(len(code)) + code for code in scripts)).digest(),
        sha256(_sequences(transaction)).digest(),
        sha256(_outputs(transaction)).digest(),
        bytes([_SCRIPT_PATH if leaf else 0]) + index.to_bytes(4, "little"),
        leaf + b"\x00" + _NO_SEPARATOR if leaf else b"",
    )
    return tagged_hash("TapSighash", *parts)


def _outpoints(transaction: Transaction) -> bytes:
    return b"".join(txin.outpoint.encode() for txin in transaction.inputs)


def _sequences(transaction: Transaction) -> bytes:
    return b"".join(txin.sequence.to_bytes(4, "little") for txin in transaction.inputs)


def _outputs(transaction: Transaction) -> bytes:
    return b"".join(output.encode() for output in transaction.outputs)


def _lock_time(transaction: Transaction) -> bytes:
    return transaction.lock_time.to_bytes(4, "little")
