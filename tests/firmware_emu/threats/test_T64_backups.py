"""T64: a sealed seed whose cipher, cost or randomness was tampered with."""

from dataclasses import replace

import pytest

from firmware_emu.storage import vault
from firmware_emu.storage.vault import Cost, Sealed, WrongPin
from signer.errors import Malformed

CHEAP = Cost(memory_kib=1024, passes=1, lanes=1)
ENTROPY = bytes(range(16))


def sealed(randomness: bytes = bytes(range(32))) -> Sealed:
    return vault.seal(ENTROPY, "1234", CHEAP, randomness)


def test_every_turned_bit_of_the_box_the_nonce_and_the_salt_is_noticed() -> None:
    whole = sealed()
    assert whole.open("1234") == ENTROPY
    for name in ("box", "nonce", "salt"):
        part = bytearray(getattr(whole, name))
        part[-1] ^= 1
        with pytest.raises(WrongPin):
            replace(whole, **{name: bytes(part)}).open("1234")


@pytest.mark.parametrize("cost", [Cost(1025, 1, 1), Cost(1024, 2, 1), Cost(1024, 1, 2)])
def test_the_cost_is_part_of_what_is_sealed(cost: Cost) -> None:
    """Else a doctored record could ask for a cheap stretch, and guessing with it."""
    with pytest.raises(WrongPin):
        replace(sealed(), cost=cost).open("1234")


@pytest.mark.parametrize("values", [(1023, 1, 1), (1 << 21, 1, 1), (1024, 0, 1), (1024, 99, 1)])
def test_a_cost_is_bounded_on_both_sides(values: tuple[int, int, int]) -> None:
    """Neither cheap guessing nor a week of work for the owner."""
    with pytest.raises(Malformed):
        Cost(*values)


def test_the_nonce_and_the_salt_are_fresh_for_every_seal() -> None:
    first, second = sealed(), sealed(bytes(range(1, 33)))
    assert first.nonce != second.nonce
    assert first.salt != second.salt
    assert first.box != second.box
