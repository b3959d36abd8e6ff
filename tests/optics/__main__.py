"""`python -m tests.optics [NAME ...]`: the air gap's figures, or those of the modules named."""

import sys
from collections.abc import Callable, Iterator

from tests.optics import costs, hostile, pictures, strays, transfers
from tests.optics.figures import Figure, rows

KINDS: dict[str, Callable[[], Iterator[Figure]]] = {
    "transfers": transfers.figures,
    "strays": strays.figures,
    "pictures": pictures.figures,
    "hostile": hostile.figures,
    "costs": costs.figures,
}


def main() -> int:
    wanted = sys.argv[1:] or [*KINDS]
    if unknown := set(wanted) - set(KINDS):
        sys.exit(f"No figures are called {', '.join(sorted(unknown))}: {', '.join(KINDS)}.")
    missed = 0
    for name in wanted:
        for figure in KINDS[name]():
            missed += not figure.holds
            print(*rows([figure]), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
