"""T71: cutting the power during a PIN check must never give a try back, nor lose the seed."""

import pytest

from firmware_emu.core.device import Device
from firmware_emu.effects import Resume, Save, Show, State
from firmware_emu.events import Resumed, Typed
from firmware_emu.screens import Key
from firmware_emu.storage import vault
from tests.desk import CHEAP, ENTROPY, PIN, Desk, pressed, unlocked_desk

RECORD = unlocked_desk().record or b""


def at_the_pin() -> Device:
    device = Device(RECORD, ENTROPY, CHEAP)
    device.start()
    press_ok(device)
    return device


def try_pin(device: Device, pin: str) -> list[object]:
    device.handle(Typed(pin))
    return press_ok(device)


def press_ok(device: Device) -> list[object]:
    return [effect for press in pressed(Key.OK) for effect in device.handle(press)]


def tries(record: bytes) -> int:
    return vault.parse(record).tries_left


def test_the_count_is_asked_to_be_in_flash_before_the_pin_is_looked_at() -> None:
    """Right and wrong PIN are the same to the world until the count is down: both are unread."""
    right, wrong = try_pin(at_the_pin(), PIN), try_pin(at_the_pin(), "9999")
    assert right == wrong
    saved, shown, resume = right
    assert isinstance(saved, Save)
    assert tries(saved.record) == 7
    assert isinstance(shown, Show)
    assert shown.state is State.LOCKED
    assert resume == Resume()


@pytest.mark.parametrize("pin", [PIN, "9999"])
@pytest.mark.parametrize("cut_after", range(8))
def test_a_cut_at_any_effect_leaves_the_seed_and_no_more_tries(pin: str, cut_after: int) -> None:
    device, flash, carried = at_the_pin(), RECORD, 0
    effects = try_pin(device, pin)
    counted = False
    while effects and carried < cut_after:
        effect, carried = effects.pop(0), carried + 1
        if isinstance(effect, Save):
            flash = effect.record
            counted = True
        if isinstance(effect, Resume):
            effects = list(device.handle(Resumed()))
    after = Desk(flash)
    assert after.state is State.LOCKED
    opened = pin == PIN and tries(flash) == 8
    assert tries(flash) <= 8 - (counted and not opened)
    after.unlock()
    assert after.shown[-1].fingerprint == "73c5da0a"


def test_killing_it_during_every_check_uses_the_tries_up_one_by_one() -> None:
    flash, seen = RECORD, []
    for _ in range(8):
        device = Device(flash, ENTROPY, CHEAP)
        device.start()
        press_ok(device)
        [save] = [e for e in try_pin(device, PIN) if isinstance(e, Save)]
        flash = save.record  # killed before the PIN was looked at
        seen.append(tries(flash))
    assert seen == [7, 6, 5, 4, 3, 2, 1, 0]
    desk = Desk(flash)
    assert "No PIN tries are left." in desk.text
    assert vault.parse(flash).sealed is not None


def test_erasing_is_in_flash_before_it_is_said() -> None:
    desk = Desk(RECORD)
    desk.press("ok")
    for _ in range(8):
        desk.enter_pin("9999")
        desk.press("ok")
    texts = ["\n".join(e.screen.lines()) if isinstance(e, Show) else "" for e in desk.log]
    said = next(i for i, text in enumerate(texts) if "is erased." in text and "wrong" in text)
    wiped = [i for i, e in enumerate(desk.log) if isinstance(e, Save) and _empty(e.record)]
    assert wiped
    assert wiped[0] < said


def _empty(record: bytes) -> bool:
    return vault.parse(record).sealed is None


def test_a_new_seed_is_in_flash_before_the_device_is_unlocked() -> None:
    desk = unlocked_desk()
    unlocked = next(
        i for i, e in enumerate(desk.log) if isinstance(e, Show) and e.state is State.UNLOCKED
    )
    kept = next(i for i, e in enumerate(desk.log) if isinstance(e, Save) and not _empty(e.record))
    assert kept < unlocked
