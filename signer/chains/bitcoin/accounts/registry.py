"""Registered accounts: read by a person once, and recognised by a MAC of this wallet ever after.

A cosigner's key that is exchanged for an attacker's makes every address of the account his. So a
policy is believed only as it was read on our screen: another wallet's record, or one with a single
bit changed, is refused (T40).
"""

import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

from signer.chains.bitcoin.accounts.account import PolicyAccount, is_foreign, is_usual_length
from signer.chains.bitcoin.descriptors.musig_key import MusigKey, musig_key
from signer.chains.bitcoin.network import Network
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Refused
from signer.keys.extended import ExtendedPublicKey
from signer.keys.keyring import Keyring
from signer.keys.path import Path

if TYPE_CHECKING:
    from signer.chains.bitcoin.descriptors.keys import KeyExpression
    from signer.chains.bitcoin.descriptors.policy import Policy

_PURPOSE = b"quietkey/policy"  # what this MAC key authenticates; other uses have other prefixes
_MAC_BYTES = 32


def seal(registered: "Policy", keyring: Keyring) -> bytes:
    """The record of a policy: a MAC (32 bytes) by a key of this wallet, and its encoding."""
    encoded = registered.encode()
    return keyring.authenticate(_PURPOSE + encoded) + encoded


def unseal(record: bytes, keyring: Keyring) -> PolicyAccount:
    """The account of a record. Raises Refused if this wallet did not seal exactly these bytes."""
    mac, encoded = record[:_MAC_BYTES], record[_MAC_BYTES:]
    if not hmac.compare_digest(mac, keyring.authenticate(_PURPOSE + encoded)):
        raise Refused(BitcoinReason.RECORD_NOT_OURS)
    from signer.chains.bitcoin.descriptors import policy  # noqa: PLC0415  a while that only records need

    return recognise(policy.read(encoded), keyring)


def of_network(
    records: Sequence[bytes], keyring: Keyring, network: Network
) -> tuple[PolicyAccount, ...]:
    """The accounts of these records that belong to a network. Each record is authenticated."""
    unsealed = [unseal(record, keyring) for record in records]
    return tuple(account for account in unsealed if account.policy.network == network)


def recognise(read: "Policy", keyring: Keyring) -> PolicyAccount:
    """Which keys of a policy are ours, each derived anew: a fingerprint is only a claim (T41).

    Raises Refused if none is, if one only says so, or if one belongs to another network.
    """
    branches = range(read.descriptor.branches)
    own_paths, joint = [], []
    for key, place in zip(read.descriptor.keys, read.placeholders, strict=True):
        detail = f"Key {' and '.join(str(number + 1) for number in place.numbers)}."
        own_paths.append(_own_paths(key, branches, read.network, keyring, detail))
        joint.append(_joint(key, place.branches, read.network, keyring, detail))
    if not any(own_paths) and not any(
        musig_key.own_participants for musig_key in joint if musig_key
    ):
        raise Refused(BitcoinReason.POLICY_WITHOUT_US)
    return PolicyAccount(read, tuple(own_paths), tuple(joint))


def _joint(
    key: "KeyExpression", branches: Path, network: Network, keyring: Keyring, detail: str
) -> MusigKey | None:
    """The key that several make together, with our parts in it; None for any other key."""
    from signer.chains.bitcoin.descriptors.keys import Musig  # noqa: PLC0415  as above

    if not isinstance(key, Musig):
        return None
    parts = {part.branch(0)(0): part for part in key.participants}
    own_participants = {
        public: paths[0]
        for public, part in parts.items()
        if (paths := _own_paths(part, range(1), network, keyring, detail))
    }
    # A coin is refused for such a path: better not to receive it.
    if not all(is_usual_length(path) for path in own_participants.values()):
        raise Refused(BitcoinReason.PATH_UNUSUAL, detail)
    return musig_key(parts, own_participants, branches)


def _own_paths(
    key: "KeyExpression", branches: range, network: Network, keyring: Keyring, detail: str
) -> tuple[Path, ...]:
    """The paths of our nodes for a key expression, one for each branch; none if it is not ours."""
    from signer.chains.bitcoin.descriptors.keys import DerivedKey  # noqa: PLC0415  as above

    if not isinstance(key, DerivedKey) or key.origin is None:
        return ()
    origin_path = key.origin.path
    if key.origin.fingerprint != keyring.fingerprint:
        return ()
    if is_foreign(origin_path, network):
        raise Refused(BitcoinReason.WRONG_NETWORK, detail)
    # A key that names our fingerprint and is not ours would be taken for ours by whoever reads only
    # fingerprints, on this screen or in a backup of the account.
    if not origin_path or not _is_same(keyring.extended(origin_path), key.xpub):
        raise Refused(BitcoinReason.FALSE_KEY, detail)
    return tuple(origin_path + key.steps.path(branch) for branch in branches)


def _is_same(key: ExtendedPublicKey, derived: ExtendedPublicKey) -> bool:
    """Whether all keys below are the same: with another chain code they would not be."""
    return (key.public_key, key.chain_code) == (derived.public_key, derived.chain_code)
