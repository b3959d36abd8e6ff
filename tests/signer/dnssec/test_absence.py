"""Gaps between the hashes of names (NSEC3): their ends are names, and the last goes around."""

from base64 import b32hexencode
from hashlib import sha1

import pytest

from signer.dnssec import absence, wire
from signer.dnssec.absence import Gap

SALT = b"salt"
NAME = wire.name("pay.example.com")
PLACE = b32hexencode(sha1(wire.encode(NAME) + SALT, usedforsecurity=False).digest()).lower()
BEFORE, AFTER = (bytes((PLACE[0] + by,)) + PLACE[1:] for by in (-1, 1))
FIRST, LAST = b"0" * 32, b"v" * 32  # base32hex has no letter below or above


@pytest.mark.parametrize(
    ("first", "last", "is_absent"),
    [
        (BEFORE, AFTER, True),
        (BEFORE, PLACE, False),
        (PLACE, AFTER, False),
        (AFTER, LAST, False),
        (FIRST, BEFORE, False),
        # The last gap of a zone: behind its greatest hash, and before its smallest.
        (BEFORE, FIRST, True),
        (LAST, AFTER, True),
        (PLACE, FIRST, False),
        (LAST, PLACE, False),
        (AFTER, BEFORE, False),
        # A zone of one name: all but that one.
        (BEFORE, BEFORE, True),
        (PLACE, PLACE, False),
    ],
)
def test_what_lies_between_two_hashes_and_is_neither_is_absent(
    first: bytes, last: bytes, *, is_absent: bool
) -> None:
    assert PLACE[:1].isdigit() or b"b" < PLACE[:1] < b"v"  # its neighbours are letters, too
    assert Gap(first, last, 0, SALT).holds(NAME) is is_absent


def test_the_root_has_no_hash_in_front_of_it() -> None:
    value = b"\x01\x00\x00\x00\x00\x14" + bytes(20)
    assert absence.gap((), value) is None
    assert absence.gap((PLACE, b"example", b"com"), value) == Gap(PLACE, FIRST, 0, b"")
