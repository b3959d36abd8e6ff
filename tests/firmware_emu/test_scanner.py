"""The scanner process: pictures of any form, folders and text in; codes and sentences out."""

import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image

from firmware_emu.scanner import reader
from firmware_emu.scanner.looking import MOST_BYTES, Looking
from host import optics
from tests.optics import pictures

TEXTS = ("UR:CRYPTO-PSBT/1-2/LPADAX", "UR:CRYPTO-PSBT/2-2/LPAOAX")


def drawn(text: str, scale: int = 4) -> Image.Image:
    frame = optics.draw(text, scale)
    return Image.frombytes("L", (frame.width, frame.height), frame.pixels)


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


@contextmanager
def scanning(source: str, stdin: int = subprocess.DEVNULL) -> Iterator["Scanner"]:
    command = [sys.executable, "-m", "firmware_emu.scanner", source]
    with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE) as process:
        try:
            yield Scanner(process)
        finally:
            process.kill()


class Scanner:
    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.items: list[dict[str, str]] = []
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.items.append(json.loads(line))

    def wait(self, count: int) -> list[str]:
        end = time.monotonic() + 30
        while len(self.items) < count:
            assert time.monotonic() < end, self.items
            time.sleep(0.02)
        return [
            bytes.fromhex(item["code"]).decode() if "code" in item else item["say"]
            for item in self.items
        ]


def seen(data: bytes) -> tuple[bytes, ...]:
    return tuple(code for frame in reader.frames(data) for code in reader.codes(frame))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM"])
def test_every_common_form_of_picture_is_read(form: str) -> None:
    assert seen(encoded(drawn(TEXTS[0]), form)) == (TEXTS[0].encode(),)


def test_every_frame_of_an_animation_is_read_and_see_through_pictures_too() -> None:
    first, second = (drawn(text) for text in TEXTS)
    animation = encoded(first, "GIF", save_all=True, append_images=[second], duration=200)
    assert seen(animation) == tuple(text.encode() for text in TEXTS)
    code = drawn(TEXTS[0])
    clear = Image.new("RGBA", code.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=code.point(lambda grey: 255 - grey))
    assert seen(encoded(clear, "PNG")) == (TEXTS[0].encode(),)


def test_a_picture_in_4k_is_read_and_a_larger_one_is_refused() -> None:
    large = Image.new("L", (3840, 2160), 200)
    large.paste(drawn(TEXTS[0], 8), (1000, 300))
    assert seen(encoded(large, "PNG")) == (TEXTS[0].encode(),)
    with pytest.raises((ValueError, Image.DecompressionBombError)):
        seen(encoded(Image.new("L", (3841, 2160)), "PNG"))


def test_a_second_look_reads_screens_whose_grid_hides_the_code() -> None:
    screens = [pictures.moire(pictures.TEXT, seed) for seed in range(20)]
    first = sum(bool(reader.look(picture)) for picture in screens)
    again = sum(bool(reader.codes(picture)) for picture in screens)
    assert (first <= 1, again >= 16) == (True, True), f"{first}, then {again} of 20"


def test_no_other_picture_gets_worse_by_the_second_look() -> None:
    others = list(pictures.degraded())
    assert len(others) == 160
    before = [bool(reader.look(picture)) for picture in others]
    after = [bool(reader.codes(picture)) for picture in others]
    assert all(late or not early for early, late in zip(before, after, strict=True))
    assert sum(after) >= 150


def test_a_folder_is_watched_for_what_comes(tmp_path: Path) -> None:
    (tmp_path / "old.png").write_bytes(encoded(drawn("OLD"), "PNG"))
    with scanning(str(tmp_path)) as scanner:
        time.sleep(1.0)
        (tmp_path / "a.png").write_bytes(encoded(drawn(TEXTS[0]), "PNG"))
        assert scanner.wait(1) == [TEXTS[0]]
        (tmp_path / "b.txt").write_text(f"\ufeff{TEXTS[1]}\r\n\n{TEXTS[0]}\n")
        assert scanner.wait(3)[1:] == [TEXTS[1], TEXTS[0]]
        (tmp_path / "blank.png").write_bytes(encoded(Image.new("L", (99, 99)), "PNG"))
        assert scanner.wait(4)[3:] == ["No QR code was seen in blank.png."]
        (tmp_path / "odd.jpg").write_bytes(b"\xff\xd8\x00\x01 no picture")
        assert "odd.jpg is no picture that is known here." in scanner.wait(5)[4]


def test_text_comes_by_standard_input_as_a_wedge_scanner_types_it() -> None:
    ours, theirs = os.pipe()
    with scanning("-", ours) as scanner:
        os.write(theirs, b"UR:CRYPTO-PSBT/A\r\n\nB$ZP0100AA\n")
        assert scanner.wait(2) == ["UR:CRYPTO-PSBT/A", "B$ZP0100AA"]
        os.close(theirs)
        assert scanner.process.wait(20) == 0
    os.close(ours)


@pytest.mark.parametrize("source", ["/dev/video0", "screen"])
def test_what_needs_ffmpeg_says_so_where_there_is_none(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with scanning(source) as scanner:
        assert scanner.wait(1)[0].startswith("A camera and the screen are read by ffmpeg")


@pytest.fixture
def fake_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name which has one camera, of small pictures only, and one code in view."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "view.pgm").write_bytes(encoded(drawn(TEXTS[0]), "PPM"))
    program = folder / "ffmpeg"
    program.write_text(
        f"""#!/bin/sh
echo "$*" >> {folder}/commands
case "$*" in
  *video_size*|*video9*) echo "[in#0 @ 0x55] $4 has no such pictures" >&2; exit 1 ;;
esac
cat {folder}/view.pgm
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a script of a shell")
@pytest.mark.parametrize(
    ("source", "sizes"),
    [
        ("/dev/video0", ["mjpeg -video_size 1280x720", "-video_size 1280x720", ""]),
        ("camera:Front@3840x2160", ["mjpeg -video_size 3840x2160", "-video_size 3840x2160", ""]),
    ],
)
def test_a_camera_is_asked_for_large_pictures_and_taken_with_what_it_has(
    source: str, sizes: list[str], fake_ffmpeg: Path
) -> None:
    with scanning(source) as scanner:
        assert scanner.wait(2) == [TEXTS[0], "The camera or the video has ended."]
    commands = (fake_ffmpeg / "commands").read_text().splitlines()
    assert len(commands) == len(sizes)
    for command, size in zip(commands, sizes, strict=True):
        assert size in command
        assert source.partition("@")[0].removeprefix("camera:") in command
    assert "video_size" not in commands[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="the program is a script of a shell")
@pytest.mark.usefixtures("fake_ffmpeg")
def test_why_a_camera_gives_nothing_is_said() -> None:
    with scanning("/dev/video9") as scanner:
        [sentence] = scanner.wait(1)
        assert sentence.startswith("/dev/video9 cannot be read: ")
        assert sentence.endswith("has no such pictures.")


def test_of_wayland_no_picture_of_the_screen_is_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform in {"darwin", "win32"}:
        pytest.skip("there is no Wayland")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with scanning("screen") as scanner:
        assert "screenshots into a folder" in scanner.wait(1)[0]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is absent")
def test_a_film_is_read_and_what_is_none_is_said(tmp_path: Path) -> None:
    pictures_of = [drawn(text).resize((400, 400)) for text in TEXTS]
    animation = tmp_path / "film.gif"
    animation.write_bytes(
        encoded(pictures_of[0], "GIF", save_all=True, append_images=pictures_of[1:], duration=400)
    )
    film = tmp_path / "film.mkv"
    command = ["ffmpeg", "-loglevel", "error", "-i", str(animation), str(film)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    with scanning(str(film)) as scanner:
        assert scanner.process.wait(30) == 0
        assert set(TEXTS) < set(scanner.wait(3))
    (tmp_path / "none.mp4").write_bytes(b"no film")
    with scanning(str(tmp_path / "none.mp4")) as scanner:
        assert scanner.wait(1)[0].startswith("none.mp4 cannot be read: ")


def test_the_scanner_ends_when_nobody_listens(tmp_path: Path) -> None:
    script = (
        "import os,sys,subprocess,time;"
        "p=subprocess.Popen([sys.executable,'-m','firmware_emu.scanner',sys.argv[1]]);"
        "print(p.pid,flush=True);time.sleep(1.5);os._exit(0)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.wait(20)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the scanner is still there")


def test_looking_says_what_is_too_large() -> None:
    said: list[dict[str, str]] = []
    with Looking(said.append) as looking:
        looking.file("a.bin", bytes(MOST_BYTES + 1))
    assert said == [{"say": "a.bin is larger than 64 MB."}]
