"""Keys that several make together (BIP327, BIP328, BIP390): a musig() of a policy, as a value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from signer.hashes import hash160
from signer.keys import curve
from signer.keys.path import HARDENED, Path


@dataclass(frozen=True, slots=True)
class MusigKey:
    """A musig() of a policy: its participants' keys (33 bytes), in the order of aggregation.

    `own_participants` are those of ours with their paths, `branches` the child numbers below
    the aggregate.
    """

    participants: tuple[bytes, ...]
    own_participants: tuple[tuple[bytes, Path], ...]
    branches: Path
    aggregate: bytes

    @property
    def fingerprint(self) -> bytes:
        """What an origin calls the aggregate by, as if it were a master key (BIP328)."""
        return hash160(self.aggregate)[:4]

    def path(self, branch: int, index: int) -> Path:
        """The steps below the aggregate."""
        return self.branches[branch], index

    def locate(self, path: Path) -> tuple[int, int] | None:
        """The branch and index that these steps below the aggregate mean, or None."""
        if len(path) != 2 or path[0] not in self.branches or path[1] >= HARDENED:
            return None
        return self.branches.index(path[0]), path[1]


def musig_key(keys: Iterable[bytes], own_paths: Mapping[bytes, Path], branches: Path) -> MusigKey:
    """The musig() of these keys; `own_paths` are the paths of those of ours. Raises Malformed."""
    participants = tuple(sorted(keys))  # BIP390: sorted after derivation
    own_participants = tuple((key, own_paths[key]) for key in participants if key in own_paths)
    return MusigKey(participants, own_participants, branches, curve.musig_aggregate(participants))
