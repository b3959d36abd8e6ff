"""What belongs to us: decided by deriving it, never because the host says so (T06 to T09, T25).

The derivation fields of a PSBT are hints where to look. Whatever they say, a coin or an output is
ours only if an account of ours, at the place they point to, derives exactly its script.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from signer.chains.bitcoin.accounts.account import (
    PURPOSES,
    Account,
    AccountIndex,
    KeyLocation,
    PolicyAccount,
    SingleKeyAccount,
    is_foreign,
    is_usual_length,
)
from signer.chains.bitcoin.descriptors.spend_data import SpendData
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.payment import musig2
from signer.chains.bitcoin.payment.signing import RequestedLeaves
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.maps import Map
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import script
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.errors import Reason, Refused
from signer.formats.cursor import Cursor
from signer.keys.keyring import Keyring
from signer.keys.path import Path

_OF_INPUTS = (fields.BIP32_DERIVATION, fields.TAP_BIP32_DERIVATION)
# What no coin of a single taproot key has.
_OF_ACCOUNTS = (fields.TAP_MERKLE_ROOT, fields.TAP_LEAF_SCRIPT, fields.MUSIG2_PARTICIPANT_PUBKEYS)
_OF_OUTPUTS = (fields.OUT_BIP32_DERIVATION, fields.OUT_TAP_BIP32_DERIVATION)


@dataclass(frozen=True, slots=True)
class DerivationClaim:
    """What a derivation field says: this key (33 bytes, or 32 x-only) is at this path.

    Below our master key, or, if `above` is not empty, below the joint key of this fingerprint.
    """

    key: bytes
    path: Path
    leaves: frozenset[bytes]
    above: bytes

    @property
    def spot(self) -> KeyLocation:
        return self.above, self.path


@dataclass(frozen=True)
class OwnedKeys:
    """Everything that can be ours: the keys, and the accounts registered for this network."""

    keyring: Keyring
    network: Network
    registered: tuple[PolicyAccount, ...] = ()

    @cached_property
    def above(self) -> dict[bytes, bytes]:
        """What starts our paths: fingerprints as origins have them, and as a Spot does."""
        joints = (one.fingerprint for account in self.registered for one in account.shared())
        return {**{name: name for name in joints}, self.keyring.fingerprint: b""}


def locate_input(
    owner: OwnedKeys, script_pubkey: bytes, records: Map, where: str
) -> tuple[AccountIndex, RequestedLeaves]:
    """The place of a coin with this script, and the leaves to sign. Refused if it is not ours.

    To sign a coin that is not ours, because a field says so, would make us an oracle (T06).
    """
    kind = script.script_type(script_pubkey)
    if kind in {ScriptType.DATA, ScriptType.UNKNOWN}:
        raise Refused(BitcoinReason.SCRIPT_UNSUPPORTED, where)
    hints = _hints(owner, records, *_OF_INPUTS)
    if not hints:
        raise Refused(BitcoinReason.INPUT_NOT_OURS, where)
    for hint in hints:
        _check_path(hint.path, owner.network, where)
    place = _opening(owner, kind, hints, script_pubkey)
    if place is None:
        raise Refused(_unknown(kind, records), where)
    if not _all_true(hints, place):
        raise Refused(BitcoinReason.KEY_MISMATCH, where)
    if place.spend_data.internal_key:
        _check_tree(place, hints, records, where)
    leaves = {hint.key[-32:]: hint.leaves for hint in hints}
    if any(place.musig_keys):
        leaves |= musig2.named_aggregates(records)
    return place, leaves


def _opening(
    owner: OwnedKeys, kind: ScriptType, hints: Sequence[DerivationClaim], script_pubkey: bytes
) -> AccountIndex | None:
    """The place that hints point to, in whichever account derives this script there."""
    for account in _accounts(owner, kind, hints[0].path):
        place = _located(owner, account, hints)
        if place is not None and place.spend_data.script_pubkey == script_pubkey:
            return place
    return None


def _located(
    owner: OwnedKeys, account: Account, hints: Sequence[DerivationClaim]
) -> AccountIndex | None:
    """The place in an account that the first hint points to that tells one there at all."""
    for hint in hints:
        found = account.locate(hint.spot)
        if found is not None:
            return account.location(owner.keyring, *found)
    return None


def _accounts(owner: OwnedKeys, kind: ScriptType, path: Path) -> Iterator[Account]:
    if kind in PURPOSES.values():
        yield SingleKeyAccount(kind, path[:-2])
    yield from owner.registered


def _unknown(kind: ScriptType, records: Map) -> Reason:
    """Why a coin was not found: it is locked by more than a key, or by another key."""
    redeem = records.get(fields.REDEEM_SCRIPT)
    match kind:
        case ScriptType.P2WSH:
            return BitcoinReason.NOT_REGISTERED
        case ScriptType.P2SH if (
            redeem is None or script.script_type(redeem) is not ScriptType.P2WPKH
        ):
            return BitcoinReason.NOT_REGISTERED
        case ScriptType.P2TR if records.has(*_OF_ACCOUNTS):
            return BitcoinReason.NOT_REGISTERED
        case _:
            return BitcoinReason.KEY_MISMATCH


def _all_true(hints: tuple[DerivationClaim, ...], place: AccountIndex) -> bool:
    """Whether each hint names a key of ours in the lock, and the path where that key is."""
    own = place.spots()
    return all(
        (key := own.get(hint.spot)) is not None and hint.key in {key, key[1:]} for hint in hints
    )


def _check_path(path: Path, network: Network, where: str) -> None:
    if not is_usual_length(path):
        raise Refused(BitcoinReason.PATH_UNUSUAL, where)
    if is_foreign(path, network):
        raise Refused(BitcoinReason.WRONG_NETWORK, where)


def _check_tree(
    place: AccountIndex, hints: tuple[DerivationClaim, ...], records: Map, where: str
) -> None:
    """Whatever the request says about the internal key and the tree must be so (T25)."""
    lock = place.spend_data
    if records.get(fields.TAP_INTERNAL_KEY) not in {None, lock.internal_key}:
        raise Refused(BitcoinReason.KEY_MISMATCH, where)
    if not (_tree_is_so(lock, hints, records) if lock.leaves else _no_tree(hints, records)):
        raise Refused(BitcoinReason.SCRIPT_NOT_COMMITTED, where)
    if any(place.musig_keys) or records.has(fields.MUSIG2_PARTICIPANT_PUBKEYS):
        musig2.check_participants((key for key in place.musig_keys if key), records, where)


def _no_tree(hints: tuple[DerivationClaim, ...], records: Map) -> bool:
    told = records.has(fields.TAP_MERKLE_ROOT, fields.TAP_LEAF_SCRIPT, fields.TAP_SCRIPT_SIG)
    return not told and not any(hint.leaves for hint in hints)


def _tree_is_so(lock: SpendData, hints: tuple[DerivationClaim, ...], records: Map) -> bool:
    hashes = {leaf.hash for leaf in lock.leaves}
    scripts = {(leaf.control_block, leaf.script + bytes((leaf.version,))) for leaf in lock.leaves}
    return (
        records.get(fields.TAP_MERKLE_ROOT) in {None, lock.merkle_root}
        and scripts.issuperset(records.all(fields.TAP_LEAF_SCRIPT))
        and all(key[32:] in hashes for key, _ in records.all(fields.TAP_SCRIPT_SIG))
        and all(hint.leaves <= _holding(lock, hint.key[-32:]) for hint in hints)
    )


def _holding(lock: SpendData, x_only: bytes) -> set[bytes]:
    """The hashes of the leaves that hold a key.

    All of them for a part of a joint key, which no leaf holds: what is signed follows the whole.
    """
    if all(key[1:] != x_only for key in lock.keys):
        return {leaf.hash for leaf in lock.leaves}
    return {leaf.hash for leaf in lock.leaves if leaf.holds(x_only)}


def claimed_derivations(
    owner: OwnedKeys, account: Account, records: Map
) -> tuple[DerivationClaim, ...]:
    """The hints that an output belongs to `account`; not believed yet."""
    hints = _hints(owner, records, *_OF_OUTPUTS)
    return tuple(hint for hint in hints if account.holds(hint.spot))


def detect_change(
    owner: OwnedKeys, account: Account, claimed: tuple[DerivationClaim, ...], script_pubkey: bytes
) -> AccountIndex | None:
    """The place in `account` that an output returns to as claimed, or None if that is not true."""
    place = _located(owner, account, claimed)
    if place is None or place.spend_data.script_pubkey != script_pubkey:
        return None
    return place if _all_true(claimed, place) else None


def _hints(owner: OwnedKeys, records: Map, ecdsa: int, taproot: int) -> tuple[DerivationClaim, ...]:
    """All fields that name our master fingerprint, or a joint key of ours."""
    named = [(key, origin, frozenset[bytes]()) for key, origin in records.all(ecdsa)]
    named += [(key, *_split(value)) for key, value in records.all(taproot)]
    above = owner.above
    return tuple(
        [
            DerivationClaim(key, _path(origin), leaves, above[origin[:4]])
            for key, origin, leaves in named
            if origin[:4] in above
        ]
    )


def _split(value: bytes) -> tuple[bytes, frozenset[bytes]]:
    """The origin of a taproot key, and the leaf hashes in front of it (BIP371)."""
    if value[:1] == b"\x00":
        return value[1:], frozenset()
    cursor = Cursor(value)
    leaves = frozenset([cursor.take(32) for _ in range(cursor.count(32))])
    return cursor.take(cursor.remaining), leaves


def _path(origin: bytes) -> Path:
    return tuple(int.from_bytes(origin[i : i + 4], "little") for i in range(4, len(origin), 4))
