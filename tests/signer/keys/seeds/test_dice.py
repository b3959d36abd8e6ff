"""Seeds from dice and coins."""

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import CommonReason, Malformed, Refused
from signer.keys.seeds import dice, mnemonic
from signer.keys.seeds.dice import Oddity

rolls_of = st.text("123456", min_size=99, max_size=200).map(str.encode)


def test_anyone_can_recompute_a_seed_from_dice() -> None:
    # echo -n 123456...123 | sha256sum
    rolls = (b"123456" * 17)[:99]
    digest = hashlib.sha256(rolls[:50]).hexdigest()
    assert dice.entropy_from_dice(rolls).hex() == hashlib.sha256(rolls).hexdigest()
    assert dice.entropy_from_dice(rolls[:50], 12).hex() == digest[:32]


def test_the_rolls_that_another_device_publishes_give_the_words_it_publishes() -> None:
    # Krux, "Compare your devices dice generated seed" (facts, from its author's page).
    rolls = (
        b"565256126243114366655152522264552364231641333461455456111566561236253463223236163643465"
        b"622462251536"
    )
    words = (
        "comfort rather twin rigid pool husband cattle buzz naive random demise shield convince "
        "carbon police crowd aware behave glory only often crowd attitude share"
    )
    assert " ".join(mnemonic.words_from_entropy(dice.entropy_from_dice(rolls))) == words
    assert dice.oddities_of_dice(rolls) == ()


@pytest.mark.parametrize(("words", "needed"), [(12, 50), (15, 62), (18, 75), (21, 87), (24, 99)])
def test_one_roll_too_few_is_refused(words: int, needed: int) -> None:
    assert len(dice.entropy_from_dice(b"3" * needed, words)) == words * 4 // 3
    with pytest.raises(Refused) as caught:
        dice.entropy_from_dice(b"3" * (needed - 1), words)
    assert caught.value.reason is CommonReason.TOO_FEW_ROLLS
    assert str(needed) in caught.value.detail


@pytest.mark.parametrize("words", [12, 15, 18, 21, 24])
def test_the_rolls_asked_for_are_worth_the_bits_of_the_seed(words: int) -> None:
    bits = dice.ROLLS_NEEDED[words] * math.log2(6)
    assert bits > words * 32 / 3 - 0.1  # 99 rolls are 255.9 bits
    assert dice.FLIPS_NEEDED[words] == words * 32 / 3


@given(rolls_of, st.integers(0, 98))
def test_every_roll_counts(rolls: bytes, place: int) -> None:
    other = bytearray(rolls)
    other[place] = 0x31 + (other[place] - 0x30) % 6
    assert dice.entropy_from_dice(rolls) != dice.entropy_from_dice(other)


@given(st.binary(min_size=16, max_size=16))
def test_flips_are_the_bits_of_the_entropy_from_first_to_last(entropy: bytes) -> None:
    flips = "".join(f"{byte:08b}" for byte in entropy).encode()
    assert dice.entropy_from_coins(flips, 12) == entropy


def test_tails_all_the_way_are_abandon() -> None:
    words = mnemonic.words_from_entropy(dice.entropy_from_coins(b"0" * 256))
    assert words == ("abandon",) * 23 + ("art",)


@pytest.mark.parametrize(
    ("words", "needed"), [(12, 128), (15, 160), (18, 192), (21, 224), (24, 256)]
)
def test_one_flip_too_few_is_refused_and_one_too_many_malformed(words: int, needed: int) -> None:
    assert len(dice.entropy_from_coins(b"1" * needed, words)) == words * 4 // 3
    with pytest.raises(Refused) as caught:
        dice.entropy_from_coins(b"1" * (needed - 1), words)
    assert caught.value.reason is CommonReason.TOO_FEW_ROLLS
    with pytest.raises(Malformed, match="exactly"):
        dice.entropy_from_coins(b"1" * (needed + 1), words)


@pytest.mark.parametrize(
    "row", [b"0" + b"1" * 99, b"7" * 99, b"1 " * 60, b"\xb2" * 99, b"1" * 1001]
)
def test_what_is_no_row_of_rolls_is_malformed(row: bytes) -> None:
    for read in (dice.entropy_from_dice, dice.oddities_of_dice):
        with pytest.raises(Malformed) as caught:
            read(row)
        assert row.decode("latin-1") not in str(caught.value)


def test_a_row_as_long_as_may_be_is_read() -> None:
    rolls = b"1" * 1000
    assert dice.entropy_from_dice(rolls).hex() == hashlib.sha256(rolls).hexdigest()


def test_what_is_no_row_of_flips_is_malformed() -> None:
    for read in (dice.entropy_from_coins, dice.oddities_of_coins):
        with pytest.raises(Malformed, match="0 to 1"):
            read(b"2" * 256)


@pytest.mark.parametrize("words", [0, 11, 13, 25])
def test_another_number_of_words_is_malformed(words: int) -> None:
    for read in (dice.entropy_from_dice, dice.entropy_from_coins):
        with pytest.raises(Malformed, match=f"not {words}"):
            read(b"1" * 256, words)


def test_a_handful_of_results_is_not_judged_and_thirty_are() -> None:
    for count in range(30):
        assert dice.oddities_of_dice(b"1" * count) == dice.oddities_of_coins(b"1" * count) == ()
    assert dice.oddities_of_dice(b"1" * 30)
    assert dice.oddities_of_coins(b"1" * 30)


def test_every_oddity_says_so_in_a_sentence() -> None:
    assert all(oddity.value.endswith(".") for oddity in Oddity)
