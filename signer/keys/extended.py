"""Extended public keys (BIP32): what an account shows the world, and the public keys below it."""

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field

from signer.errors import Malformed
from signer.formats import base58
from signer.hashes import hash160
from signer.keys import curve
from signer.keys.path import HARDENED, MAX_DEPTH

NO_PRIVATE_KEYS = "A private key never comes in as text: its wallet is no longer a secret."
_SERIALIZED_BYTES = 78


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

    @staticmethod
    def parse(text: str, versions: Collection[bytes]) -> "ExtendedPublicKey":
        """The key in BIP32's serialization, if its version (4 bytes) is one of `versions`.

        Raises Malformed, which never repeats any of the text: it may have been a private key.
        """
        if text[1:4] == "prv":  # xprv, tprv, and the letters that others use (SLIP132)
            raise Malformed(NO_PRIVATE_KEYS)
        raw = base58.decode_check(text)
        version, parent, child, key = raw[:4], raw[5:9], raw[9:13], raw[45:]
        if len(raw) != _SERIALIZED_BYTES or version not in versions:
            raise Malformed("This is no extended public key of this network.")
        # A key that says it is a master key and has a parent is forged or damaged (BIP32).
        if not raw[4] and any(parent + child):
            raise Malformed("An extended key of depth 0 has no parent and no child number.")
        number = int.from_bytes(child, "big")
        return ExtendedPublicKey(raw[4], parent, number, raw[13:45], curve.check_public_key(key))

    def child(self, index: int) -> "ExtendedPublicKey":
        """The child at an unhardened index (BIP32, CKDpub). Raises Malformed for a hardened one."""
        public_key, chain_code = self._derived(index)
        return ExtendedPublicKey(self.depth + 1, self.fingerprint, index, chain_code, public_key)

    def child_key(self, index: int) -> bytes:
        """The public key (33 bytes) of that child, for keys that have no children themselves."""
        return self._derived(index)[0]

    def _derived(self, index: int) -> tuple[bytes, bytes]:
        if not 0 <= index < HARDENED or self.depth >= MAX_DEPTH:
            raise Malformed("A public key has children 0 to 2147483647, 255 generations deep.")
        derived = hmac.digest(self.chain_code, self.public_key + index.to_bytes(4, "big"), "sha512")
        return curve.tweak_public(self.public_key, derived[:32]), derived[32:]

    def encode(self, version: bytes) -> str:
        """The key as text (BIP32, Serialization format); `version` (4 bytes) names the network."""
        header = bytes((self.depth,)) + self.parent_fingerprint
        number = self.child_number.to_bytes(4, "big")
        return base58.encode_check(version + header + number + self.chain_code + self.public_key)
