"""A terminal that takes no more of what the device draws does not keep it alive (Linux, macOS)."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware_emu.emulator import PIN, sealed_record
from tests.nights import AT_NIGHT


def drawn(terminal: int, seconds: float) -> bytes:
    end = time.monotonic() + seconds
    output = b""
    while time.monotonic() < end:
        try:
            output += os.read(terminal, 65536)
        except BlockingIOError:
            time.sleep(0.02)
    return output


@AT_NIGHT
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_device_whose_terminal_takes_no_more_ends_by_a_signal(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    flash.write_bytes(sealed_record())
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "firmware_emu", "--air", "--flash", str(flash)]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as device:
        os.close(theirs)
        os.set_blocking(ours, False)
        try:
            drawn(ours, 8)
            for keys in ("\r", PIN, "\r", "\r", "\x1b[C", "\r"):  # the account, in many codes
                os.write(ours, keys.encode())
                output = drawn(ours, 2.5)
            assert "▀".encode() in output
            time.sleep(15)  # nobody reads, until what is drawn has nowhere to go
            device.terminate()
            assert device.wait(20) != 0
        finally:
            device.kill()
            os.close(ours)
