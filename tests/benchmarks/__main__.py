"""`python -m tests.benchmarks [NAME ...]`: the figures of every module here, or of those named."""

import importlib
import pkgutil
import sys
from pathlib import Path

from tests.benchmarks.harness import table

HERE = Path(__file__).parent
NOT_FIGURES = {"__main__", "harness", "peers"}


def main() -> None:
    found = {module.name for module in pkgutil.iter_modules([str(HERE)])} - NOT_FIGURES
    wanted = set(sys.argv[1:]) or found
    if wanted - found:
        sys.exit(f"No figures of that name. There are: {', '.join(sorted(found))}.")
    for name in sorted(wanted):
        module = importlib.import_module(f"tests.benchmarks.{name}")
        print(f"{name}: {(module.__doc__ or '').splitlines()[0]}\n")
        print(table(module.figures()), end="\n\n")


if __name__ == "__main__":
    main()
