"""Child secrets, as BIP85 publishes them."""

import re
from base64 import b64encode, b85encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import base58
from signer.formats.words.wordlist import LANGUAGES
from signer.keys.keyring import Keyring
from signer.keys.node import PrivateNode
from signer.keys.scratch import Scratch
from signer.keys.seeds import bip85, mnemonic
from tests.signer.published import shared
from tests.signer.rfc6979 import ORDER

# All cases of BIP85 (BSD-2-Clause) start from this key.
XPRV = (
    "xprv9s21ZrQH143K2LBWUUQRFXhucrQqBpKdRRxNVq2zBqsx8HVqFk2uYo8kmbaLLHRdqtQpUm98uKfu3vca1Lqd"
    "GhUtyoFnCNkfmXRyPXLjbKb"
)


def keyring_of(xprv: str) -> Keyring:
    """A keyring whose root is an extended private key: the BIP gives no seed."""
    raw = base58.decode_check(xprv)
    keyring = Keyring(bytearray(16))
    keyring._nodes = {(): PrivateNode(bytearray(raw[46:]), bytes(32) + raw[13:45])}
    return keyring


KEYRING = keyring_of(XPRV)


@pytest.mark.parametrize(
    ("index", "start"), [(0, "efecfbccffea3132"), (1, "70c6e3e8ebee8dc4")], ids=["case 1", "case 2"]
)
def test_the_entropy_is_the_published_one(index: int, start: str) -> None:
    entropy = bip85.entropy(KEYRING, 0, index)
    assert len(entropy) == 64
    assert entropy.hex().startswith(start)


def test_the_stream_is_the_published_one() -> None:
    drng = (
        "b78b1ee6b345eae6836c2d53d33c64cdaf9a696487be81b03e822dc84b3f1cd883d7559e53d175f243e4c349"
        "e822a957bbff9224bc5dde9492ef54e8a439f6bc8c7355b87a925a37ee405a7502991111"
    )
    assert bip85._stream(KEYRING, 0, 0).take(80).hex() == drng


WORDS = {
    12: "girl mad pet galaxy egg matter matrix prison refuse sense ordinary nose",
    18: """near account window bike charge season chef number sketch tomorrow excuse sniff circle
        vital hockey outdoor supply token""",
    24: """puppy ocean match cereal symbol another shed magic wrap hammer bulb intact gadget divorce
        twin tonight reason outdoor destroy simple truth cigar social volcano""",
}


@pytest.mark.parametrize("count", WORDS)
def test_the_words_are_the_published_ones(count: int) -> None:
    assert bip85.words(KEYRING, count, 0) == tuple(WORDS[count].split())


def test_the_texts_are_the_published_ones() -> None:
    assert bip85.wif(KEYRING, 0) == "Kzyv4uF39d4Jrw2W7UryTHwZr1zQVNk4dAFyqE6BuMrMh1Za7uhp"
    assert bip85.xprv(KEYRING, 0) == (
        "xprv9s21ZrQH143K2srSbCSg4m4kLvPMzcWydgmKEnMmoZUurYuBuYG46c6P71UGXMzmriLzCCBvKQWBUv3vPB3"
        "m1SATMhp3uEjXHJ42jFg7myX"
    )
    assert bip85.hex_bytes(KEYRING, 64, 0).hex() == (
        "492db4698cf3b73a5a24998aa3e9d7fa96275d85724a91e71aa2d645442f878555d078fd1f1f67e368976f04"
        "137b1f7a0d19232136ca50c44614af72b5582a5c"
    )
    assert bip85.password_base64(KEYRING, 21, 0) == "dKLoepugzdVJvdL56ogNV"
    assert bip85.password_base85(KEYRING, 12, 0) == "_s`{TW89)i4`"
    assert bip85.dice(KEYRING, 6, 10, 0) == (1, 0, 0, 2, 0, 1, 5, 5, 2, 4)
    assert bip85.nsec(KEYRING, 1, 1) == (
        "nsec1lahtplxlrmu852sxkrtcsn2ftdyx6ra2yy8flq8j8ltyn4hpznfq23uvqz"
    )
    assert bip85.nsec(KEYRING, 1, 2) == (
        "nsec1j9mzs6yk2g5g76vrezspmdgk6p5h65vcmnuaayqst9l4uv30hfhqje0jyh"
    )
    assert bip85.nsec(KEYRING, 2, 1) == (
        "nsec1lgh8ss53k87ng7arvfr89ccfpjevac6ts4n3sqekuw4zjrgzw9dsq3uelh"
    )


def test_every_case_of_the_bip_is_among_these() -> None:
    """All lines of its text that give an output hold, found by their names and paths."""
    text = shared("bip85/test-vectors.mediawiki.txt").read_text()
    paths = re.findall(r"PATH: m/83696968'/([\d'/]+)", text)
    entropies = re.findall(r"DERIVED ENTROPY=(\w+)", text)
    found = [tuple(map(int, re.findall(r"\d+", path))) for path in paths]
    # The third belongs to the stream, whose case names its path otherwise; it is the first again.
    assert entropies.pop(2) == entropies[0]
    assert len(found) == len(entropies) == 14
    for steps, wanted in zip(found, entropies, strict=True):
        whole = bip85.entropy(KEYRING, *steps).hex()
        # XPRV shows its key only, the right half.
        assert whole.startswith(wanted) or (steps[0] == 32 and whole.endswith(wanted)), steps


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [12, 15, 18, 21, 24])
def test_children_of_every_language_and_length_are_seeds(language: str, count: int) -> None:
    words = bip85.words(KEYRING, count, 7, language)
    steps = (39, LANGUAGES.index(language), count, 7)
    entropy = mnemonic.entropy_from_words(words, language)
    assert entropy == bip85.entropy(KEYRING, *steps)[: count * 4 // 3]


@given(st.integers(0, 1000), st.sampled_from((20, 21, 86)), st.sampled_from((10, 79, 80)))
def test_passwords_are_the_standard_encodings_cut_short(index: int, long: int, short: int) -> None:
    whole = b64encode(bip85.entropy(KEYRING, 707764, long, index)).decode()
    assert bip85.password_base64(KEYRING, long, index) == whole[:long]
    whole = b85encode(bip85.entropy(KEYRING, 707785, short, index)).decode()
    assert bip85.password_base85(KEYRING, short, index) == whole[:short]


# The last two make texts that begin with an X.
@given(st.integers(0, 1000), st.sampled_from((b"\x80", b"\xef", b"\xcb", b"\xd0")))
def test_keys_as_text_read_back(index: int, version: bytes) -> None:
    raw = base58.decode_check(bip85.wif(KEYRING, index, version))
    assert raw == version + bip85.entropy(KEYRING, 2, index)[:32] + b"\1"


@pytest.mark.parametrize("sides", [2, 3, 6, 62, 255, 256, 257, 65536, 65537])
def test_rolls_of_any_die_are_within_it_and_go_on_as_they_began(sides: int) -> None:
    rolls = bip85.dice(KEYRING, sides, 60, 3)
    assert all(0 <= roll < sides for roll in rolls)
    assert len(set(rolls)) > 1


@pytest.mark.parametrize("sides", [2, 3, 6, 62, 255, 256, 257, 65536, 65537])
def test_rolls_are_the_first_bits_of_as_many_bytes_as_hold_them(sides: int) -> None:
    bits = next(bits for bits in range(1, 32) if 2**bits >= sides)
    stream = bip85._stream(KEYRING, 89101, sides, 20, 3)
    rolls = list[int]()
    while len(rolls) < 20:
        trial = int("".join(f"{byte:08b}" for byte in stream.take(-(-bits // 8)))[:bits], 2)
        rolls += [trial] if trial < sides else []
    assert bip85.dice(KEYRING, sides, 20, 3) == tuple(rolls)


@pytest.mark.parametrize("rolls", [1, 10_000])
def test_a_die_is_rolled_as_often_as_asked(rolls: int) -> None:
    assert len(bip85.dice(KEYRING, 6, rolls, 0)) == rolls


@pytest.mark.parametrize("size", [16, 17, 63, 64])
def test_child_bytes_are_the_first_of_their_own_path(size: int) -> None:
    assert bip85.hex_bytes(KEYRING, size, 5) == bip85.entropy(KEYRING, 128169, size, 5)[:size]


@pytest.mark.parametrize("number", [0, ORDER])
def test_a_child_that_is_no_key_is_malformed(number: int) -> None:
    with pytest.raises(Malformed):
        bip85._secret(bytearray(number.to_bytes(32, "big")), 0, Scratch())


def test_an_rsa_generator_gets_the_stream_of_its_own_path() -> None:
    main, sub = bip85.rsa_stream(KEYRING, 4096, 0), bip85.rsa_stream(KEYRING, 4096, 0, 1)
    assert main.take(5000) == bip85._stream(KEYRING, 828365, 4096, 0).take(5000)
    assert sub.take(64) == bip85._stream(KEYRING, 828365, 4096, 0, 1).take(64)


NUMBERS = "Numbers of child seeds are"
OUT_OF_RANGE: tuple[tuple[Callable[[], object], str], ...] = (
    (lambda: bip85.entropy(KEYRING), NUMBERS),
    (lambda: bip85.entropy(KEYRING, -1), NUMBERS),
    (lambda: bip85.entropy(KEYRING, 0, -1), NUMBERS),
    (lambda: bip85.entropy(KEYRING, 1 << 31), NUMBERS),
    (lambda: bip85.words(KEYRING, 13, 0), "12, 15, 18, 21 or 24 words"),
    (lambda: bip85.words(KEYRING, 12, 0, "klingon"), "a BIP39 language"),
    (lambda: bip85.words(KEYRING, 12, 1 << 31), NUMBERS),
    (lambda: bip85.hex_bytes(KEYRING, 15, 0), "16 to 64"),
    (lambda: bip85.hex_bytes(KEYRING, 65, 0), "16 to 64"),
    (lambda: bip85.password_base64(KEYRING, 19, 0), "20 to 86"),
    (lambda: bip85.password_base64(KEYRING, 87, 0), "20 to 86"),
    (lambda: bip85.password_base85(KEYRING, 9, 0), "10 to 80"),
    (lambda: bip85.password_base85(KEYRING, 81, 0), "10 to 80"),
    (lambda: bip85.dice(KEYRING, 1, 1, 0), "2 sides or more"),
    (lambda: bip85.dice(KEYRING, 1 << 31, 1, 0), "2 sides or more"),
    (lambda: bip85.dice(KEYRING, 6, 0, 0), "1 to 10000 times"),
    (lambda: bip85.dice(KEYRING, 6, 10_001, 0), "1 to 10000 times"),
    (lambda: bip85.nsec(KEYRING, 0, 1), "counted from 1"),
    (lambda: bip85.nsec(KEYRING, 1, 0), "counted from 1"),
)


@pytest.mark.parametrize(("make", "why"), OUT_OF_RANGE)
def test_what_is_out_of_range_is_malformed_and_says_why(
    make: Callable[[], object], why: str
) -> None:
    with pytest.raises(Malformed, match=why):
        make()
