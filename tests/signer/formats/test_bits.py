"""Regrouping bits."""

from hypothesis import given
from hypothesis import strategies as st

from signer.formats.bits import regroup

widths = st.integers(1, 16)


@given(st.binary(max_size=40), widths)
def test_groups_are_the_bits_in_order(data: bytes, narrow: int) -> None:
    bits = "".join(f"{byte:08b}" for byte in data)
    whole = len(bits) // narrow * narrow
    expected = [int(bits[at : at + narrow], 2) for at in range(0, whole, narrow)]
    assert list(regroup(data, 8, narrow)) == expected


@given(st.binary(max_size=40))
def test_back_and_forth_is_the_same(data: bytes) -> None:
    padded = (*data, 0, 0)
    assert bytes(regroup(regroup(padded, 8, 11), 11, 8))[: len(data)] == data
