"""The fixtures, in a project of somebody else's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pytest_in(project: Path, text: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    (project / "test_theirs.py").write_text(text)
    (project / "pytest.ini").write_text("[pytest]\n")
    ours = ["-p", "no:cacheprovider", "-p", "no:randomly", "-q", *flags]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *ours],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )


PLUGIN = ("-p", "firmware_emu.pytest_plugin", "--strict-markers")

THEIRS = """
import pytest

def test_unlocked(quietkey):
    assert quietkey.screen.state == "unlocked"

@pytest.mark.quietkey(locked=True, pin="2468")
def test_locked(quietkey):
    assert quietkey.screen.state == "locked"
    assert quietkey.unlock("2468").state == "unlocked"

@pytest.mark.quietkey(mnemonic=None)
def test_empty(quietkey):
    assert quietkey.screen.state == "empty"

def test_process(quietkey_process):
    assert quietkey_process.screen.state == "unlocked"
    assert quietkey_process.address[0] == "127.0.0.1"

@pytest.mark.quietkey(locked=True, pin="2468")
def test_locked_process(quietkey_process):
    assert quietkey_process.screen.state == "locked"
    assert quietkey_process.unlock("2468").state == "unlocked"

@pytest.mark.quietkey(network="signet")
def test_network(quietkey, quietkey_process):
    assert "Bitcoin signet" in quietkey.screen.text
    assert "Bitcoin signet" in quietkey_process.screen.text

@pytest.mark.quietkey(mnemonic=None)
def test_empty_process(quietkey_process):
    assert quietkey_process.screen.state == "empty"
"""


def test_other_projects_get_devices_without_any_set_up(tmp_path: Path) -> None:
    ended = pytest_in(tmp_path, THEIRS, *PLUGIN)
    assert ended.returncode == 0, ended.stdout
    assert "7 passed" in ended.stdout


def test_a_project_that_wants_no_device_loads_none_of_it(tmp_path: Path) -> None:
    theirs = """
import sys

def test_nothing_of_it():
    loaded = {name for name in sys.modules if name.split(".")[0] in ("firmware_emu", "signer")}
    assert loaded == {"firmware_emu", "firmware_emu.pytest_plugin"}
"""
    ended = pytest_in(tmp_path, theirs, *PLUGIN)
    assert ended.returncode == 0, ended.stdout


def test_the_fixtures_say_what_they_are(tmp_path: Path) -> None:
    ended = pytest_in(tmp_path, "", *PLUGIN, "--fixtures")
    assert "A device in memory: unlocked, with a seed that everybody knows." in ended.stdout
    assert (
        "quietkey(mnemonic, pin, locked, network)"
        in pytest_in(tmp_path, "", *PLUGIN, "--markers").stdout
    )


WRONG = """
import pytest

@pytest.mark.quietkey(pins="2468")
def test_misspelled(quietkey):
    pass

@pytest.mark.quietkey("legal winner")
def test_misplaced(quietkey_process):
    pass
"""


def test_an_argument_of_the_mark_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    ended = pytest_in(tmp_path, WRONG, *PLUGIN)
    assert "2 errors" in ended.stdout
    assert "The mark quietkey does not know pins. It takes mnemonic=..., pin=..." in ended.stdout
    assert "does not know 'legal winner'." in ended.stdout


# An editable install finds our modules whatever hides their package; a real one does not.
INSTALLED = """
import sys
import pytest
sys.path.insert(0, "")
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
sys.exit(pytest.main(["-q", "-p", "firmware_emu.pytest_plugin", "--strict-markers"]))
"""


@pytest.mark.parametrize("fixture", ["quietkey", "quietkey_process"])
def test_a_package_of_the_same_name_is_said_to_be_in_the_way(tmp_path: Path, fixture: str) -> None:
    package = tmp_path / "signer" / "__init__.py"
    package.parent.mkdir()
    package.write_text("")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_theirs.py").write_text(f"def test_theirs({fixture}):\n    pass\n")
    run = subprocess.run(
        [sys.executable, "-c", INSTALLED],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert run.returncode != 0
    assert f"{package} hides Quietkey's package of the name signer." in run.stdout
