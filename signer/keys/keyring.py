"""The keys of one seed. They sign, they show public keys, and they never come out."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from signer.errors import CommonReason, Malformed, Refused
from signer.keys import curve
from signer.keys.extended import ExtendedPublicKey
from signer.keys.node import PrivateNode, Uncopyable
from signer.keys.nonces import Nonces
from signer.keys.path import HARDENED, Path, check

# Enough for the branches of some accounts. A host that walks the tree only makes itself wait.
_MAX_NODES = 64
# "quie" in ASCII, then a number for the use: no wallet has accounts here.
_AUTHENTICATION = (0x71756965 + HARDENED, 0 + HARDENED)


class Keyring(Uncopyable):
    """All keys below one seed (BIP32).

    Secrets are held in buffers of our own and zeroed by `wipe`; after it every use raises
    Refused(KEYS_WIPED). Paths that are no paths raise Malformed.
    """

    __slots__ = ("_nodes", "fingerprint", "nonces")

    fingerprint: bytes
    "The first 4 bytes of the master public key's hash160. Public, and still there after `wipe`."
    nonces: Nonces
    "For `signer.keys.musig` alone: the nonces of joint signatures begun with these keys."

    def __init__(self, seed: bytearray) -> None:
        """Takes the seed (16 to 64 bytes) over: it is zeroed before this returns or raises."""
        try:
            root = PrivateNode.master(seed)
        finally:
            curve.erase(seed)
        self._nodes: dict[Path, PrivateNode] = {(): root}
        self.fingerprint = root.fingerprint
        self.nonces = Nonces()

    def public_key(self, path: Path) -> bytes:
        """The compressed public key (33 bytes) at `path`."""
        if not path or path[-1] >= HARDENED:
            return self._node(path).public
        check(path)
        return self._node(path[:-1]).public_child(path[-1])

    def extended(self, path: Path) -> ExtendedPublicKey:
        """The extended public key at `path`: give it away and every public key below is known."""
        # First the parent's fingerprint, then the node: asking for one node may erase another.
        parent = self._node(path[:-1]).fingerprint if path else bytes(4)
        return self._node(path).extended(path, parent)

    def sign_ecdsa(self, path: Path, digest: bytes, public_key: bytes = b"") -> bytes:
        """A DER signature of a 32-byte digest by the key at `path`, without a sighash byte.

        Deterministic, low S, low R: see `curve.sign_ecdsa`. It is verified under `public_key`
        (33 bytes), which the caller has derived from public data, or which is so derived here: not
        under one of the signing key, so that a fault while deriving the secret is caught too (T52).
        Raises CrossCheckFailed.
        """
        with self._secret(path) as node:
            public = public_key or self.public_key(path)
            return curve.sign_ecdsa(node.secret, digest, public)

    def sign_schnorr(
        self,
        path: Path,
        digest: bytes,
        merkle_root: bytes = b"",
        public_key: bytes = b"",
        output_key: bytes = b"",
    ) -> bytes:
        """A BIP340 signature (64 bytes) by the taproot output key at `path` (BIP341, key path).

        `merkle_root` is empty or 32 bytes. Deterministic: see `curve.sign_schnorr`. `public_key`
        (33 bytes) is the key at `path` and `output_key` (32 bytes) what it makes, under which the
        signature is verified; both from public data, derived by the caller or here. Raises
        CrossCheckFailed.
        """
        with self._secret(path) as node:
            public = public_key or self.public_key(path)
            output_key = output_key or curve.taproot_output_key(public[1:], merkle_root)
            return curve.sign_taproot(node.secret, digest, public, output_key, merkle_root)

    def sign_leaf(self, path: Path, digest: bytes, x_only: bytes) -> bytes:
        """A BIP340 signature (64 bytes) by the key at `path` itself, as a leaf asks (BIP342).

        Verified under `x_only` (32 bytes), the key in the leaf. Raises CrossCheckFailed.
        """
        with self._secret(path) as node:
            return curve.sign_schnorr(node.secret, digest, x_only)

    def sign_recoverable(self, path: Path, digest: bytes) -> bytes:
        """65 bytes (see `curve.sign_recoverable`) by the key at `path`, for signed messages."""
        with self._secret(path) as node:
            return curve.sign_recoverable(node.secret, digest, self.public_key(path))

    def authenticate(self, data: bytes) -> bytes:
        """HMAC-SHA256 (32 bytes) of `data` under a key of this seed that has no other use.

        Who asks puts the purpose in front of the data, so that no two uses can be confused.
        """
        with self._secret(_AUTHENTICATION) as node:
            return hmac.digest(node.secret, data, "sha256")

    @contextmanager
    def opened(self, path: Path) -> Iterator[tuple[PrivateNode, bytes]]:
        """The private node at `path` and its public key, for modules of `signer.keys` alone.

        The node is erased when the block ends. The public key comes from public derivation where
        the path allows it: what is signed is verified under it.
        """
        with self._secret(path) as node:
            yield node, self.public_key(path)

    @contextmanager
    def _secret(self, path: Path) -> Iterator[PrivateNode]:
        if not path:
            raise Malformed("The master key signs nothing.")
        *parent, index = check(path)
        node = self._node(tuple(parent)).child(index)
        try:
            yield node
        finally:
            node.erase()

    def wipe(self) -> None:
        """Zero every secret. May be called again."""
        for node in self._nodes.values():
            node.erase()
        self._nodes.clear()
        self.nonces.wipe()

    def _node(self, path: Path) -> PrivateNode:
        """The node at `path`, kept: a thousand inputs of one account cost one step each.

        To be used at once: asking for another may erase it to make room.
        """
        if not self._nodes:
            raise Refused(CommonReason.KEYS_WIPED)
        node = self._nodes.get(path)
        return node if node is not None else self._keep(check(path))

    def _keep(self, path: Path) -> PrivateNode:
        parent = self._nodes.get(path[:-1])
        node = (self._keep(path[:-1]) if parent is None else parent).child(path[-1])
        if len(self._nodes) >= _MAX_NODES:
            oldest = next(candidate for candidate in self._nodes if candidate)
            self._nodes.pop(oldest).erase()
        self._nodes[path] = node
        return node

    def __repr__(self) -> str:
        return f"Keyring({self.fingerprint.hex()})"
