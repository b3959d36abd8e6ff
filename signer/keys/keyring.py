"""The keys of one seed. They sign, they show public keys, and they never come out."""

from collections.abc import Iterator
from contextlib import contextmanager

from signer.errors import Malformed, Reason, Refused
from signer.keys import curve
from signer.keys.extended import ExtendedPublicKey
from signer.keys.node import Node, Uncopyable
from signer.keys.path import HARDENED, Path, check

# Enough for the branches of some accounts. A host that walks the tree only makes itself wait.
_MAX_NODES = 64


class Keyring(Uncopyable):
    """All keys below one seed (BIP32).

    Secrets are held in buffers of our own and zeroed by `wipe`; after it every use raises
    Refused(KEYS_WIPED). Paths that are no paths raise Malformed.
    """

    __slots__ = ("_nodes", "fingerprint")

    fingerprint: bytes
    "The first 4 bytes of the master public key's hash160. Public, and still there after `wipe`."

    def __init__(self, seed: bytearray) -> None:
        """Takes the seed (16 to 64 bytes) over: it is zeroed before this returns or raises."""
        try:
            root = Node.master(seed)
        finally:
            curve.erase(seed)
        self._nodes: dict[Path, Node] = {(): root}
        self.fingerprint = root.fingerprint

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

    def sign_ecdsa(self, path: Path, digest: bytes) -> bytes:
        """A DER signature of a 32-byte digest by the key at `path`, without a sighash byte.

        Deterministic, low S, low R: see `curve.sign_ecdsa`. The public key it is verified under
        comes from public derivation where the path allows it, not from the signing key, so that a
        fault while deriving the secret is caught too (T52). Raises CrossCheckFailed.
        """
        with self.opened(path) as (node, public):
            return curve.sign_ecdsa(node.secret, digest, public)

    def sign_schnorr(self, path: Path, digest: bytes, merkle_root: bytes = b"") -> bytes:
        """A BIP340 signature (64 bytes) by the taproot output key at `path` (BIP341, key path).

        `merkle_root` is empty or 32 bytes. Deterministic: see `curve.sign_schnorr`. Verified under
        the output key computed from public data. Raises CrossCheckFailed.
        """
        with self.opened(path) as (node, public):
            internal = public[1:]
            tweak = curve.taproot_tweak(internal, merkle_root)
            output_key = curve.taproot_output_key(internal, merkle_root)
            return curve.sign_schnorr(node.secret, digest, output_key, tweak)

    @contextmanager
    def opened(self, path: Path) -> Iterator[tuple[Node, bytes]]:
        """The private node at `path` and its public key, for modules of `signer.keys` alone.

        The node is erased when the block ends. The public key comes from public derivation where
        the path allows it: what is signed is verified under it.
        """
        if not path:
            raise Malformed("The master key signs nothing.")
        public = self.public_key(path)
        node = self._node(path[:-1]).child(path[-1])
        try:
            yield node, public
        finally:
            node.erase()

    def wipe(self) -> None:
        """Zero every secret. May be called again."""
        for node in self._nodes.values():
            node.erase()
        self._nodes.clear()

    def _node(self, path: Path) -> Node:
        """The node at `path`, kept: a thousand inputs of one account cost one step each.

        To be used at once: asking for another may erase it to make room.
        """
        if not self._nodes:
            raise Refused(Reason.KEYS_WIPED)
        known = self._nodes.get(path)
        return known if known is not None else self._keep(check(path))

    def _keep(self, path: Path) -> Node:
        node = self._node(path[:-1]).child(path[-1])
        if len(self._nodes) >= _MAX_NODES:
            oldest = next(known for known in self._nodes if known)
            self._nodes.pop(oldest).erase()
        self._nodes[path] = node
        return node

    def __repr__(self) -> str:
        return f"Keyring({self.fingerprint.hex()})"
