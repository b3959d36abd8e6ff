"""Extended public keys (BIP32): what an account shows the world, and the public keys below it."""

import hmac
from dataclasses import dataclass, field

from signer.errors import Malformed
from signer.formats import base58
from signer.hashes import hash160
from signer.keys import curve
from signer.keys.path import HARDENED, MAX_DEPTH


@dataclass(frozen=True, slots=True)
class ExtendedPublicKey:
    """A public key (33 bytes) and the chain code (32 bytes) that leads to its children."""

    depth: int
    parent_fingerprint: bytes
    child_number: int
    chain_code: bytes = field(repr=False)
    public_key: bytes

    @property
    def fingerprint(self) -> bytes:
        """The first 4 bytes of the key's hash160 (BIP32, Key identifiers)."""
        return hash160(self.public_key)[:4]

    def child(self, index: int) -> "ExtendedPublicKey":
        """The child at an unhardened index (BIP32, CKDpub). Raises Malformed for a hardened one."""
        if not 0 <= index < HARDENED or self.depth >= MAX_DEPTH:
            raise Malformed("A public key has children 0 to 2147483647, 255 generations deep.")
        derived = hmac.digest(self.chain_code, self.public_key + index.to_bytes(4, "big"), "sha512")
        return ExtendedPublicKey(
            depth=self.depth + 1,
            parent_fingerprint=self.fingerprint,
            child_number=index,
            chain_code=derived[32:],
            public_key=curve.tweak_public(self.public_key, derived[:32]),
        )

    def encode(self, version: bytes) -> str:
        """The key as text (BIP32, Serialization format); `version` (4 bytes) names the network."""
        header = bytes((self.depth,)) + self.parent_fingerprint
        number = self.child_number.to_bytes(4, "big")
        return base58.encode_check(version + header + number + self.chain_code + self.public_key)
