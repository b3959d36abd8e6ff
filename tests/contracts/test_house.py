"""The plan of the house, held as tests: what stands at the top, what a process pulls in."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.contracts.figures import parsed

ROOT = Path(__file__).parents[2]
TOP = {"signer", "firmware_emu", "host", "tests", "pyproject.toml", "README.md", "LICENSE"}


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout")
    return listed.stdout.splitlines()


def sources(*folders: str) -> list[Path]:
    """Every module below these folders. A folder without any is a test that passes on nothing."""
    found = {folder: sorted((ROOT / folder).rglob("*.py")) for folder in folders}
    assert all(found.values()), found
    return [path for paths in found.values() for path in paths]


def test_the_top_level_is_what_was_asked_for() -> None:
    names = {path.split("/")[0] for path in tracked()}
    assert {name for name in names if not name.startswith(".")} == TOP


def test_no_room_of_the_signer_is_crowded() -> None:
    """A folder of more than twelve modules has no order that a reader could see."""
    names = [path for path in sources("signer") if path.name != "__init__.py"]
    crowd = Counter(path.parent.relative_to(ROOT).as_posix() for path in names)
    assert {folder: count for folder, count in crowd.items() if count > 12} == {}


def test_only_a_review_makes_an_approval() -> None:
    """Python cannot forbid forging an Approval (threat T73), so the syntax tree is searched."""
    makers = []
    for path in sources("signer", "firmware_emu", "host"):
        nodes = ast.walk(parsed(path))
        calls = (node for node in nodes if isinstance(node, ast.Call))
        names = (name for call in calls for name in ast.walk(call.func))
        if any("Approval" in getattr(name, "id", getattr(name, "attr", "")) for name in names):
            makers.append(path.relative_to(ROOT).as_posix())
    assert makers == ["signer/review.py"]


def test_only_the_keys_themselves_open_a_private_node() -> None:
    """`Keyring.opened` hands out a secret; no chain and no device may call it."""
    outside = [
        path.relative_to(ROOT).as_posix()
        for path in sources("signer/chains", "signer/formats", "firmware_emu", "host")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in {"opened", "secret"}
    ]
    assert outside == []


# What each room may not pull in, seen in a fresh process.
FORBIDDEN = {
    "signer.chains.bitcoin": {"bdkpython", "pbk", "textual", "cbor2", "asyncio", "serial", "PIL"},
    "firmware_emu.core.device": {"bdkpython", "pbk", "textual", "socket", "asyncio", "serial"},
    "host.__main__": {"bdkpython", "pbk", "textual", "firmware_emu", "signer.keys"},
    "host.wallet": {"textual", "firmware_emu", "signer.keys", "signer.chains"},
    "host.tui.app": {"bdkpython", "pbk", "firmware_emu", "signer.keys"},
}


@pytest.mark.parametrize("module", FORBIDDEN)
def test_a_fresh_process_pulls_in_only_its_own_room(module: str) -> None:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert FORBIDDEN[module] & set(run.stdout.split()) == set()


def test_the_readme_holds_the_command_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    found = re.search(
        r"^<!-- test command -->\n+```\w*\n(.+)\n```\n+<!-- end -->$", readme, re.MULTILINE
    )
    assert found is not None
    assert "\n" not in found[1]
    assert "pytest" in found[1]


def test_ci_runs_every_interpreter_that_is_promised_with_tests_that_there_are() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    first, last = re.findall(r"3\.(\d+)", project["requires-python"])
    named = re.findall(r"Python :: 3\.(\d+)", " ".join(project["classifiers"]))
    assert [int(minor) for minor in named] == list(range(int(first), int(last)))
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "Programming Language :: Python" in script
    files = re.findall(r"tests/\S+\.py", script)
    assert len(files) > 5
    assert all((ROOT / file).is_file() for file in files)


def test_the_lock_names_no_address() -> None:
    for lock in (ROOT / ".ci").glob("*.txt"):
        assert "://" not in lock.read_text("utf-8")


# The one random source is the operating system, handed in at the edge (threat T60).
def test_no_module_of_the_signer_or_device_knows_a_weak_random_source() -> None:
    weak = re.compile(r"^\s*(import random|from random|import numpy|from numpy)", re.MULTILINE)
    for path in sources("signer", "firmware_emu"):
        assert not weak.search(path.read_text("utf-8")), path
