"""What importing the signer takes beyond the interpreter, and whose modules it brings along."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.harness import Figure

ROOT = Path(__file__).parents[2]
FRESH = 15  # processes; the least of them counts
_CODE = """
import sys, time
before, began = set(sys.modules), time.process_time()
import {module}
print(time.process_time() - began)
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as cache:
        for module in ("signer.chains.bitcoin", "coincurve", "dataclasses"):
            seconds, brought = _imported(module, cache)
            foreign = sorted(set(brought) - sys.stdlib_module_names - {"signer"})
            yield Figure(f"import {module}", seconds, f"brings {', '.join(foreign) or 'nobody'}")


def _imported(module: str, cache: str) -> tuple[float, list[str]]:
    """CPU seconds, and the top-level modules that came with it."""
    runs = [_run(_CODE.format(module=module), cache) for _ in range(FRESH)]
    return min(float(seconds) for seconds, _ in runs), runs[0][1].split()


def _run(code: str, cache: str) -> tuple[str, str]:
    # Compiled once, as an installed package is: after the first process all read the bytecode.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=env | {"PYTHONPYCACHEPREFIX": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, brought = done.stdout.splitlines()
    return seconds, brought
