"""What the pages of a payment say, to the letter, where a letter could mislead."""

import pytest

from tests.psbts import Out, draft, keyring, review, text


def shown(data: bytes) -> str:
    made = draft(keyring())
    made.outs.append(Out([], 0, b"\x6a" + data))
    return text(review(made.encode(), keyring()).pages)


def test_data_is_shown_as_hex_and_as_its_printable_letters() -> None:
    page = shown(b"\x05\x1f\x20\x7e\x7f\x80")
    assert "hex 051f207e7f80\nas text .. ~..\n" in page


def test_data_of_nothing_says_so() -> None:
    assert "hex (empty)\nas text (empty)\n" in shown(b"")


@pytest.mark.parametrize("data", [b"", b"\x01a"])
def test_a_payment_without_data_does_not_mention_any(data: bytes) -> None:
    assert "and 1 data record\n" in shown(data)
    assert "data record" not in text(review(draft(keyring()).encode(), keyring()).pages)


@pytest.mark.parametrize(
    ("sequence", "is_replaceable"), [(0xFFFFFFFD, True), (0xFFFFFFFE, False), (0xFFFFFFFF, False)]
)
def test_a_payment_is_replaceable_below_the_last_two_sequences(
    sequence: int, is_replaceable: bool
) -> None:
    """BIP125."""
    made = draft(keyring())
    made.ins[0].sequence = sequence
    shown = text(review(made.encode(), keyring()).pages)
    assert ("Replaceable yes\n" in shown) is is_replaceable
