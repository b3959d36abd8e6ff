"""`python -m tests.mutation [MODULE ...]`: mutants of the signer, and whether a test notices each.

MODULE is a name in front of which `signer.` is understood: `hashes`, `keys`, `chains.bitcoin.tx`.
Every mutant that survives is printed; `tests/mutation/survivors.txt` has a line for those that may.
"""

import argparse
import sys
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.mutation.nursery import ARGUMENTS, Nursery
from tests.mutation.runner import Options, Runner
from tests.mutation.survivors import TABLE, Survivors

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Parse the command line, run, and end with 1 if a mutant is open."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="all, if none is named")
    parser.add_argument("--sample", type=int, help="mutants of each module, drawn by lot (all)")
    parser.add_argument(
        "--imports", type=int, default=10, help="of those, felt at import: 2 seconds each (10)"
    )
    parser.add_argument(
        "--seconds", type=float, default=5, help="of tests, before one that is explained rests (5)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the lot (0)")
    parser.add_argument(
        "--again", type=Path, help="what a run printed: only the mutants that were open in it"
    )
    parser.add_argument("--package", type=Path, default=ROOT / "signer", help="what is changed")
    parser.add_argument("--tests", nargs="+", default=[str(ROOT / "tests" / "signer")])
    parser.add_argument("--survivors", type=Path, default=TABLE, help="those that may survive")
    asked = parser.parse_args()
    # A test that fails has said all that is asked of it: it is not made smaller, or explained.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutation", max_examples=30, deadline=None, derandomize=True, database=None, phases=phases
    )
    root: Path = asked.package.resolve()
    options = Options(
        modules=_modules(root, asked.modules),
        root=root,
        nursery=Nursery(),
        imports=asked.imports,
        survivors=Survivors(asked.survivors.read_text("ascii")),
        sample=asked.sample,
        seconds=asked.seconds,
        seed=asked.seed,
        again=asked.again.read_text("ascii") if asked.again else "",
    )
    runner = Runner(options)
    sys.exit(pytest.main([*ARGUMENTS, *asked.tests], [runner]) or bool(runner.report()))


def _modules(root: Path, asked: list[str]) -> dict[str, Path]:
    """Module names and files. Ends the process if a name asked for is none."""
    files = {
        ".".join(path.relative_to(root.parent).with_suffix("").parts): path
        for path in sorted(root.rglob("*.py"))
    }
    names = [f"{root.name}.{name}" for name in asked] or [root.name]
    chosen = {
        module: path
        for name in names
        for module, path in files.items()
        if f"{module}.".startswith(f"{name}.")
    }
    if not chosen:
        sys.exit(f"There is no such module in {root}.")
    return chosen


if __name__ == "__main__":
    main()
