"""The accounts whose coins we sign: standard ones of one key, and registered ones (BIP388).

An account is plain data. What it locks is derived when asked, always from our own keys or from a
policy that a person has read key by key; nothing of a request ever goes into a script here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from signer.chains.bitcoin.descriptors.musig_key import MusigKey
from signer.chains.bitcoin.descriptors.spend_data import SpendData
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.hashes import hash160
from signer.keys import curve
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED, Path, bare, render

if TYPE_CHECKING:  # descriptors take a while to import, and a payment of one key needs none
    from signer.chains.bitcoin.descriptors.policy import Policy

# BIP44, BIP49, BIP84, BIP86.
PURPOSES = {
    44 + HARDENED: ScriptType.P2PKH,
    49 + HARDENED: ScriptType.P2SH,
    84 + HARDENED: ScriptType.P2WPKH,
    86 + HARDENED: ScriptType.P2TR,
}
# All purposes whose second step is a coin type: with those of several keys (BIP48, BIP87).
_WITH_COIN_TYPE = {*PURPOSES, 48 + HARDENED, 87 + HARDENED}
COIN_TYPES = {0 + HARDENED, 1 + HARDENED}  # SLIP44: real coins, and those of every test network
RECEIVE, CHANGE = 0, 1
# How far past the coins being spent a change index may lie. A host that sends change to index
# 2,000,000,000 holds it to ransom: no wallet would ever look there (T08).
INDEX_GAP = 10_000
# A coin beyond it proves no use up to there: whoever knows the xpub can put dust anywhere, so that
# change beside it looks near. A million keys are derived in minutes: what lies below can be found.
LAST_USUAL_INDEX = 1_000_000
_MAX_STEPS = 10
# Bytes of a signed input that the unsigned transaction lacks: (in its scriptSig, in its witness).
# A signature with low R takes 71 bytes with its type, a key 33, a length 1 each.
_SIZES = {
    ScriptType.P2PKH: (106, 0),
    ScriptType.P2SH: (23, 107),
    ScriptType.P2WPKH: (0, 107),
    ScriptType.P2TR: (0, 66),
}


@dataclass(frozen=True, slots=True)
class SingleKeyAccount:
    """One key for each coin: what the policies pkh, sh(wpkh), wpkh and tr of `@0/**` say.

    `path` is that of a key without its last two steps. Whether it is where wallets look is
    another question: see `is_standard`.
    """

    kind: ScriptType
    path: Path

    @property
    def id(self) -> bytes:
        return f"{self.kind.value} {render(self.path)}".encode()

    @property
    def title(self) -> str:
        return bare(self.path)

    @property
    def sizes(self) -> tuple[int, int]:
        """The most bytes an input takes beside the unsigned transaction: scriptSig, witness."""
        return _SIZES[self.kind]

    def is_standard(self, network: Network) -> bool:
        """Whether any wallet of our seed would look here (BIP44, Path levels)."""
        return (
            len(self.path) == 3
            and PURPOSES.get(self.path[0]) is self.kind
            and self.path[1] == network.coin + HARDENED
            and self.path[2] >= HARDENED
        )

    @property
    def names_coin_type(self) -> bool:
        return names_coin_type(self.path)

    @property
    def is_shared(self) -> bool:
        return False

    def holds(self, key_location: "KeyLocation") -> bool:
        """Whether a key there could belong to the account."""
        musig_fingerprint, path = key_location
        return not musig_fingerprint and path[: len(self.path)] == self.path

    def locate(self, key_location: "KeyLocation") -> tuple[int, int] | None:
        """The branch and index that this spot means here, or None."""
        musig_fingerprint, path = key_location
        if musig_fingerprint or len(path) < 2 or path[:-2] != self.path:
            return None
        return path[-2], path[-1]

    def location(self, keyring: Keyring, branch: int, index: int) -> "AccountIndex":
        path = (*self.path, branch, index)
        public_key = keyring.public_key(path)
        return AccountIndex(
            self, branch, index, single_key_spend_data(self.kind, public_key), (path,)
        )


@dataclass(frozen=True, slots=True)
class PolicyAccount:
    """An account of several keys or conditions, registered with this wallet (see `registry`).

    `own_paths` has, for each key expression of the policy in the order of its text, the path of our
    node above the indexes of each branch, or nothing for the key of somebody else.
    `musig_keys` has, in the same order, the keys that several make together.
    """

    policy: "Policy"
    own_paths: tuple[tuple[Path, ...], ...] = field(repr=False)
    musig_keys: tuple[MusigKey | None, ...] = field(repr=False)

    @property
    def id(self) -> bytes:
        return self.policy.id

    @property
    def title(self) -> str:
        return f'"{self.policy.name}"'

    @property
    def short_id(self) -> str:
        """16 hex digits that tell accounts of one name apart."""
        return self.id.hex()[:16]

    @property
    def sizes(self) -> tuple[int, int]:
        """The most bytes an input takes beside the unsigned transaction: scriptSig, witness."""
        return self.policy.max_script_sig_bytes, self.policy.max_witness_bytes

    def is_standard(self, network: Network) -> bool:
        return self.policy.network == network

    @property
    def names_coin_type(self) -> bool:
        """Whether some key of ours is one of its network alone (BIP45 has no coin type)."""
        nodes = [path for branches in self.own_paths for path in branches]
        nodes += [path for key in self.shared() for _, path in key.own_participants]
        return any(names_coin_type(path) for path in nodes)

    @property
    def is_shared(self) -> bool:
        """Whether some of its keys are not ours alone."""
        return not all(self.own_paths)

    def shared(self) -> Iterator[MusigKey]:
        """The joint keys that we have a part in."""
        return (key for key in self.musig_keys if key is not None and key.own_participants)

    def holds(self, key_location: "KeyLocation") -> bool:
        """Whether a key there could belong to the account, on some branch."""
        musig_fingerprint, path = key_location
        if musig_fingerprint:
            return any(key.fingerprint == musig_fingerprint for key in self.shared())
        nodes = {branches[0][:-1] for branches in self.own_paths if branches}
        nodes |= {node for key in self.shared() for _, node in key.own_participants}
        return any(path[: len(node)] == node for node in nodes)

    def locate(self, key_location: "KeyLocation") -> tuple[int, int] | None:
        """The branch and index that this spot means here, or None."""
        musig_fingerprint, path = key_location
        if musig_fingerprint:
            locations = (
                key.locate(path) for key in self.shared() if key.fingerprint == musig_fingerprint
            )
            return next(filter(None, locations), None)
        for branches in self.own_paths:
            if path[:-1] in branches and path[-1] < HARDENED:
                return branches.index(path[:-1]), path[-1]
        return None

    def location(self, _: Keyring, branch: int, index: int) -> "AccountIndex":
        paths = tuple(
            (*branches[branch], index) if branches else None for branches in self.own_paths
        )
        return AccountIndex(
            self, branch, index, self.policy.spend_data(branch, index), paths, self.musig_keys
        )


Account = SingleKeyAccount | PolicyAccount
# Where a key lies: below the joint key of this fingerprint, or below our master key if it is empty.
KeyLocation = tuple[bytes, Path]


def is_usual_length(path: Path) -> bool:
    """Deeper paths are nobody's, and each step costs time (T75)."""
    return 2 <= len(path) <= _MAX_STEPS


def names_coin_type(path: Path) -> bool:
    return len(path) > 1 and path[1] in COIN_TYPES


def is_foreign(path: Path, network: Network) -> bool:
    """Whether a path is for another network: a test request must not reach real coins (T45)."""
    if len(path) < 2 or path[1] == network.coin + HARDENED:
        return False
    return path[0] in _WITH_COIN_TYPE or path[1] in COIN_TYPES


def is_of_another_coin(path: Path) -> bool:
    """Whether wallets of another coin than bitcoin have their accounts there (SLIP44)."""
    return len(path) > 1 and path[0] in _WITH_COIN_TYPE and path[1] not in COIN_TYPES


@dataclass(frozen=True, slots=True)
class AccountIndex:
    """Where a coin or an output of ours lies, and its lock, derived here.

    `paths` has, for each key of the lock, where in our keyring it is; None for others' keys and
    for those made together, which are in `musig_keys`.
    """

    account: Account
    branch: int
    index: int
    spend_data: SpendData = field(repr=False)
    paths: tuple[Path | None, ...] = field(repr=False)
    musig_keys: tuple[MusigKey | None, ...] = field(default=(), repr=False)

    @property
    def path(self) -> Path:
        """What to call this place: the path of our first key, or that of our first joint key.

        The latter is that of our part, then the steps below what the parts make.
        """
        paths = (path for path in self.paths if path is not None)
        parts = (
            path + self.musig_path(musig_key)
            for _, musig_key in self.shared()
            for _, path in musig_key.own_participants
        )
        return next(paths, None) or next(parts)

    def musig_path(self, musig_key: MusigKey) -> Path:
        """The steps from an aggregate to its key here."""
        return musig_key.path(self.branch, self.index)

    def shared(self) -> Iterator[tuple[bytes, MusigKey]]:
        """The keys in the lock (33 bytes each) that we make together with others."""
        for key, musig_key in zip(self.spend_data.keys, self.musig_keys, strict=False):
            if musig_key is not None and musig_key.own_participants:
                yield key, musig_key

    def key_locations(self) -> dict[KeyLocation, bytes]:
        """Each key of ours here (33 bytes), by where it lies: single, joint, or a part of one."""
        locations = {(b"", path): key for key, path in self.own_keys()}
        for key, musig_key in self.shared():
            locations |= {(b"", path): part for part, path in musig_key.own_participants}
            locations[musig_key.fingerprint, self.musig_path(musig_key)] = key
        return locations

    def own_keys(self) -> Iterator[tuple[bytes, Path]]:
        """Our keys in the lock (33 bytes each) and their paths."""
        for key, path in zip(self.spend_data.keys, self.paths, strict=True):
            if path is not None:
                yield key, path

    def is_usual(self, network: Network, reach: int) -> bool:
        """Whether a wallet would find it: a known branch of a standard account, at a near index."""
        return (
            self.account.is_standard(network)
            and self.branch in {RECEIVE, CHANGE}
            and self.index <= min(reach, HARDENED - 1)
        )


def single_key_spend_data(kind: ScriptType, public_key: bytes) -> SpendData:
    """What one compressed key locks: P2PKH, P2SH-P2WPKH, P2WPKH, or P2TR without a script tree."""
    match kind:
        case ScriptType.P2TR:
            internal = public_key[1:]
            output_key = curve.taproot_output_key(internal)
            return SpendData(script.p2tr(output_key), (public_key,), internal_key=internal)
        case ScriptType.P2SH:
            redeem = script.p2wpkh(hash160(public_key))
            return SpendData(script.p2sh(hash160(redeem)), (public_key,), redeem_script=redeem)
        case ScriptType.P2PKH:
            return SpendData(script.p2pkh(hash160(public_key)), (public_key,))
        case _:
            return SpendData(script.p2wpkh(hash160(public_key)), (public_key,))
