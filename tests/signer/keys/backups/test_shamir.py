"""Sharing in a small field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.keys.backups.shamir import Field, add

BYTES = Field(bits=8, modulus=0x11B, generator=3)
LETTERS = Field(bits=5, modulus=0b101001, generator=2)


def times(a: int, b: int, bits: int, modulus: int) -> int:
    """Multiplication as long multiplication and division of polynomials: an independent reading."""
    product = 0
    for at in range(bits):
        product ^= a << at if b >> at & 1 else 0
    for at in range(2 * bits - 2, bits - 1, -1):
        product ^= modulus << (at - bits) if product >> at & 1 else 0
    return product


@pytest.mark.parametrize(("field", "bits", "modulus"), [(BYTES, 8, 0x11B), (LETTERS, 5, 0b101001)])
def test_the_rows_are_the_multiplication_table(field: Field, bits: int, modulus: int) -> None:
    for factor in range(1, 1 << bits):
        row = field.row(factor)
        assert len(row) == 256
        assert list(row[: 1 << bits]) == [times(factor, y, bits, modulus) for y in range(1 << bits)]


@given(st.lists(st.binary(min_size=5, max_size=5), min_size=1, max_size=6), st.data())
def test_any_as_many_points_as_the_polynomial_has_terms_give_all_the_others(
    values: list[bytes], data: st.DataObject
) -> None:
    size = len(values)
    places = st.lists(st.integers(0, 255), min_size=size, max_size=size, unique=True)
    given_points = dict(zip(data.draw(places), map(bytearray, values), strict=True))
    elsewhere = {place: BYTES.interpolated(given_points, place) for place in data.draw(places)}
    for place, value in given_points.items():
        assert BYTES.interpolated(elsewhere, place) == value


def test_the_value_at_a_given_place_is_the_given_one() -> None:
    points = {3: bytearray(b"abc"), 4: bytearray(b"\0\1\2")}
    assert BYTES.interpolated(points, 3) == b"abc"
    assert points[3] == b"abc"


def test_adding_twice_takes_away_again() -> None:
    target = bytearray(b"abc")
    add(target, b"xyz")
    assert target != b"abc"
    add(target, b"xyz")
    assert target == b"abc"
