"""The power goes at the worst moment: the seed stays, the PIN counter never goes up.

On the real process by SIGKILL, at moments spread over what it does; and in memory at every single
write to flash, once just before it and once just after.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from firmware_emu.core.device import Device
from firmware_emu.effects import Show, State
from firmware_emu.emulator import MNEMONIC, PIN, Emulator, EmulatorProcess, sealed_record
from firmware_emu.emulator.presets import CHEAP, PROMPTS, yes
from firmware_emu.events import BytesIn, Port
from firmware_emu.screens import Key
from firmware_emu.shell import Shell
from firmware_emu.storage import vault
from firmware_emu.storage.flash import stored
from signer.formats import cbor
from tests import psbts
from tests.kill_points import enter, press, set_up

FINGERPRINT = "73c5da0a"
WRONG = "9999"
KILLS_EACH = 15
LONGEST_S = 0.16  # a PIN try takes about a third of it, so some kills come before and some after


def moments(story: str) -> Iterator[float]:
    """Seconds to wait before each kill: the same ones in every run."""
    for number in range(KILLS_EACH):
        chance = sha256(f"{story} {number}".encode()).digest()
        yield int.from_bytes(chance[:4], "big") / 2**32 * LONGEST_S


def kill_after(device: EmulatorProcess, seconds: float, last_key: str) -> None:
    """Press a key, and cut the power that much later, whatever the device does then."""
    device.say({"id": 0, "press": last_key, "at_once": True})
    with pytest.raises(TimeoutExpired):
        device.wait(seconds)
    device.kill()


def kept(flash: Path) -> vault.Vault:
    return vault.parse(stored(flash) or b"")


def test_killed_while_wrong_pins_are_tried(tmp_path: Path) -> None:
    flash = tmp_path / "device.flash"
    record = sealed_record()
    before = vault.TRIES
    counts: list[int] = []
    for seconds in moments("wrong"):
        refill = not counts or before <= 2  # one more would erase it, as it should
        with EmulatorProcess(flash, record if refill else None) as device:
            before = kept(flash).tries_left
            assert device.screen.state == "locked"
            device.press("ok")
            device.type(WRONG)
            kill_after(device, seconds, "ok")
        counts.append(before - kept(flash).tries_left)
        before = kept(flash).tries_left
        assert kept(flash).sealed == vault.parse(record).sealed
    assert set(counts) <= {0, 1}
    assert sum(counts) >= KILLS_EACH // 3, "hardly any try was reached: the moments are wrong"
    opens(flash)


def test_killed_while_the_right_pin_is_checked(tmp_path: Path) -> None:
    flash = tmp_path / "device.flash"
    record = vault.parse(sealed_record()).attempt().attempt().encode()
    seen = set()
    for seconds in moments("right"):
        with EmulatorProcess(flash, record) as device:
            assert device.screen.state == "locked"
            device.press("ok")
            device.type(PIN)
            kill_after(device, seconds, "ok")
        assert kept(flash).sealed == vault.parse(record).sealed
        seen.add(kept(flash).tries_left)
    # Not tried yet; tried and not yet known to be right; known to be right.
    assert seen <= {vault.TRIES - 2, vault.TRIES - 3, vault.TRIES}
    opens(flash)


def test_killed_while_a_seed_is_set_up(tmp_path: Path) -> None:
    outcomes = []
    for number, seconds in enumerate(moments("setup")):
        flash = tmp_path / str(number) / "device.flash"
        with EmulatorProcess(flash) as device:
            restore(device)
            kill_after(device, seconds, "ok")
        outcomes.append(started(stored(flash))[0])
        if outcomes[-1] is State.LOCKED:
            assert Emulator(record=stored(flash)).screen.fingerprint == FINGERPRINT
    assert set(outcomes) <= {State.EMPTY, State.LOCKED}
    assert State.LOCKED in outcomes, "no set-up was finished: the moments are wrong"


def restore(device: EmulatorProcess) -> None:
    """Everything but the last key of restoring a seed."""
    device.press("right", "ok", "ok")
    for word in MNEMONIC.split():
        device.type(word)
        device.press("ok")
    device.type(PIN)
    device.press("ok")
    device.type(PIN)


def opens(flash: Path) -> None:
    """The seed is there, and its PIN opens it."""
    with EmulatorProcess(flash) as device:
        assert device.screen.state == "locked"
        assert device.unlock().fingerprint == FINGERPRINT


def two_stories(number: int) -> tuple[bytes, bytes]:
    """A payment of two coins, and the same with their amounts the other way round (T92)."""
    keys, requests = psbts.keyring(), []
    for amounts in ((100_000, 90_000), (90_000, 100_000)):
        made = psbts.draft(keys, 2, outputs=((20_000 + number, psbts.PAYEE),))
        for index, sats in enumerate(amounts):
            made.ins[index].drop(0x00)
            locked = psbts.lock(keys, psbts.path(index=index))
            made.ins[index].put(0x01, psbts.output(sats, locked))
        made.outs[1].sats = 169_800 - number
        requests.append(cbor.encode(sign_request(made.encode())))
    return requests[0], requests[1]


def sign_request(raw: bytes) -> dict[str, object]:
    return {"id": "1", "method": "sign_psbt", "params": {"network": "localtest", "psbt": raw}}


def everything(cable: socket.socket) -> bytes:
    """What came over a cable whose other end is dead."""
    came = b""
    with suppress(ConnectionError):
        while more := cable.recv(4096):
            came += more
    return came


@contextmanager
def asked(device: EmulatorProcess, request: bytes) -> Iterator[socket.socket]:
    """An unlocked device and the cable by which it was asked for a signature."""
    device.unlock()
    with socket.create_connection(device.address, 20) as cable:
        cable.sendall(request)
        yield cable


def test_killed_while_signing_no_second_amount_is_signed(tmp_path: Path) -> None:
    """At whatever moment: where a signature has left, another story about its coins is refused."""
    flash, outcomes = tmp_path / "device.flash", []
    for number, seconds in enumerate(list(moments("signing"))[::2]):
        true, lie = two_stories(number)
        with EmulatorProcess(flash, sealed_record()) as device, asked(device, true) as cable:
            device.wait_for(*PROMPTS)
            while "sign" not in device.screen.lines[-1]:
                device.press(yes(device.screen))
            # On a quick machine it has signed in 30 ms, on a busy one in 100.
            kill_after(device, 3 * seconds if number % 2 else seconds / 10, yes(device.screen))
            left = b"result" in everything(cable)
        remembered = bool(kept(flash).history)
        outcomes.append((left, remembered))
        with EmulatorProcess(flash) as device, asked(device, lie) as cable:
            screen = device.wait_for(*PROMPTS, "notice")
            assert ("AMOUNT_CHANGED" in " ".join(screen.lines)) is remembered
    assert (True, False) not in outcomes
    assert (True, True) in outcomes, "no signature was reached: the moments are wrong"
    assert (False, False) in outcomes, "all signatures were reached: the moments are wrong"


# In memory, at every write


class PowerCut(Exception):
    pass


class FailingFlash:
    """A flash that loses power at its write number `at`: before it is kept, or just after."""

    def __init__(self, record: bytes | None, at: int, *, after: bool) -> None:
        self.record = record
        self._left = at
        self._after = after

    def save(self, record: bytes) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise PowerCut
        self.record = record
        if self._left == 0:
            raise PowerCut


class Watcher:
    """A face that remembers what had been kept when each screen was shown."""

    def __init__(self) -> None:
        self.shows: list[tuple[str, bytes | None]] = []
        self.flash: FailingFlash

    def show(self, show: Show) -> None:
        self.shows.append((show.screen.lines()[0].strip(), self.flash.record))


Story = Callable[[Shell], None]


def wrong_then_right(shell: Shell) -> None:
    press(shell, Key.OK)
    enter(shell, WRONG)
    press(shell, Key.OK)
    enter(shell, PIN)


def all_wrong(shell: Shell) -> None:
    press(shell, Key.OK)
    for _ in range(vault.TRIES):
        enter(shell, WRONG)
        press(shell, Key.OK)  # the notice; after the last one there is no PIN to be entered


def play(record: bytes | None, story: Story, at: int, *, after: bool) -> tuple[Watcher, bool]:
    """A story up to a power cut at write number `at`; whether the cut came."""
    watcher = Watcher()
    watcher.flash = FailingFlash(record, at, after=after)
    shell = Shell(Device(record, bytes(range(32)), CHEAP), watcher.flash, [watcher])
    try:
        shell.start()
        story(shell)
    except PowerCut:
        return watcher, True
    return watcher, False


def cuts(record: bytes | None, story: Story) -> Iterator[Watcher]:
    """The story with a power cut at each of its writes, before and after."""
    for after in (False, True):
        at, cut = 0, True
        while cut:
            at += 1
            watcher, cut = play(record, story, at, after=after)
            if cut:
                yield watcher


def started(record: bytes | None) -> tuple[State, str]:
    first = Device(record, bytes(range(32)), CHEAP).start()
    show = next(effect for effect in first if isinstance(effect, Show))
    return show.state, show.fingerprint


def tries(watcher: Watcher) -> tuple[int, bool]:
    """What is left in flash: tries, and whether there is a seed."""
    assert watcher.flash.record is not None
    left = vault.parse(watcher.flash.record)
    return left.tries_left, left.sealed is not None


LEFT_3 = replace(vault.parse(sealed_record()), tries_left=3)


@pytest.mark.parametrize(
    ("story", "kept_before", "kept_after"),
    [
        # Only the right PIN gives tries back, and only after it was found to be right.
        (wrong_then_right, [(3, True), (2, True), (1, True)], [(2, True), (1, True), (8, True)]),
        (
            all_wrong,
            [(3, True), (2, True), (1, True), (0, True)],
            [(2, True), (1, True), (0, True), (8, False)],
        ),
    ],
)
def test_at_every_write_a_cut_keeps_the_seed_and_gives_no_try_back(
    story: Story, kept_before: list[tuple[int, bool]], kept_after: list[tuple[int, bool]]
) -> None:
    played = list(cuts(LEFT_3.encode(), story))
    assert [tries(watcher) for watcher in played] == kept_before + kept_after
    for watcher in played:
        assert watcher.flash.record is not None
        left = vault.parse(watcher.flash.record)
        assert left.sealed in (LEFT_3.sealed, None)
        expected = State.LOCKED if left.sealed else State.EMPTY
        assert started(watcher.flash.record) == (expected, "")


@pytest.mark.parametrize("wrong", range(1, vault.TRIES))
def test_no_screen_tells_of_a_wrong_pin_before_its_try_is_counted(wrong: int) -> None:
    watcher, cut = play(sealed_record(), all_wrong, 0, after=False)
    assert not cut
    told = [record for title, record in watcher.shows if title == "Wrong PIN"]
    record = told[wrong - 1]
    assert record is not None
    assert vault.parse(record).tries_left == vault.TRIES - wrong


def test_at_every_write_of_the_set_up_a_cut_leaves_nothing_or_everything() -> None:
    played = list(cuts(None, set_up))
    assert len(played) == 4
    states = []
    for watcher in played:
        record = watcher.flash.record
        states.append(started(record))
        if record and vault.parse(record).sealed:
            assert Emulator(record=record).screen.fingerprint == FINGERPRINT
    assert set(states) == {(State.EMPTY, ""), (State.LOCKED, "")}


def test_a_record_cut_short_is_never_taken_for_a_new_or_an_open_device() -> None:
    """The file is replaced whole, so this takes a broken disk; even then nothing is overwritten."""
    record = sealed_record()
    for length in range(len(record)):
        effects = Device(record[:length], bytes(range(32)), CHEAP).start()
        (show,) = effects
        assert isinstance(show, Show)
        assert (show.state, show.fingerprint) == (State.LOCKED, "")


def test_at_every_write_no_signature_leaves_before_its_amounts_are_kept() -> None:
    """A cut before the write leaves no signature, one behind it leaves a memory (T92)."""
    true, lie = two_stories(0)
    port = Port("jade", "cable")
    answers: list[bytes] = []

    def pay(shell: Shell) -> None:
        press(shell, Key.OK)
        enter(shell, PIN)
        answers.clear()
        shell.plug_in(port, answers.append)
        shell.happen(BytesIn(port, true))
        press(shell, *[Key.HOLD] * 5)

    played = list(cuts(sealed_record(), pay))
    assert len(played) == 6  # the try, its success, the history; each before and after
    for number, watcher in enumerate(played):
        record = watcher.flash.record
        assert record is not None
        assert b"result" not in b"".join(answers[:-1])
        device = Emulator(record=record)
        device.send(lie)
        assert ("AMOUNT_CHANGED" in " ".join(device.screen.lines)) is (number == 5)
