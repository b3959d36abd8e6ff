"""Published values, and the fallback for an OpenSSL without RIPEMD160."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer import hashes

# The authors' page on RIPEMD-160.
RIPEMD160 = {
    b"": "9c1185a5c5e9fc54612808977ee8f548b2258d31",
    b"a": "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe",
    b"abc": "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
    b"message digest": "5d0689ef49d2fae572b881b123a85ffa21595f36",
    b"abcdefghijklmnopqrstuvwxyz": "f71c27109c692c1b56bbdceb5b9d2865b3708dbc",
    b"1234567890" * 8: "9b752e45573d4b39f4dbd3323cab82bf63326bfb",
}


@pytest.mark.parametrize("message", RIPEMD160)
def test_ripemd160_gives_the_published_values_with_and_without_openssl(message: bytes) -> None:
    assert hashes.ripemd160(message).hex() == RIPEMD160[message]
    assert hashes.ripemd160_in_python(message).hex() == RIPEMD160[message]


@given(st.binary(max_size=300))
def test_our_ripemd160_agrees_with_openssl_at_every_length(message: bytes) -> None:
    if "ripemd160" not in hashlib.algorithms_available:
        pytest.skip("this OpenSSL has no RIPEMD160 to compare with")
    assert hashes.ripemd160_in_python(message) == hashlib.new("ripemd160", message).digest()


def test_without_openssl_ripemd160_falls_back_to_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, "_OPENSSL_HAS_RIPEMD160", False)
    monkeypatch.setattr(hashlib, "new", None)  # would fail if it were asked
    assert hashes.ripemd160(b"abc").hex() == RIPEMD160[b"abc"]


def test_ripemd160_is_openssl_s_only_where_openssl_does_compute_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Some builds list it and raise an error when it is asked for.
    def new(name: str, data: bytes, **_: object) -> object:
        if name not in computed:
            raise ValueError(name)
        return hashlib.sha256(data)

    monkeypatch.setattr(hashlib, "new", new)
    computed = {"ripemd160"}
    assert hashes._openssl_has_ripemd160() is True
    computed.clear()
    assert hashes._openssl_has_ripemd160() is False


def test_hash160_of_the_generator_is_the_program_of_bip173_s_example() -> None:
    generator = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    program = hashes.hash160(bytes.fromhex(generator))
    assert program.hex() == "751e76e8199196d454941c45d1b3a323f1433bd6"


def test_double_sha256_is_sha256_of_sha256() -> None:
    expected = "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"
    assert hashes.double_sha256(b"hello").hex() == expected
    assert hashes.sha256(hashes.sha256(b"hello")).hex() == expected


@given(st.text(max_size=20), st.lists(st.binary(max_size=100), max_size=5))
def test_a_tagged_hash_is_what_bip340_says_however_it_is_fed(tag: str, parts: list[bytes]) -> None:
    prefix = hashlib.sha256(tag.encode()).digest()
    expected = hashlib.sha256(prefix + prefix + b"".join(parts)).digest()
    hasher = hashes.tagged_hasher(tag)
    for part in parts:
        hasher.update(part)
    assert hashes.tagged_hash(tag, *parts) == hasher.digest() == expected


def test_two_hashers_of_one_tag_share_nothing() -> None:
    first, second = hashes.tagged_hasher("tag"), hashes.tagged_hasher("tag")
    first.update(b"only here")
    assert second.digest() == hashes.tagged_hash("tag")
