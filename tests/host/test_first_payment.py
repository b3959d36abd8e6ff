"""How many keys it takes from an empty home to a payment that is confirmed: `quietkey` alone.

`pytest -s` prints the figures. A paste is one key, as it is for who pastes.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_emu.emulator import PIN, EmulatorProcess, sealed_record
from host.demo import opening as demo_opening
from host.demo.parts import Parts
from host.demo.session import DemoSession
from host.devnet.network import Devnet
from host.session.api import Opening
from host.session.remembered import HomeWallets
from host.session.setup import Choice, Offers
from host.session.state import AppState, Stage
from host.tui.app import QuietkeyApp
from tests.devnets import STRANGER
from tests.electrum import electrum
from tests.gallery.app_clock import FedClock
from tests.gallery.app_shots import PASTE
from tests.host.pilots import Reviewer, Watcher, past, shows
from tests.nights import AT_NIGHT
from tests.people import Person

MOST_KEYS = 45
# Until the device points at a word of BIP39, on the average of all 2048; two to four of each.
LETTERS_OF_A_WORD = 3.46
PAYING = ("p", f"{PASTE}{STRANGER}", "tab", *"25k", "enter")


class Counting(Watcher):
    """Also counts what is pressed."""

    keys = 0

    async def presses(self, *keys: str) -> None:
        self.keys += len(keys)
        await super().presses(*keys)


class CountingReviewer(Reviewer):
    """The same of the device in the app."""

    keys = 0
    letters = 0

    async def presses(self, *keys: str) -> None:
        self.keys += len(keys)
        await super().presses(*keys)

    async def holds(self) -> None:
        self.keys += 1
        await super().holds()


class Neighbourhood(HomeWallets):
    """The device of the test is where `quietkey device` would be."""

    address = ""

    async def offers(self) -> Offers:
        device = Choice(f"tcp:{self.address}", "The device emulated on this machine")
        return replace(await super().offers(), signers=(device,))


class CountedPerson(Person):
    """At the device itself: every key it takes is counted."""

    keys = 0

    def count(self) -> None:
        press, type_ = self.device.press, self.device.type

        def pressed(key: str) -> None:
            self.keys += 1
            press(key)

        def typed(text: str) -> None:
            self.keys += len(text)
            type_(text)

        self.device.press, self.device.type = pressed, typed  # type: ignore[assignment,method-assign]


async def test_on_a_network_of_ones_own_with_a_device_of_ones_own(
    devnet: Devnet, tmp_path: Path
) -> None:
    flash = tmp_path / "device.flash"
    with EmulatorProcess(flash, sealed_record()) as device:
        person = CountedPerson(device)
        person.count()
        async with electrum(devnet) as url:
            keys = await _paid(devnet, person, url.partition(":")[2], tmp_path / "home")
    sys.stdout.write(f"keys to the first payment, own network and device: {keys}\n")
    assert keys <= MOST_KEYS


async def _paid(devnet: Devnet, person: CountedPerson, server: str, home: Path) -> int:
    wallets = Neighbourhood(home, demo_opening(None, "tcp"))
    wallets.address = "{}:{}".format(*person.device.address)
    assert wallets.usual() is None
    app = QuietkeyApp(wallets.usual(), wallets=wallets, clock=FedClock())
    async with app.run_test(size=(80, 24)) as pilot:
        watcher = Counting(pilot, app)
        await _reads(watcher, "How would you like to begin?")
        await watcher.presses("down", "enter")
        await _reads(watcher, "Which network?")
        await watcher.presses("up", "enter", "down", "down", "enter", f"{PASTE}{server}", "enter")
        assert "Who signs?" in await watcher.reads()
        await watcher.presses("enter", "enter")
        unlocking = person.unlock(PIN)
        await watcher.presses("enter")
        await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        await unlocking
        await watcher.presses("r")
        issued = (await watcher.sees(lambda state: state.issued)).issued
        assert issued is not None
        await devnet.fund(issued.receive.address, 5_000_000)
        await watcher.sees(lambda state: state.available_sats == 5_000_000)
        await watcher.presses(*PAYING)
        await watcher.sees(lambda state: state.payment)
        reading = person.accept()
        await watcher.presses("enter")
        await watcher.sees(lambda state: past(state, Stage.SPREAD) and not state.busy)
        await reading
        await devnet.mine(1)
        await watcher.sees(lambda state: past(state, Stage.CONFIRMED))
    assert wallets.usual() is not None, "it opens without a word from now on"
    return watcher.keys + person.keys


async def _reads(watcher: Watcher, text: str) -> None:
    """Looking around takes a moment, and changes no state."""
    for _ in range(100):
        if text in await watcher.reads():
            return
    pytest.fail(f"The app never said {text}; it says {await watcher.reads()}")


@AT_NIGHT
@pytest.mark.timeout(180)
async def test_in_the_demo_with_a_new_device(tmp_path: Path) -> None:
    parts = await Parts.start(tmp_path, "tcp")

    async def start(_: Callable[[str], None]) -> DemoSession:
        return DemoSession(parts)

    demo: Opening = replace(demo_opening(None, "tcp"), start=start)
    app = QuietkeyApp(None, wallets=HomeWallets(tmp_path, demo), clock=FedClock())
    async with app.run_test(size=(80, 24)) as pilot:
        person = CountingReviewer(pilot, app)
        person.control = parts.control
        await _reads(person, "How would you like to begin?")
        await person.presses("enter")
        await person.sees(lambda state: shows(state, "menu") and len(state.nodes) == 3)
        await _set_up(person)
        await person.sees(lambda state: state.wallet and state.synced and not state.busy)
        await person.presses("f")
        await person.sees(lambda state: state.available_sats > 0 and not state.busy)
        await person.presses(*PAYING)
        await person.sees(lambda state: state.payment)
        await person.presses("enter")
        await person.reviews()
        await person.sees(lambda state: past(state, Stage.SPREAD))
        await person.presses("m")
        await person.sees(lambda state: past(state, Stage.CONFIRMED))
    # Which words are asked back is chance: the figure is that of words of usual length.
    keys = person.keys - person.letters + 3 * LETTERS_OF_A_WORD
    sys.stdout.write(f"keys to the first payment, demo and new device: {keys:.1f}\n")
    assert keys <= MOST_KEYS


async def _set_up(person: CountingReviewer) -> None:
    """A new seed, three of its words told back, and a PIN, as the device asks for it."""
    await person.presses("enter")
    await person.sees(lambda state: shows(state, "dice"))
    await person.presses("enter")
    await person.sees(lambda state: shows(state, "question"))
    await person.presses("enter")
    words: dict[int, str] = {}
    state = await person.sees(lambda state: shows(state, "words"))
    while shows(state, "words"):
        assert state.view is not None
        for line in state.view.lines:
            if match := re.fullmatch(r"\s*(\d+)\. ([a-z]+)\s*", line):
                words[int(match[1])] = match[2]
        state = await _after(person, state, "enter")
    while shows(state, "letters"):
        assert state.view is not None
        number = int(re.findall(r"\d+", state.view.lines[0])[0])
        await _spell(person, words[number])
        state = await _after(person, state, "enter")
    for _ in range(2):
        await person.sees(lambda state: shows(state, "pinpad"))
        await person.presses(*PIN, "enter")


async def _spell(person: CountingReviewer, word: str) -> None:
    """Letter by letter, until the device points at the word."""
    for letter in word:
        state = person.state
        if state.view and f"[{word}]" in " ".join(state.view.lines):
            return
        seq = state.view.seq if state.view else 0
        person.letters += 1
        await person.presses(letter)
        await person.sees(lambda state, seq=seq: state.view and state.view.seq > seq)


async def _after(person: CountingReviewer, state: AppState, key: str) -> AppState:
    """The next screen of the device."""
    before = state.view.lines[0] if state.view else ""
    await person.presses(key)
    return await person.sees(
        lambda state: state.view and state.view.lines[0] != before and state.view.kind != "wait"
    )
