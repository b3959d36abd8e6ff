"""MuSig2 (BIP327) as libsecp256k1 computes it.

Only the arithmetic: that a secret nonce is drawn afresh, kept in memory and used once is the
business of `signer.keys.musig`. Signers are named by their place in the group, counted from 0 in
arguments and from 1 in error texts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from signer.errors import CrossCheckFailed, Malformed
from signer.keys.curve import raw
from signer.keys.curve.schnorr import verify_schnorr

MAX_SIGNERS = 1000  # each costs a point multiplication; a policy has far fewer
_SECRET_NONCE_SIZE = raw.ffi.sizeof("secp256k1_musig_secnonce")


@dataclass(frozen=True, slots=True)
class Tweak:
    """What is added to an aggregate key: by BIP341 to its x-only form, by BIP32 to the point."""

    number: bytes
    xonly: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Who signs together: compressed keys in the order of aggregation, and the key's tweaks."""

    public_keys: tuple[bytes, ...]
    tweaks: tuple[Tweak, ...] = ()

    @property
    def public_key(self) -> bytes:
        """The aggregate key after its tweaks (33 bytes). Raises Malformed; see `_aggregated`."""
        return _public_key(_aggregated(self))


@dataclass(frozen=True, slots=True)
class Session:
    """What each signer of a group must agree on: a public nonce (66 bytes) per key, a digest."""

    group: Group
    public_nonces: tuple[bytes, ...]
    digest: bytes


def musig_aggregate(public_keys: Sequence[bytes]) -> bytes:
    """The plain aggregate (33 bytes) of compressed keys, in this order (BIP327, KeyAgg).

    Raises Malformed for no keys, over MAX_SIGNERS, or one that is no point of the curve.
    """
    return Group(tuple(public_keys)).public_key


def musig_sort(public_keys: Iterable[bytes]) -> tuple[bytes, ...]:
    """The keys in the order that needs no agreement (BIP327, KeySort)."""
    return tuple(sorted(public_keys))


def musig_nonce(
    group: Group, place: int, digest: bytes, secrets: tuple[bytearray, bytearray], extra: bytes
) -> tuple[bytearray, bytes]:
    """A secret nonce, for `musig_sign` alone, and its public nonce (BIP327, NonceGen).

    `secrets` are the key at `place`, and 32 bytes of fresh randomness, which the library erases.
    The key stands by in case the randomness is not fresh, and so do group, digest and `extra` (32
    bytes). A secret nonce may be used once: two signatures by one give the key away (T54).
    """
    secret, randomness = secrets
    _check_place(group, place)
    raw.sized(digest, 32, "A digest")
    raw.sized(randomness, 32, "Randomness")
    raw.sized(extra, 32, "Extra data")
    if not any(randomness):
        raise Malformed("Randomness is not all zeros.")
    cache, own_point = _aggregated(group), raw.parsed(group.public_keys[place])
    key, fresh = raw.secret_key(secret), raw.secret_key(randomness)
    secret_nonce, public = bytearray(_SECRET_NONCE_SIZE), raw.new("secp256k1_musig_pubnonce *")
    is_made = raw.lib.secp256k1_musig_nonce_gen(
        raw.CONTEXT, _nonce(secret_nonce), public, fresh, key, own_point, digest, cache, extra
    )
    if not is_made:
        raise CrossCheckFailed("A nonce could not be made.")
    out = raw.new("unsigned char[66]")
    raw.lib.secp256k1_musig_pubnonce_serialize(raw.CONTEXT, out, public)
    return secret_nonce, bytes(raw.buffer(out))


def musig_sign(session: Session, place: int, secret: bytearray, secret_nonce: bytearray) -> bytes:
    """The partial signature (32 bytes) of the key at `place`, verified (BIP327, Sign).

    `secret_nonce` is erased whatever happens. Raises Malformed for a session that is none, and
    CrossCheckFailed, with nothing let out, if key or nonce are not the ones of that place.
    """
    pair, partial = raw.new("secp256k1_keypair *"), raw.new("secp256k1_musig_partial_sig *")
    try:
        _check_place(session.group, place)
        cache, process = _processed(session)
        if not raw.lib.secp256k1_keypair_create(raw.CONTEXT, pair, raw.secret_key(secret)):
            raise CrossCheckFailed("The signing key is no key.")
        sign, nonce = raw.lib.secp256k1_musig_partial_sign, _nonce(secret_nonce)
        _check_fits(secret_nonce, pair)
        if not sign(raw.CONTEXT, partial, nonce, pair, cache, process):
            raise CrossCheckFailed("A partial signature could not be made.")
    finally:
        raw.erase_pair(pair)
        raw.erase(secret_nonce)
    out = raw.new("unsigned char[32]")
    raw.lib.secp256k1_musig_partial_sig_serialize(raw.CONTEXT, out, partial)
    signature = bytes(raw.buffer(out))
    if not musig_verify(session, place, signature):
        raise CrossCheckFailed("A partial signature did not verify.")
    return signature


def musig_check(session: Session, partials: Sequence[bytes | None]) -> bool:
    """Whether all partial signatures that are there hold; None stands for one that is not yet.

    In the order of the keys. Raises Malformed for a session that is none, naming the signer whose
    nonce is wrong.
    """
    processed = _processed(session)
    return all(
        _holds(session, processed, place, _parsed_partial(partial))
        for place, partial in enumerate(partials)
        if partial is not None
    )


def musig_verify(session: Session, place: int, partial: bytes) -> bool:
    """Whether `partial` is the partial signature of the key at `place` (BIP327, PartialSigVerify).

    Raises Malformed for a session that is none; a signature that is none is just not valid.
    """
    _check_place(session.group, place)
    return _holds(session, _processed(session), place, _parsed_partial(partial))


def musig_combine(session: Session, partials: Sequence[bytes]) -> bytes:
    """The BIP340 signature (64 bytes) of all partial signatures, in the order of the keys.

    Verified under the group's key. Raises Malformed, naming the signer whose part is wrong.
    """
    processed = cache, process = _processed(session)
    if len(partials) != len(session.group.public_keys):
        raise Malformed("There is not one partial signature for each key.")
    parsed = [_parsed_partial(partial) for partial in partials]
    for place, partial in enumerate(parsed):
        if not _holds(session, processed, place, partial):
            raise Malformed(f"The partial signature of signer {place + 1} is not valid.")
    listed, out = raw.new("secp256k1_musig_partial_sig *[]", parsed), raw.new("unsigned char[64]")
    combine = raw.lib.secp256k1_musig_partial_sig_agg
    if not combine(raw.CONTEXT, out, process, listed, len(parsed)):
        raise CrossCheckFailed("Partial signatures could not be combined.")
    signature = bytes(raw.buffer(out))
    if not verify_schnorr(_public_key(cache)[1:], session.digest, signature):
        raise CrossCheckFailed("A combined signature did not verify.")
    return signature


# --- the library's own values


def _aggregated(group: Group) -> object:
    """The library's key aggregation cache. Raises Malformed."""
    if not 1 <= len(group.public_keys) <= MAX_SIGNERS:
        raise Malformed(f"A group has 1 to {MAX_SIGNERS} keys, not {len(group.public_keys)}.")
    points = [_parsed_key(place, public) for place, public in enumerate(group.public_keys)]
    cache = raw.new("secp256k1_musig_keyagg_cache *")
    listed = raw.new("secp256k1_pubkey *[]", points)
    if not raw.lib.secp256k1_musig_pubkey_agg(raw.CONTEXT, raw.NULL, cache, listed, len(points)):
        raise Malformed("These keys have no aggregate.")
    for tweak in group.tweaks:
        _add(tweak, cache)
    return cache


def _add(tweak: Tweak, cache: object) -> None:
    raw.sized(tweak.number, 32, "A tweak")
    if tweak.xonly:
        add = raw.lib.secp256k1_musig_pubkey_xonly_tweak_add
    else:
        add = raw.lib.secp256k1_musig_pubkey_ec_tweak_add
    if not add(raw.CONTEXT, raw.NULL, cache, tweak.number):
        raise Malformed("A tweak is over the order of the curve, or leads to no key.")


def _public_key(cache: object) -> bytes:
    point = raw.new("secp256k1_pubkey *")
    raw.lib.secp256k1_musig_pubkey_get(raw.CONTEXT, point, cache)
    return raw.compressed(point)


def _processed(session: Session) -> tuple[object, object]:
    """The library's key aggregation cache and session. Raises Malformed."""
    raw.sized(session.digest, 32, "A digest")
    cache = _aggregated(session.group)
    if len(session.public_nonces) != len(session.group.public_keys):
        raise Malformed("There is not one public nonce for each key.")
    nonces = [_parsed_nonce(place, nonce) for place, nonce in enumerate(session.public_nonces)]
    listed = raw.new("secp256k1_musig_pubnonce *[]", nonces)
    aggregate, process = raw.new("secp256k1_musig_aggnonce *"), raw.new("secp256k1_musig_session *")
    raw.lib.secp256k1_musig_nonce_agg(raw.CONTEXT, aggregate, listed, len(nonces))
    raw.lib.secp256k1_musig_nonce_process(raw.CONTEXT, process, aggregate, session.digest, cache)
    return cache, process


def _holds(
    session: Session, processed: tuple[object, object], place: int, partial: object | None
) -> bool:
    if partial is None:
        return False
    nonce = _parsed_nonce(place, session.public_nonces[place])
    public = raw.parsed(session.group.public_keys[place])
    verify = raw.lib.secp256k1_musig_partial_sig_verify
    return bool(verify(raw.CONTEXT, partial, nonce, public, *processed))


def _parsed_key(place: int, public: bytes) -> object:
    try:
        return raw.parsed(public)
    except Malformed as error:
        raise Malformed(f"The key of signer {place + 1} is not valid. {error}") from error


def _parsed_nonce(place: int, public_nonce: bytes) -> object:
    raw.sized(public_nonce, 66, f"The public nonce of signer {place + 1}")
    nonce = raw.new("secp256k1_musig_pubnonce *")
    if not raw.lib.secp256k1_musig_pubnonce_parse(raw.CONTEXT, nonce, public_nonce):
        raise Malformed(f"The public nonce of signer {place + 1} is not two points of the curve.")
    return nonce


def _parsed_partial(partial: bytes) -> object | None:
    parsed = raw.new("secp256k1_musig_partial_sig *")
    if len(partial) != 32:
        return None
    is_valid = raw.lib.secp256k1_musig_partial_sig_parse(raw.CONTEXT, parsed, partial)
    return parsed if is_valid else None


# --- the guard: what the library would end the process for


def _check_place(group: Group, place: int) -> None:
    if not 0 <= place < len(group.public_keys):
        raise Malformed("That place in the group is empty.")


def _nonce(secret_nonce: bytearray) -> object:
    raw.sized(secret_nonce, _SECRET_NONCE_SIZE, "A secret nonce")
    return raw.from_buffer("secp256k1_musig_secnonce *", secret_nonce, require_writable=True)


def _check_fits(secret_nonce: bytearray, pair: object) -> None:
    """A secret nonce holds a mark, two numbers and the key it was made for, as a key pair does."""
    view = memoryview(secret_nonce)
    if not any(view[4:36]) or not any(view[36:68]):
        raise CrossCheckFailed("A secret nonce was used before.")
    if bytes(view[68:]) != raw.buffer(pair)[32:]:
        raise CrossCheckFailed("A secret nonce was made for another key.")
