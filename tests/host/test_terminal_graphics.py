"""Codes as pictures in a terminal that draws such: asked, drawn, and read back by a scanner."""

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from firmware_emu.scanner import reader as pictures
from host import optics
from host.links.shower import modules
from signer.formats.payload import reader
from signer.formats.payload.reader import Collector
from signer.formats.payload.values import Payment
from signer.formats.qr import graphics
from signer.formats.qr.graphics import Graphics, Protocol, graphics_of
from signer.formats.qr.parts import Progress
from tests import psbts
from tests.nights import AT_NIGHT

KITTY = "\x1b_Gi=31;OK\x1b\\\x1b[6;16;8t\x1b[?62;52;c"
XTERM = "\x1b[6;16;8t\x1b[?64;1;2;4;6;22c"
PLAIN = "\x1b[6;16;8t\x1b[?1;2c"
CLEARED = "\x1b[H\x1b[2J"  # before each picture
PAYMENT = psbts.build(psbts.keyring(), 6)
COMMANDS = re.compile("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\")
RUN = re.compile(r"#(\d)|(?:!(\d+))?([?-~]|[$-])")
SIXELS = re.compile("\x1bP0;1;0q(.*?)\x1b\\\\", re.DOTALL)


class Terminal:
    """A terminal of 80x24 that answers questions as it was told to, and keeps what is written."""

    def __init__(self, command: list[str], answer: str, **environment: str) -> None:
        self._answer = answer
        self.asked = 0
        self.text = ""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name != "TMUX"}
        inherited |= {"TERM": "xterm-256color"} | environment
        self.child = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=inherited
        )
        os.close(theirs)

    def read_on(self, seconds: float = 0.2) -> bool:
        """Whether it has written something more."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        try:
            self.text += os.read(self._ours, 1 << 16).decode("utf-8", "replace")
        except OSError:
            return False
        if self.text.count("\x1b[c") > self.asked:
            self.asked += 1
            os.write(self._ours, self._answer.encode())
        return True

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        os.close(self._ours)


def of_kitty(text: str) -> Iterator[Image.Image]:
    """The pictures that Kitty's commands carry, as their terminal puts them together."""
    letters = ""
    for head, piece in COMMANDS.findall(text):
        fields = dict(field.partition("=")[::2] for field in head.split(","))
        if fields.get("a") in {"q", "d"}:
            continue
        letters += piece
        if fields["m"] == "0":
            yield Image.open(io.BytesIO(b64decode(letters))).convert("L")
            letters = ""


def of_sixel(text: str) -> Iterator[Image.Image]:
    """The pictures of sixels, drawn by the rules of their standard."""
    for body in SIXELS.findall(text):
        attributes = re.match(r'"1;1;(\d+);(\d+)#0;2;0;0;0#1;2;100;100;100', body)
        assert attributes
        picture = Image.new("L", (int(attributes[1]), int(attributes[2])), 128)
        column = top = grey = 0
        for colour, count, sign in RUN.findall(body, attributes.end()):
            if colour:
                grey = 255 * int(colour)
            elif sign == "-":
                column, top = 0, top + 6
            elif sign == "$":
                column = 0
            else:
                bits, width = ord(sign) - 0x3F, int(count or 1)
                for row in range(6):
                    if bits >> row & 1:
                        picture.paste(grey, (column, top + row, column + width, top + row + 1))
                column += width
        yield picture


def codes(pictures_seen: Iterator[Image.Image]) -> list[bytes]:
    return [code for picture in pictures_seen for code in pictures.look(picture)]


def payment_of(seen: list[bytes]) -> bytes | None:
    collector = Collector()
    for code in seen:
        if not isinstance(whole := collector.add(code), Progress):
            payload = reader.read(whole)
            return payload.psbt if isinstance(payload, Payment) else None
    return None


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    path = tmp_path / "pay.psbt"
    path.write_bytes(PAYMENT)
    return [sys.executable, "-m", "host", "qr", str(path), "--peer", "quietkey"]


@pytest.mark.parametrize("protocol", ["kitty", pytest.param("sixel", marks=AT_NIGHT)])
def test_a_scanner_reads_the_payment_from_the_pictures(command: list[str], protocol: str) -> None:
    terminal = Terminal(command, KITTY if protocol == "kitty" else XTERM)
    try:
        end, whole, count = time.monotonic() + 40, None, 0
        while whole is None and time.monotonic() < end:
            terminal.read_on()
            if terminal.text.count(CLEARED) == count:
                continue
            count = terminal.text.count(CLEARED)
            decode = of_kitty if protocol == "kitty" else of_sixel
            whole = payment_of(codes(decode(terminal.text)))
        assert whole == PAYMENT
        assert "█" not in terminal.text
        assert "g letters" in terminal.text
        terminal.press("g")
        while "█" not in terminal.text and time.monotonic() < end:
            terminal.read_on()
        assert "█" in terminal.text  # by a key it draws in letters
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("answer", "environment", "is_asked"),
    [
        (PLAIN, {}, True),
        pytest.param("", {}, True, marks=AT_NIGHT),
        (KITTY, {"QUIETKEY_GRAPHICS": "off"}, False),
        pytest.param(KITTY, {"TMUX": "/run/tmux,1,0"}, False, marks=AT_NIGHT),
        pytest.param(KITTY, {"TERM": "screen-256color"}, False, marks=AT_NIGHT),
    ],
    ids=["no pictures", "no answer", "switched off", "tmux", "screen"],
)
def test_elsewhere_codes_are_letters(
    command: list[str], answer: str, environment: dict[str, str], *, is_asked: bool
) -> None:
    terminal = Terminal(command, answer, **environment)
    try:
        end = time.monotonic() + 20
        while "█" not in terminal.text and time.monotonic() < end:
            terminal.read_on()
        assert "█" in terminal.text
        assert bool(terminal.asked) == is_asked
        assert not list(of_kitty(terminal.text)) + list(of_sixel(terminal.text))
    finally:
        terminal.close()


def test_an_answer_is_taken_for_what_it_says() -> None:
    assert graphics_of(KITTY) == Graphics(Protocol.KITTY, 8, 16)
    assert graphics_of(XTERM) == Graphics(Protocol.SIXEL, 8, 16)
    assert graphics_of(PLAIN) is None
    assert graphics_of("\x1b_Gi=31;OK\x1b\\\x1b[?62c") is None  # nobody knows how large
    assert graphics_of("\x1b_Gi=31;EINVAL:no\x1b\\\x1b[6;16;8t\x1b[?62c") is None
    assert graphics_of("\x1b[6;9999;1t\x1b[?62;4c") is None
    assert graphics_of("\x1b[6;16;8t\x1b[?4c") is None  # a class of terminals, no attribute


def test_a_small_window_holds_a_far_larger_code() -> None:
    assert Graphics(Protocol.KITTY, 8, 16).version_in(80, 23) == 24
    assert Graphics(Protocol.SIXEL, 10, 20).version_in(80, 23) == 32


@pytest.mark.parametrize("protocol", Protocol)
@pytest.mark.parametrize("version", [1, 7, 20, 30])
def test_every_size_is_drawn_and_read(protocol: Protocol, version: int) -> None:
    text = "A" * 12
    code = modules(optics.draw(text, version=version))
    drawn = Graphics(protocol, 10, 20).draw(code, 80, 23)
    decode = of_kitty if protocol is Protocol.KITTY else of_sixel
    [picture] = decode(drawn)
    assert max(picture.size) <= 460
    assert codes(iter([picture])) == [text.encode()]


row_of_modules = st.lists(st.booleans(), min_size=5, max_size=5)


@settings(max_examples=30)
@given(st.lists(row_of_modules, min_size=1, max_size=9), st.integers(1, 5))
def test_pixels_come_back_as_they_were(rows: list[list[bool]], scale: int) -> None:
    wide = [[0 if is_dark else 255 for is_dark in row for _ in range(scale)] for row in rows]
    wanted = [row for row in wide for _ in range(scale)]
    drawn = of_kitty(graphics.kitty(rows, scale)), of_sixel(graphics.sixel(rows, scale))
    for [picture] in drawn:
        flat = list(picture.tobytes())
        width = picture.width
        assert [flat[at : at + width] for at in range(0, len(flat), width)] == wanted
