"""What we do not understand is carried through unchanged, and never shown as a fact."""

import pytest

from signer.chains.bitcoin.psbt import container
from tests.psbts import draft, keyring, review, sign, text

SECRET_TALK = b"pay everything to the bearer"
STRANGE = [
    (b"\xfc\x03abc\x01", SECRET_TALK),
    (b"\xf0\x01", SECRET_TALK),
    (b"\xfd\x00\x01key", SECRET_TALK),
    (b"\x7f", b""),
]


@pytest.mark.parametrize("script", ["wpkh", "tr"])
@pytest.mark.parametrize("version", [0, 2])
def test_unknown_records_leave_as_they_came(version: int, script: str) -> None:
    made = draft(keyring(), 2, script)
    made.psbt_version = version
    for one in (made.head, made.ins[0], made.outs[0], made.outs[1]):
        one.records = [*STRANGE, *one.records]
    signed = container.parse(sign(made.encode(), keyring()))
    for written in (signed.globals, signed.inputs[0], *signed.outputs):
        assert list(written.records[-len(STRANGE) :]) == STRANGE


def test_unknown_records_change_nothing_on_screen() -> None:
    made = draft(keyring())
    before = review(made.encode(), keyring())
    for one in (made.head, made.ins[0], made.outs[0]):
        one.records += STRANGE
    after = review(made.encode(), keyring())
    assert after.pages == before.pages
    assert after.words == before.words
    assert "bearer" not in text(after.pages)
