"""Our part in a signature that several make together (MuSig2: BIP327, BIP373), as a value."""

from dataclasses import dataclass, field

from signer.chains.bitcoin.descriptors.musig_key import MusigKey
from signer.formats.cursor import blobs
from signer.keys import musig
from signer.keys.musig import Group, Session
from signer.keys.path import Path


@dataclass(frozen=True, slots=True)
class PartialSigner:
    """One key of ours among the signers. Without a session it is the first round's: a nonce."""

    group: Group = field(repr=False)
    public_key: bytes
    aggregate: bytes
    session: Session | None = field(default=None, repr=False)

    @property
    def position(self) -> int:
        """Where our key stands among the signers."""
        return self.group.public_keys.index(self.public_key)

    def encode(self) -> bytes:
        """All that a part commits to beside its task."""
        nonces = self.session.public_nonces if self.session else ()
        return blobs((self.public_key, self.aggregate, *self.group.public_keys, *nonces))


def partial_signer(
    key: MusigKey, public_key: bytes, path: Path, merkle_root: bytes | None
) -> PartialSigner:
    """The part of one key of ours; `merkle_root` is None in a leaf, where nothing tweaks a key."""
    group = musig.group(key.participants, path, merkle_root)
    return PartialSigner(group, public_key, group.public_key)
