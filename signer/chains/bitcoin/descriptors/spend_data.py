"""How one coin is locked: what an account derives for one place, and all that signing it needs."""

from dataclasses import dataclass, field

from signer.formats.cursor import compact_size
from signer.hashes import hash160, tagged_hash

LEAF_VERSION = 0xC0  # BIP342
# BIP341's point H, x-only: nobody knows its private key, so as an internal key it has no key path.
NUMS = bytes.fromhex("50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0")


@dataclass(frozen=True, slots=True)
class TapLeaf:
    """One script of a taproot tree. `control_block` proves that the tree holds it (BIP341)."""

    script: bytes
    control_block: bytes = field(repr=False)
    version: int = LEAF_VERSION

    @property
    def hash(self) -> bytes:
        return leaf_hash(self.script, self.version)

    def holds(self, x_only: bytes) -> bool:
        """Whether a key stands in the script, plain or hashed (BIP379, pk_h)."""
        return x_only in self.script or hash160(x_only) in self.script


@dataclass(frozen=True, slots=True)
class SpendData:
    """The output script of a coin and what stands behind it; what a kind does not use is empty.

    `keys` holds a compressed public key (33 bytes) for each key expression of the account, in the
    order of its text. `internal_key` is x-only (32 bytes), `merkle_root` 32 bytes or empty.
    """

    script_pubkey: bytes
    keys: tuple[bytes, ...]
    redeem_script: bytes = b""
    witness_script: bytes = b""
    internal_key: bytes = b""
    merkle_root: bytes = b""
    leaves: tuple[TapLeaf, ...] = ()


def leaf_hash(script: bytes, version: int = LEAF_VERSION) -> bytes:
    """The hash (32 bytes) of one leaf (BIP341, Constructing and spending Taproot outputs)."""
    return tagged_hash("TapLeaf", bytes((version,)), compact_size(len(script)), script)


def branch_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees, whose order does not matter (BIP341)."""
    return tagged_hash("TapBranch", *sorted((left, right)))
