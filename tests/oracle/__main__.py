"""`python -m tests.oracle [--count 20000] [--seed 3f29]`: a long run, and what came of it."""

import argparse
import sys

from tests.oracle.drawn import SEED
from tests.oracle.runs import ORDINARY, compare


def main() -> None:
    """Compare, print the table, and end with status 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="comparisons in all (20000)")
    parser.add_argument("--seed", default=SEED, help="of a run to have again")
    options = parser.parse_args()
    ordinary = sum(sum(peers.values()) for peers in ORDINARY.values())
    _say(f"QUIETKEY_ORACLE_SEED={options.seed}")
    total, differences = 0, 0
    for subject, peers in ORDINARY.items():
        for peer, share in peers.items():
            at_least = -(-share * options.count // ordinary)
            tally = compare(subject, peer, at_least, options.seed)
            _say(*tally.rows())
            total += tally.compared
            differences += len(tally.differences)
    _say(f"{total} compared, {differences} differ")
    sys.exit(bool(differences))


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
