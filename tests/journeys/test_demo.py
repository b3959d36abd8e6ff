"""The demo as a new user runs it: the command, its lines, its exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nights import AT_NIGHT, cases

ROOT = Path(__file__).parents[2]
TXID = 64


def run_demo(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "host", "demo", "--auto", *flags],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("link", cases(["serial", "tcp", "qr"], {"serial", "qr"}))
def test_a_payment_goes_from_nothing_to_confirmed(link: str) -> None:
    if link == "serial" and sys.platform == "win32":
        pytest.skip("pseudo-terminals need Linux or macOS")
    run = run_demo("--json", "--link", link)
    assert run.returncode == 0, run.stdout + run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    last = lines[-1]
    assert len(bytes.fromhex(last["txid"])) * 2 == TXID
    assert last["confirmations"] >= 1
    assert last["peers_total"] >= 3
    assert 1 <= last["peers_echoed"] < last["peers_total"]
    assert 0 < last["fee_sats"] < 1000
    assert run.stderr == ""


@AT_NIGHT
def test_a_second_run_in_the_same_folder_unlocks_and_pays_again(tmp_path: Path) -> None:
    for sentence in ("It was new: its words were told back.", "Unlocked."):
        run = run_demo("--json", "--link", "tcp", "--home", str(tmp_path))
        assert run.returncode == 0, run.stdout + run.stderr
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        assert sentence in [line["sentence"] for line in lines]
        assert lines[-1]["confirmations"] >= 1


@AT_NIGHT
def test_the_lines_for_a_person_tell_every_page_the_device_showed() -> None:
    run = run_demo("--link", "tcp")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Pay 25 000 sats" in run.stdout
    assert "bcrt 1qw5 08d6 qejx tdg4 y5r3 · zarv ary0 c5xw 7kyg t080" in run.stdout
    assert "Change to you" in run.stdout


def test_the_story_of_endings_loses_nothing() -> None:
    run = run_demo("--story", "endings", "--json", "--link", "tcp")
    assert run.returncode == 0, run.stdout + run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    steps = [line["step"] for line in lines]
    assert [step for step in steps if step in {"liar", "fork", "refused", "way out"}] == [
        *("liar", "liar", "fork", "fork", "fork", "refused", "way out", "refused", "way out")
    ]
    (liar,) = lines[-1]["liars"]
    assert liar in next(line["sentence"] for line in lines if line["step"] == "liar")
    txids = [lines[-1][name] for name in ("replaced", "replacement", "given_up", "paid_instead")]
    assert len(set(txids)) == 4
    assert lines[-1]["unaccounted_sats"] == 0
    assert run.stderr == ""


def test_a_demo_that_cannot_start_says_so_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "device.flash").mkdir()
    run = run_demo("--home", str(tmp_path))
    assert run.returncode == 1
    assert "The device did not start." in run.stderr
    assert "Traceback" not in run.stderr
