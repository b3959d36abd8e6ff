"""T103: an unlocked device that was left alone signs for whoever comes by."""

import pytest

from firmware_emu.core.idle_timer import PROMPT_S
from firmware_emu.emulator import DeviceError, Emulator
from firmware_emu.flows.menu.auto_lock import label
from firmware_emu.storage import vault
from firmware_emu.storage.settings import LOCK_MINUTES, NEVER, Settings
from signer.errors import Malformed
from signer.formats.cursor import Cursor

H = 1 << 31
ADDRESS = {"network": "localtest", "path": [84 + H, 1 + H, H, 0, 0], "variant": "wpkh(k)"}
ACCOUNT = {"network": "localtest", "path": [84 + H, 1 + H, H]}
MINUTE = 60.0
WHILE = LOCK_MINUTES * MINUTE


def choose(device: Emulator, item: str) -> None:
    while not any(line.startswith(f"▸ {item}") for line in device.screen.lines):
        device.press("right")
    device.press("ok")


def set_auto_lock(device: Emulator, minutes: int) -> None:
    device.press("ok")
    choose(device, "Auto-lock")
    choose(device, label(minutes))


def record_of(device: Emulator) -> vault.Vault:
    return vault.parse(device.flash.writes[-1])


def test_it_locks_once_nobody_was_at_the_keys_for_ten_minutes() -> None:
    device = Emulator()
    assert device.advance(WHILE - 1).state == "unlocked"
    assert device.advance(1).state == "locked"
    assert device.screen.kind == "home"
    assert device.unlock().state == "unlocked"


@pytest.mark.parametrize("key", ["press", "type"])
def test_a_key_of_any_kind_begins_the_time_anew(key: str) -> None:
    device = Emulator()
    for _ in range(3):
        device.advance(WHILE - 1)
        device.press("stop") if key == "press" else device.type("7")
    assert device.screen.state == "unlocked"
    assert device.advance(WHILE).state == "locked"


def test_a_host_that_asks_and_asks_does_not_keep_it_open() -> None:
    device = Emulator()
    for _ in range(10):
        device.advance(MINUTE - 1)
        device.request("get_xpub", ACCOUNT).result()
    assert device.advance(10).state == "locked"
    with pytest.raises(DeviceError):
        device.request("get_xpub", ACCOUNT).result()


def test_a_host_that_asks_a_person_gains_one_prompt_and_no_more() -> None:
    device = Emulator()
    device.advance(WHILE - 1)
    asked = device.request("get_receive_address", ADDRESS)
    assert device.advance(PROMPT_S - 1).state == "unlocked"
    assert device.screen.kind == "confirm"
    second = device.request("get_receive_address", ADDRESS)
    assert device.advance(1).state == "locked"
    assert device.screen.lines[0].strip() == "Cancelled"
    for unanswered in (asked, second):
        with pytest.raises(DeviceError):
            unanswered.result()


def test_a_prompt_that_nobody_answers_is_declined_and_the_next_one_gets_its_time() -> None:
    device = Emulator()
    set_auto_lock(device, 60)
    asked = device.request("get_receive_address", ADDRESS)
    following = device.request("get_receive_address", ADDRESS)
    device.advance(PROMPT_S)
    with pytest.raises(DeviceError) as refused:
        asked.result()
    assert refused.value.code == -32000
    assert (device.screen.kind, device.screen.state) == ("confirm", "unlocked")
    device.advance(PROMPT_S - 1)
    device.approve()
    assert following.result().startswith("bcrt1")


def test_a_person_who_turns_pages_is_never_hurried() -> None:
    device = Emulator()
    asked = device.request("get_receive_address", ADDRESS)
    for _ in range(5):
        device.advance(PROMPT_S - 1)
        device.press("right")
    device.approve()
    assert asked.result().startswith("bcrt1")


def test_words_on_the_screen_stay_for_as_long_as_they_are_written_down() -> None:
    device = Emulator(mnemonic=None)
    asked = device.request("auth_user", {"network": "localtest"})
    device.press("ok")
    device.type("123456" * 9)
    device.press("hold", "ok")
    shown = device.screen
    assert shown.kind == "words"
    assert device.advance(WHILE * 10).lines == shown.lines
    with pytest.raises(DeviceError):
        asked.result()  # the host is told, and the person goes on
    device.press("ok")
    assert device.screen.kind == "words"


def test_what_was_typed_of_a_pin_is_forgotten() -> None:
    device = Emulator(locked=True)
    device.press("ok")
    device.type("123")
    assert device.screen.kind == "pinpad"
    assert device.advance(WHILE).kind == "home"
    device.press("ok")
    device.type("4")
    device.press("ok")
    assert device.screen.state == "locked"


@pytest.mark.parametrize("minutes", [1, 30, 60])
def test_the_time_is_chosen_in_the_menu_and_outlives_a_power_cut(minutes: int) -> None:
    device = Emulator()
    set_auto_lock(device, minutes)
    assert device.screen.kind == "home"
    device.power_cycle()
    device.unlock()
    assert device.advance(minutes * MINUTE - 1).state == "unlocked"
    assert device.advance(1).state == "locked"


def test_never_is_chosen_by_a_hold_and_is_never() -> None:
    device = Emulator()
    set_auto_lock(device, NEVER)
    assert device.screen.kind == "question"
    device.press("ok")
    assert record_of(device).settings.lock_minutes == LOCK_MINUTES
    device.press("hold")
    assert record_of(device).settings.lock_minutes == NEVER
    assert device.advance(1e6).state == "unlocked"


def test_erasing_the_seed_keeps_the_time_and_an_old_record_has_the_usual_one() -> None:
    settings = Settings(bytes(6), lock_minutes=NEVER)
    assert vault.Vault(settings).wiped().settings == settings
    before = settings.encode()[:-1]
    body = b"quietkey vault 4" + before + bytes((vault.TRIES, 0)) + bytes(4)
    read = vault.parse(body + vault._checksum(body))
    assert read.settings == Settings(bytes(6))
    assert vault.parse(read.encode()).settings.lock_minutes == LOCK_MINUTES
    with pytest.raises(Malformed):
        Settings(bytes(6), lock_minutes=256)
    with pytest.raises(Malformed):
        vault.settings.read(Cursor(before))
