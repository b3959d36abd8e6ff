"""Random histories of payments: `python -m tests.model --count 10000`.

With `--reorg 30` a reorganisation takes up to so many blocks.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from shutil import rmtree

from tests.model.history import DEEPEST, play, template


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first history")
    parser.add_argument("--length", type=int, default=30, help="events before it settles")
    parser.add_argument("--tell", action="store_true", help="what happened in those with a fault")
    parser.add_argument("--reorg", type=int, default=DEEPEST, help="blocks it takes at most")
    options = parser.parse_args()
    faults: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="quietkey-") as folder:
        start = template(Path(folder) / "start")
        for number in range(options.first, options.first + options.count):
            story, fault = play(
                start, Path(folder) / str(number), number, options.length, options.reorg
            )
            rmtree(Path(folder) / str(number))
            if fault:
                faults[str(fault).split(" ")[0]] += 1
                lines = [f"history {number}: {fault}", *(story.log if options.tell else [])]
                sys.stdout.write("\n".join(lines) + "\n")
                sys.stdout.flush()
    sys.stdout.write(f"{options.count} histories: {faults.total()} faults {dict(faults)}\n")
    return bool(faults)


if __name__ == "__main__":
    raise SystemExit(main())
