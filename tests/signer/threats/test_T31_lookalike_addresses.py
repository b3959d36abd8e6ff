"""Lookalike addresses share their ends with the true one: only the whole of it tells them apart."""

import pytest

from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions import address
from signer.review import Kind, Page, Shape
from tests.psbts import draft, keyring, review

REGTEST = NETWORKS["regtest"]
PROGRAMS = {
    b"\x00\x14": (20, b""),
    b"\x00\x20": (32, b""),
    b"\x51\x20": (32, b""),
    b"\x76\xa9\x14": (20, b"\x88\xac"),
    b"\xa9\x14": (20, b"\x87"),
}


def recipient(script: bytes) -> Page:
    pages = review(draft(keyring(), outputs=((25_000, script),)).encode(), keyring()).pages
    return next(page for page in pages if page.kind is Kind.RECIPIENT)


@pytest.mark.parametrize("start", PROGRAMS)
def test_an_address_is_on_the_page_from_its_first_letter_to_its_last(start: bytes) -> None:
    size, end = PROGRAMS[start]
    script = start + bytes(range(size)) + end
    [fact] = [fact for fact in recipient(script).facts if fact.shape is Shape.ADDRESS]
    assert fact.value == address.render(script, REGTEST)
    assert address.parse(fact.value, REGTEST) == script


@pytest.mark.parametrize("start", PROGRAMS)
def test_a_byte_in_the_middle_makes_another_page(start: bytes) -> None:
    size, end = PROGRAMS[start]
    pages = {
        recipient(start + bytes((*range(10), middle, *range(11, size))) + end)
        for middle in range(20)
    }
    assert len(pages) == 20
