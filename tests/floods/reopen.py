"""`python -m tests.floods.reopen [--times N] [--busy N]`: a serial port closed and opened at once.

Each client asks one question and leaves with its answer (every third when it has begun), while
other processes keep the machine busy. No answer may be lost, or be the last client's (threat T99).
"""

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import serial

from firmware_emu.emulator import EmulatorProcess, sealed_record
from signer.formats import cbor

BUSY = "while True: pass"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.floods.reopen", description=__doc__)
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--busy", type=int, default=6)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        flash = folder / "device.flash"
        device = stack.enter_context(EmulatorProcess(flash, sealed_record(), ("--pty",)))
        for _ in range(options.busy):
            busy = stack.enter_context(subprocess.Popen([sys.executable, "-c", BUSY]))
            stack.callback(busy.kill)
        lost, stale = reopen(device.announcement["pty"], options.times)
    print(f"{options.times} times: {lost} lost, {stale} stale")
    return 1 if lost or stale else 0


def reopen(path: str, times: int) -> tuple[int, int]:
    """How many answers were lost, and how many were another's."""
    lost = stale = 0
    for number in range(times):
        with serial.Serial(path, timeout=10) as line:
            line.write(cbor.encode({"id": str(number), "method": "ping"}))
            if number % 3 == 2:
                lost += line.read(1) == b""
                continue
            answer = read(line)
            lost += answer is None
            stale += answer is not None and answer != {"id": str(number), "result": 0}
    return lost, stale


def read(line: serial.Serial) -> cbor.Value:
    """The next message, or None where none came in time."""
    heard = b""
    while True:
        match cbor.decode_prefix(heard, cbor.LENIENT):
            case cbor.Complete(value):
                return value
            case _:
                byte = line.read(1)
                if not byte:
                    return None
                heard += byte


if __name__ == "__main__":
    sys.exit(main())
