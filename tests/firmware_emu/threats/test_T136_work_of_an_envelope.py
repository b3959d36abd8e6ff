"""T136: a code of an encrypted seed that asks for hours of work to look at one password."""

import time

import pytest

from firmware_emu.effects import State
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.text_pad import TextPad
from signer.formats.payload import envelopes
from signer.formats.payload.values import EncryptedSeed
from tests.desk import Desk
from tests.envelopes import held_up
from tests.nights import AT_NIGHT


@pytest.mark.parametrize(
    ("count", "rounds"), [(201, "2,010,000"), (10_000, "100,000,000"), (0xFFFFFF, "16,777,215")]
)
def test_it_is_refused_by_its_number_before_anybody_types(count: int, rounds: str) -> None:
    data = b"\x0873c5da0a\x14" + count.to_bytes(3, "big") + bytes(12) + bytes(range(16)) + bytes(4)
    desk, start = Desk(), time.process_time()
    desk.happen(held_up(data))
    assert time.process_time() - start < 0.3
    assert isinstance(desk.screen, Notice)
    text = " ".join(desk.text.split())
    assert f"asks for {rounds} rounds of work" in text
    assert desk.state is State.EMPTY


@AT_NIGHT
def test_the_most_work_is_a_matter_of_seconds() -> None:
    most = EncryptedSeed(b"slow", 20, envelopes.MOST_ITERATIONS, bytes(range(32)))
    desk = Desk()
    desk.happen(held_up(envelopes.encoded(most)))
    assert isinstance(desk.screen, TextPad)
    desk.type("password")
    start = time.process_time()
    desk.press("ok")
    assert time.process_time() - start < 6  # 0.7 s where SHA-256 is the processor's own
    assert "Not opened" in desk.text
