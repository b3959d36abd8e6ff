"""T60: a generator that silently dies must not decide the seed.

Here: leaving out, replacing or freezing any one source of several changes what is mixed, and the
signer itself has no generator that could die.
"""

import itertools

import pytest

from signer.keys.backups import codex32, seed_xor, slip39
from signer.keys.seeds import dice
from signer.keys.seeds.entropy import mix
from tests.signer.published import ROOT

SOURCES = {
    "system": bytes(range(32)),
    "pool": b"\x5a" * 32,
    "dice": b"3521" * 13,
    "coins": b"0110" * 32,
    "cards": b"7H KS 2D AC",
    "keys": b"\7" * 8,
}


@pytest.mark.parametrize("dead", SOURCES)
def test_leaving_out_or_freezing_any_one_source_changes_the_result(dead: str) -> None:
    whole = mix(*SOURCES.values())
    without = mix(*(data for name, data in SOURCES.items() if name != dead))
    emptied = mix(*(b"" if name == dead else data for name, data in SOURCES.items()))
    frozen = mix(*(bytes(len(d)) if name == dead else d for name, d in SOURCES.items()))
    assert len({bytes(x) for x in (whole, without, emptied, frozen)}) == 4


def test_every_subset_of_the_sources_mixes_to_something_else() -> None:
    mixed = [
        bytes(mix(*subset))
        for size in range(1, 7)
        for subset in itertools.combinations(SOURCES.values(), size)
        if sum(map(len, subset)) >= 32
    ]
    assert len(set(mixed)) == len(mixed) == 60


@pytest.mark.parametrize("source", SOURCES)
def test_one_flipped_bit_of_any_source_changes_the_result(source: str) -> None:
    flipped = dict(SOURCES)
    flipped[source] = bytes((flipped[source][0] ^ 1,)) + flipped[source][1:]
    assert mix(*flipped.values()) != mix(*SOURCES.values())


def drawn(randomness: bytes) -> list[bytes]:
    """What the parts of a secret are, however it is shared."""
    plan = slip39.SharePlan(1, ((2, 3),), exponent=0)
    whole = codex32.from_seed(bytes(16), "test", 2)
    return [
        *(bytes(share.value) for share in slip39.split(bytes(16), plan, randomness)[0]),
        *(bytes(share.payload) for share in codex32.split(whole, 3, randomness)),
        *(bytes(part) for part in seed_xor.split(bytearray(range(16)), 2, randomness)),
    ]


def test_all_that_is_random_in_a_backup_came_in_through_the_front() -> None:
    random = bytes(range(32))
    assert drawn(random) == drawn(random)
    for place in (0, 15, 31):
        flipped = bytes(byte ^ (at == place) for at, byte in enumerate(random))
        assert not set(drawn(random)) & set(drawn(flipped))


def test_dice_and_coins_alone_take_nothing_from_anywhere_else() -> None:
    assert dice.entropy_from_dice(b"4" * 99) == dice.entropy_from_dice(bytearray(b"4" * 99))
    assert dice.entropy_from_coins(b"1" * 128, 12) == b"\xff" * 16


def test_the_signer_has_no_source_of_randomness_of_its_own() -> None:
    files = [*(ROOT / "signer").rglob("*.py")]
    assert files
    for file in files:
        words = set(file.read_text().replace(".", " ").replace("(", " ").split())
        assert not words & {"urandom", "getrandbits", "SystemRandom", "token_bytes", "randbytes"}
