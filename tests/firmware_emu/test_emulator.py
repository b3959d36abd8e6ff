"""The device for other people's tests."""

import doctest
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from firmware_emu.emulator import (
    MNEMONIC,
    PIN,
    DeviceError,
    Emulator,
    EmulatorProcess,
    NoReview,
    Unanswered,
    sealed_record,
)
from firmware_emu.faces.script import FingerRule, ScriptedFinger, UnexpectedScreen
from firmware_emu.screens import Key
from signer.formats import cbor
from tests import kernel, psbts
from tests.gallery.device import payments

H = 1 << 31
BUSY = 10  # times slower than a quiet machine
ACCOUNT = {"network": "localtest", "path": [84 + H, 1 + H, H]}
ADDRESS = {"network": "localtest", "path": [84 + H, 1 + H, H, 0, 0], "variant": "wpkh(k)"}
OURS = bytes.fromhex("73c5da0a")  # the fingerprint of the seed
LEGAL = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def sign(device: Emulator, n_inputs: int = 1) -> bytes:
    params = {"network": "localtest", "psbt": psbts.build(psbts.keyring(), n_inputs)}
    asked = device.request("sign_psbt", params)
    device.approve()
    signed = asked.result()
    assert isinstance(signed, bytes)
    return signed


def test_it_is_unlocked_with_the_seed_that_everybody_knows() -> None:
    screen = Emulator().screen
    assert (screen.kind, screen.state, screen.fingerprint) == ("home", "unlocked", "73c5da0a")


def test_another_seed_has_other_keys() -> None:
    assert Emulator(LEGAL).screen.fingerprint == "b8688df1"


def test_an_empty_device_offers_to_set_one_up() -> None:
    screen = Emulator(None).screen
    assert (screen.kind, screen.state) == ("menu", "empty")


def test_a_locked_device_opens_with_its_pin_alone() -> None:
    device = Emulator(pin="1357", locked=True)
    assert device.screen.state == "locked"
    assert device.unlock("1234").state == "locked"
    device.press("ok")
    device.type("1357")
    assert device.press("ok").state == "unlocked"


def test_a_prompt_is_seen_approved_and_answered() -> None:
    device = Emulator()
    asked = device.request("get_receive_address", ADDRESS)
    assert device.screen.kind == "confirm"
    assert not asked.answered
    (shown,) = device.approve()
    assert asked.result() == "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk"
    assert "bcrt 1q6r z28m" in shown.text


def test_a_rejected_prompt_is_an_error() -> None:
    device = Emulator()
    asked = device.request("get_receive_address", ADDRESS)
    device.reject()
    with pytest.raises(DeviceError) as error:
        asked.result()
    assert error.value.code == -32000


def test_an_answer_that_is_not_there_yet_is_not_waited_for() -> None:
    asked = Emulator().request("get_receive_address", ADDRESS)
    with pytest.raises(Unanswered, match="Your address"):
        asked.result()


def test_a_signed_payment_satisfies_bitcoin_core() -> None:
    kernel.check(sign(Emulator(), 2))


def test_an_answer_in_many_parts_is_put_together() -> None:
    signed = sign(Emulator(), 40)
    assert len(signed) > 3 * 3008
    kernel.check(signed)


def test_two_answers_may_be_fetched_in_the_order_they_came() -> None:
    device = Emulator()
    first, second = device.request("ping"), device.request("get_xpub", ACCOUNT)
    assert first.result() == 0
    assert second.result().startswith("tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3C")


def test_the_same_life_gives_the_same_bytes() -> None:
    assert sign(Emulator(), 3) == sign(Emulator(), 3)


def test_many_devices_do_not_know_each_other() -> None:
    devices = [Emulator(locked=n % 2 == 0) for n in range(20)]
    assert [d.screen.state for d in devices] == ["locked", "unlocked"] * 10


def test_a_fork_goes_its_own_way() -> None:
    device = Emulator()
    asked = device.request("get_receive_address", ADDRESS)
    twin = device.fork()
    assert twin.screen == device.screen
    twin.reject()
    assert device.screen.kind == "confirm"
    device.approve()
    assert asked.result().startswith("bcrt1")
    assert twin.received() != device.received()


def test_after_a_power_cut_it_is_locked_and_its_seed_is_there() -> None:
    device = Emulator()
    assert device.power_cycle().state == "locked"
    assert device.unlock().fingerprint == "73c5da0a"


def test_a_pulled_cable_takes_the_prompt_away() -> None:
    device = Emulator()
    device.request("get_receive_address", ADDRESS)
    assert "Cancelled" in device.hang_up().text


def test_what_was_set_up_by_hand_is_the_same_as_what_was_given() -> None:
    device = Emulator(None)
    device.press("right", "ok", "ok")
    for word in MNEMONIC.split():
        device.type(word)
        device.press("ok")
    for _ in range(2):
        device.type(PIN)
        device.press("ok")
    assert device.screen.fingerprint == Emulator().screen.fingerprint


def test_a_finger_goes_by_its_rules() -> None:
    device = Emulator(locked=True)
    rules = (
        FingerRule("home", "Locked", Key.OK),
        FingerRule("pinpad", "", Key.OK, types=PIN),
        FingerRule("home", "Unlocked"),
    )
    device.watch(ScriptedFinger(device.shell, rules, device.advance))
    assert device.screen.state == "unlocked"


def test_a_finger_holds_the_key_where_it_is_told_to() -> None:
    device = Emulator()
    device.press("ok", "left", "ok")
    rules = (FingerRule("question", "lost", Key.HOLD), FingerRule("pinpad"))
    device.watch(ScriptedFinger(device.shell, rules, device.advance))
    assert device.screen.kind == "pinpad"


def test_a_finger_stops_at_a_screen_it_has_no_rule_for() -> None:
    device = Emulator()
    device.watch(ScriptedFinger(device.shell, (FingerRule("home"),), device.advance))
    with pytest.raises(UnexpectedScreen, match="no rule for the confirm screen 'Your address"):
        device.request("get_receive_address", ADDRESS)


def test_no_secret_is_in_what_a_rule_prints() -> None:
    assert PIN not in repr(FingerRule("pinpad", types=PIN))


def test_a_process_is_the_same_device(tmp_path: Path) -> None:
    with EmulatorProcess(tmp_path / "device.flash", sealed_record()) as device:
        assert device.screen == Emulator(locked=True).screen
        assert device.unlock() == Emulator().screen
        assert device.pixels()["width"] == 240
        with pytest.raises(ValueError, match="There is no such key"):
            device.press("escape")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[EmulatorProcess]:
    with EmulatorProcess(tmp_path / "device.flash", sealed_record()) as device:
        device.unlock()
        yield device


@pytest.fixture
def line(process: EmulatorProcess) -> Iterator[socket.socket]:
    with socket.create_connection(process.address, 20) as line:
        yield line


def ask(line: socket.socket, method: str, params: dict[str | int, cbor.Value]) -> None:
    line.sendall(cbor.encode({"id": "1", "method": method, "params": params}))


def foreign_payment() -> dict[str | int, cbor.Value]:
    return {"network": "localtest", "psbt": b"no payment at all"}


def test_approving_what_is_refused_ends_at_once_and_the_device_goes_on(
    process: EmulatorProcess, line: socket.socket
) -> None:
    ask(line, "sign_psbt", foreign_payment())
    assert line.recv(4096)
    began = time.monotonic()
    with pytest.raises(NoReview, match="cannot be read") as refused:
        process.approve()
    assert time.monotonic() - began < 0.1 * BUSY
    assert refused.value.screen.lines[0].strip() == "Refused"
    ask(line, "get_receive_address", ADDRESS)
    (page,) = process.approve()
    assert "Your address" in page.text
    assert b"bcrt1q" in line.recv(4096)


REFUSED: dict[str, tuple[str, dict[str | int, cbor.Value], str]] = {
    "no payment at all": ("sign_psbt", foreign_payment(), "cannot be read"),
    "nothing to sign": (
        "sign_psbt",
        {"network": "localtest", "psbt": payments()["payment"].replace(OURS, bytes(3) + b"\1")},
        "not yours",
    ),
    "another network": (
        "sign_psbt",
        {"network": "mainnet", "psbt": payments()["payment"]},
        "another\nnetwork",
    ),
    "no parameter": ("sign_psbt", {"network": "localtest"}, "Failed to extract psbt"),
    "no such method": ("sign_all", {}, "Unknown method"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_ends_the_wait_for_a_prompt_at_once_whatever_the_screen_says(
    process: EmulatorProcess, line: socket.socket, name: str
) -> None:
    method, params, words = REFUSED[name]

    def send() -> float:
        time.sleep(0.02)
        began = time.monotonic()
        ask(line, method, params)
        return began

    took = []
    with ThreadPoolExecutor(1) as sender:
        for _ in range(5):  # whatever else the machine does, the quickest shows what it takes
            sent = sender.submit(send)
            with pytest.raises(NoReview) as refused:
                process.approve(timeout_s=10)
            took.append(time.monotonic() - sent.result())
            assert words in str(refused.value)
            assert refused.value.screen == process.screen
            process.press("stop")
    assert min(took) < 0.1


def test_a_refusal_before_the_wait_counts_unless_the_next_request_is_there(
    process: EmulatorProcess, line: socket.socket
) -> None:
    ask(line, "sign_psbt", {"network": "localtest"})
    assert line.recv(4096)
    with pytest.raises(NoReview, match="Failed to extract psbt"):
        process.approve(timeout_s=10)
    ask(line, "sign_psbt", {"network": "localtest"})
    assert line.recv(4096)
    ask(line, "get_receive_address", ADDRESS)
    assert "Your address" in process.approve()[0].text
    assert line.recv(4096)
    ask(line, "sign_psbt", {"network": "localtest"})
    assert line.recv(4096)
    process.press("left")  # whoever goes on has seen to it
    with pytest.raises(TimeoutError):
        process.approve(timeout_s=0.1)


def test_an_old_refusal_is_not_taken_for_one_of_the_next_request(
    process: EmulatorProcess, line: socket.socket
) -> None:
    ask(line, "sign_psbt", foreign_payment())
    assert line.recv(4096)
    process.wait_for("notice")
    with pytest.raises(TimeoutError, match="Refused"):
        process.approve(timeout_s=0.05)
    ask(line, "get_receive_address", ADDRESS)
    assert len(process.approve()) == 1


def test_approving_where_a_pin_is_asked_for_says_so(
    process: EmulatorProcess, line: socket.socket
) -> None:
    ask(line, "logout", {})
    assert line.recv(4096)
    ask(line, "auth_user", {"network": "localtest"})
    with pytest.raises(NoReview, match="PIN"):
        process.approve()


def test_a_wait_that_is_over_leaves_a_device_that_can_be_used(process: EmulatorProcess) -> None:
    with pytest.raises(TimeoutError, match="Unlocked"):
        process.wait_for("qr", timeout_s=0.05)
    assert process.press("ok").kind == "menu"


def test_a_process_that_cannot_start_says_so(tmp_path: Path) -> None:
    flash = tmp_path / "device.flash"
    with (
        EmulatorProcess(flash),
        pytest.raises(RuntimeError, match="ended with status 1"),
        EmulatorProcess(flash),
    ):
        pass


def test_the_examples_of_the_readme_are_true() -> None:
    readme = Path(__file__).resolve().parents[2] / "firmware_emu" / "README.md"
    failed, tried = doctest.testfile(str(readme), module_relative=False)
    assert (failed, tried > 10) == (0, True)
