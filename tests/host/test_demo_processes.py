"""A part of the demo that is a process: it announces itself or is ended, and it dies with us."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from host.demo.processes import ChildProcess, start
from host.errors import HostError

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")

GOOD = """\
import json, sys
print(json.dumps({"pid": 1, "words": sys.argv[1:]}), flush=True)
print("talk", file=sys.stderr, flush=True)
sys.stdin.read()
"""
STUBBORN = """\
import json, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(json.dumps({}), flush=True)
while True:
    time.sleep(1)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that the children can run: its source is whatever is written there."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "part_of_the_tests.py"


async def started(module: Path, source: str, *words: str) -> ChildProcess:
    await asyncio.to_thread(module.write_text, source)
    return await start("part", [module.stem, *words], module.parent / "log")


async def test_it_is_there_once_it_has_announced_itself(module: Path) -> None:
    child = await started(module, GOOD, "--port", "0")
    assert child.announced == {"pid": 1, "words": ["--port", "0"]}
    assert child.process.returncode is None
    await child.end()
    assert child.process.returncode == 0
    assert (module.parent / "log").read_text() == "talk\n"


async def test_it_ends_when_its_standard_input_does(module: Path) -> None:
    child = await started(module, GOOD)
    assert child.process.stdin is not None
    child.process.stdin.close()
    async with asyncio.timeout(10):
        assert await child.process.wait() == 0


async def test_what_it_says_goes_to_a_log_that_grows(module: Path) -> None:
    for _ in range(2):
        await (await started(module, GOOD)).end()
    assert (module.parent / "log").read_text() == "talk\ntalk\n"


@pytest.mark.parametrize(
    "source",
    ["", "raise SystemExit(3)", "print('hello', flush=True)", "print('[1', flush=True)"],
    ids=["ends", "fails", "no JSON", "half a line"],
)
async def test_one_that_does_not_announce_itself_is_a_sentence(module: Path, source: str) -> None:
    with pytest.raises(HostError) as failed:
        await started(module, source)
    assert str(failed.value).startswith("The part did not start. Nothing was lost.")
    assert str(module.parent / "log") in str(failed.value)


@posix
async def test_one_that_stays_silent_is_ended(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.demo.processes.START_SECONDS", 3.0)
    pid_file = module.parent / "pid"
    source = (
        f"import os, sys; open({str(pid_file)!r}, 'w').write(str(os.getpid())); sys.stdin.read()"
    )
    with pytest.raises(HostError, match="did not start"):
        await started(module, source)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


@posix
async def test_one_that_does_not_listen_is_killed_in_the_end(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.demo.processes.END_SECONDS", 0.3)
    child = await started(module, STUBBORN)
    await child.end()
    assert child.process.returncode == -signal.SIGKILL


async def test_ending_twice_is_harmless(module: Path) -> None:
    child = await started(module, GOOD)
    await child.end()
    await child.end()


async def test_the_announcement_is_one_line_of_json(module: Path) -> None:
    announcement = {"peers": ["127.0.0.1:18444"] * 3, "token": "x" * 1000}
    source = f"import sys; print({json.dumps(announcement)!r}, flush=True); sys.stdin.read()"
    child = await started(module, source)
    assert child.announced == announcement
    await child.end()
