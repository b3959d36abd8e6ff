"""The fuzzer's targets hold for a few hundred mutations each, the same ones in every run.

Finding more takes guidance by coverage and time: `python -m tests.fuzz TARGET`.
"""

import subprocess
import sys
from pathlib import Path
from time import thread_time

import pytest

from signer.errors import CommonReason, CrossCheckFailed, Malformed, Refused
from tests.fuzz.budget import Budget, Meter, OverBudget
from tests.fuzz.mutate import mutations
from tests.fuzz.targets import TARGETS
from tests.signer.published import ROOT

# These are slow: see their budgets.
INPUTS = {"review": 60, "words": 20, "slip39": 20, "names": 30}


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_its_promises_and_its_budgets(name: str) -> None:
    target = TARGETS[name]
    meter = Meter(target.feed, target.budget)
    for data in mutations(list(target.seeds()), INPUTS.get(name, 120), name.encode()):
        meter.take(data)


@pytest.mark.parametrize("name", TARGETS)
def test_most_seeds_get_to_the_end_of_their_target(name: str) -> None:
    taken = [TARGETS[name].hold(data) for data in TARGETS[name].seeds()]
    assert 2 * sum(taken) >= len(taken)


def test_mutations_are_the_same_in_every_run_and_differ_from_each_other() -> None:
    corpus = [bytes(range(100)), bytes(50)]
    made = list(mutations(corpus, 200))
    assert made == list(mutations(corpus, 200))
    assert made[:2] == corpus
    assert made != list(mutations(corpus, 200, b"another seed"))
    assert len(set(made)) > 150


@pytest.mark.parametrize(
    "error", [IndexError, RecursionError, UnicodeDecodeError("a", b"", 0, 0, ""), CrossCheckFailed]
)
def test_an_error_that_blames_nobody_is_a_finding(error: type[Exception]) -> None:
    def feed(_data: bytes) -> None:
        raise error

    with pytest.raises((Exception,)) as found:
        Meter(feed, Budget()).take(b"")
    assert not isinstance(found.value, Malformed | Refused)


@pytest.mark.parametrize("error", [Malformed("No."), Refused(CommonReason.TOO_LARGE)])
def test_an_error_that_blames_the_input_is_none(error: Exception) -> None:
    def feed(_data: bytes) -> None:
        raise error

    Meter(feed, Budget()).take(b"")


def command(*arguments: str, before: str = "pass") -> "subprocess.CompletedProcess[str]":
    code = f"import runpy, sys; {before}; sys.argv = ['fuzz', *sys.argv[1:]]\n"
    code += "runpy.run_module('tests.fuzz', run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_fuzzer_the_command_says_how_to_get_it() -> None:
    run = command("path", before="sys.modules['atheris'] = None")
    assert run.returncode == 1
    assert run.stderr.strip().endswith("pip install 'quietkey[fuzz]' (Linux and macOS).")


def test_what_was_found_can_be_fed_again_without_the_fuzzer(tmp_path: Path) -> None:
    found = tmp_path / "crash-1"
    found.write_bytes(b"m/84h/1h")
    assert command("path", "--replay", str(found)).returncode == 0


def busy(seconds: float) -> None:
    began = thread_time()
    while thread_time() - began < seconds:
        pass


def test_time_and_memory_out_of_proportion_are_findings() -> None:
    with pytest.raises(OverBudget, match="us for"):
        Meter(lambda _data: busy(0.05), Budget()).take(bytes(1024))
    with pytest.raises(OverBudget, match="bytes for"):
        Meter(lambda data: bytes(300 * len(data)) and None, Budget()).take(bytes(1024))


def test_a_proportion_is_what_is_measured() -> None:
    Meter(lambda _data: busy(0.01), Budget(us_per_kb=2000)).take(bytes(32 << 10))
    Meter(lambda data: bytes(7 * len(data)) and None, Budget()).take(bytes(1 << 20))
    with pytest.raises(OverBudget):
        Meter(lambda data: bytes(10 * len(data)) and None, Budget()).take(bytes(1 << 20))
