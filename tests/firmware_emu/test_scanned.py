"""The scanner read by a thread, as Windows needs it, with real processes."""

import asyncio
import sys
import time
from pathlib import Path

from firmware_emu.emulator import Emulator
from firmware_emu.links.scanned import ScannerLink, ThreadedPipe

LINES = """
import sys, time
for number in range(4):
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
    time.sleep(0.05)
time.sleep(60 * (sys.argv[1] == "stays"))
"""


class Reader(asyncio.Protocol):
    """Takes one piece, and asks for the next when it is told to."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.came = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        self.came.set()


def piped(reader: Reader, *words: str) -> ThreadedPipe:
    loop = asyncio.get_running_loop()
    return ThreadedPipe(loop, reader, [sys.executable, "-c", LINES, *words])


async def test_no_more_is_read_before_the_last_piece_was_looked_at() -> None:
    """T97: what a scanner sees waits in its pipe, and not in the device."""
    reader = Reader()
    pipe = piped(reader, "ends")
    await asyncio.wait_for(reader.came.wait(), 20)
    await asyncio.sleep(0.5)
    assert reader.pieces == [b"0\n"]
    reader.came.clear()
    pipe.resume_reading()
    await asyncio.wait_for(reader.came.wait(), 20)
    assert b"".join(reader.pieces) == b"0\n1\n2\n3\n"
    pipe.close()


async def test_a_device_takes_what_a_scanner_has_seen(tmp_path: Path) -> None:
    paper = tmp_path / "paper.txt"
    paper.write_text("nothing for a signer\nnothing again")
    device = Emulator()
    link = ScannerLink(device.shell, str(paper))
    command = [sys.executable, "-m", "firmware_emu.scanner", str(paper)]
    link.connection_made(ThreadedPipe(asyncio.get_running_loop(), link, command))
    for _ in range(400):
        if "Not scanned" in device.screen.lines[0]:
            break
        await asyncio.sleep(0.05)
    link.close()
    assert "Not scanned" in device.screen.lines[0]


async def test_a_scanner_that_sees_nothing_ends_with_its_link() -> None:
    pipe = piped(Reader(), "stays")
    assert not pipe.is_closing()
    began = time.monotonic()
    pipe.close()
    assert time.monotonic() - began < 10
    assert pipe.is_closing()
    assert pipe._child.returncode is not None
