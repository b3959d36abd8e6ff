"""The two virtual transactions that stand for a signed message (BIP322), and how it is written.

Neither can be in a block: the first spends a coin that does not exist. So a signature of the second
moves nothing, whatever the message says.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from signer.chains.bitcoin.descriptors.spend_data import SpendData
from signer.chains.bitcoin.payment.signing import is_legacy
from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map, Record
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.tx import Tx, TxInput, TxOutput
from signer.hashes import hash160, tagged_hash

_NO_COIN = bytes(32) + b"\xff" * 4
_EMPTY_OUTPUT = TxOutput(0, bytes((script.OP_RETURN,)))
GENERIC_SIGNED_MESSAGE = 0x09  # PSBT_GLOBAL_GENERIC_SIGNED_MESSAGE


@dataclass(frozen=True, slots=True)
class Timing:
    """The locks under which the message is signed, for accounts that spend later (BIP322, Full)."""

    locktime: int = 0
    sequence: int = 0

    @property
    def version(self) -> int:
        return 2 if self.locktime or self.sequence else 0


def message_hash(message: bytes) -> bytes:
    """The tagged hash (32 bytes) of a message (BIP322, Full)."""
    return tagged_hash("BIP0322-signed-message", message)


def to_spend(message: bytes, script_pubkey: bytes) -> Tx:
    """The transaction whose only output, of 0 sats, is locked by the address that signs."""
    push = b"\x00\x20" + message_hash(message)
    return Tx(0, (TxInput(_NO_COIN, 0, push),), (TxOutput(0, script_pubkey),), 0)


def to_sign(spent: Tx, timing: Timing) -> Tx:
    """The transaction that is signed: it spends the output of `to_spend` and pays nobody."""
    tx_input = TxInput(spent.txid + bytes(4), timing.sequence)
    return Tx(timing.version, (tx_input,), (_EMPTY_OUTPUT,), timing.locktime)


def request(message: bytes, spent: Tx, unsigned: Tx, spend_data: SpendData) -> Psbt:
    """`unsigned` as a PSBT, for accounts that need more signatures than ours (BIP322, BIP174)."""
    head = {
        bytes((fields.UNSIGNED_TX,)): unsigned.encode(),
        bytes((GENERIC_SIGNED_MESSAGE,)): message,
    }
    values = (
        (fields.NON_WITNESS_UTXO, spent.encode()),
        (fields.WITNESS_UTXO, spent.outputs[0].encode() if not is_legacy(spend_data) else b""),
        (fields.REDEEM_SCRIPT, spend_data.redeem_script),
        (fields.WITNESS_SCRIPT, spend_data.witness_script),
        (fields.TAP_INTERNAL_KEY, spend_data.internal_key),
        (fields.TAP_MERKLE_ROOT, spend_data.merkle_root),
    )
    only = {bytes((kind,)): value for kind, value in values if value}
    return container.parse(
        container.MAGIC + b"".join(Map(psbt_map).encode() for psbt_map in (head, only, {}))
    )


def finished(unsigned: Tx, spend_data: SpendData, signature: bytes) -> Tx:
    """`unsigned` with the one signature that a single-key lock needs."""
    key = spend_data.keys[0]
    if spend_data.internal_key:
        return _with(unsigned, b"", (signature,))
    outer = spend_data.redeem_script or spend_data.script_pubkey
    if outer == script.p2wpkh(hash160(key)):
        return _with(unsigned, _push(spend_data.redeem_script), (signature, key))
    return _with(unsigned, _push(signature) + _push(key), ())


def add(unsigned: Psbt, records: Sequence[Record]) -> bytes:
    return container.add(unsigned, {0: records}).encode()


def _with(unsigned: Tx, script_sig: bytes, stack: tuple[bytes, ...]) -> Tx:
    only = unsigned.inputs[0]
    signed = TxInput(only.outpoint, only.sequence, script_sig, stack)
    return Tx(unsigned.version, (signed,), unsigned.outputs, unsigned.locktime)


def _push(data: bytes) -> bytes:
    # Signatures, keys and P2WPKH programs: all of them under 76 bytes.
    return bytes((len(data),)) + data if data else b""
