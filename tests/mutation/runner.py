"""The tests, collected once; which of them execute which line; and a fork for each mutant."""

import os
import pickle
import resource
import signal
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import monotonic, process_time
from types import CodeType
from typing import IO, Final, TypeVar

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, Source
from tests.mutation.nursery import Nursery
from tests.mutation.survivors import Survivors
from tests.mutation.swap import Live, NotSwappable, Swap, apply, compiled

TIMES: Final = 8  # how many times slower than without the edit a test may become
FLOOR_SECONDS: Final = 1.0  # of CPU time, whatever its usual time
WALL_SECONDS: Final = 60  # by the clock, and as many times a test's usual time
PATIENCE: Final = 60.0  # seconds of tests for what the first few do not notice
SLOWEST: Final = 2.5  # seconds of a test that still takes part
MORE_MEMORY: Final = 3 << 30  # bytes a fork may take beyond what the process has
TIMED: Final = (  # they measure time or memory, and a fork is not what they were made for
    "test_T50_nonces.py::test_the_time",
    "test_T75_cheap_to_refuse.py::test_memory_and_time",
    "test_T77_deep_recursion.py",
    "test_T81_residue.py",
    "test_fuzz_targets.py",
    "test_seed_residue.py",
)
SURVIVED, KILLED = 0, 1  # how a fork ends; by a signal, if it takes too long

Thing = TypeVar("Thing")
Lines = Mapping[str, Mapping[int, Sequence[int]]]  # file, line, numbers of tests


class Fate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    ENDED = "killed by a signal"
    OPEN = "open"
    EXPLAINED = "explained"
    UNTRIED = "not tried"


RESTS: Final = (Fate.EXPLAINED, Fate.OPEN)
COLUMNS: Final = "| module | killed / tried | explained | open | not tried |"
RULE: Final = "|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for. After `seconds` of tests an explained mutant may rest, others go on."""

    modules: Mapping[str, Path]
    root: Path
    survivors: Survivors
    nursery: Nursery
    sample: int | None  # how many of each module
    imports: int  # and how many of those that are felt at import only
    seconds: float
    seed: int
    again: str  # what an earlier run printed, or nothing


@dataclass(slots=True)
class Runner:
    """A pytest plugin: instead of running the tests once, runs them against each mutant."""

    options: Options
    tally: dict[str, dict[Fate, int]] = field(default_factory=dict)
    _items: list[pytest.Item] = field(default_factory=list)
    _lines: Lines = field(default_factory=dict)
    _seconds: dict[int, float] = field(default_factory=dict)  # of each steady test

    def report(self) -> int:
        """Says how it went, module by module and in all. Returns how many mutants are open."""
        whole = {fate: sum(one[fate] for one in self.tally.values()) for fate in Fate}
        for line in (
            COLUMNS,
            RULE,
            *(_row(*one) for one in self.tally.items()),
            _row("all", whole),
        ):
            _say(line)
        return whole[Fate.OPEN]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = [
            item for item in session.items if not any(name in item.nodeid for name in TIMED)
        ]
        began = monotonic()
        self._measure()
        live = Live(str(self.options.root))
        _say(f"{len(self._seconds)} of {len(self._items)} tests, {monotonic() - began:.0f} s")
        for module, path in self.options.modules.items():
            self._module(Source(module, path), live)
        return True

    def _measure(self) -> None:
        """Both at once: which tests execute which line, and how long each takes as it is."""
        with tempfile.TemporaryFile() as file:
            tracer = os.fork()
            if tracer == 0:
                self._trace(file)
                os._exit(0)
            self._time()
            os.waitpid(tracer, 0)
            file.seek(0)
            self._lines = pickle.load(file)

    def _trace(self, file: IO[bytes]) -> None:
        """Writes down which tests execute which line."""
        root = str(self.options.root)
        watch = coverage.Coverage(data_file=None, source=[root], config_file=False)
        watch.start()
        watch.switch_context("0")
        for number, _failed in self._run(range(len(self._items))):
            watch.switch_context(str(number + 1))
        watch.stop()
        data = watch.get_data()
        lines = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
        pickle.dump(
            {
                path: {line: [int(one) for one in tests if one] for line, tests in found.items()}
                for path, found in lines.items()
            },
            file,
        )
        file.flush()

    def _time(self) -> None:
        """Runs every test once as it is. Who fails, or is slow, has no part in it."""
        began = process_time()
        for number, failed in self._run(range(len(self._items))):
            took = process_time() - began
            if failed or took > SLOWEST:
                why = "fails" if failed else f"{took:.1f} s"
                _say(f"left out: {self._items[number].nodeid} ({why})")
            else:
                self._seconds[number] = took
            began = process_time()

    def _run(self, numbers: Sequence[int]) -> Iterator[tuple[int, bool]]:
        """Runs tests, and says of each whether it failed."""
        items = [self._items[number] for number in numbers]
        for number, item, after in zip(numbers, items, [*items[1:], None], strict=True):
            reports = runtestprotocol(item, log=False, nextitem=after)
            yield number, any(report.failed for report in reports)

    def _module(self, source: Source, live: Live) -> None:
        began = monotonic()
        self.tally[source.module] = dict.fromkeys(Fate, 0)
        at_import = []  # where no test that runs now can feel it
        for text in self.options.survivors.unknown(source):
            _say(f"explained, and no mutant any more: {source.module} {text}")
        again = self.options.again
        mutants = [one for one in source.mutants if not again or _line(one) in again]
        for mutant in self._drawn(mutants, self.options.sample):
            tests = self._tests(mutant)
            try:
                swaps = live.swaps(source, mutant) if tests else []
            except NotSwappable:
                swaps = []
            if swaps:
                self._try(mutant, partial(self._forked, swaps), tests, self._seconds)
            else:
                at_import.append(mutant)
        reborn = self._drawn(at_import, self.options.imports)
        self.tally[source.module][Fate.UNTRIED] = len(at_import) - len(reborn)
        if reborn:
            self._reborn(source, reborn)
        _say(f"{_row(source.module, self.tally[source.module])} {monotonic() - began:.0f} s")

    def _try(
        self,
        mutant: Mutant,
        status_of: Callable[[Sequence[Thing]], int],
        things: Sequence[Thing],
        seconds: Mapping[Thing, float],
    ) -> None:
        """What becomes of a mutant: the first tests, and if none notices, many others."""
        first = list(_within(self.options.seconds, things, seconds)) or things[:1]
        fate = _judged(status_of(first))
        if fate is Fate.OPEN:
            rest = list(_within(PATIENCE, things[len(first) :], seconds))
            explained = self.options.survivors.explains(mutant)
            fate = Fate.EXPLAINED if explained else _judged(status_of(rest)) if rest else fate
        self.tally[mutant.module][fate] += 1
        if fate in {Fate.OPEN, Fate.ENDED}:
            _say(f"{fate.value}: {_line(mutant)[:-1]}")

    def _reborn(self, source: Source, mutants: Sequence[Mutant]) -> None:
        """Those that take a process of their own, against the tests that say most of the module."""
        files, seconds = self._files(source)

        def status(code: CodeType, chosen: Sequence[str]) -> int:
            wall = _wall(chosen, seconds)
            return self.options.nursery.status(source.module, code, self._arguments(chosen), wall)

        first = list(_within(self.options.seconds, files, seconds)) or files[:1]
        if not files or status(source.compiled(), first):
            _say(f"no tests for a new process with {source.module}")
            self.tally[source.module][Fate.UNTRIED] += len(mutants)
            return
        for mutant in mutants:
            with source.edited(mutant):
                try:
                    code = compiled(source)
                except NotSwappable:  # it is no Python: nobody could run it
                    self.tally[source.module][Fate.KILLED] += 1
                    continue
            self._try(mutant, partial(status, code), files, seconds)

    def _files(self, source: Source) -> tuple[list[str], Mapping[str, float]]:
        """A module's own test files, then those that say most of it; and how long each takes."""
        near = [self._lines.get(str(source.path), {})]
        if not any(near[0].values()):  # nothing but a table: those who use its neighbours
            parent = str(source.path.parent)
            near = [lines for path, lines in self._lines.items() if path.startswith(parent)]
        felt = {number for lines in near for numbers in lines.values() for number in numbers}
        told = Counter(str(self._items[number].path) for number in felt & self._seconds.keys())
        seconds: defaultdict[str, float] = defaultdict(float)
        for number, took in self._seconds.items():
            seconds[str(self._items[number].path)] += took
        own = _own(source.module)
        mine = sorted(file for file in seconds if own in file)
        others = sorted(told.keys() - mine, key=lambda file: -told[file] / (1 + seconds[file]))
        return [*mine, *others], seconds

    def _arguments(self, files: Sequence[str]) -> list[str]:
        """These files for pytest, and which tests of theirs to leave out."""
        left_out = [
            f"--deselect={item.nodeid}"
            for number, item in enumerate(self._items)
            if number not in self._seconds and str(item.path) in files
        ]
        return [*files, *left_out]

    def _drawn(self, mutants: Sequence[Mutant], sample: int | None) -> Sequence[Mutant]:
        if sample is None or sample >= len(mutants):
            return mutants
        seed = self.options.seed
        lots = sorted(mutants, key=lambda one: sha256(f"{seed} {one.text}".encode()).digest())
        return sorted(lots[:sample], key=lambda one: one.lines.start)

    def _tests(self, mutant: Mutant) -> list[int]:
        """Who can feel it: the module's own tests first, then the others, the fastest first."""
        lines = self._lines.get(str(self.options.modules[mutant.module]), {})
        numbers = {number for line in mutant.lines for number in lines.get(line, ())}
        numbers &= self._seconds.keys()
        own = _own(mutant.module)
        return sorted(
            numbers,
            key=lambda number: (own not in self._items[number].nodeid, self._seconds[number]),
        )

    def _forked(self, swaps: Sequence[Swap], tests: Sequence[int]) -> int:
        child = os.fork()
        if child == 0:
            try:
                apply(swaps)
                _be_bounded(_wall(tests, self._seconds))
                os._exit(KILLED if self._fails(tests) else SURVIVED)
            finally:
                os._exit(KILLED)  # whatever came up, it came of the edit
        return os.waitpid(child, 0)[1]

    def _fails(self, tests: Sequence[int]) -> bool:
        runs = self._run(tests)
        for number in tests:
            signal.setitimer(signal.ITIMER_PROF, FLOOR_SECONDS + TIMES * self._seconds[number])
            if next(runs)[1]:
                return True
        return False


def _line(mutant: Mutant) -> str:
    return f"{mutant.module} {mutant.text}\n"


def _judged(status: int) -> Fate:
    if os.WIFSIGNALED(status):
        return Fate.ENDED
    return Fate.OPEN if os.WEXITSTATUS(status) == SURVIVED else Fate.KILLED


def _within(
    seconds: float, things: Sequence[Thing], durations: Mapping[Thing, float]
) -> Iterator[Thing]:
    for thing in things:
        seconds -= durations[thing]
        if seconds < 0:
            return
        yield thing


def _own(module: str) -> str:
    """What the names of its own test files begin with."""
    return f"test_{module.removesuffix('.__init__').rsplit('.', 1)[-1]}"


def _wall(things: Sequence[Thing], durations: Mapping[Thing, float]) -> int:
    return WALL_SECONDS + int(TIMES * sum(durations[thing] for thing in things))


def _be_bounded(wall_seconds: int) -> None:
    """An edit may make a loop endless, or a list: the system ends the fork then."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(wall_seconds)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * resource.getpagesize() + MORE_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _row(module: str, tally: Mapping[Fate, int]) -> str:
    killed = tally[Fate.KILLED] + tally[Fate.ENDED]
    tried = killed + sum(tally[fate] for fate in RESTS)
    rest = (str(tally[fate]) for fate in (*RESTS, Fate.UNTRIED))
    return f"| `{module}` | {killed} / {tried} | {' | '.join(rest)} |"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
