"""The file that asks for a signed message."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.errors import Malformed
from signer.formats import message_file
from signer.formats.message_file import MessageFile


@pytest.mark.parametrize("root", ["m", "M"])
def test_a_file_says_which_key_and_what(root: str) -> None:
    file = message_file.parse(f"signmessage {root}/84h/0/5 ascii:hello, world")
    assert file == MessageFile("m/84h/0/5", "hello, world")


def test_the_message_is_in_no_representation() -> None:
    assert "secret" not in repr(message_file.parse("signmessage m/0 ascii:secret"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sign m/0 ascii:a", "Invalid prefix"),
        ("signmessage m/0 ascii:" + "a" * message_file.LONGEST, "Invalid prefix"),
        ("signmessage m ascii:a", "Invalid bip32 path"),
        ("signmessage /0 ascii:a", "Invalid bip32 path"),
        ("signmessage  ascii:", "Invalid bip32 path"),
        ("signmessage m/0 utf8:a", "Invalid message prefix"),
        ("signmessage m/0", "Invalid message prefix"),
        ("signmessage m/0 ascii:", "Invalid message bytes"),
    ],
)
def test_any_other_text_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        message_file.parse(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(Malformed):
        assert message_file.parse(f"signmessage {text}").message
