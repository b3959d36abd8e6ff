"""T125: a seed in a code, shown to a device that has one, or taken without a look."""

from firmware_emu.commands import LoadSeed, Request
from firmware_emu.effects import State
from firmware_emu.events import BytesIn, Port
from firmware_emu.personalities import Profile
from firmware_emu.personalities.air import Air
from tests.desk import Desk, unlocked_desk

SEED = b"0000" * 11 + b"0003"


def fresh() -> bytes:
    """Bytes of nobody else: they are erased where they come in."""
    return bytes(bytearray(SEED))


def test_a_device_with_a_seed_keeps_its_own_and_erases_the_other() -> None:
    desk = unlocked_desk()
    record, data = desk.record, fresh()
    desk.happen(BytesIn(Port("air", "camera"), data))
    assert "has a seed already" in " ".join(desk.text.split())
    assert desk.record == record
    assert not any(data)


def test_the_words_of_a_code_that_is_still_in_view_are_erased() -> None:
    air = Air(Profile({"bitcoin": "regtest"}))
    [request] = air.receive(fresh())
    assert isinstance(request, Request)
    assert isinstance(request.command, LoadSeed)
    assert len(request.command.words) == 12
    assert not list(air.receive(fresh()))


def test_nothing_is_loaded_by_a_tap_alone() -> None:
    desk = Desk()
    desk.happen(BytesIn(Port("air", "camera"), fresh()))
    assert "Fingerprint 73c5da0a" in desk.text
    desk.press("ok")
    assert "Load this seed?" in desk.text
    assert desk.state is State.EMPTY


def test_a_seed_that_nobody_loads_is_forgotten() -> None:
    desk = Desk()
    desk.happen(BytesIn(Port("air", "camera"), fresh()))
    assert "Load this seed?" in desk.text
    for _ in range(11):
        desk.tick(60)
    assert "Nobody answered" in desk.text
    desk.dismiss()
    assert "New wallet" in desk.text
