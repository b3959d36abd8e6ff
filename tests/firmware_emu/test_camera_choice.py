"""Choosing a camera: which there are, what each sees, and what helps it to read."""

import io
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image, ImageDraw, ImageFilter

from firmware_emu.links import camera_choice, cameras
from firmware_emu.links.camera_choice import CameraView, ConsoleKeys, half_blocks
from firmware_emu.links.cameras import Camera, of_linux, of_macos, of_windows
from firmware_emu.scanner import preview, reader
from host import optics

MACOS = """\
[AVFoundation indev @ 0x7f8] AVFoundation video devices:
[AVFoundation indev @ 0x7f8] [0] FaceTime HD Camera
[AVFoundation indev @ 0x7f8] [1] Capture screen 0
[AVFoundation indev @ 0x7f8] AVFoundation audio devices:
[AVFoundation indev @ 0x7f8] [0] Built-in Microphone
"""
WINDOWS = """\
[dshow @ 000001] "Integrated Camera" (video)
[dshow @ 000001]   Alternative name "@device_pnp_1"
[dshow @ 000001] "Microphone Array" (audio)
"""
OLDER = """\
[dshow @ 000001] DirectShow video devices (some may be both video and audio devices)
[dshow @ 000001]  "Integrated Camera"
[dshow @ 000001]     Alternative name "@device_pnp_1"
[dshow @ 000001] DirectShow audio devices
[dshow @ 000001]  "Microphone Array"
[dshow @ 000001]     Alternative name "@device_cm_1"
"""


def picture(text: str = "HELLO " * 20, side: int = 500) -> Image.Image:
    frame = optics.draw(text)
    drawn = Image.frombytes("L", (frame.width, frame.height), bytes(frame.pixels))
    return drawn.resize((side, side), Image.Resampling.NEAREST)


def on_desk(code: Image.Image, grey: int = 128) -> Image.Image:
    """As a camera of 640 x 480 sees it."""
    desk = Image.new("L", (640, 480), grey)
    desk.paste(code, (20, 20))
    return desk


def seen(frame: Image.Image, previous: Image.Image | None = None) -> preview.Exposure:
    last = preview.small(previous, (72, 32)) if previous else None
    return preview.assess(preview.small(frame, (72, 32)), last, reader._barcodes(frame))


def test_linux_names_the_first_node_of_each_camera(tmp_path: Path) -> None:
    devices, classes = tmp_path / "dev", tmp_path / "class"
    devices.mkdir()
    for number, index, name in ((0, "0", "Integrated Camera"), (1, "1", "Integrated Camera")):
        (devices / f"video{number}").touch()
        (classes / f"video{number}").mkdir(parents=True)
        (classes / f"video{number}" / "index").write_text(f"{index}\n")
        (classes / f"video{number}" / "name").write_text(f"{name}\n")
    (devices / "video10").touch()  # of which the kernel tells nothing
    (devices / "video_other").touch()
    assert list(of_linux(devices, classes)) == [
        Camera("Integrated Camera", str(devices / "video0")),
        Camera("video10", str(devices / "video10")),
    ]


def test_elsewhere_ffmpeg_names_them() -> None:
    """By lists as its releases write them; no camera of these systems was there to be asked."""
    assert list(of_macos(MACOS)) == [Camera("FaceTime HD Camera", "camera:FaceTime HD Camera")]
    newer = MACOS.replace("AVFoundation indev", "in#0")
    assert list(of_macos(newer)) == list(of_macos(MACOS))
    for listed in (WINDOWS, WINDOWS.replace("dshow", "in#0"), WINDOWS.replace("\n", "\r\n"), OLDER):
        [camera] = of_windows(listed)
        assert camera == Camera("Integrated Camera", "camera:Integrated Camera")
    assert not list(of_macos("")) + list(of_windows(""))


def test_two_cameras_of_one_name_are_told_by_their_paths() -> None:
    twice = (
        WINDOWS + WINDOWS.replace("pnp_1", "pnp_2") + '[dshow @ 1] "OBS Virtual Camera" (none)\n'
    )
    assert [camera.source for camera in of_windows(twice)] == [
        "camera:@device_pnp_1",
        "camera:@device_pnp_2",
        "camera:OBS Virtual Camera",
    ]


def test_the_pixels_of_a_module_are_measured() -> None:
    code = optics.draw("HELLO " * 20)
    modules = code.width / 4  # drawn with four pixels a module, the quiet zone among them
    shown = seen(on_desk(picture(side=400)))
    assert shown.is_read
    assert shown.pixels == pytest.approx(400 / modules, rel=0.1)
    assert shown.advice() == "Good: it reads."


def test_each_trouble_has_its_advice() -> None:
    small = on_desk(picture("X" * 300, 150).filter(ImageFilter.GaussianBlur(1.4)))
    assert not seen(small).is_read
    assert seen(small).advice() == "Closer."
    assert seen(Image.new("L", (640, 480), 250)).advice().startswith("Too bright.")
    assert seen(Image.new("L", (640, 480), 10)).advice().startswith("Too dark.")
    desk = Image.new("L", (640, 480), 90)
    moved = desk.copy()
    ImageDraw.Draw(moved).rectangle((0, 0, 300, 480), fill=200)
    assert seen(moved, desk).advice() == "Hold still."
    assert seen(desk, desk).advice() == "Hold a code before it."
    assert preview.Exposure(3.2, True, 120, 0).advice() == "It reads. A little closer is better."


def test_a_view_is_drawn_in_half_blocks_of_its_own_greys() -> None:
    rows = half_blocks(bytes((0, 255, 255, 0, 128, 128)), 2)
    assert rows == (
        "\x1b[38;5;232;48;5;255m▀\x1b[38;5;255;48;5;232m▀\x1b[0m",
        "\x1b[38;5;243;48;5;232m▀\x1b[38;5;243;48;5;232m▀\x1b[0m",
    )


def test_what_the_scanner_says_is_taken() -> None:
    view = CameraView()
    view.hear({"view": "00ff", "width": "2", "pixels": "4.2", "advice": "Good: it reads."})
    view.hear({"code": "41"})
    assert (view.greys, view.width, view.codes) == (b"\0\xff", 2, 1)
    view.hear({"say": "The camera has ended."})
    assert view.sentence == "Good: it reads. The camera has ended."
    view.hear({"view": "00ff", "width": "2", "pixels": "4.2", "advice": "Closer."})
    assert view.sentence == "Closer."
    nothing = CameraView()
    assert nothing.sentence == "Waiting for a picture."
    nothing.hear({"say": "x.png cannot be read."})
    assert nothing.sentence == "x.png cannot be read."


CHOOSE = """
import json, sys
from firmware_emu.links.camera_choice import choose
from firmware_emu.links.cameras import Camera
chosen = choose([Camera(name, source) for name, source in json.loads(sys.argv[1])])
print("chosen", repr(chosen))
"""


class Person:
    """Somebody at a terminal of 80x24, in which a camera is chosen."""

    def __init__(self, *sources: str) -> None:
        self._ours, theirs = pty.openpty()
        listed = json.dumps([("Camera", source) for source in sources])
        self._child = subprocess.Popen(
            [sys.executable, "-c", CHOOSE, listed], stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self.text = ""

    def sees(self, wanted: str) -> str:
        """Everything up to there; the test's own timeout ends what never comes."""
        end = time.monotonic() + 30
        while wanted not in self.text and time.monotonic() < end:
            if select.select([self._ours], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self._ours, 1 << 16).decode("utf-8", "replace")
                except OSError:
                    break
        assert wanted in self.text, self.text[-500:]
        shown, _, self.text = self.text.partition(wanted)
        return shown

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def leave(self) -> None:
        self._child.kill()
        self._child.wait()
        os.close(self._ours)


def test_a_person_sees_each_source_and_takes_one(tmp_path: Path) -> None:
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    picture().save(first)
    Image.new("L", (640, 480), 5).save(second)
    person = Person(str(first), str(second))
    try:
        assert "▀" in person.sees("Good: it reads.") + person.sees("quit")
        person.press("\x1b[C")
        person.sees("Too dark. Turn a light on.")
        person.press("\r")
        person.sees(f"chosen '{second}'")
    finally:
        person.leave()


def test_a_path_can_be_typed_and_nothing_need_be_chosen(tmp_path: Path) -> None:
    typed = tmp_path / "typed.png"
    picture().save(typed)
    person = Person()
    try:
        person.sees("The screen of this machine")
        person.press("p")
        person.sees("Path of a picture")
        person.press(f"{typed}\n")
        person.sees("Good: it reads.")
        person.press("q")
        person.sees("chosen ''")
    finally:
        person.leave()


class Pressed:
    """The console of Windows (msvcrt) with keys that somebody presses once they see a text."""

    def __init__(self, screen: list[str], *presses: tuple[str, str]) -> None:
        self._screen = screen
        self._presses = list(presses)
        self._waiting = ""

    def kbhit(self) -> bool:
        if not self._waiting and self._presses and self._presses[0][0] in "".join(self._screen):
            self._waiting = self._presses.pop(0)[1]
            self._screen.clear()
        return bool(self._waiting)

    def getwch(self) -> str:
        key, self._waiting = self._waiting[0], self._waiting[1:]
        return key


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    written: list[str] = []
    monkeypatch.setattr(camera_choice, "_write", written.append)
    return written


def test_the_console_of_windows_chooses_from_a_recorded_list(
    screen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No machine with Windows was at hand: its keys are as the C runtime documents _getwch."""
    taken = tmp_path / "second.png"
    picture().save(taken)
    listing = [*of_windows(OLDER), Camera("A picture", str(taken))]
    console = Pressed(screen, ("▸ Integrated Camera", "\xe0M"), ("Good: it reads.", "\r"))
    assert camera_choice.choose_by(ConsoleKeys(console), listing) == str(taken)
    screen.clear()
    back = Pressed(screen, ("Which camera?", "\xe0K"), ("▸ Clipboard", "\xe0K"), ("▸ The", "\r"))
    assert camera_choice.choose_by(ConsoleKeys(back), listing) == "screen"
    screen.clear()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{taken}\n"))
    typing = Pressed(screen, ("Which camera?", "p"), ("Good: it reads.", "\r"))
    assert camera_choice.choose_by(ConsoleKeys(typing), []) == str(taken)
    for key in ("q", "\x1b", "\x03"):  # the console tells Ctrl-C as a key
        screen.clear()
        assert camera_choice.choose_by(ConsoleKeys(Pressed(screen, ("quit", key))), listing) == ""


def test_a_key_that_says_nothing_here_does_nothing() -> None:
    keys = ConsoleKeys(Pressed(["x"], ("x", "\0;")))
    assert keys.read(0.1) not in {None, "", "q", "\r"}
    assert keys.read(0) is None


def test_where_ffmpeg_is_missing_it_is_said_below_the_list(
    screen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cameras, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(cameras.shutil, "which", lambda _: None)
    assert cameras.cameras() == ()
    note = cameras.without_list()
    console = ConsoleKeys(Pressed(screen, ("and it is not installed here.", "q")))
    assert camera_choice.choose_by(console, [], note) == ""


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is absent")
def test_a_video_moves_in_the_view(tmp_path: Path) -> None:
    video = tmp_path / "clip.mp4"
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=d=2", str(video)],
        check=True,
    )
    person = Person(str(video))
    try:
        person.sees("pixels a module")
        assert "▀" in person.sees("The camera or the video has ended.")
    finally:
        person.leave()


def test_without_a_terminal_it_is_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "firmware_emu", "--camera", "--flash", str(tmp_path / "flash")]
    run = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith("Choosing a camera takes a terminal. Name one:")
