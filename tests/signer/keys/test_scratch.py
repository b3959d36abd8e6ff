"""Buffers that end together."""

import pytest

from signer.keys.scratch import Scratch


def fail_with(scratch: Scratch, buffers: list[bytearray]) -> None:
    with scratch:
        buffers += [scratch.buffer(3), scratch.copy(b"abc"), scratch.owned(bytearray(b"def"))]
        buffers[0][:] = b"xyz"
        raise ZeroDivisionError


def test_an_error_erases_everything_even_what_was_to_be_returned() -> None:
    buffers: list[bytearray] = []
    with pytest.raises(ZeroDivisionError):
        fail_with(Scratch(), buffers)
    assert buffers == [bytearray(3)] * 3


def test_only_what_is_released_outlives_the_block() -> None:
    with Scratch() as scratch:
        kept = scratch.copy(b"secret")
        equal = scratch.copy(b"secret")
        assert scratch.released(kept) is kept
    assert kept == b"secret"
    assert equal == bytes(6)


def test_what_a_hash_function_returned_is_taken_and_erased() -> None:
    digest = bytes(range(7, 27))
    with Scratch() as scratch:
        taken = scratch.taken(digest)
        assert digest == bytes(20)
        assert taken == bytes(range(7, 27))
    assert taken == bytes(20)


def test_a_copy_of_a_part_is_a_buffer_of_its_own() -> None:
    whole = bytearray(b"abcdef")
    with Scratch() as scratch:
        part = scratch.copy(memoryview(whole)[2:4])
        assert part == b"cd"
    assert whole == b"abcdef"
