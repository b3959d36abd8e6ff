"""T60: a generator that silently dies must not decide the seed.

Here: leaving out, replacing or freezing any one source of several changes what is mixed, and the
signer itself has no generator that could die.
"""

import itertools

import pytest

from signer.keys.entropy import mix
from tests.signer.published import ROOT

SOURCES = {
    "system": bytes(range(32)),
    "pool": b"\x5a" * 32,
    "dice": b"3521" * 13,
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
        for size in range(1, 5)
        for subset in itertools.combinations(SOURCES.values(), size)
        if sum(map(len, subset)) >= 32
    ]
    assert len(set(mixed)) == len(mixed) == 14


def test_the_signer_has_no_source_of_randomness_of_its_own() -> None:
    for file in (ROOT / "signer").rglob("*.py"):
        words = set(file.read_text().replace(".", " ").replace("(", " ").split())
        assert not words & {"urandom", "getrandbits", "SystemRandom", "token_bytes", "randbytes"}
