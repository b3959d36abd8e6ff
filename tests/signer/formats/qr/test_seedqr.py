"""Seed words as QR payloads."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.qr import seedqr
from signer.keys.seeds import mnemonic
from tests.signer.published import shared

# SeedSigner's SeedQR specification (MIT licence), test vector 4.
WORDS = "forum undo fragile fade shy sign arrest garment culture tube off merit"
DIGITS = b"073318950739065415961602009907670428187212261116"
BYTES = "5bbd9d71a8ec7990831aff359d426545"

entropies = st.sampled_from((16, 20, 24, 28, 32)).flatmap(
    lambda size: st.binary(min_size=size, max_size=size)
)


def test_a_published_seed_has_both_forms() -> None:
    indexes = mnemonic.indexes_from_words(WORDS.split())
    assert seedqr.digits(indexes) == DIGITS
    assert seedqr.compact(indexes).hex() == BYTES
    assert seedqr.read(DIGITS) == seedqr.read(bytes.fromhex(BYTES)) == indexes


def test_all_published_seeds_hold() -> None:
    cases = json.loads(shared("qr/seedqr.json").read_text())
    assert len(cases) == 9
    for case in cases:
        indexes = mnemonic.indexes_from_words(case["words"].split())
        compact = int(case["bits"], 2).to_bytes(len(case["bits"]) // 8, "big")
        assert case["bytes"] in (None, compact.hex())
        assert seedqr.digits(indexes) == case["digits"].encode()
        assert seedqr.compact(indexes) == compact
        assert seedqr.read(case["digits"].encode()) == seedqr.read(compact) == indexes


@given(entropies)
def test_every_seed_reads_back_from_both_forms(entropy: bytes) -> None:
    indexes = mnemonic.indexes_from_words(mnemonic.words_from_entropy(entropy))
    assert seedqr.compact(indexes) == entropy
    assert seedqr.read(seedqr.compact(indexes)) == indexes
    assert seedqr.read(seedqr.digits(indexes)) == indexes


def test_a_seed_of_the_list_s_last_word_has_both_forms() -> None:
    indexes = (2047,) * 11 + (2037,)  # zoo, eleven times, and wrong
    assert seedqr.digits(indexes) == b"2047" * 11 + b"2037"
    assert seedqr.compact(indexes) == b"\xff" * 16
    assert seedqr.read(seedqr.digits(indexes)) == seedqr.read(b"\xff" * 16) == indexes


@given(st.binary(max_size=100))
def test_no_payload_breaks_it(payload: bytes) -> None:
    try:
        indexes = seedqr.read(payload)
    except Malformed:
        return
    assert payload in (seedqr.digits(indexes), seedqr.compact(indexes))


@pytest.mark.parametrize(
    "payload",
    [b"", b"0" * 47, b"0" * 49, b"2048" + b"0" * 44, b"-001" + b"0" * 44, bytes(15), bytes(33)],
)
def test_other_payloads_are_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        seedqr.read(payload)


@pytest.mark.parametrize("indexes", [(), (0,) * 11, (0,) * 25, (2048,) * 12, (-1,) * 12])
def test_other_indexes_are_malformed(indexes: tuple[int, ...]) -> None:
    with pytest.raises(Malformed):
        seedqr.digits(indexes)
    with pytest.raises(Malformed):
        seedqr.compact(indexes)


@pytest.mark.parametrize("group", [b"072=", b"06A3", b"073\x03", b"08/3", b"07:3", b" 733"])
def test_letters_that_would_count_as_digits_are_malformed(group: bytes) -> None:
    with pytest.raises(Malformed):
        seedqr.read(group + DIGITS[4:])
