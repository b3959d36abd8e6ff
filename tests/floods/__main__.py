"""`python -m tests.floods [--seconds N] [KIND ...]`: floods, each at a fresh device."""

import argparse
import sys
import tempfile
from pathlib import Path

from firmware_emu.emulator import EmulatorProcess, sealed_record
from tests.floods.kinds import KINDS
from tests.floods.measure import FLAGS, Measured, flood

MOST_MEMORY, MOST_KEY, MOST_SECOND = 64, 0.2, 1.0


def _measured(kind: str, seconds: float) -> Measured:
    with (
        tempfile.TemporaryDirectory() as folder,
        EmulatorProcess(Path(folder) / "flash", sealed_record(), FLAGS) as device,
    ):
        device.unlock()
        return flood(device, kind, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.floods", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("kinds", nargs="*", default=[*KINDS])
    options = parser.parse_args()
    print(f"{'kind':40} {'MiB':>6} {'key':>7} {'worst':>7} {'second host':>11}   (seconds)")
    failed = 0
    for kind in options.kinds:
        seen = _measured(kind, options.seconds)
        is_good = seen.memory <= MOST_MEMORY and seen.key <= MOST_KEY and seen.second <= MOST_SECOND
        failed += not is_good
        figures = f"{seen.memory:6.1f} {seen.key:7.3f} {seen.key_worst:7.3f} {seen.second:11.3f}"
        print(f"{kind:40} {figures}   {'' if is_good else 'TOO MUCH'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
