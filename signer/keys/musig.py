"""Joint signatures with others' keys (MuSig2: BIP327, BIP328, BIP373), by path.

    group = musig.group(participants, (0, 7), merkle_root)     the keys, and the key they make
    mine = musig.begin(keyring, path, group, digest, random)   first round: my public nonce
    session = Session(group, public_nonces, digest)            when all have sent theirs
    part = musig.sign(keyring, path, session)                  second round, once
    signature = musig.combine(session, parts)                  when all have sent theirs

Lists of keys, public nonces and partial signatures are all in the order of the group's keys. The
aggregate that BIP373's records of nonces and parts name is `group.public_key`, tweaks included.
"""

import hmac
from collections.abc import Iterator, Sequence
from itertools import count

from signer.errors import Malformed
from signer.keys import curve
from signer.keys.curve.musig import (
    Group,
    Session,
    Tweak,
    musig_check,
    musig_combine,
    musig_nonce,
    musig_sign,
    musig_verify,
)
from signer.keys.extended import ExtendedPublicKey
from signer.keys.keyring import Keyring
from signer.keys.path import Path

__all__ = (
    "Group",
    "Session",
    "begin",
    "check",
    "check_begun",
    "check_room",
    "combine",
    "draws",
    "group",
    "sign",
    "synthetic",
    "verify",
)

# SHA256("MuSig2MuSig2MuSig2"): everybody's chain code, as nobody has one for all (BIP328).
_CHAIN_CODE = bytes.fromhex("868087ca02a6f974c4598924c36b57762d32cb45717167e300622c7167e38965")


def synthetic(aggregate: bytes) -> ExtendedPublicKey:
    """The extended key that stands for a plain aggregate (33 bytes) in derivations (BIP328)."""
    return ExtendedPublicKey(
        depth=0,
        parent_fingerprint=bytes(4),
        child_number=0,
        chain_code=_CHAIN_CODE,
        public_key=aggregate,
    )


def group(public_keys: Sequence[bytes], path: Path = (), merkle_root: bytes | None = None) -> Group:
    """Who signs, with which key: the aggregate of compressed keys, derived along `path` (BIP328).

    `merkle_root` makes it the internal key of a taproot output (BIP341): 32 bytes, or empty for an
    output without scripts. None leaves it untweaked, as inside a script. The keys keep their order:
    a descriptor's musig() sorts them first (`curve.musig.musig_sort`). Raises Malformed.
    """
    key = synthetic(curve.musig_aggregate(public_keys))
    tweaks = []
    for index in path:
        child = key.child(index)
        derived = hmac.digest(key.chain_code, key.public_key + index.to_bytes(4, "big"), "sha512")
        tweaks.append(Tweak(derived[:32], xonly=False))
        key = child
    if merkle_root is not None:
        tweaks.append(Tweak(curve.taproot_tweak(key.public_key[1:], merkle_root), xonly=True))
    return Group(tuple(public_keys), tuple(tweaks))


def draws(randomness: bytearray) -> Iterator[bytearray]:
    """32 bytes for each nonce of a payment, made of 32 fresh ones, which stay the caller's.

    Raises Malformed at the first of them if there are not 32 bytes.
    """
    if len(randomness) != 32:
        raise Malformed("A joint signature begins with 32 bytes of fresh randomness.")
    for number in count():
        derived = hmac.digest(randomness, b"quietkey/nonce" + number.to_bytes(4, "big"), "sha256")
        nonce_bytes = bytearray(derived)
        curve.erase(derived)
        yield nonce_bytes


def check_room(keyring: Keyring, count: int) -> None:
    """Raises Refused if so many nonces more would be too many."""
    keyring.nonces.check_room(count)


def begin(
    keyring: Keyring, path: Path, group: Group, digest: bytes, randomness: bytearray
) -> bytes:
    """First round: a public nonce (66 bytes) for one signature of `digest` by the key at `path`.

    `randomness` (32 bytes) must be fresh; it is erased. The secret nonce stays with the keyring
    until `sign` takes it or the keys are wiped. Raises Malformed if the key is not of the group,
    and Refused when too many nonces are waiting.
    """
    try:
        with keyring.opened(path) as (node, public):
            place = _places(group, public)[0]
            number = keyring.nonces.number()
            secret_nonce, nonce = musig_nonce(
                group, place, digest, (node.secret, randomness), number
            )
    finally:
        curve.erase(randomness)
    keyring.nonces.keep(nonce, secret_nonce, (path, group, digest))
    return nonce


def check(session: Session, partials: Sequence[bytes | None]) -> bool:
    """Whether the parts that others sent so far are valid; None for each that is missing.

    Raises Malformed, naming the signer, for a public nonce that is none.
    """
    return musig_check(session, partials)


def check_begun(keyring: Keyring, path: Path, session: Session, nonce: bytes) -> None:
    """Raises Refused unless `begin` made this public nonce of ours for this path and session."""
    keyring.nonces.check(nonce, (path, session.group, session.digest))


def sign(keyring: Keyring, path: Path, session: Session) -> bytes:
    """Second round: the partial signature (32 bytes) of the key at `path`, verified.

    Raises Malformed if the key is not of the group. From there on our nonce is used up, even if
    this raises: Refused if it is not remembered, or was made for another key, group or digest;
    Malformed, naming the signer, if another's nonce is none; CrossCheckFailed.
    """
    with keyring.opened(path) as (node, public):
        place = _our_place(keyring, session, public)
        purpose = (path, session.group, session.digest)
        secret_nonce = keyring.nonces.take(session.public_nonces[place], purpose)
        return musig_sign(session, place, node.secret, secret_nonce)


def verify(session: Session, place: int, partial: bytes) -> bool:
    """Whether `partial` is the part of the session's signer at `place` (from 0)."""
    return musig_verify(session, place, partial)


def combine(session: Session, partials: Sequence[bytes]) -> bytes:
    """The BIP340 signature (64 bytes) of all parts, verified under the group's key.

    Raises Malformed, naming the signer whose part is wrong.
    """
    return musig_combine(session, partials)


def _places(group: Group, public: bytes) -> list[int]:
    places = [place for place, key in enumerate(group.public_keys) if key == public]
    if not places:
        raise Malformed("The key at this path is not one of the group.")
    return places


def _our_place(keyring: Keyring, session: Session, public: bytes) -> int:
    """Where we stand: a group may hold our key twice, with a nonce for each."""
    if len(session.public_nonces) != len(session.group.public_keys):
        raise Malformed("There is not one public nonce for each key.")
    places = _places(session.group, public)
    open_here = (place for place in places if session.public_nonces[place] in keyring.nonces)
    return next(open_here, places[0])
