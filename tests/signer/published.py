"""Where the tests of the signer find what strangers published."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
OWN = ROOT / "tests" / "vectors"
SHARED = ROOT.parent / "shared" / "vectors"


def own(name: str) -> dict[str, Any]:
    """tests/vectors/<name>.json, which the project keeps; each names its source and licence."""
    vectors: dict[str, Any] = json.loads((OWN / f"{name}.json").read_text())
    return vectors


def shared(path: str) -> Path:
    """A file of the large corpora beside the checkout; skips the test where they are absent."""
    file = SHARED / path
    if not file.exists():
        pytest.skip(f"the shared corpus {path} is not beside this checkout")
    return file


def cases(name: str, group: str = "cases") -> list[Any]:
    """The cases of tests/vectors/<name>.json as pytest parameters, each with its id."""
    return [pytest.param(case, id=case["id"]) for case in own(name)[group]]
