"""secp256k1: the only importer of libsecp256k1 (coincurve) and python-ecdsa.

libsecp256k1 does everything that touches a secret. A secret comes in as a bytearray that its owner
erases; no Python integer or bytes object here ever holds a copy of one. python-ecdsa is a second
opinion: it computes in Python integers, whose timing shows their size, so it gets public data only.

The raw layer ends the process when it is misused (a length that lies, a key that was never
parsed), so every argument's length is checked before each call and no unparsed key is passed on.
"""

from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from ecdsa import SECP256k1
from ecdsa.der import UnexpectedDER
from ecdsa.ellipticcurve import INFINITY, PointJacobi
from ecdsa.util import sigdecode_der

from signer.errors import CrossCheckFailed, Malformed
from signer.hashes import tagged_hash

Buffer = bytes | bytearray | memoryview

NO_AUX = bytes(32)
_CONTEXT = GLOBAL_CONTEXT.ctx  # blinded with fresh randomness by coincurve


def erase(buffer: bytes | bytearray) -> None:
    """Overwrite `buffer` with zeros in place, even a bytes object.

    hashlib and hmac hand their results out as bytes, which would otherwise stay readable in freed
    memory (T81). Only for an object the caller just received and alone refers to.
    """
    if len(buffer) > 1:  # CPython shares the bytes objects of length 0 and 1
        view = ffi.from_buffer(buffer)
        ffi.memmove(view, bytes(len(buffer)), len(buffer))


# --- points


def public_key(secret: bytearray) -> bytes:
    """The compressed public key (33 bytes) of a secret key. Raises Malformed if it is none."""
    point = ffi.new("secp256k1_pubkey *")
    if not lib.secp256k1_ec_pubkey_create(_CONTEXT, point, _secret(secret)):
        raise Malformed("A secret key is a number from 1 to the order of the curve.")
    return _compressed(point)


def check_public_key(public: bytes) -> bytes:
    """The same 33 bytes, if they are a compressed point of the curve. Raises Malformed (T55)."""
    _parsed(public)
    return public


def tweak_secret(secret: bytearray, tweak: Buffer) -> None:
    """Add `tweak` to `secret` modulo the order, in place (BIP32 private derivation).

    Raises Malformed, with `secret` zeroed, in the one case of 2**127 where there is no such key.
    """
    _sized(tweak, 32, "A tweak")
    if not lib.secp256k1_ec_seckey_tweak_add(_CONTEXT, _secret(secret), ffi.from_buffer(tweak)):
        raise Malformed("This path has no key (BIP32); the next index has one.")


def tweak_public(public: bytes, tweak: Buffer) -> bytes:
    """`public` plus `tweak` times the generator, compressed (BIP32 public derivation)."""
    _sized(tweak, 32, "A tweak")
    point = _parsed(public)
    if not lib.secp256k1_ec_pubkey_tweak_add(_CONTEXT, point, ffi.from_buffer(tweak)):
        raise Malformed("This path has no key (BIP32); the next index has one.")
    return _compressed(point)


def taproot_tweak(internal: bytes, merkle_root: bytes = b"") -> bytes:
    """The tweak (32 bytes) that commits an x-only key to a script tree, empty if none (BIP341)."""
    _sized(internal, 32, "An x-only key")
    if merkle_root:
        _sized(merkle_root, 32, "A merkle root")
    return tagged_hash("TapTweak", internal, merkle_root)


def taproot_output_key(internal: bytes, merkle_root: bytes = b"") -> bytes:
    """The x-only output key (32 bytes) of an x-only internal key (BIP341). Raises Malformed."""
    tweak = taproot_tweak(internal, merkle_root)
    point = ffi.new("secp256k1_pubkey *")
    key = _parsed_xonly(internal)
    if not lib.secp256k1_xonly_pubkey_tweak_add(_CONTEXT, point, key, tweak):
        raise Malformed("This key has no taproot output key (BIP341).")
    return _compressed(point)[1:]


# --- signing


def sign_ecdsa(secret: bytearray, digest: bytes, public: bytes) -> bytes:
    """A DER signature of a 32-byte digest, verified under `public` before it is returned.

    RFC6979 nonce, low S, and low R by trying extra data 1, 2, ... (32 bytes, little-endian) after
    none: bit for bit what Bitcoin Core and Jade produce, so that another device with the same seed
    can prove that this one hides nothing in its nonces (T51). At most 70 bytes.
    Raises CrossCheckFailed.
    """
    _sized(digest, 32, "A digest")
    key, signature = _secret(secret), ffi.new("secp256k1_ecdsa_signature *")
    extra = ffi.NULL
    tries = 0
    while lib.secp256k1_ecdsa_sign(_CONTEXT, signature, digest, key, ffi.NULL, extra):
        if _has_low_r(signature):
            return _verified_der(signature, digest, public)
        tries += 1
        extra = ffi.from_buffer(tries.to_bytes(32, "little"))
    raise CrossCheckFailed("The signing key is no key.")


def _has_low_r(signature: object) -> bool:
    compact = ffi.new("unsigned char[64]")
    lib.secp256k1_ecdsa_signature_serialize_compact(_CONTEXT, compact, signature)
    return bool(compact[0] < 0x80)


def _verified_der(signature: object, digest: bytes, public: bytes) -> bytes:
    out, size = ffi.new("unsigned char[72]"), ffi.new("size_t *", 72)
    lib.secp256k1_ecdsa_signature_serialize_der(_CONTEXT, out, size, signature)
    der = bytes(ffi.buffer(out, size[0]))
    if not verify_ecdsa(public, digest, der):
        raise CrossCheckFailed("An ECDSA signature did not verify.")
    return der


def sign_schnorr(
    secret: bytearray, digest: bytes, public: bytes, tweak: bytes = b"", aux: bytes = NO_AUX
) -> bytes:
    """A BIP340 signature (64 bytes) of a 32-byte digest, verified under x-only `public`.

    `tweak` (32 bytes or none) is added to the secret first (BIP341). `aux` is zero, as in Jade:
    BIP340 allows it, and the same seed and request then give the same bytes on every device, which
    is what makes a hidden message in the nonce detectable (T51). What fresh aux would add,
    protection against faults, comes from verifying before anything leaves. Raises CrossCheckFailed.
    """
    _sized(digest, 32, "A digest")
    _sized(aux, 32, "Auxiliary data")
    if tweak:
        _sized(tweak, 32, "A tweak")
    pair = ffi.new("secp256k1_keypair *")
    try:
        signature = _sign_with_pair(pair, _secret(secret), digest, tweak, ffi.from_buffer(aux))
    finally:
        ffi.memmove(pair, bytes(ffi.sizeof(pair[0])), ffi.sizeof(pair[0]))
    if not verify_schnorr(public, digest, signature):
        raise CrossCheckFailed("A Schnorr signature did not verify.")
    return signature


def _sign_with_pair(pair: object, key: object, digest: bytes, tweak: bytes, aux: object) -> bytes:
    if not lib.secp256k1_keypair_create(_CONTEXT, pair, key):
        raise CrossCheckFailed("The signing key is no key.")
    if tweak and not lib.secp256k1_keypair_xonly_tweak_add(_CONTEXT, pair, tweak):
        raise CrossCheckFailed("The tweaked signing key is no key.")
    signature = ffi.new("unsigned char[64]")
    if not lib.secp256k1_schnorrsig_sign32(_CONTEXT, signature, digest, pair, aux):
        raise CrossCheckFailed("A Schnorr signature could not be made.")
    return bytes(ffi.buffer(signature))


# --- verifying


def verify_ecdsa(public: bytes, digest: bytes, der: bytes) -> bool:
    """Whether strict-DER, low-S `der` is a signature of the 32-byte digest under a 33-byte key.

    Raises Malformed for a digest or key that is none; a signature that is none is just not valid.
    """
    _sized(digest, 32, "A digest")
    point, signature = _parsed(public), ffi.new("secp256k1_ecdsa_signature *")
    if not lib.secp256k1_ecdsa_signature_parse_der(_CONTEXT, signature, der, len(der)):
        return False
    return bool(lib.secp256k1_ecdsa_verify(_CONTEXT, signature, digest, point))


def verify_schnorr(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is a BIP340 signature of `message` (any length) under an x-only key.

    Raises Malformed for a key that is none; a signature that is none is just not valid.
    """
    point = _parsed_xonly(public)
    if len(signature) != 64:
        return False
    verify = lib.secp256k1_schnorrsig_verify
    return bool(verify(_CONTEXT, signature, message, len(message), point))


# --- a second opinion: other code, other people, same answer; never a secret


_GENERATOR = SECP256k1.generator
_ORDER: int = SECP256k1.order
_FIELD: int = SECP256k1.curve.p()


def second_opinion_ecdsa(public: bytes, digest: bytes, der: bytes) -> bool:
    """`verify_ecdsa` by python-ecdsa (SEC 1, 4.1.4, with BIP146's low S). Some 1 to 3 ms."""
    _sized(digest, 32, "A digest")
    point = _lift_x(_compressed_form(public)[1:], public[0])
    try:
        r, s = sigdecode_der(der, _ORDER)
    except UnexpectedDER:
        return False
    if not (0 < r < _ORDER and 0 < s <= _ORDER // 2):
        return False
    inverse = pow(s, -1, _ORDER)
    u1, u2 = int.from_bytes(digest, "big") * inverse % _ORDER, r * inverse % _ORDER
    nonce = _GENERATOR.mul_add(u1, point, u2)
    return bool(nonce != INFINITY and nonce.x() % _ORDER == r)


def second_opinion_schnorr(public: bytes, message: bytes, signature: bytes) -> bool:
    """`verify_schnorr` by python-ecdsa's point arithmetic (BIP340, Verification). Some 3 ms."""
    _sized(public, 32, "An x-only key")
    point = _lift_x(public, _EVEN)
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if r >= _FIELD or s >= _ORDER:
        return False
    challenge = tagged_hash("BIP0340/challenge", signature[:32], public, message)
    e = int.from_bytes(challenge, "big") % _ORDER
    nonce = _GENERATOR.mul_add(s, point, _ORDER - e)
    return bool(nonce != INFINITY and nonce.y() % 2 == 0 and nonce.x() == r)


_EVEN, _ODD = 2, 3  # the prefixes of compressed points (SEC 1, 2.3.3)


def _lift_x(coordinate: bytes, prefix: int) -> PointJacobi:
    x = int.from_bytes(coordinate, "big")
    square = (pow(x, 3, _FIELD) + 7) % _FIELD
    root = pow(square, (_FIELD + 1) // 4, _FIELD)
    if prefix not in (_EVEN, _ODD) or x >= _FIELD or root * root % _FIELD != square:
        raise Malformed("A public key is not a point of the curve.")
    y = root if root % 2 == prefix % 2 else _FIELD - root
    return PointJacobi(SECP256k1.curve, x, y, 1, _ORDER)


# --- the guard in front of the raw layer


def _sized(data: Buffer, size: int, what: str) -> None:
    if len(data) != size:
        raise Malformed(f"{what} has {size} bytes, not {len(data)}.")


def _secret(secret: bytearray) -> object:
    _sized(secret, 32, "A secret key")
    return ffi.from_buffer("unsigned char[32]", secret, require_writable=True)


def _compressed_form(public: bytes) -> bytes:
    # libsecp256k1 also reads uncompressed and hybrid keys of 65 bytes; segwit knows neither (T55).
    _sized(public, 33, "A compressed public key")
    return public


def _parsed(public: bytes) -> object:
    point = ffi.new("secp256k1_pubkey *")
    if not lib.secp256k1_ec_pubkey_parse(_CONTEXT, point, _compressed_form(public), 33):
        raise Malformed("A public key is not a point of the curve.")
    return point


def _parsed_xonly(public: bytes) -> object:
    _sized(public, 32, "An x-only key")
    point = ffi.new("secp256k1_xonly_pubkey *")
    if not lib.secp256k1_xonly_pubkey_parse(_CONTEXT, point, public):
        raise Malformed("A public key is not a point of the curve.")
    return point


def _compressed(point: object) -> bytes:
    out, size = ffi.new("unsigned char[33]"), ffi.new("size_t *", 33)
    flags = lib.SECP256K1_EC_COMPRESSED
    lib.secp256k1_ec_pubkey_serialize(_CONTEXT, out, size, point, flags)
    return bytes(ffi.buffer(out))
