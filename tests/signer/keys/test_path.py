"""Derivation paths in, derivation paths out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.keys.path import HARDENED, MAX_DEPTH, bare, check, parse, render

paths = st.lists(st.integers(0, (1 << 32) - 1), max_size=MAX_DEPTH).map(tuple)


@given(paths)
def test_every_path_reads_back(path: tuple[int, ...]) -> None:
    assert parse(render(path)) == check(path) == path


@pytest.mark.parametrize("text", ["m/84h/1h/0h/0/5", "m/84'/1'/0'/0/5", "m/84H/1H/0H/0/5"])
def test_three_marks_mean_hardened(text: str) -> None:
    assert parse(text) == (HARDENED + 84, HARDENED + 1, HARDENED, 0, 5)
    assert render(parse(text)) == "m/84h/1h/0h/0/5"
    assert bare(parse(text)) == "84h/1h/0h/0/5"


@pytest.mark.parametrize(
    "text",
    [
        *("", "84h", "M/0", "m/", "m//0", "m/h", "m/-1", "m/+1", "m/ 1", "m/1 ", "m/0x1", "m/1hh"),
        *("m/01", "m/00h", "m/²", "m/٣", "m/1_0", "m/2147483648", "m/99999999999h", "m/1/", "n/1"),
    ],
)
def test_what_is_no_path_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


def test_the_error_names_the_step() -> None:
    with pytest.raises(Malformed, match="Step 2"):
        parse("m/84h/x")
    with pytest.raises(Malformed, match="Step 2"):
        check((0, -1))


def test_a_path_may_be_255_steps_long() -> None:
    longest = (7,) * 255
    assert parse(render(longest)) == check(longest) == longest
    widest = ((1 << 32) - 1,) * 255
    assert parse(render(widest)) == widest


def test_a_number_of_thousands_of_digits_is_malformed_at_once() -> None:
    with pytest.raises(Malformed, match="Step 1 of the path is over 2147483647"):
        parse("m/" + "9" * 2000)
    with pytest.raises(Malformed, match="letters"):
        parse("m" + "/0" * 5000)


@pytest.mark.parametrize("path", [(-1,), (1 << 32,), (0,) * 256])
def test_child_numbers_have_32_bits_and_paths_255_steps(path: tuple[int, ...]) -> None:
    with pytest.raises(Malformed):
        check(path)
    with pytest.raises(Malformed):
        parse(render(path))


@given(st.text(max_size=30) | st.text(alphabet="m/0123456789hH'", max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    try:
        path = parse(text)
    except Malformed:
        return
    assert parse(render(path)) == path
