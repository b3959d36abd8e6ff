"""codex32, as BIP93 publishes it."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.bech32 import ALPHABET
from signer.keys.backups import codex32
from signer.keys.keyring import Keyring
from tests.signer.published import shared

# BIP93's test vectors (BSD-3-Clause).
ALONE = "ms10testsxxxxxxxxxxxxxxxxxxxxxxxxxx4nzvca9cmczlw"
NAME_A = "MS12NAMEA320ZYXWVUTSRQPNMLKJHGFEDCAXRPP870HKKQRM"
NAME_C = "MS12NAMECACDEFGHJKLMNPQRSTUVWXYZ023FTR2GDZMPY6PN"
NAME_D = "MS12NAMEDLL4F8JLH4E5VDVULDLFXU2JHDNLSM97XVENRXEG"
NAME_S = "MS12NAMES6XQGUZTTXKEQNJSJZV4JV3NZ5K3KWGSPHUH6EVW"
CASH = {
    "s": "ms13cashsllhdmn9m42vcsamx24zrxgs3qqjzqud4m0d6nln",
    "a": "ms13casha320zyxwvutsrqpnmlkjhgfedca2a8d0zehn8a0t",
    "c": "ms13cashcacdefghjklmnpqrstuvwxyz023949xq35my48dr",
    "d": "ms13cashd0wsedstcdcts64cd7wvy4m90lm28w4ffupqs7rm",
    "e": "ms13casheekgpemxzshcrmqhaydlp6yhms3ws7320xyxsar9",
    "f": "ms13cashf8jh6sdrkpyrsp5ut94pj8ktehhw2hfvyrj48704",
}
LEET = "ms10leetsllhdmn9m42vcsamx24zrxgs3qrl7ahwvhw4fnzrhve25gvezzyqqtum9pgv99ycma"
LONG = (
    "MS100C8VSM32ZXFGUHPCHTLUPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZYGSFJD6AN074RXVCEMLH8WU3TK925A"
    "CDEFGHJKLMNPQRSTUVWXY06FHPV80UNDVARHRAK"
)
SEEDS = {
    ALONE: "318c6318c6318c6318c6318c6318c631",
    NAME_S: "d1808e096b35b209ca12132b264662a5",
    CASH["s"]: "ffeeddccbbaa99887766554433221100",
    LEET: "ffeeddccbbaa99887766554433221100" * 2,
    LONG: "dc5423251cb87175ff8110c8531d0952d8d73e1194e95b5f19d6f9df7c01111104c9baecdfea8cccc677fb9d"
    "dc8aec5553b86e528bcadfdcc201c17c638c47e9",
}
RANDOM = bytes(range(32))
SEED = bytes(range(16))

sizes = st.integers(16, 64)
seeds = sizes.flatmap(lambda size: st.binary(min_size=size, max_size=size))
identifiers = st.text(ALPHABET, min_size=4, max_size=4)


@pytest.mark.parametrize("text", SEEDS)
def test_published_text_holds_the_published_seed(text: str) -> None:
    secret = codex32.parse(text)
    assert secret.seed().hex() == SEEDS[text]
    assert secret.encode() == text.lower()


def test_published_shares_make_the_published_shares_and_seed() -> None:
    shares = [codex32.parse(NAME_A), codex32.parse(NAME_C)]
    assert codex32.derive(shares, "d").encode() == NAME_D.lower()
    assert codex32.recover(shares).encode() == NAME_S.lower()
    assert codex32.recover(shares[::-1]).seed().hex() == SEEDS[NAME_S]


def test_any_three_of_the_published_six_make_the_others() -> None:
    for places in ("sac", "acd", "def", "fse", "eca"):
        three = [codex32.parse(CASH[place]) for place in places]
        assert {place: codex32.derive(three, place).encode() for place in CASH} == CASH


def test_every_padding_of_a_published_seed_is_the_same_seed() -> None:
    text = shared("bip93/test-vectors.mediawiki.txt").read_text()
    for start, size in ("ms13cashsllhdmn9m42vcsamx24zrxgs3", 4), (LEET[:60], 16):
        found = set(re.findall(rf"<code>({start}\w+)</code>", text))
        assert len(found) == size
        assert len({bytes(codex32.parse(padded).seed()) for padded in found}) == 1


def test_every_valid_text_of_the_bip_reads_back_and_all_64_invalid_ones_are_malformed() -> None:
    text = shared("bip93/test-vectors.mediawiki.txt").read_text().partition("===Invalid")[0]
    valid = set(re.findall(r"<code>((?:ms1|MS1)\w{40,})</code>", text))
    assert len(valid) == 31
    for share in valid:
        assert codex32.parse(share).encode() == share.lower()
    invalid = json.loads(shared("bip93/invalid.json").read_text())
    assert len(invalid) == 64
    for share in invalid:
        with pytest.raises(Malformed):
            codex32.parse(share)


# One of each group of the BIP's invalid texts.
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ms10fauxsxxxxxxxxxxxxxxxxxxxxxxxxxxve740yyge2ghq", "checksum is wrong"),
        ("ms10fauxsxxxxxxxxxxxxxxxxxxxxxxxxurfvwmdcmymdufv", "checksum is wrong"),
        ("ms10fauxsxxxxxxxxxxxxxxxxxxxxxxxxw0a4c70rfefn4", "16 to 64 bytes"),
        ("ms10fauxxxxxxxxxxxxxxxxxxxxxxxxxxxx0z26tfn0ulw3p", "index s"),
        ("ms1fauxxxxxxxxxxxxxxxxxxxxxxxxxxxxxda3kr3s0s2swg", "threshold is"),
        ("ms0fauxsxxxxxxxxxxxxxxxxxxxxxxxxxxuqxkk05lyf3x2", "starts with ms1"),
        ("Ms10fauxsxxxxxxxxxxxxxxxxxxxxxxxxxxuqxkk05lyf3x2", "upper and lower"),
        ("ms1", "checksum is wrong"),
        ("", "starts with ms1"),
        ("ms10tests" + "x" * 120, "at most 127"),
        ("ms10tests" + "x" * 88, "no checksum"),
        ("ms10testsbxxxxxxxxxxxxxxxxxxxxxxxxx4nzvca9cmczlw", "position 10 is not bech32"),
        ("ms10tests\u00e9xxxxxxxxxxxxxxxxxxxxxxxxx4nzvca9cmczlw", "ASCII"),
        ("ms10test\u212axxxxxxxxxxxxxxxxxxxxxxxxxx4nzvca9cmczlw", "ASCII"),
    ],
)
def test_invalid_text_is_malformed_and_says_why(text: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        codex32.parse(text)


@given(seeds, identifiers)
def test_every_seed_reads_back(seed: bytes, identifier: str) -> None:
    text = codex32.from_seed(seed, identifier).encode()
    assert len(text) <= 96 or 99 <= len(text) <= 127
    secret = codex32.parse(text.upper())
    assert secret.seed() == seed
    assert (secret.threshold, secret.identifier, secret.index) == (0, identifier, "s")


@given(st.integers(3, 47), st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_noticed(place: int, letter: str) -> None:
    text = ALONE[:place] + letter + ALONE[place + 1 :]
    if text != ALONE:
        with pytest.raises(Malformed):
            codex32.parse(text)


@given(seeds, st.integers(2, 9), st.integers(0, 3), st.data())
def test_any_enough_shares_bring_the_seed_back(
    seed: bytes, threshold: int, more: int, data: st.DataObject
) -> None:
    secret = codex32.from_seed(seed, "test", threshold)
    shares = codex32.split(secret, threshold + more, RANDOM)
    chosen = data.draw(st.permutations(shares))[:threshold]
    again = [codex32.parse(share.encode()) for share in chosen]
    assert codex32.recover(again).seed() == seed
    assert codex32.recover(shares).seed() == seed


def test_all_31_shares_there_can_be_are_different_and_none_is_the_secret() -> None:
    secret = codex32.from_seed(bytes(16), "test", 2)
    shares = codex32.split(secret, 31, RANDOM)
    assert {share.index for share in shares} == set(ALPHABET) - {"s"}
    assert len({bytes(share.payload) for share in (*shares, secret)}) == 32
    with pytest.raises(Malformed, match="up to 31"):
        codex32.split(secret, 32, RANDOM)


@pytest.mark.parametrize("threshold", range(2, 10))
def test_as_many_shares_are_made_as_asked_for_and_one_fewer_than_needed_hold_nothing(
    threshold: int,
) -> None:
    secret = codex32.from_seed(SEED, "test", threshold)
    for count in (threshold, threshold + 2):
        assert len(codex32.split(secret, count, RANDOM)) == count
    fewer = codex32.split(secret, threshold, RANDOM)[1:]
    with pytest.raises(Malformed, match="shares are needed"):
        codex32.recover(fewer)
    lying = [replace(share, threshold=len(fewer)) for share in fewer]
    assert codex32.recover(lying).seed() != SEED


def test_what_is_drawn_for_a_share_may_be_any_letter() -> None:
    # A letter that never comes would be a hint at the secret for each share that is found.
    whole = codex32.from_seed(bytes(64), "test", 3)
    shares = [codex32.split(whole, 3, bytes((number,)) * 32)[:2] for number in range(8)]
    for place in (0, 1):
        assert {symbol for two in shares for symbol in two[place].payload} == {*range(32)}


def test_the_same_randomness_gives_the_same_shares_and_only_for_the_same_secret() -> None:
    def split(seed: bytes, threshold: int, identifier: str, randomness: bytes) -> set[str]:
        secret = codex32.from_seed(seed, identifier, threshold)
        return {share.encode() for share in codex32.split(secret, 4, randomness)}

    first = split(bytes(16), 2, "test", RANDOM)
    assert first == split(bytes(16), 2, "test", RANDOM)
    for other in (
        split(b"\1" * 16, 2, "test", RANDOM),
        split(bytes(16), 3, "test", RANDOM),
        split(bytes(16), 2, "tess", RANDOM),
        split(bytes(16), 2, "test", RANDOM[::-1]),
    ):
        assert not {text[9:] for text in first} & {text[9:] for text in other}


def test_too_few_doubled_or_foreign_shares_are_malformed() -> None:
    shares = {place: codex32.parse(text) for place, text in CASH.items()}
    with pytest.raises(Malformed, match="3 shares are needed, 2"):
        codex32.recover([shares["a"], shares["c"]])
    with pytest.raises(Malformed, match="given twice"):
        codex32.recover([shares["a"], shares["c"], codex32.parse(CASH["a"])])
    with pytest.raises(Malformed, match="not of one secret"):
        codex32.recover([shares["a"], shares["c"], codex32.parse(NAME_A)])
    with pytest.raises(Malformed, match="not of one secret"):
        codex32.recover([])


def test_a_share_of_another_splitting_of_the_same_name_is_noticed() -> None:
    secret = codex32.from_seed(bytes(16), "test", 2)
    first, second = (codex32.split(secret, 3, RANDOM), codex32.split(secret, 3, RANDOM[::-1]))
    with pytest.raises(Malformed, match="do not belong together"):
        codex32.recover([*first[:2], second[2]])


def test_a_share_is_not_a_seed_and_a_whole_is_its_own_recovery() -> None:
    with pytest.raises(Malformed, match="not a seed"):
        codex32.parse(NAME_A).seed()
    assert codex32.recover([codex32.parse(ALONE)]).seed().hex() == SEEDS[ALONE]


@pytest.mark.parametrize(
    ("size", "identifier", "threshold"),
    [(15, "test", 0), (65, "test", 0), (16, "tes", 0), (16, "tesb", 0), (16, "TEST", 0)]
    + [(16, "test", threshold) for threshold in (-1, 1, 10)],
)
def test_what_cannot_be_written_is_malformed(size: int, identifier: str, threshold: int) -> None:
    with pytest.raises(Malformed):
        codex32.from_seed(bytes(size), identifier, threshold)


@pytest.mark.parametrize("count", [0, 2, 32])
def test_another_number_of_shares_is_malformed(count: int) -> None:
    with pytest.raises(Malformed):
        codex32.split(codex32.from_seed(bytes(16), "test", 3), count, RANDOM)


def test_neither_a_share_nor_a_whole_without_threshold_is_split() -> None:
    of_one = replace(codex32.parse(ALONE), threshold=1)
    for secret in (codex32.parse(NAME_A), codex32.parse(ALONE), of_one):
        with pytest.raises(Malformed, match="threshold 2 to 9"):
            codex32.split(secret, 3, RANDOM)


def test_an_index_outside_of_the_alphabet_is_malformed() -> None:
    with pytest.raises(Malformed, match="index"):
        codex32.derive([codex32.parse(ALONE)], "b")


def test_a_share_does_not_print_its_payload_and_can_be_erased() -> None:
    share = codex32.parse(NAME_A)
    assert "payload" not in repr(share)
    share.erase()
    assert share.payload == bytes(26)


@given(st.text(max_size=140))
def test_no_text_breaks_it(text: str) -> None:
    with pytest.raises(Malformed):
        codex32.parse(text)


def test_the_seed_opens_the_wallet_that_the_bip_names() -> None:
    # Test vector 4's master key; its fingerprint was computed from the xprv beside it.
    keyring = Keyring(codex32.parse(LEET).seed())
    assert keyring.fingerprint.hex() == "fbad62ca"
