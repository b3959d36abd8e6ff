"""What belongs to us, and change detection: by deriving it, never by what a host says (T06 to T09).

The derivation fields of a PSBT are claims, which say where to look. Whatever they say, a coin or an
output is ours only if an account of ours, at the place they point to, derives exactly its script.
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
from signer.chains.bitcoin.payment.joint import musig2
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
_JOINT = (
    fields.MUSIG2_PARTICIPANT_PUBKEYS,
    fields.MUSIG2_PUB_NONCE,
    fields.MUSIG2_PARTIAL_SIG,
)
_OF_OUTPUTS = (fields.OUT_BIP32_DERIVATION, fields.OUT_TAP_BIP32_DERIVATION)
# What a watch-only wallet writes that was made of an extended key without its origin.
UNKNOWN_FINGERPRINT = bytes(4)
# So many claims are followed for an output that is said to lie in several places (T75).
MOST_PLACES = 4


@dataclass(frozen=True, slots=True)
class DerivationClaim:
    """What a derivation field says: this key (33 bytes, or 32 x-only) is at this path.

    Below our master key, or, if `musig_fingerprint` is not empty, below that joint key. Whoever
    writes UNKNOWN_FINGERPRINT does not say whose key it is: such a claim may be about another's.
    """

    key: bytes
    path: Path
    leaves: frozenset[bytes]
    musig_fingerprint: bytes
    names_us: bool = True

    @property
    def key_location(self) -> KeyLocation:
        return self.musig_fingerprint, self.path


@dataclass(frozen=True)
class OwnedKeys:
    """Everything that can be ours: the keys, and the accounts registered for this network."""

    keyring: Keyring
    network: Network
    registered: tuple[PolicyAccount, ...] = ()

    @cached_property
    def fingerprints(self) -> dict[bytes, bytes]:
        """What starts our paths: fingerprints as origins have them, and as a KeyLocation does."""
        musig_keys = (key.fingerprint for account in self.registered for key in account.shared())
        ours = {UNKNOWN_FINGERPRINT: b"", self.keyring.fingerprint: b""}
        return {name: name for name in musig_keys} | ours


def locate_input(
    owner: OwnedKeys, script_pubkey: bytes, records: Map, detail: str
) -> tuple[AccountIndex, RequestedLeaves]:
    """The place of a coin with this script, and the leaves to sign. Refused if it is not ours.

    To sign a coin that is not ours, because a field says so, would make us an oracle (T06).
    """
    kind = script.script_type(script_pubkey)
    if kind in {ScriptType.DATA, ScriptType.P2A, ScriptType.UNKNOWN}:
        raise Refused(BitcoinReason.SCRIPT_UNSUPPORTED, detail)
    claims = _derivation_claims(owner, records, *_OF_INPUTS)
    if not claims:
        raise Refused(BitcoinReason.INPUT_NOT_OURS, detail)
    for claim in claims:
        if claim.names_us:
            _check_path(claim.path, owner.network, detail)
    location = _location_of_script(owner, kind, claims, script_pubkey)
    if location is None:
        raise Refused(_unknown(kind, claims, records), detail)
    claims = _true_claims(claims, location)
    if not claims:
        raise Refused(BitcoinReason.KEY_MISMATCH, detail)
    if not claims[0].names_us:
        _check_path(location.path, owner.network, detail)
    if location.spend_data.internal_key:
        _check_tree(location, claims, records, detail)
    leaves = {claim.key[-32:]: claim.leaves for claim in claims}
    if any(location.musig_keys):
        leaves |= musig2.requested_aggregates(location, leaves, records)
    return location, leaves


def is_claimed(owner: OwnedKeys, records: Map) -> bool:
    """Whether an input says that a key of ours is in its lock; not believed yet."""
    return bool(_derivation_claims(owner, records, *_OF_INPUTS))


def locate_output(
    owner: OwnedKeys, script_pubkey: bytes, records: Map
) -> tuple[AccountIndex | None, tuple[DerivationClaim, ...]]:
    """Where an output lies in any account of ours, and the claims; None if none of them is true.

    Whoever lies about change has it shown as the payment it is (T07). A false claim beside a true
    one takes nothing away: the script was derived here.
    """
    claims = _derivation_claims(owner, records, *_OF_OUTPUTS)
    if not claims or not all(is_usual_length(claim.path) for claim in claims):
        return None, claims
    kind = script.script_type(script_pubkey)
    for hints in (claims, *((claim,) for claim in claims[1:MOST_PLACES])):
        location = _location_of_script(owner, kind, hints, script_pubkey)
        if location is not None and any(_is_true(claim, location) for claim in claims):
            return location, claims
    return None, claims


def _location_of_script(
    owner: OwnedKeys, kind: ScriptType, claims: Sequence[DerivationClaim], script_pubkey: bytes
) -> AccountIndex | None:
    """The place that hints point to, in whichever account derives this script there."""
    for account in _accounts(owner, kind, claims[0].path):
        location = _located(owner, account, claims)
        if location is not None and location.spend_data.script_pubkey == script_pubkey:
            return location
    return None


def _located(
    owner: OwnedKeys, account: Account, claims: Sequence[DerivationClaim]
) -> AccountIndex | None:
    """The place in an account that the first hint points to that tells one there at all."""
    for claim in claims:
        indexes = account.locate(claim.key_location)
        if indexes is not None:
            return account.location(owner.keyring, *indexes)
    return None


def _accounts(owner: OwnedKeys, kind: ScriptType, path: Path) -> Iterator[Account]:
    # A registered account of one key may be a standard one as well: then its name is what is read.
    yield from owner.registered
    if kind in PURPOSES.values():
        yield SingleKeyAccount(kind, path[:-2])


def _unknown(kind: ScriptType, claims: Sequence[DerivationClaim], records: Map) -> Reason:
    """Why a coin was not found: it is locked by more than a key, or by another key."""
    redeem = records.get(fields.REDEEM_SCRIPT)
    match kind:
        case ScriptType.P2WSH:
            return BitcoinReason.NOT_REGISTERED
        case ScriptType.P2SH if (
            redeem is None or script.script_type(redeem) is not ScriptType.P2WPKH
        ):
            return BitcoinReason.NOT_REGISTERED
        case ScriptType.P2TR if records.has_any(*_OF_ACCOUNTS):
            return BitcoinReason.NOT_REGISTERED
        case _ if not claims[0].names_us:
            return BitcoinReason.INPUT_NOT_OURS
        case _:
            return BitcoinReason.KEY_MISMATCH


def _true_claims(
    claims: tuple[DerivationClaim, ...], location: AccountIndex
) -> tuple[DerivationClaim, ...]:
    """Those that name a key of ours in the lock, and the path where that key is.

    None of them if one with our fingerprint does not: it lies. One without may be a cosigner's.
    """
    true = []
    for claim in claims:
        if _is_true(claim, location):
            true.append(claim)
        elif claim.names_us:
            return ()
    return tuple(true)


def _is_true(claim: DerivationClaim, location: AccountIndex) -> bool:
    """Whether the key that it names is where it says."""
    key = location.key_locations().get(claim.key_location)
    return key is not None and claim.key in {key, key[1:]}


def _check_path(path: Path, network: Network, detail: str) -> None:
    if not is_usual_length(path):
        raise Refused(BitcoinReason.PATH_UNUSUAL, detail)
    if is_foreign(path, network):
        raise Refused(BitcoinReason.WRONG_NETWORK, detail)


def _check_tree(
    location: AccountIndex, claims: tuple[DerivationClaim, ...], records: Map, detail: str
) -> None:
    """Whatever the request says about the internal key and the tree must be so (T25)."""
    spend_data = location.spend_data
    if records.get(fields.TAP_INTERNAL_KEY) not in {None, spend_data.internal_key}:
        raise Refused(BitcoinReason.KEY_MISMATCH, detail)
    if not (
        _tree_is_so(spend_data, claims, records) if spend_data.leaves else _no_tree(claims, records)
    ):
        raise Refused(BitcoinReason.SCRIPT_NOT_COMMITTED, detail)
    if any(location.musig_keys) or records.has_any(*_JOINT):
        musig2.check_participants((key for key in location.musig_keys if key), records, detail)


def _no_tree(claims: tuple[DerivationClaim, ...], records: Map) -> bool:
    is_claimed = records.has_any(
        fields.TAP_MERKLE_ROOT, fields.TAP_LEAF_SCRIPT, fields.TAP_SCRIPT_SIG
    )
    return not is_claimed and not any(claim.leaves for claim in claims)


def _tree_is_so(spend_data: SpendData, claims: tuple[DerivationClaim, ...], records: Map) -> bool:
    hashes = {leaf.hash for leaf in spend_data.leaves}
    scripts = {
        (leaf.control_block, leaf.script + bytes((leaf.version,))) for leaf in spend_data.leaves
    }
    return (
        records.get(fields.TAP_MERKLE_ROOT) in {None, spend_data.merkle_root}
        and scripts.issuperset(records.records_of(fields.TAP_LEAF_SCRIPT))
        and all(key[32:] in hashes for key, _ in records.records_of(fields.TAP_SCRIPT_SIG))
        and all(claim.leaves <= _holding(spend_data, claim.key[-32:]) for claim in claims)
    )


def _holding(spend_data: SpendData, x_only: bytes) -> set[bytes]:
    """The hashes of the leaves that hold a key.

    All of them for a part of a joint key, which no leaf holds: what is signed follows the whole.
    """
    if all(key[1:] != x_only for key in spend_data.keys):
        return {leaf.hash for leaf in spend_data.leaves}
    return {leaf.hash for leaf in spend_data.leaves if leaf.holds(x_only)}


def _derivation_claims(
    owner: OwnedKeys, records: Map, ecdsa: int, taproot: int
) -> tuple[DerivationClaim, ...]:
    """All fields that name our master fingerprint, or a joint key of ours; then unknown masters."""
    derivations = [(key, origin, frozenset[bytes]()) for key, origin in records.records_of(ecdsa)]
    derivations += [(key, *_split(value)) for key, value in records.records_of(taproot)]
    fingerprints = owner.fingerprints
    claims = [
        DerivationClaim(key, _path(origin), leaves, fingerprints[origin[:4]], _names_us(origin))
        for key, origin, leaves in derivations
        if origin[:4] in fingerprints
    ]
    # A tree's NUMS point has no path; and long paths of nobody would cost us their steps (T75).
    claims = [claim for claim in claims if claim.names_us or is_usual_length(claim.path)]
    return tuple(sorted(claims, key=lambda claim: not claim.names_us))


def claimed_origins(records: Map, ecdsa: int, taproot: int) -> tuple[tuple[bytes, Path], ...]:
    """Fingerprint (4 bytes) and path of each key that a map of a PSBT names: claims, unchecked."""
    origins = [origin for _, origin in records.records_of(ecdsa)]
    origins += [_split(value)[0] for _, value in records.records_of(taproot)]
    return tuple((origin[:4], _path(origin)) for origin in origins)


def _names_us(origin: bytes) -> bool:
    return origin[:4] != UNKNOWN_FINGERPRINT


def _split(value: bytes) -> tuple[bytes, frozenset[bytes]]:
    """The origin of a taproot key, and the leaf hashes in front of it (BIP371)."""
    if value[:1] == b"\x00":
        return value[1:], frozenset()
    cursor = Cursor(value)
    leaves = frozenset([cursor.take(32) for _ in range(cursor.count(32))])
    return cursor.take(cursor.remaining), leaves


def _path(origin: bytes) -> Path:
    return tuple(int.from_bytes(origin[i : i + 4], "little") for i in range(4, len(origin), 4))
