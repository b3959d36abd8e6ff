"""The checksum of descriptors (BIP380)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats.descriptor_checksum import checksum_of

# BIP380, and Bitcoin Core's tests and documentation of it.
PUBLISHED = {
    "raw(deadbeef)": "89f8spxm",
    "sh(multi(2,[00000000/111'/222]xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkr"
    "gZw4koxb5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL,xpub68NZiKmJWnxxS6aaHmn81bvJeTESw724CRDs6Hbucc"
    "FQN9Ku14VQrADWgqbhhTHBaohPX4CjNLf9fq9MYo6oDaPPLPxSb7gwQN3ih19Zm4Y/0))": "tjg09x5t",
    "wpkh([d34db33f/84h/0h/0h]xpub6DJ2dNUysrn5Vt36jH2KLBT2i1auw1tTSSomg8PhqNiUtx8QX2SvC9nrHu81fT41fv"
    "DUnhMjEzQgXnQjKEu3oaqMSzhSrHMxyyoEAmUHQbY/0/*)": "cjjspncu",
    "pkh([d34db33f/44'/0'/0']xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4kox"
    "b5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL/1/*)": "ml40v0wf",
}
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=200)


@pytest.mark.parametrize("text", PUBLISHED, ids=range(len(PUBLISHED)))
def test_published_checksums(text: str) -> None:
    assert checksum_of(text) == PUBLISHED[text]


def test_every_letter_a_descriptor_may_have_is_covered() -> None:
    assert len(checksum_of("".join(map(chr, range(32, 127))))) == 8


@given(texts, st.data())
def test_one_other_letter_makes_another_checksum(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    changed = text[:at] + letter + text[at + 1 :]
    assert (checksum_of(changed) == checksum_of(text)) is (changed == text)


@given(texts, st.data())
def test_two_neighbours_that_swapped_places_make_another_checksum(
    text: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    assert (checksum_of(changed) == checksum_of(text)) is (changed == text)


@pytest.mark.parametrize("letter", ["\u00fc", "\n", "\x7f", "\x00", "\u0661"])
def test_a_letter_it_cannot_cover_is_refused(letter: str) -> None:
    with pytest.raises(Malformed):
        checksum_of(f"raw({letter})")
