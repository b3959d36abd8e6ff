"""T126: lines of text cannot hold a key. A yes there is a word of the page: no accident types it.

In a terminal that prints, a held key is a long line or many empty ones, and a paste is many lines.
"""

import os
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random  # noqa: TID251 - the lines of nobody, each from its number

import pytest

from firmware_emu.emulator import PIN, DeviceError, Emulator, sealed_record
from firmware_emu.emulator.memory import SentRequest
from firmware_emu.faces.text import Text
from firmware_emu.storage.flash import FlashFile
from signer.formats import cbor
from tests import psbts
from tests.gallery.device import payments
from tests.psbts import draft, keyring

ROOT = Path(__file__).resolve().parents[3]
SIGN = {"network": "localtest", "psbt": payments()["payment"]}
HIGH = {"network": "localtest", "psbt": payments()["high fee"]}


class Typist:
    """A face in lines on the device's clock, and who types there."""

    def __init__(self, device: Emulator) -> None:
        self.device = device
        self.printed: list[str] = []
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self.face = Text(device.shell, {}, self.printed.append, self._later)
        device.shell.watch(self.face)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._due.append((self.device._clock.now_s + seconds, len(self._due), call))

    def wait(self, seconds: float) -> None:
        until = self.device._clock.now_s + seconds
        while due := [entry for entry in self._due if entry[0] <= until]:
            first = min(due)
            self._due.remove(first)
            self.device._clock.now_s = max(self.device._clock.now_s, first[0])
            first[2]()
        self.device._clock.now_s = until

    def says(self, *lines: str, after: float = 1.0) -> str:
        """Each of the lines so long after what was before it; what is printed then."""
        printed = len(self.printed)
        for line in lines:
            self.wait(after)
            self.face.hear(bytearray(line.encode()))
        self.wait(8)
        return "\n".join(self.printed[printed:])

    @property
    def word(self) -> str:
        """What the page asks to be typed: behind the last "Type", in front of the last "for"."""
        choices = next(line for line in reversed(self.printed) if "Type " in line)
        yes = [part for part in choices.split("Type ") if part and "for: stop" not in part]
        return yes[-1].split(" for:")[0]


def asked(params: dict[str, object] = SIGN) -> tuple[Typist, SentRequest]:
    typist = Typist(Emulator())
    return typist, typist.device.request("sign_psbt", params)


def test_a_payment_is_printed_once_as_sentences_and_signed_by_its_word() -> None:
    device = Emulator()
    typist = Typist(device)
    request = device.request(
        "sign_psbt", {"network": "localtest", "psbt": draft(keyring()).encode()}
    )
    assert typist.printed[-4:] == [
        "Recipient 1 of 1, page 1 of 3.",
        "Pay 25 000 sats",
        "to bcrt 1qd5 rjcg qc8u tye9 6v4e xs0g kr2w 8a7s sv5s h37u",
        "Type ok for: go on. Type stop for: stop.",
    ]
    assert typist.says("ok").startswith("Details, page 2 of 3.\nChange to you 74 800 sats\n")
    assert "Fee can be raised later: yes" in typist.says("more")
    last = typist.says("ok")
    assert last.startswith("Total, page 3 of 3.\nPay 25 000 sats\nFee 200 sats (0.8 %)\n")
    assert last.count("Total 25 200 sats") == 1
    word = typist.word
    assert last.endswith(
        f"Type back for the page before. Type {word} for: sign. Type stop for: stop."
    )
    assert "Nothing was" in typist.says("ok")
    assert not request.answered
    assert typist.says(word).startswith("Signing. One moment.\nSigned.\n")
    assert request.result


def test_a_page_of_many_views_is_printed_whole_and_goes_by_one_word() -> None:
    made = draft(keyring())
    made.outs.insert(0, psbts.Out([], 0, b"\x6a\x4d\xe8\x03" + b"q" * 1000))
    typist, request = asked({"network": "localtest", "psbt": made.encode()})
    while "hex" not in "".join(typist.printed[-6:]):
        typist.says(typist.word)
    assert "71" * 1000 in typist.printed[-3].replace(" ", "")
    typist.says(typist.word, after=9)
    typist.wait(60)
    assert "page" in typist.printed[-4] or "Details" in "".join(typist.printed[-8:])
    assert not request.answered


def test_the_word_of_an_earlier_page_is_none() -> None:
    typist, request = asked(HIGH)
    first = typist.word
    assert typist.says(first).count("page 2 of")
    while (word := typist.word) == "ok":
        typist.says(word)
    assert word != first
    assert typist.says(first) == "That is no choice here. Nothing was done."
    typist.says(f"{first} {word}", word + word, word[:-1], f"{word}\x00")
    assert not request.answered
    typist.says(word)
    assert request.answered


def test_no_word_comes_twice() -> None:
    typist = Typist(Emulator())
    for _ in range(120):
        typist.says("ok", "stop")
    assert len(set(typist.face._words)) == len(typist.face._words) > 200


@pytest.mark.parametrize(
    "lines",
    [
        [""] * 300,
        ["ok"] * 300,
        ["o" * 4000],
        ["ok" * 200],
        [*["ok", "y", "yes", "sign"] * 20, "ok"],
        [*PIN, PIN, "ok"] * 20,
    ],
)
@pytest.mark.parametrize("every", [0.0, 0.03])
def test_a_held_key_and_a_paste_sign_nothing(lines: list[str], every: float) -> None:
    typist, request = asked(HIGH)
    typist.says(*lines, after=every)
    assert not request.answered
    assert typist.device.screen.lines[0].startswith("High fee")


def test_a_paste_of_the_page_s_own_word_passes_that_page_alone() -> None:
    """Who copies it has read it; the next page has another word."""
    typist, request = asked(HIGH)
    typist.wait(1)
    typist.says(*[typist.word] * 50, after=0.0)
    assert "page 2 of" in "".join(typist.printed[-6:])
    typist.says(*[word for word in typist.face._words if word][:-1], after=0.0)
    assert not request.answered


def test_what_was_typed_before_the_page_came_does_nothing() -> None:
    typist = Typist(Emulator())
    typist.device.request("sign_psbt", SIGN)
    assert typist.says("ok", after=0.3) == "That came too soon, or in a paste. Nothing was done."
    assert typist.device.screen.lines[0].startswith("Recipient 1 of 1")


def test_a_page_that_comes_while_the_key_is_held_ends_it() -> None:
    typist, request = asked(SIGN)
    typist.says("ok", "ok")
    word = typist.word
    typist.wait(1)
    typist.face.hear(bytearray(word.encode()))
    typist.wait(1)
    typist.device.hang_up()
    typist.device.request("sign_psbt", HIGH)
    typist.wait(5)
    assert typist.device.screen.lines[0].startswith("High fee")
    with pytest.raises(DeviceError):
        request.reply()


def test_stop_always_works_and_is_not_late() -> None:
    typist, request = asked(HIGH)
    typist.says("stop", after=0.0)
    with pytest.raises(DeviceError):
        request.reply()


def test_random_lines_do_nothing_nobody_meant() -> None:
    """Words of the page's kind, keys, digits and noise, at any time; not the page's word."""
    for number in range(30):
        random = Random(number)
        typist, request = asked(random.choice([SIGN, HIGH]))
        for _ in range(40):
            line = random.choice(["ok", "more", "back", "", PIN, "zoo", "abandon", "x", "y" * 30])
            typist.wait(random.choice([0.0, 0.05, 0.5]))
            typist.face.hear(bytearray(line.encode()))
        typist.wait(9)
        assert not request.answered


def test_the_pin_is_typed_on_a_line_and_its_buffer_erased() -> None:
    typist = Typist(Emulator(locked=True))
    assert "Type the PIN, or a full stop to leave." in typist.says("ok")
    line = bytearray(PIN.encode())
    typist.wait(1)
    typist.face.hear(line)
    assert not any(line)
    typist.wait(2)
    assert typist.device.screen.state == "unlocked"
    assert typist.printed[-3:][0] != PIN
    assert PIN not in "".join(typist.printed)


def test_a_seed_is_erased_by_a_word_and_the_pin() -> None:
    typist = Typist(Emulator())
    typist.says("ok")
    number = next(line.split()[0] for line in typist.printed if "Erase" in line)
    assert "Erase the seed?" in typist.says(number)
    assert "no choice" in typist.says("ok", "erase", "yes")
    typist.says(typist.word)
    typist.says(PIN)
    assert typist.device.screen.state == "empty"


def test_dice_are_counted_as_they_are_typed() -> None:
    typist = Typist(Emulator(None))
    assert "50 are enough alone. 0 of 50 rolls." in typist.says("1")
    assert typist.says("123456") == "6 of 50 rolls."
    assert typist.says("ok").startswith("Your twelve words.")


def lines_of(terminal: int, until: str) -> str:
    """What a process prints on a terminal, up to and with `until`."""
    printed, deadline = "", time.monotonic() + 30
    while until not in printed and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            printed += os.read(terminal, 65536).decode()
    assert until in printed, printed
    return printed


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[int]:
    """The real device in lines, locked, on a real terminal that can do nothing but print."""
    with FlashFile(tmp_path / "device.flash") as flash:
        flash.save(sealed_record())
    controller, side = os.openpty()
    command = [sys.executable, "-m", "firmware_emu", "--text", "--tcp", "0", "--flash"]
    process = subprocess.Popen(
        [*command, tmp_path / "device.flash"],
        cwd=ROOT,
        stdin=side,
        stdout=side,
        env=os.environ | {"TERM": "dumb"},
    )
    os.close(side)
    yield controller
    process.terminate()
    process.wait(20)
    os.close(controller)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_terminal_that_only_prints_is_enough(terminal: int) -> None:
    def says(line: str, until: str) -> str:
        time.sleep(0.6)
        os.write(terminal, line.encode() + b"\n")
        return lines_of(terminal, until)

    first = lines_of(terminal, "Type stop for")
    assert "The device is locked." in first
    port = int(re.findall(r"tcp 127.0.0.1:(\d+)", first)[0])
    assert "no choice here" in says("hello", "Nothing was done.")
    assert "full stop to leave" in says("ok", "to leave.")
    entered = says(PIN, "Type ok for: menu.")
    assert PIN not in entered
    assert "The device is unlocked 73c5da0a." in entered
    with socket.create_connection(("127.0.0.1", port), 20) as host:
        host.sendall(cbor.encode({"id": "1", "method": "sign_psbt", "params": SIGN}))
        shown = lines_of(terminal, "Type stop for: stop.")
        while not (word := re.findall(r"Type (\S+) for: sign", shown)):
            shown = says("ok", "Type stop for: stop.")
        assert "Signed." in says(word[0], "Signed.")
        assert b"result" in host.recv(65536)
    assert "\x1b" not in first + entered + shown
