"""T71 and T100 at every system call: SIGKILL leaves no try more, and the seed whole or absent.

Each story is lived once for each system call that it makes, and killed there; then the device is
switched on. What a person was told by then must be so, also by either copy of the flash alone: a
kill and a damaged copy together give no try back for a PIN that was looked at.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.kill_points import REFUSED, STORIES
from tests.nights import cases

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="by Linux's ptrace"),
    pytest.mark.timeout(300),
]
ROOT = Path(__file__).resolve().parents[3]

State = tuple[int, bool]  # tries, and whether there is a seed that its PIN opens
GONE = (8, False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """After one kill: `found` by the next start, `alone` by each copy, `told` before."""

    found: State | None
    alone: tuple[State | None, State | None]
    told: frozenset[str]
    is_unlocked: bool


def outcomes(story: str) -> tuple[Outcome, ...]:
    # In memory where there is such a folder: it is the process that dies here, not the disk.
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        run = subprocess.run(
            [sys.executable, "-m", "tests.kill_points", story, folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if REFUSED in run.stderr:
        pytest.skip("this system lets no process trace another")
    assert run.returncode == 0, run.stderr
    return tuple(map(_outcome, run.stdout.splitlines()))


def _outcome(line: str) -> Outcome:
    read = json.loads(line)
    first, second = (tuple(copy) if copy else None for copy in read["alone"])
    titles = frozenset(shown.partition(": ")[2] for shown in read["told"])
    is_unlocked = any(shown.startswith("unlocked") for shown in read["told"])
    found = tuple(read["found"]) if read["found"] else None
    return Outcome(found, (first, second), titles, is_unlocked)


# What may be found, in the order in which it comes: never back to an earlier one.
ALLOWED: dict[str, list[State | None]] = {
    "wrong": [(5, True), (4, True)],
    "right": [(5, True), (4, True), (8, True)],
    "last": [(1, True), (0, True), GONE],
    "erase": [(5, True), GONE],
    "set-up": [None, GONE, (8, True)],
    "old": [(5, True), (4, True)],
    "first damaged": [(5, True), (4, True)],
    "second damaged": [(5, True), (4, True), (8, True)],
}
SAID = {"last": "Erased", "erase": "Erased"}  # at the end, of a device that is not unlocked


def is_told(outcome: Outcome, story: str) -> bool:
    return outcome.is_unlocked or SAID.get(story, "Wrong PIN") in outcome.told


@pytest.mark.parametrize("story", cases(STORIES, by_day=("wrong",)))
def test_tries_never_rise_the_seed_is_whole_or_absent_and_what_was_told_is_so(story: str) -> None:
    killed = outcomes(story)
    assert len(killed) > 60  # two copies are opened, written, synced and renamed at the very least
    found = [outcome.found for outcome in killed]
    places = [ALLOWED[story].index(state) for state in found]
    assert places == sorted(places)
    assert set(found) == set(ALLOWED[story])
    told = [outcome for outcome in killed if is_told(outcome, story)]
    assert told
    assert {copy for outcome in told for copy in outcome.alone} == {ALLOWED[story][-1]}
