"""The page about adding things is true: its files, written into a copy of the project, plug in.

First some of the files, and the suite fails and names what is missing; then all, and it passes.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nights import AT_NIGHT

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / ".github" / "ADDING.md").read_text("utf-8")
FILES = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
ADDITIONS = dict(re.findall(r"```python\n# (\S+) \+\n(.*?)```", PAGE, re.DOTALL))
TEXTS = ("*.py", "*.md", "*.txt", "*.toml", "*.tcss")
CHAIN = "signer/chains/toy"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project, without what is no code."""
    command = ["git", "ls-files", "-co", "--exclude-standard", *TEXTS]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout")
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists() and not name.startswith("tests/golden/"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


def write(copy: Path, *names: str) -> None:
    for name in names:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(FILES[name], "utf-8")


def files_of(folder: str) -> list[str]:
    names = [name for name in FILES if name.startswith(f"{folder}/")]
    assert names
    return names


def run(copy: Path, *command: str) -> tuple[bool, str]:
    """Whether a command of Python's passes in the copy, and what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=copy,
        env=os.environ | {"MYPY_CACHE_DIR": str(copy.parent / "mypy")},  # of all copies
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


def suite(copy: Path, name: str) -> tuple[bool, str]:
    """The contract suite for the plug of that name."""
    return run(copy, "pytest", "-n0", "-q", "-p", "no:randomly", "tests/contracts", "-k", name)


def without(text: str, verb: str) -> str:
    """A class without one of its methods."""
    shorter, count = re.subn(
        rf"    def {verb}\(.*?(?=\n    def |\n\n\S)", "", text, flags=re.DOTALL
    )
    assert count == 1
    return shorter


def test_the_chain_of_the_page_plugs_in(copy: Path) -> None:
    write(copy, *files_of(CHAIN))
    passes, output = suite(copy, "toy")
    assert passes, output
    passes, output = run(copy, "mypy", CHAIN)
    assert passes, output


@AT_NIGHT
@pytest.mark.parametrize("name", ["example.py", "reasons.py"])
def test_a_chain_without_one_of_its_files_fails_by_name(copy: Path, name: str) -> None:
    write(copy, *(file for file in files_of(CHAIN) if not file.endswith(name)))
    passes, output = suite(copy, "toy")
    assert not passes
    assert name.removesuffix(".py") in output


@AT_NIGHT
def test_a_chain_without_one_of_its_verbs_fails_by_name(copy: Path) -> None:
    write(copy, *files_of(CHAIN))
    package = copy / CHAIN / "__init__.py"
    package.write_text(without(FILES[f"{CHAIN}/__init__.py"], "address"), "utf-8")
    passes, output = suite(copy, "toy")
    assert not passes
    assert "signer.chains.toy.CHAIN lacks: address." in output
    passes, output = run(copy, "mypy", CHAIN)
    assert not passes
    assert '"Toy" is missing following "Chain" protocol member' in output


PROTOCOL = "firmware_emu/personalities/bell"


@AT_NIGHT
def test_the_protocol_of_the_page_plugs_in(copy: Path) -> None:
    write(copy, *files_of(PROTOCOL))
    passes, output = suite(copy, "bell or default_or_a_guard")
    assert passes, output
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    [trial] = [block for block in blocks if "device.shell.happen" in block]
    (copy / "trial.py").write_text(trial, "utf-8")
    passes, output = run(copy, "trial")
    assert passes, output
    passes, output = run(copy, "mypy", PROTOCOL)
    assert passes, output


@AT_NIGHT
def test_a_protocol_without_its_example_fails_by_name(copy: Path) -> None:
    write(copy, f"{PROTOCOL}/__init__.py")
    passes, output = suite(copy, "bell")
    assert not passes
    assert f"{PROTOCOL}/example.py does not define EXAMPLES" in output


@AT_NIGHT
def test_a_protocol_without_one_of_its_verbs_fails_by_name(copy: Path) -> None:
    write(copy, *files_of(PROTOCOL))
    package = copy / PROTOCOL / "__init__.py"
    package.write_text(without(FILES[f"{PROTOCOL}/__init__.py"], "prompted"), "utf-8")
    passes, output = suite(copy, "bell")
    assert not passes
    assert "The personality bell has no prompted." in output
    passes, output = run(copy, "mypy", PROTOCOL)
    assert not passes
    assert "Personality" in output


BACKEND = "host/backends/patient.py"
BACKEND_SUITE = "tests/host/test_backend_suite.py"


@AT_NIGHT
def test_the_backend_of_the_page_plugs_in(copy: Path) -> None:
    write(copy, BACKEND)
    passes, output = run(copy, "pytest", "-n0", "-q", BACKEND_SUITE, "-k", "patient and tip")
    assert not passes
    assert f"{BACKEND}: SERVED does not say how to serve it" in output
    with (copy / BACKEND_SUITE).open("a", encoding="utf-8") as file:
        file.write(ADDITIONS[BACKEND_SUITE])
    passes, output = run(copy, "pytest", "-n0", "-q", BACKEND_SUITE, "-k", "patient")
    assert passes, output


SCREEN = "firmware_emu/screens/coin.py"
SCREEN_SUITE = "tests/contracts/test_plug_screens.py"


@AT_NIGHT
def test_a_screen_without_a_conversation_fails_by_name(copy: Path) -> None:
    write(copy, SCREEN)
    passes, output = run(copy, "mypy", SCREEN)
    assert passes, output
    passes, output = run(copy, "pytest", "-n0", "-q", SCREEN_SUITE, "-k", "coin")
    assert not passes
    assert "shows firmware_emu.screens.coin" in output
