"""What there is to sign for one coin of ours: a task for each key, with the digest it signs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from signer.chains.bitcoin.accounts.account import AccountIndex
from signer.chains.bitcoin.descriptors.musig_key import MusigKey
from signer.chains.bitcoin.descriptors.spend_data import SpendData
from signer.chains.bitcoin.payment.joint.partial_signer import PartialSigner, partial_signer
from signer.chains.bitcoin.transactions import script, sighash
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.chains.bitcoin.transactions.sighash import Midstates
from signer.chains.bitcoin.transactions.tx import Tx, TxOutput
from signer.keys.path import Path

# A key of ours (x-only) that is named -> the leaf hashes to sign. A joint key signs if its plain
# aggregate (33 bytes) is among them, too.
RequestedLeaves = Mapping[bytes, frozenset[bytes]]


class SpendPath(Enum):
    """How a signature opens a coin, and so of what kind it is."""

    ECDSA = "ECDSA"
    KEY_PATH = "taproot key path"
    LEAF = "taproot script path"


@dataclass(frozen=True, slots=True)
class SigningTask:
    """One signature to make: what it signs, with which key of ours, and how it is checked.

    `public_key` is what the signature has to hold under, computed from public data: compressed
    (33 bytes) for ECDSA, else x-only (32), the output key or the key in the leaf. `tree` is the
    merkle root for the key path (empty without one), the leaf hash for a leaf, else empty.
    `internal_key` (33 bytes) is for the key path alone: what the output key is made of.
    With a `partial_signer` it is a signature made together with others, of which this is our part.
    """

    spend_path: SpendPath
    path: Path
    public_key: bytes
    hash_type: int
    digest: bytes = field(repr=False)
    tree: bytes = b""
    internal_key: bytes = b""
    partial_signer: PartialSigner | None = None

    @property
    def leaf_hash(self) -> bytes:
        return self.tree if self.spend_path is SpendPath.LEAF else b""


@dataclass(frozen=True, slots=True)
class SighashContext:
    """A transaction, what it spends, and the hashes that all its digests share."""

    tx: Tx
    utxos: tuple[TxOutput, ...]
    shared: Midstates = field(repr=False)

    def digest(
        self, index: int, spend_data: SpendData, hash_type: int, leaf_hash: bytes = b""
    ) -> bytes:
        """The 32 bytes to sign for input `index`, whose coin is locked so."""
        spent = self.utxos[index]
        if spend_data.internal_key:
            return sighash.taproot(self.tx, self.shared, index, spent, hash_type, leaf_hash)
        code = script_code(spend_data)
        if is_legacy(spend_data):
            return sighash.legacy(self.tx, index, code, hash_type, self.shared)
        return sighash.segwit_v0(self.tx, self.shared, index, code, spent.sats, hash_type)


def is_legacy(spend_data: SpendData) -> bool:
    """Whether spending it needs no witness."""
    outer = spend_data.redeem_script or spend_data.script_pubkey
    return (
        not (spend_data.witness_script or spend_data.internal_key)
        and script.script_type(outer) is not ScriptType.P2WPKH
    )


def script_code(spend_data: SpendData) -> bytes:
    """The script that an ECDSA signature commits to (BIP143, Specification)."""
    outer = spend_data.redeem_script or spend_data.script_pubkey
    if script.script_type(outer) is ScriptType.P2WPKH:
        return script.p2pkh(script.program(outer))
    return spend_data.witness_script or outer


def sighash_context(tx: Tx, spent: tuple[TxOutput, ...]) -> SighashContext:
    return SighashContext(tx, spent, sighash.midstates(tx, spent))


def signing_tasks(
    location: AccountIndex,
    leaves: RequestedLeaves,
    hash_type: int,
    index: int,
    context: SighashContext,
) -> tuple[SigningTask, ...]:
    """The tasks for input `index`, a coin at a place of ours.

    Of several keys of ours in one script those that the request names: with all of them, a coin of
    two conditions would be opened by the one that nobody asked for.
    """
    spend_data = location.spend_data
    if spend_data.internal_key:
        return tuple(_taproot(location, leaves, hash_type, index, context))
    digest = context.digest(index, spend_data, hash_type)
    return tuple(
        SigningTask(SpendPath.ECDSA, path, key, hash_type, digest)
        for key, path in location.own_keys()
        if key[1:] in leaves
    )


def _taproot(
    location: AccountIndex,
    leaves: RequestedLeaves,
    hash_type: int,
    index: int,
    context: SighashContext,
) -> Iterator[SigningTask]:
    """The key path if it is ours, and of the leaves with our keys those that were asked for."""

    def signed(key: bytes, path: Path) -> Iterator[SigningTask]:
        spend_data, x_only = location.spend_data, key[1:]
        if x_only == spend_data.internal_key:
            digest = context.digest(index, spend_data, hash_type)
            output_key = script.program(spend_data.script_pubkey)
            yield SigningTask(
                SpendPath.KEY_PATH, path, output_key, hash_type, digest, spend_data.merkle_root, key
            )
        for leaf_hash in sorted(leaves.get(x_only, ())):
            digest = context.digest(index, spend_data, hash_type, leaf_hash)
            yield SigningTask(SpendPath.LEAF, path, x_only, hash_type, digest, leaf_hash)

    for key, path in location.own_keys():
        yield from signed(key, path)
    for key, musig_key in location.shared():
        if musig_key.aggregate in leaves:
            steps = location.musig_path(musig_key)
            for public_key, path in musig_key.own_participants:
                yield from (
                    _joint(task, musig_key, public_key, steps) for task in signed(key, path)
                )


def _joint(task: SigningTask, musig_key: MusigKey, public_key: bytes, steps: Path) -> SigningTask:
    """The task as our part in a signature of several: `steps` lead to its key."""
    root = task.tree if task.spend_path is SpendPath.KEY_PATH else None
    return replace(task, partial_signer=partial_signer(musig_key, public_key, steps, root))
