"""Seeds as the xor of seeds."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.keys.backups import seed_xor
from signer.keys.keyring import Keyring
from signer.keys.seeds import mnemonic

# The example of seedxor.com (public domain): three parts and what they are together.
PARTS = """
romance wink lottery autumn shop bring dawn tongue range crater truth ability miss spice fitness \
easy legal release recall obey exchange recycle dragon room
lion misery divide hurry latin fluid camp advance illegal lab pyramid unaware eager fringe sick \
camera series noodle toy crowd jeans select depth lounge
vault nominee cradle silk own frown throw leg cactus recall talent worry gadget surface shy \
planet purpose coffee drip few seven term squeeze educate
""".strip().splitlines()
WHOLE = (
    "silent toe meat possible chair blossom wait occur this worth option bag "
    "nurse find fish scene bench asthma bike wage world quit primary indoor"
)
RANDOM = bytes(range(32))

entropies = st.sampled_from((16, 24, 32)).flatmap(
    lambda size: st.binary(min_size=size, max_size=size)
)


def test_the_published_parts_make_the_published_seed() -> None:
    parts = [mnemonic.entropy_from_words(part.split()) for part in PARTS]
    assert " ".join(mnemonic.words_from_entropy(seed_xor.combine(parts))) == WHOLE
    assert seed_xor.combine(parts[::-1]) == seed_xor.combine(parts)


@given(entropies, st.integers(2, 4), st.binary(min_size=32, max_size=64))
def test_parts_are_seeds_of_their_own_that_combine_to_the_whole(
    entropy: bytes, count: int, randomness: bytes
) -> None:
    assume(any(entropy))
    parts = seed_xor.split(bytearray(entropy), count, randomness)
    assert len({bytes(part) for part in (*parts, entropy)}) == count + 1
    assert seed_xor.combine(parts) == entropy
    assert all(mnemonic.words_from_entropy(part) for part in parts)


def test_the_same_randomness_gives_the_same_parts_and_only_for_the_same_seed_and_count() -> None:
    first = seed_xor.split(bytearray(range(16)), 3, RANDOM)
    assert seed_xor.split(bytearray(range(16)), 3, RANDOM) == first
    for other in (
        seed_xor.split(bytearray(b"\1" * 16), 3, RANDOM),
        seed_xor.split(bytearray(range(16)), 2, RANDOM),
        seed_xor.split(bytearray(range(16)), 3, RANDOM[::-1]),
    ):
        assert not {bytes(part) for part in first} & {bytes(part) for part in other}


@pytest.mark.parametrize("parts", [[], [16], [16, 24], [20, 20], [28, 28], [33, 33]], ids=str)
def test_parts_that_are_none_are_malformed(parts: list[int]) -> None:
    with pytest.raises(Malformed, match="all of one length"):
        seed_xor.combine([bytearray(range(at, at + size)) for at, size in enumerate(parts)])


def test_one_part_given_twice_is_malformed_and_not_a_seed_of_zeros() -> None:
    parts = seed_xor.split(bytearray(b"\7" * 32), 3, RANDOM)
    with pytest.raises(Malformed, match="are the same"):
        seed_xor.combine([parts[0], parts[1], bytearray(parts[0])])


@pytest.mark.parametrize(("size", "count"), [(16, 1), (16, 5), (16, 0), (20, 2), (64, 2)])
def test_other_splits_are_malformed(size: int, count: int) -> None:
    with pytest.raises(Malformed, match="2 to 4 parts"):
        seed_xor.split(bytearray(size), count, RANDOM)


def test_little_randomness_is_malformed() -> None:
    with pytest.raises(Malformed, match="at least 32"):
        seed_xor.split(bytearray(16), 2, bytes(31))


def test_a_missing_part_opens_another_wallet() -> None:
    parts = seed_xor.split(bytearray(range(16)), 3, RANDOM)
    prints = {
        Keyring(mnemonic.seed_from_words(mnemonic.words_from_entropy(whole))).fingerprint
        for whole in (seed_xor.combine(parts), seed_xor.combine(parts[:2]))
    }
    assert len(prints) == 2


def test_the_seed_of_zeros_is_not_split_in_halves_that_nobody_could_combine() -> None:
    with pytest.raises(Malformed, match="are the same"):
        seed_xor.split(bytearray(16), 2, RANDOM)
