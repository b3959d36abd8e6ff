"""The gates every change passes: lint, format, types and import contracts, as tests."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

GATES = {
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "."],
    "types": [sys.executable, "-m", "mypy", "signer", "firmware_emu", "host"],
    "imports": [str(BIN / "lint-imports")],
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("gate", GATES)
def test_the_gate_is_green(gate: str) -> None:
    run = subprocess.run(GATES[gate], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
