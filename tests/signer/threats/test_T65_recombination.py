"""T65: parts of a backup that are put together wrongly must not become some other wallet.

Where the scheme has a check, it speaks. Where it has none (a passphrase, a xor), the fingerprint of
what would be restored is there to be compared before anything is kept.
"""

import itertools

import pytest

from signer.errors import Malformed
from signer.keys.backups import codex32, seed_xor, slip39
from signer.keys.keyring import Keyring
from signer.keys.seeds import mnemonic

RANDOM, OTHER = bytes(range(32)), bytes(range(1, 33))
SEED = bytes(range(16))
PLAN = slip39.SharePlan(1, ((2, 3),), exponent=0)


def test_every_pair_of_shares_brings_the_secret_back() -> None:
    shares = slip39.split(SEED, PLAN, RANDOM)[0]
    letters = codex32.split(codex32.from_seed(SEED, "test", 2), 3, RANDOM)
    for first, second in itertools.permutations(range(3), 2):
        assert slip39.combine((shares[first], shares[second])) == SEED
        assert codex32.recover((letters[first], letters[second])).seed() == SEED


def test_a_share_with_a_changed_value_is_noticed() -> None:
    shares = slip39.split(SEED, PLAN, RANDOM)[0]
    shares[0].value[3] ^= 1
    with pytest.raises(Malformed, match="do not belong together"):
        slip39.combine(shares[:2])


def test_a_group_with_a_changed_value_is_noticed() -> None:
    plan = slip39.SharePlan(2, ((1, 1), (1, 1)), exponent=0)
    groups = slip39.split(SEED, plan, RANDOM)
    groups[1][0].value[3] ^= 1
    with pytest.raises(Malformed, match="do not belong together"):
        slip39.combine((groups[0][0], groups[1][0]))


def test_shares_of_two_splittings_are_noticed() -> None:
    first, second = (slip39.split(SEED, PLAN, random)[0] for random in (RANDOM, OTHER))
    with pytest.raises(Malformed, match="not of one secret"):
        slip39.combine((first[0], second[1]))


def test_a_share_more_than_needed_tells_shares_of_two_splittings_apart() -> None:
    # Two codex32 shares that were named alike fit any line; the third does not lie on it.
    whole = codex32.from_seed(SEED, "test", 2)
    first, second = (codex32.split(whole, 3, random) for random in (RANDOM, OTHER))
    assert codex32.recover((first[0], second[1])).seed() != SEED
    with pytest.raises(Malformed, match="do not belong together"):
        codex32.recover((first[0], second[1], first[2]))


def test_a_part_of_a_xor_that_is_wrong_missing_or_doubled_never_gives_the_same_fingerprint() -> (
    None
):
    parts = seed_xor.split(bytearray(SEED), 3, RANDOM)
    foreign = seed_xor.split(bytearray(SEED), 3, OTHER)

    def fingerprint(*chosen: bytearray) -> bytes:
        return mnemonic.fingerprint_of(mnemonic.words_from_entropy(seed_xor.combine(chosen)))

    right = mnemonic.fingerprint_of(mnemonic.words_from_entropy(SEED))
    assert fingerprint(*parts) == fingerprint(*reversed(parts)) == right
    assert fingerprint(*parts[:2]) != right
    assert fingerprint(*parts[:2], foreign[2]) != right
    with pytest.raises(Malformed, match="the same"):
        fingerprint(*parts, parts[0])


def test_the_fingerprint_is_known_before_anything_is_kept_and_is_the_keyring_s() -> None:
    words = mnemonic.words_from_entropy(SEED)
    prints = {mnemonic.fingerprint_of(words, passphrase) for passphrase in ("", "a", "b")}
    assert len(prints) == 3
    assert (
        mnemonic.fingerprint_of(words, "a")
        == Keyring(mnemonic.seed_from_words(words, "a")).fingerprint
    )
    shares = slip39.split(SEED, PLAN, RANDOM, "right")[0]
    opened = {Keyring(slip39.combine(shares[:2], word)).fingerprint for word in ("right", "wrong")}
    assert len(opened) == 2
