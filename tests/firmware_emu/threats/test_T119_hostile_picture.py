"""T119: a picture made to take time or memory ends the child that reads it, and nothing else."""

import asyncio
import io
import json
import signal
import statistics
import subprocess
import sys
import time
import zlib
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from firmware_emu.scanner import looking as looking_module
from firmware_emu.scanner.looking import Looking
from host import optics
from host.demo.control import PanelClient
from tests.optics import hostile

BUSY = 3  # a machine that does other things; `python -m tests.optics` holds the bars themselves


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def good(text: str) -> bytes:
    frame = optics.draw(text)
    return png(Image.frombytes("L", (frame.width, frame.height), frame.pixels))


def bomb() -> bytes:
    """A PNG that says it is 60,000 pixels on a side."""
    header = b"\x00\x00\xea\x60\x00\x00\xea\x60\x08\x00\x00\x00\x00"
    chunk = b"IHDR" + header
    body = b"\x00\x00\x00\x0d" + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("picture", [hostile.finder_patterns(), bomb()], ids=["patterns", "bomb"])
def test_the_next_picture_is_read_as_if_it_had_not_been(picture: bytes) -> None:
    said: list[dict[str, str]] = []
    with Looking(said.append) as looking:
        began = time.monotonic()
        looking.file("hostile", picture)
        spent = time.monotonic() - began
        looking.file("good", good("GOOD"))
    assert spent < 20  # by the clock of a busy machine
    assert "say" in said[0], "what is passed over is said"
    assert said[-1] == {"code": b"GOOD".hex()}


def test_the_child_is_ended_after_three_tenths_of_a_second_of_the_processor() -> None:
    picture = hostile.finder_patterns()
    assert min(hostile.child_ms(picture) for _ in range(2)) <= BUSY * 300


@pytest.mark.parametrize("name", [name for name in hostile.CODES if name != hostile.DENSE])
def test_no_code_takes_long_in_the_process_of_the_device(name: str) -> None:
    """Files, texts and URs as large as are taken (T75); dense parts have a test of their own."""
    assert hostile.worst_ms(name) <= BUSY * 50


def test_what_never_ends_is_ended_by_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is the processor's, and the end does not wait for Python to have its turn."""
    monkeypatch.setattr(looking_module, "_MOST_S", 60.0)  # so that it is not the clock's end
    said: list[dict[str, str]] = []
    with Looking(said.append) as looking:
        looking.file("good", good("A"))
        child = looking._child
        assert child is not None
        looking.file("hostile", hostile.finder_patterns())
        looking.file("good", good("B"))
    codes = [bytes.fromhex(item["code"]) for item in said if "code" in item]
    assert codes == [b"A", b"B"]
    assert child.returncode == -signal.SIGPROF, "more arithmetic than MOST_S was let pass"


def test_a_sealed_device_goes_on_under_hostile_video(tmp_path: Path) -> None:
    """The scanner is there before the seal; a key is answered while it chokes on pictures."""
    eye = tmp_path / "eye"
    eye.mkdir()
    command = [sys.executable, "-m", "firmware_emu", "--flash", str(tmp_path / "flash")]
    command += ["--air", "--camera", str(eye), "--control", "0", "--face", "none"]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, "--announce"], **quiet) as device, ExitStack() as stack:
        stack.callback(device.kill)
        assert device.stdout
        ready = json.loads(device.stdout.readline())
        assert ready["camera"] == str(eye)
        assert ready["tcp"] is None
        asyncio.run(press_under_video(ready, eye))
        device.terminate()
        assert device.wait(20) == 0


async def press_under_video(ready: dict[str, str], folder: Path) -> None:
    panel = await PanelClient.connect(ready["control"], ready["token"])
    waits = await hostile.press_under_video(panel, folder, 40)
    assert statistics.median(waits) < 0.05, waits
    (folder / "5.txt").write_text("nothing for a signer")
    await panel.press_at_once("ok")
    await panel.wait_for(lambda view: "Not scanned" in view.lines[0])
    await panel.close()
