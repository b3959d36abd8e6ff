"""Every front panel, driven by hand, on a device that only writes down what happens to it.

A face is found by its file; how it is looked at and pressed is its driver's, in DRIVERS.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import pytest
from textual.widgets import Static

from firmware_emu import faces
from firmware_emu.effects import Effect, Show, State
from firmware_emu.events import Event, Fits, KeyPressed, Port, Shown, Typed
from firmware_emu.faces import FaceError, remote
from firmware_emu.faces.script import FingerRule, ScriptedFinger
from firmware_emu.faces.terminal import Terminal
from firmware_emu.screens import Key, Screen
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.shell import Shell
from signer.review import Fact, Kind, Page

PAGE = Confirm(Page(Kind.RECIPIENT, "Recipient 1 of 1", (Fact("", "25 000 sats"),)))
PIN_PAD = PinPad("Enter PIN", "0123456789")


class ScriptedDevice:
    """A machine that shows one screen and writes down the rest."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.events: list[Event] = []

    def start(self) -> list[Effect]:
        return [Show(self.screen, State.UNLOCKED, "73c5da0a")]

    def handle(self, event: Event, /) -> list[Effect]:
        if not isinstance(event, Shown):  # follows every new screen
            self.events.append(event)
        return []

    def said(self) -> list[Event]:
        """What came from a person, and not from the size of a window."""
        return [event for event in self.events if not isinstance(event, Fits)]

    def takes(self, _port: Port, /) -> bool:
        return True


class NoFlash:
    def save(self, record: bytes, /) -> None:
        raise AssertionError(record)


class Driver(Protocol):
    """A person at a face."""

    def seen(self) -> str:
        """All that the panel shows."""
        ...

    async def press(self, key: Key) -> None: ...

    async def type(self, character: str) -> None: ...


TERMINAL_KEYS = {
    Key.STOP: "escape",
    Key.LEFT: "left",
    Key.RIGHT: "right",
    Key.OK: "enter",
}


class TerminalDriver:
    def __init__(self, app: Terminal, press: Callable[[str], Awaitable[None]]) -> None:
        self._app = app
        self._press = press

    def seen(self) -> str:
        return str(self._app.query_one("#panel", Static).content)

    async def press(self, key: Key) -> None:
        await self._press(TERMINAL_KEYS[key])

    async def type(self, character: str) -> None:
        await self._press(character)


@asynccontextmanager
async def terminal(shell: Shell) -> AsyncIterator[Driver]:
    app = Terminal(shell, {})
    async with app.run_test(size=(80, 24)) as pilot:
        yield TerminalDriver(app, pilot.press)


class RemoteDriver:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._view = ""

    def seen(self) -> str:
        return self._view

    async def ask(self, **message: object) -> None:
        """Send a message; the views that come before its answer are what is seen."""
        self._writer.write(json.dumps(message).encode() + b"\n")
        while "done" not in (answer := json.loads(await self._reader.readline())):
            self._view = "\n".join(answer["view"]["lines"])

    async def press(self, key: Key) -> None:
        await self.ask(id=1, press=key.value)

    async def type(self, character: str) -> None:
        await self.ask(id=1, type=character)


@asynccontextmanager
async def control_socket(shell: Shell) -> AsyncIterator[Driver]:
    face = await remote.listen(shell, 0, "token")
    host, port = face.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b'{"token": "token"}\n')
    driver = RemoteDriver(reader, writer)
    await driver.ask(id=0, get="pixels")
    yield driver
    writer.close()
    await writer.wait_closed()
    face.close()


class ScriptDriver:
    """Its finger does what its rules say when a screen appears, so each wish is a new finger."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._lines: tuple[str, ...] = ()
        shell.watch(self)

    def show(self, show: Show) -> None:
        self._lines = show.screen.lines()

    def seen(self) -> str:
        return "\n".join(self._lines)

    async def press(self, key: Key) -> None:
        self._act(FingerRule("confirm", key=key))

    async def type(self, character: str) -> None:
        self._act(FingerRule("pinpad", types=character))

    def _act(self, rule: FingerRule) -> None:
        finger = ScriptedFinger(self._shell, (rule,), lambda _: None)
        self._shell.watch(finger)
        self._shell.look_away(finger)


@asynccontextmanager
async def script(shell: Shell) -> AsyncIterator[Driver]:
    yield ScriptDriver(shell)


DRIVERS: dict[str, Callable[[Shell], AbstractAsyncContextManager[Driver]]] = {
    "remote": control_socket,
    "script": script,
    "terminal": terminal,
}
# Says the same in sentences, and its keys are words: T126 has its tests.
IN_WORDS = "text"
each_face = pytest.mark.parametrize("name", [name for name in faces.names() if name != IN_WORDS])


def driver(name: str, shell: Shell) -> AbstractAsyncContextManager[Driver]:
    assert name in DRIVERS, f"DRIVERS of {__name__} cannot look at firmware_emu/faces/{name}.py"
    return DRIVERS[name](shell)


def shell_of(device: ScriptedDevice) -> Shell:
    shell = Shell(device, NoFlash())
    shell.start()
    return shell


@each_face
async def test_a_face_shows_every_line(name: str) -> None:
    async with driver(name, shell_of(ScriptedDevice(PAGE))) as face:
        for line in PAGE.lines():
            assert line.strip() in face.seen()


@each_face
@pytest.mark.parametrize("key", [key for key in Key if key is not Key.HOLD])
async def test_a_face_passes_on_every_key_once(name: str, key: Key) -> None:
    device = ScriptedDevice(PAGE)
    async with driver(name, shell_of(device)) as face:
        await face.press(key)
        await asyncio.sleep(0)  # the terminal hands its events to the loop
    assert device.said() == [KeyPressed(key)]


@each_face
async def test_a_face_passes_on_what_is_typed(name: str) -> None:
    device = ScriptedDevice(PIN_PAD)
    async with driver(name, shell_of(device)) as face:
        for character in "7xH":  # a PIN may have letters, those that are keys elsewhere too
            await face.type(character)
            await asyncio.sleep(0)  # the terminal hands its events to the loop
    assert device.said() == [Typed("7"), Typed("x"), Typed("H")]


def test_a_panel_that_is_none_is_named() -> None:
    """What `--face` is answered for a name without a file, and for a face that is no panel."""
    for name in ("no such face", "remote"):
        with pytest.raises(FaceError, match=f"There is no front panel called {name}."):
            faces.load(name)
    assert faces.load("terminal") is Terminal
