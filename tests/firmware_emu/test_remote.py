"""The control socket: what a program at the front panel sees, and what it can press."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.core.device import Device
from firmware_emu.emulator import PIN, Emulator, MemoryFlash, sealed_record
from firmware_emu.emulator.memory import SimulatedClock
from firmware_emu.faces import remote
from firmware_emu.faces.remote import LONGEST_LINE, LONGEST_TEXT, UNREAD
from firmware_emu.paint.paint import paint
from firmware_emu.screens.home import Home
from firmware_emu.shell import Shell

TOKEN = "00112233445566778899aabbccddeeff"


class Client:
    """The other end of a control socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, face: remote.Remote, first: bytes | None = None) -> "Client":
        host, port = face.address.split(":")
        client = cls(*await asyncio.open_connection(host, int(port), limit=1 << 22))
        client.writer.write(
            json.dumps({"token": TOKEN}).encode() + b"\n" if first is None else first
        )
        return client

    async def hear(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(await self.line())
        return said

    async def line(self) -> bytes:
        return await asyncio.wait_for(self._reader.readline(), 10)

    async def ask(self, **message: object) -> list[dict[str, Any]]:
        """All that is said up to and with the answer."""
        self.writer.write(json.dumps(message).encode() + b"\n")
        said = [await self.hear()]
        while said[-1].get("done") != message.get("id", "nothing"):
            said.append(await self.hear())
        return said

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@pytest.fixture
def shell() -> Shell:
    """Every look at its clock is half a second after the one before."""
    device = Device(sealed_record(), bytes(range(32)))
    shell = Shell(device, MemoryFlash(), now=count(1, 0.5).__next__)
    shell.start()
    return shell


@pytest.fixture
async def face(shell: Shell) -> AsyncIterator[remote.Remote]:
    face = await remote.listen(shell, 0, TOKEN)
    yield face
    face.close()


@pytest.fixture
async def client(face: remote.Remote) -> AsyncIterator[Client]:
    client = await Client.to(face)
    yield client
    await client.close()


async def test_the_first_thing_a_client_hears_is_the_present_screen(client: Client) -> None:
    view = (await client.hear())["view"]
    assert view == {
        "seq": 1,
        "kind": "home",
        "lines": [
            "Quietkey                577E57",
            *("", "Locked.", "Press ✓, then enter the PIN.", "", "Bitcoin testnet"),
            *[""] * 3,
            view["lines"][-1],
        ],
        "state": "locked",
        "fingerprint": "",
        "inverted": False,
        "picked": [],
        "scroll": [0, 1],
        "hold": 0.0,
        "code": [],
    }


@pytest.mark.parametrize(
    "first",
    [
        b'{"token": "00112233445566778899aabbccddeefe"}\n',
        b'{"token": ""}\n',
        b'{"token": null}\n',
        b'{"token": ["00112233445566778899aabbccddeeff"]}\n',
        b"{}\n",
        b"[]\n",
        b"\n",
        b"not json\n",
        b'{"id": 1, "press": "ok"}\n',
        b"\xff\xfe\n",
        b"[" * 60000 + b"\n",
    ],
)
async def test_without_the_token_nothing_is_said(face: remote.Remote, first: bytes) -> None:
    client = await Client.to(face, first + b'{"id": 1, "press": "ok"}\n')
    assert await client.line() == b""
    await client.close()


async def test_an_answer_comes_after_the_event_and_its_views(client: Client) -> None:
    await client.hear()
    said = await client.ask(id=7, press="ok")
    assert [list(message) for message in said] == [["view"], ["done"]]
    assert (said[0]["view"]["kind"], said[1]) == ("pinpad", {"done": 7})


async def test_a_pin_typed_and_confirmed_unlocks(client: Client) -> None:
    await client.hear()
    await client.ask(id=1, press="ok")
    await client.ask(id=2, type=PIN)
    said = await client.ask(id=3, press="ok")
    assert [s["view"]["lines"][0].strip() for s in said[:2]] == ["Checking the PIN.", "Unlocking."]
    last = said[-2]["view"]
    assert (last["kind"], last["state"], last["fingerprint"]) == ("home", "unlocked", "73c5da0a")


async def test_no_view_tells_the_pin(client: Client) -> None:
    await client.hear()
    await client.ask(id=1, press="ok")
    before = (await client.ask(id=2, type="7"))[0]["view"]["lines"]
    after = (await client.ask(id=3, type="\b"), await client.ask(id=4, type="3"))[1]
    assert after[0]["view"]["lines"] == before


async def test_two_panels_see_the_same(face: remote.Remote, client: Client) -> None:
    other = await Client.to(face)
    await client.hear()
    await other.hear()
    pressed = await client.ask(id=1, press="ok")
    assert await other.hear() == pressed[0]
    await other.close()


async def test_a_panel_that_left_is_forgotten(face: remote.Remote, client: Client) -> None:
    other = await Client.to(face)
    await other.hear()
    await other.close()
    await client.hear()
    assert (await client.ask(id=1, press="ok"))[-1] == {"done": 1}


async def test_the_pixels_are_those_of_the_screen(client: Client) -> None:
    view = (await client.hear())["view"]
    (said,) = await client.ask(id=9, get="pixels")
    pixels = said["pixels"]
    assert (pixels["seq"], pixels["width"], pixels["height"]) == (view["seq"], 240, 160)
    shown = paint(Home("577E57", networks=("Bitcoin testnet",))).pgm()
    assert base64.b64decode(pixels["pgm"]) == shown
    assert shown.startswith(b"P5\n240 160\n255\n")


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"press": "escape"}, "There is no such key. The keys are: stop left right ok hold."),
        ({"press": 1}, 'Say {"press": key}'),
        ({"type": 5}, 'Say {"press": key}'),
        ({"type": "x" * (LONGEST_TEXT + 1)}, "At most 256 characters"),
        ({"get": "seed"}, 'Say {"press": key}'),
        ({"advance": 1}, "The clock of this device cannot be moved."),
        ({"press": "ok", "at_once": True}, "The clock of this device cannot be moved."),
        ({}, 'Say {"press": key}'),
    ],
)
async def test_a_bad_request_is_answered_and_changes_nothing(
    client: Client, message: dict[str, object], sentence: str
) -> None:
    await client.hear()
    (said,) = await client.ask(id=8, **message)
    assert said["done"] == 8
    assert said["error"].startswith(sentence)


@pytest.mark.parametrize("line", [b"not json", b"[1]", b"\xff", b"[" * 50000, b"", b"1e999", b"{"])
async def test_a_line_that_is_no_message_is_answered(client: Client, line: bytes) -> None:
    await client.hear()
    client.writer.write(line + b"\n")
    said = await client.hear()
    assert (said["done"], "error" in said) == (None, True)
    assert (await client.ask(id=1, press="ok"))[-1] == {"done": 1}


async def test_a_line_without_end_is_refused(client: Client) -> None:
    await client.hear()
    client.writer.write(b"x" * (LONGEST_LINE + 1))
    assert (await client.hear())["error"] == "The line is too long."
    assert await client.line() == b""


async def test_a_client_that_never_reads_is_let_go(face: remote.Remote) -> None:
    client = await Client.to(face)
    await client.hear()
    client.writer.write(b'{"id": 1, "get": "pixels"}\n' * 400)
    heard = 0
    with suppress(ConnectionError):
        while line := await client.line():
            heard += len(line)
    assert 0 < heard < 20 * UNREAD
    other = await Client.to(face)
    assert "view" in await other.hear()
    await other.close()
    await client.close()


@pytest.fixture
async def standing() -> AsyncIterator[tuple[Client, SimulatedClock]]:
    """A client of an unlocked device whose clock only a client moves."""
    device = Emulator()
    clock = device._clock

    def advance(seconds: float) -> None:
        clock.now_s += seconds

    panel = await remote.listen(device.shell, 0, TOKEN, advance)
    client = await Client.to(panel)
    await client.hear()
    yield client, clock
    await client.close()
    panel.close()


async def test_the_clock_moves_when_it_is_told_to(standing: tuple[Client, SimulatedClock]) -> None:
    client, clock = standing
    await client.ask(id=0, advance=0.5)
    assert (await client.ask(id=1, press="ok"))[0]["view"]["kind"] == "menu"
    assert (await client.ask(id=2, press="ok"))[0] == {"done": 2}, "too soon for another press"
    before = clock.now_s
    await client.ask(id=3, advance=0.5)
    assert clock.now_s == before + 0.5
    assert (await client.ask(id=4, press="ok"))[0]["view"]["state"] == "locked"
    said = await client.ask(id=5, press="ok", at_once=True)
    assert (said[0]["view"]["kind"], said[-1]) == ("pinpad", {"done": 5})
    for seconds in (-1, float("nan"), float("inf"), 1e9):
        assert "error" in (await client.ask(id=5, advance=seconds))[0]


async def test_a_hold_is_sent_as_the_presses_of_a_held_key(
    face: remote.Remote,
) -> None:
    """The bar is seen to grow, and what asks for no long press sees one press."""
    client = await Client.to(face)
    await client.hear()
    await client.ask(id=1, press="stop")
    await client.ask(id=2, press="ok")
    said = await client.ask(id=3, press="hold")
    bars = [message["view"]["hold"] for message in said if "view" in message]
    assert bars[:-1] == sorted(set(bars[:-1]))
    assert len(bars) > 5
    assert (bars[-1], said[-2]["view"]["kind"], said[-1]) == (0.0, "letters", {"done": 3})
    await client.close()


@given(st.lists(st.binary(max_size=60).filter(lambda line: b"\n" not in line), min_size=1))
def test_no_bytes_bring_the_panel_down(lines: list[bytes]) -> None:
    async def talk() -> None:
        shell = Shell(Device(None, bytes(32)), MemoryFlash())
        shell.start()
        face = await remote.listen(shell, 0, TOKEN)
        client = await Client.to(face)
        await client.hear()
        client.writer.write(b"\n".join(lines) + b"\n")
        said = await client.ask(id="last", press="left")
        assert said[-1] == {"done": "last"}
        assert sum("error" in answer for answer in said) == len(lines)
        await client.close()
        face.close()

    asyncio.run(talk())


async def test_refusals_are_told_to_who_asked_for_them_once_between_two_messages() -> None:
    device = Emulator()
    face = await remote.listen(device.shell, 0, TOKEN)
    client, other = await Client.to(face), await Client.to(face)
    assert "view" in await client.hear()
    assert "view" in await other.hear()
    assert await client.ask(id=1, get="refusals") == [{"done": 1}]
    for _ in range(3):
        device.request("no_such_method")
    refused, done = await client.ask(id=2, get="refusals")
    assert (refused, done) == ({"refused": "Unknown method"}, {"done": 2})
    device.request("no_such_method")
    assert await client.hear() == refused
    assert await other.ask(id=3, press="left") == [{"done": 3}]
    for one in (client, other):
        await one.close()
    face.close()
