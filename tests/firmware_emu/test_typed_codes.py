"""Codes that come by the keyboard of the panel: pasted, or typed by a scanner that plays one."""

from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from firmware_emu.emulator import Emulator
from firmware_emu.emulator.presets import PROMPTS
from firmware_emu.events import KEYBOARD, BytesIn
from firmware_emu.faces.terminal import CODES, Terminal
from firmware_emu.links.typed import TypedLink
from firmware_emu.screens.home import Home
from firmware_emu.typed_codes import BURST_S, TypedCodes, events_of, holds_seed
from signer.formats.qr import parts, ur
from tests import psbts
from tests.panes import pane

PAYMENT = psbts.build(psbts.keyring(), 3)
TEXTS = parts.split(ur.from_psbt(PAYMENT), 200)
WORDS = "abandon " * 11 + "about"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def typed(codes: TypedCodes, clock: Clock, text: str, gap_s: float) -> list[bool]:
    taken = []
    for letter in text:
        clock.now += gap_s
        taken.append(codes.add(letter))
    return taken


def test_a_scanner_types_faster_than_a_person() -> None:
    clock = Clock()
    codes = TypedCodes(clock)
    assert typed(codes, clock, "UR:BYTES/AX", 0.002) == [False] + [True] * 10
    assert codes.end() == "UR:BYTES/AX"
    assert codes.end() == ""
    assert not any(typed(codes, clock, "UR:BYTES/AX", 1.01 * BURST_S))
    assert codes.end() == ""
    typed(codes, clock, "bc1qcr8te4kr609", 0.002)
    clock.now += 1.01 * BURST_S
    assert codes.end() == "", "Enter comes with the code, or is a person's"


def test_a_key_that_was_held_is_no_code() -> None:
    clock = Clock()
    codes = TypedCodes(clock)
    typed(codes, clock, "x" * 5, 0.03)
    assert codes.end() == ""


def test_each_line_of_a_paste_is_a_code_and_a_seed_is_none() -> None:
    assert list(events_of("\ufeffUR:A\r\n\n B$AB \n")) == [
        BytesIn(KEYBOARD, b"UR:A"),
        BytesIn(KEYBOARD, b"B$AB"),
    ]
    for seed in (WORDS, WORDS.replace(" ", "\n"), "0000" * 11 + "0003", f"UR:A\n{WORDS}\n"):
        assert holds_seed(seed)
    assert not any(map(holds_seed, TEXTS))


def panel() -> tuple[Emulator, Terminal]:
    device = Emulator()
    return device, Terminal(device.shell, {CODES: TypedLink(device.shell).address})


async def type_in(pilot: Pilot[None], text: str) -> None:
    for letter in text:
        pilot.app.post_message(events.Key(letter, letter))
    pilot.app.post_message(events.Key("enter", "\r"))
    await pilot.pause()
    await pilot.pause()


async def test_a_payment_is_typed_by_a_scanner_with_letters_that_are_keys_of_the_panel() -> None:
    device, app = panel()
    async with app.run_test(size=(100, 40)) as pilot:
        await type_in(pilot, TEXTS[0].lower())
        assert device.screen.kind == "scan", device.screen
        for text in TEXTS[1 : len(TEXTS) // 2]:
            await type_in(pilot, text)
        assert device.screen.kind in PROMPTS, device.screen


async def test_a_payment_is_pasted() -> None:
    device, app = panel()
    async with app.run_test(size=(100, 40)) as pilot:
        app.post_message(events.Paste("\n".join(TEXTS)))
        await pilot.pause()
        await pilot.pause()
        assert device.screen.kind in PROMPTS, device.screen


async def test_without_that_way_in_a_paste_is_nothing() -> None:
    device = Emulator()
    app = Terminal(device.shell, {"tcp": "127.0.0.1:1"})
    async with app.run_test(size=(100, 40)) as pilot:
        app.post_message(events.Paste("\n".join(TEXTS)))
        await pilot.pause()
        assert device.screen.kind == Home.kind


@pytest.mark.parametrize("size", [(80, 24)])
def test_in_a_real_terminal_a_device_without_a_port_takes_what_is_pasted(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    command = f".venv/bin/quietkey device --air --network regtest --flash {tmp_path}/flash"
    with pane("paste", command, *size) as terminal:
        buffer = tmp_path / "codes.txt"
        for text, word in ((WORDS, "This is a seed"), ("\n".join(TEXTS), "shown needs")):
            terminal.sees("New wallet")
            buffer.write_text(text)
            terminal.run("load-buffer", str(buffer))
            terminal.run("paste-buffer", "-p", "-t", "pane")
            terminal.sees(word)
