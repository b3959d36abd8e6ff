"""`python -m firmware_emu.scanner SOURCE [NANOSECONDS [60x34]]`: a line of JSON for what is seen.

{"code": hex} is what a code holds; {"say": sentence} is for a person: nothing is dropped silently.
With "pictures" they come on standard input, each behind its length in 4 bytes, and {"looked": ""}
stands behind what was seen in one. With a size each picture has its small view first.
It ends with whoever started it. What changed in a folder since NANOSECONDS of the epoch is new.
"""

import json
import os
import sys
import threading
import time

from firmware_emu.scanner.looking import Looking

_WATCH_S = 0.2


def _say(item: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(item) + "\n")
    sys.stdout.flush()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os._exit(0)


def _look_at_pictures(looking: Looking) -> None:
    while len(head := sys.stdin.buffer.read(4)) == 4:
        looking.picture(sys.stdin.buffer.read(int.from_bytes(head, "big")))
        _say({"looked": ""})


def main() -> None:
    """Look at the source that was named until it ends, or until nobody listens."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        with Looking(_say, *sys.argv[3:4]) as looking:
            if sys.argv[1] == "pictures":
                _look_at_pictures(looking)
            else:
                from firmware_emu.scanner.sources import source_of  # noqa: PLC0415  slow to import

                since_ns = int(sys.argv[2]) if sys.argv[2:] else time.time_ns()
                source_of(sys.argv[1], since_ns)(looking)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(0)


if __name__ == "__main__":
    main()
