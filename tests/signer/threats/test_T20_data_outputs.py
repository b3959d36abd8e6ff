"""OP_RETURN: whatever stands in it is shown to its end, and coins put there are lost."""

import pytest

from firmware_emu.screens import Answer, Key
from firmware_emu.screens.confirm import Confirm, Yes
from signer.chains.bitcoin.reasons import BitcoinReason
from tests.psbts import Draft, Out, draft, keyring, refusal, review, text


def saying(script: bytes, sats: int = 0) -> Draft:
    made = draft(keyring())
    made.outs.append(Out([], sats, script))
    made.outs[1].sats -= sats
    return made


def shown(made: Draft) -> str:
    return text(review(made.encode(), keyring()).pages)


def test_data_is_shown_as_hex_and_as_text() -> None:
    page = shown(saying(b"\x6a\x05hello"))
    assert "into data, 6 bytes, pushes: 1" in page
    assert "hex 0568656c6c6f" in page
    assert "as text .hello" in page
    assert "burned" not in page
    assert "[Data 1 of 1]\n0 sats\n" in page
    assert "Pay 25 000 sats\nand 1 data record\n" in page


def test_data_behind_the_first_push_is_not_hidden() -> None:
    page = shown(saying(b"\x6a\x05hello\x06hidden"))
    assert "pushes: 2" in page
    assert "as text .hello.hidden" in page


def test_what_is_no_push_is_said_and_shown() -> None:
    page = shown(saying(b"\x6a\xac\xff\x00"))
    assert "3 bytes, not only pushes" in page
    assert "hex acff00" in page


@pytest.mark.parametrize("data", [b"\x03\xe2\x80\xae", b"\x02\x1b[", b"\x01\x7f", b"\x01\n"])
def test_control_and_foreign_characters_are_dots(data: bytes) -> None:
    for line in shown(saying(b"\x6a" + data)).splitlines():
        assert line.isascii()
        assert line.isprintable()


def test_coins_in_data_are_a_warning() -> None:
    page = shown(saying(b"\x6a\x01x", 1_000))
    assert page.startswith(
        "[Coins are burned]\nOutput 3 puts 1 000 sats into data.\nThey are lost."
    )
    assert "Pay 25 000 sats\nBurn 1 000 sats\nin 1 data record\nFee" in page


def test_data_without_a_payment_is_not_called_one() -> None:
    made = saying(b"\x6a\x01x")
    del made.outs[0]
    made.outs[0].sats += 25_000
    said = "[Total]\nMove 99 800 sats\nto yourself\nand 1 data record\nFee"
    assert said in shown(made)


def test_an_empty_op_return_is_shown_as_empty() -> None:
    assert "hex (empty)" in shown(saying(b"\x6a"))


def test_ten_thousand_bytes_are_on_the_screen_to_the_last_of_them() -> None:
    data = b"\x4d\x10\x27" + bytes(number * 7 % 251 for number in range(10_000))
    pages = review(saying(b"\x6a" + data).encode(), keyring()).pages
    [page] = [page for page in pages if page.title == "Data 1 of 1"]
    seen: Confirm | Answer = Confirm(page)
    drawn = ""
    while isinstance(seen, Confirm):  # no view can be passed over
        drawn += "".join(line.strip() for line in seen.lines()[1:-1])
        seen = seen.press(Key.OK)
    assert data.hex() in drawn
    assert isinstance(seen, Yes)


def test_what_is_too_long_to_be_read_is_refused() -> None:
    longest = b"\x6a" + bytes(10_239)
    assert longest[1:].hex() in shown(saying(longest))
    assert refusal(saying(longest + b"\x00"), keyring()) is BitcoinReason.OUTPUT_TOO_LONG
