"""One private key of the BIP32 tree, in buffers that it owns and can erase."""

import hmac
from typing import NoReturn

from signer.errors import Malformed
from signer.hashes import hash160
from signer.keys import curve
from signer.keys.extended import ExtendedPublicKey
from signer.keys.path import HARDENED, Path


class Uncopyable:
    """A value that pickle, copy and deepcopy refuse: all three come through `__reduce_ex__`."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("Keys cannot be copied or stored.")


class PrivateNode(Uncopyable):
    """A secret key and its chain code. Stays inside `signer.keys`; it has no printable form."""

    __slots__ = ("_chain_code", "_public", "_secret")

    def __init__(self, secret: bytearray, derived: bytes) -> None:
        """`secret` becomes ours. `derived` is an HMAC result; its right half is the chain code."""
        self._secret = secret
        self._chain_code = bytearray(32)
        # Through memoryviews: slicing a bytes or bytearray would leave a copy behind.
        memoryview(self._chain_code)[:] = memoryview(derived)[32:]
        self._public = b""

    @classmethod
    def master(cls, seed: bytearray) -> "PrivateNode":
        """The root of the tree (BIP32, Master key generation). Raises Malformed."""
        if not 16 <= len(seed) <= 64:
            raise Malformed("A seed has 16 to 64 bytes.")
        derived = hmac.digest(b"Bitcoin seed", seed, "sha512")
        secret = bytearray(32)
        memoryview(secret)[:] = memoryview(derived)[:32]
        try:
            curve.public_key(secret)  # one seed in 2**127 has no master key
            return cls(secret, derived)
        finally:
            curve.erase(derived)

    @property
    def secret(self) -> bytearray:
        """The buffer itself, for `curve`'s signing functions; not a copy."""
        return self._secret

    @property
    def public(self) -> bytes:
        if not self._public:
            self._public = curve.public_key(self._secret)
        return self._public

    @property
    def fingerprint(self) -> bytes:
        return hash160(self.public)[:4]

    def child(self, index: int) -> "PrivateNode":
        """The private child (BIP32, CKDpriv). Raises Malformed if it has no key (one in 2**127)."""
        derived = self._derive_hardened(index) if index >= HARDENED else self._derive(index)
        secret = bytearray(32)
        memoryview(secret)[:] = memoryview(self._secret)
        try:
            curve.tweak_secret(secret, memoryview(derived)[:32])
            return PrivateNode(secret, derived)
        finally:
            curve.erase(derived)

    def public_child(self, index: int) -> bytes:
        """The public key of an unhardened child, without touching its secret (BIP32, CKDpub)."""
        derived = self._derive(index)
        try:
            return curve.tweak_public(self.public, memoryview(derived)[:32])
        finally:
            curve.erase(derived)

    def extended(self, path: Path, parent_fingerprint: bytes) -> ExtendedPublicKey:
        """What may leave. This node is at `path`; the root's parent has fingerprint 00000000."""
        return ExtendedPublicKey(
            depth=len(path),
            parent_fingerprint=parent_fingerprint,
            child_number=path[-1] if path else 0,
            chain_code=bytes(self._chain_code),
            public_key=self.public,
        )

    def erase(self) -> None:
        curve.erase(self._secret)
        curve.erase(self._chain_code)

    def _derive(self, index: int) -> bytes:
        message = self.public + index.to_bytes(4, "big")
        return hmac.digest(self._chain_code, message, "sha512")

    def _derive_hardened(self, index: int) -> bytes:
        message = bytearray(37)
        memoryview(message)[1:33] = memoryview(self._secret)
        memoryview(message)[33:] = index.to_bytes(4, "big")
        try:
            return hmac.digest(self._chain_code, message, "sha512")
        finally:
            curve.erase(message)
