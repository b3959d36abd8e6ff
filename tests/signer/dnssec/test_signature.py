"""Keys of zones: what they sign, and the forgeries that lax readers let through."""

import hashlib
from math import gcd

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from ecdsa import NIST256p, NIST384p
from ecdsa.curves import Curve

from signer.dnssec import signature
from signer.dnssec.signature import zone_key
from signer.errors import Malformed
from tests.signer import zones
from tests.signer.zones import Key

INFO = bytes.fromhex("3031300d060960864801650304020105000420")
MESSAGE = b"records"


@pytest.mark.parametrize("algorithm", sorted(signature.ALGORITHMS))
def test_what_a_key_signed_holds_for_that_alone(algorithm: int) -> None:
    key = Key(algorithm)
    signed = key.sign(MESSAGE)
    read = zone_key(key.data)
    assert read.signs
    assert read.tag == key.tag
    assert signature.verify(read, MESSAGE, signed)
    assert not signature.verify(read, MESSAGE + b".", signed)
    assert not signature.verify(zone_key(Key(algorithm, 5).data), MESSAGE, signed)
    for wrong in (signed[:-1], signed + b"\x00", b"\x00" + signed, b"", bytes(len(signed))):
        assert not signature.verify(read, MESSAGE, wrong)


# --- RSA


def rsa_key(modulus: int, exponent: int, *, size: bytes | None = None) -> signature.ZoneKey:
    raised = exponent.to_bytes((exponent.bit_length() + 7) // 8, "big")
    counted = bytes((len(raised),)) if size is None else size
    written = modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")
    return zone_key(b"\x01\x01\x03\x08" + counted + raised + written)


def padded(width: int, *, tail: bytes = b"") -> int:
    """The message as RSASSA-PKCS1-v1_5 pads it; with a tail, as a forger does."""
    digest = INFO + hashlib.sha256(MESSAGE).digest() + tail
    return int.from_bytes(
        b"\x00\x01" + b"\xff" * (width - 3 - len(digest)) + b"\x00" + digest, "big"
    )


@pytest.mark.parametrize("exponent", [1, 2, 4, 65536, (1 << 32) + 15])
def test_an_exponent_that_makes_anybody_a_signer_is_none(exponent: int) -> None:
    modulus = (1 << 2048) - 1
    value = padded(256)
    signed = (value if exponent == 1 else 1).to_bytes(256, "big")
    assert not signature.verify(rsa_key(modulus, exponent), MESSAGE, signed)


def test_a_cube_root_of_a_digest_with_anything_behind_it_is_no_signature() -> None:
    """Bleichenbacher's forgery of keys with the exponent 3, for readers that stop at the digest."""
    digest = INFO + hashlib.sha256(MESSAGE).digest()
    start = b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest
    low = int.from_bytes(start + bytes(256 - len(start)), "big")
    root = _cube_root_above(low)
    assert (root**3).to_bytes(256, "big").startswith(start)
    assert not signature.verify(rsa_key((1 << 2048) - 1, 3), MESSAGE, root.to_bytes(256, "big"))


def _cube_root_above(value: int) -> int:
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < value else (low, middle)
    return low


@pytest.mark.parametrize(
    ("bits", "holds"),
    [(1023, False), (1024, True), (1025, True), (4096, True), (4097, False), (4104, False)],
)
def test_keys_are_neither_short_nor_long(bits: int, holds: bool) -> None:
    # Of a modulus one above a multiple of the exponent's square root anybody knows a signature:
    # with n = s**3 - padded, s is one. It is a key for tests alone.
    width = (bits + 7) // 8
    target = padded(width)
    root = _root_for(target, bits)
    modulus = root**3 - target
    assert modulus.bit_length() == bits
    signed = root.to_bytes(width, "big")
    assert signature.verify(rsa_key(modulus, 3), MESSAGE, signed) is holds


def _root_for(target: int, bits: int, power: int = 3) -> int:
    low, high = 0, 1 << (bits // power + 8)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**power - target < 1 << bits - 1 else (low, middle)
    return low


def test_a_signature_is_smaller_than_the_modulus() -> None:
    root = _root_for(padded(128), 1024)
    modulus = root**3 - padded(128)
    for value, holds in ((root, True), (root + modulus, False)):
        if value.bit_length() <= 1024:
            signed = value.to_bytes(128, "big")
            assert signature.verify(rsa_key(modulus, 3), MESSAGE, signed) is holds
    assert (root + modulus).bit_length() <= 1024


def test_the_size_of_an_exponent_can_take_three_bytes() -> None:
    root = _root_for(padded(128), 1024)
    modulus = root**3 - padded(128)
    key = rsa_key(modulus, 3, size=b"\x00\x00\x01")
    assert signature.verify(key, MESSAGE, root.to_bytes(128, "big"))


@pytest.mark.parametrize(
    ("exponents", "holds"),
    [
        (range(65539, 1 << 17, 2), True),  # 65537 reads the same from both ends
        (range((1 << 32) - 1, 1 << 31, -2), True),
        (range((1 << 32) + 1, 1 << 33, 2), False),
    ],
)
def test_an_exponent_has_at_most_four_bytes(exponents: range, *, holds: bool) -> None:
    numbers = rsa.generate_private_key(65537, 1024).private_numbers()
    modulus, order = numbers.p * numbers.q, (numbers.p - 1) * (numbers.q - 1)
    exponent = next(e for e in exponents if gcd(e, order) == 1)
    signed = pow(padded(128), pow(exponent, -1, order), modulus)
    key = rsa_key(modulus, exponent)
    assert signature.verify(key, MESSAGE, signed.to_bytes(128, "big")) is holds


@pytest.mark.parametrize("exponent", [2, 4])
def test_an_even_exponent_is_no_keys(exponent: int) -> None:
    root = _root_for(padded(128), 1024, exponent)
    key = rsa_key(root**exponent - padded(128), exponent)
    assert not signature.verify(key, MESSAGE, root.to_bytes(128, "big"))


def test_a_tag_is_that_of_data_of_any_length() -> None:
    """RFC 4034, appendix B: an odd byte at the end is a high one."""
    for length in (134, 135, 136, 137):
        data = bytes(range(1, 1 + length))
        total = sum(byte << 8 if at % 2 == 0 else byte for at, byte in enumerate(data))
        assert zone_key(data).tag == (total + (total >> 16)) & 0xFFFF


@pytest.mark.parametrize("public", [b"", b"\x00", b"\x00\x00", b"\x05\x01", b"\x00\x01\x00\x03"])
def test_a_key_cut_short_is_malformed(public: bytes) -> None:
    with pytest.raises(Malformed):
        signature.verify(zone_key(b"\x01\x01\x03\x08" + public), MESSAGE, b"")


def test_a_key_without_a_modulus_signs_nothing() -> None:
    assert not signature.verify(zone_key(b"\x01\x01\x03\x08\x01\x03"), MESSAGE, b"")


# --- curves


@pytest.mark.parametrize("algorithm", [13, 14])
def test_numbers_are_written_in_one_way(algorithm: int) -> None:
    """A nought in front changes no number, and would make another signature and another key."""
    key = Key(algorithm)
    half = len(key.public) // 2
    signed = key.sign(MESSAGE)
    wider = signed[:half] + b"\x00" + signed[half:]
    assert not signature.verify(zone_key(key.data), MESSAGE, wider)
    public = key.public[:half] + b"\x00" + key.public[half:]
    assert not signature.verify(zone_key(key.data[:4] + public), MESSAGE, signed)


@pytest.mark.parametrize(("algorithm", "curve"), [(13, NIST256p), (14, NIST384p)])
def test_a_nonce_that_is_no_point_signs_nothing(algorithm: int, curve: Curve) -> None:
    """Whoever has the key can choose numbers that lead to the point at infinity."""
    key, order = Key(algorithm), int(curve.order)
    secret = zones._secret(algorithm, 0)
    assert isinstance(secret, ec.EllipticCurvePrivateKey)
    half = len(key.public) // 2
    hashed = {13: hashlib.sha256, 14: hashlib.sha384}[algorithm](MESSAGE).digest()
    digest = int.from_bytes(hashed, "big")
    r = -digest * pow(secret.private_numbers().private_value, -1, order) % order
    signed = r.to_bytes(half, "big") + (1).to_bytes(half, "big")
    assert not signature.verify(zone_key(key.data), MESSAGE, signed)


@pytest.mark.parametrize(("algorithm", "curve"), [(13, NIST256p), (14, NIST384p)])
def test_the_order_is_no_number_of_a_signature(algorithm: int, curve: Curve) -> None:
    key, order = Key(algorithm), int(curve.order)
    half = len(key.public) // 2
    signed, written = key.sign(MESSAGE), order.to_bytes(half, "big")
    for wrong in (written + signed[half:], signed[:half] + written):
        assert not signature.verify(zone_key(key.data), MESSAGE, wrong)


@pytest.mark.parametrize("algorithm", [13, 14])
def test_numbers_out_of_range_sign_nothing(algorithm: int) -> None:
    key = Key(algorithm)
    half = len(key.public) // 2
    read, signed = zone_key(key.data), key.sign(MESSAGE)
    for wrong in (
        bytes(half) + signed[half:],
        signed[:half] + bytes(half),
        b"\xff" * half + signed[half:],
        signed[:half] + b"\xff" * half,
    ):
        assert not signature.verify(read, MESSAGE, wrong)


@pytest.mark.parametrize("algorithm", [13, 14])
def test_a_point_off_the_curve_is_no_key(algorithm: int) -> None:
    key = Key(algorithm)
    half = len(key.public) // 2
    signed = key.sign(MESSAGE)
    for public in (
        bytes(2 * half),
        b"\xff" * 2 * half,
        key.public[:-1] + bytes((key.public[-1] ^ 1,)),
        key.public[half:] + key.public[:half],
        key.public[:-1],
        b"\x04" + key.public,
    ):
        read = zone_key(key.data[:4] + public)
        assert not signature.verify(read, MESSAGE, signed)


# --- delegations


def test_a_delegation_names_one_key_of_one_zone() -> None:
    key, owner = Key(13), zones.wired("example.com")
    for digest in (2, 4):
        ds = key.ds("example.com", digest)
        assert signature.fits(ds, owner, zone_key(key.data))
        assert signature.digest_type(ds) == digest
        assert not signature.fits(ds, zones.wired("example.org"), zone_key(key.data))
        assert not signature.fits(ds, owner, zone_key(Key(13, 1).data))
        for at in range(len(ds)):
            turned = ds[:at] + bytes((ds[at] ^ 1,)) + ds[at + 1 :]
            assert not signature.fits(turned, owner, zone_key(key.data))
        assert not signature.fits(ds[:-1], owner, zone_key(key.data))


def test_a_delegation_without_a_digest_names_no_key() -> None:
    key = Key(13)
    ds = key.ds("com")[:4]
    assert signature.digest_type(ds) == 2
    assert not signature.fits(ds, zones.wired("com"), zone_key(key.data))


def test_a_delegation_by_sha1_is_not_known() -> None:
    key = Key(13)
    data = zones.wired("com") + key.data
    ds = key.ds("com")[:3] + b"\x01" + hashlib.sha1(data, usedforsecurity=False).digest()
    assert not signature.fits(ds, zones.wired("com"), zone_key(key.data))
