"""The mutation runner tells a tested line from one that only looks tested."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import Source
from tests.mutation.survivors import TABLE, Survivors
from tests.nights import AT_NIGHT

ROOT = Path(__file__).parents[2]

TOY = '''
LIMIT = 10


def fits(number):
    """At most ten."""
    if number > LIMIT:
        raise ValueError("too much")
    return number


def named(text, mark="x"):
    def marked():
        return text + mark
    return marked()


def stripped(text):
    while text.endswith("x"):
        text = text[:-1]
    return text


def forgotten():
    return 1
'''
TOY_TEST = """
import pytest
from toy.sums import fits, named, stripped

def test_large_is_refused():
    assert fits(9) == 9
    with pytest.raises(ValueError):
        fits(12)

def test_named():
    assert named("a") == "ax"

def test_stripped():
    assert stripped("bax") == "ba"
"""
SURVIVORS = """[toy.sums]
: 10 -> 11
    Nobody counts to eleven.
"""


@pytest.mark.timeout(60)
@AT_NIGHT
def test_planted_survivors_are_told_from_what_the_tests_notice(tmp_path: Path) -> None:
    toy = tmp_path / "toy"
    toy.mkdir()
    (toy / "__init__.py").touch()
    (toy / "sums.py").write_text(TOY)
    (tmp_path / "test_toy.py").write_text(TOY_TEST)
    (tmp_path / "survivors.txt").write_text(SURVIVORS)
    places = ["--package", toy, "--tests", tmp_path, "--survivors", tmp_path / "survivors.txt"]
    run = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "sums", *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = {line.split(" (")[0] for line in run.stdout.splitlines() if ": toy.sums " in line}
    assert found == {
        "open: toy.sums fits: number > LIMIT -> number >= LIMIT",
        "open: toy.sums : 10 -> 9",
        "killed by a signal: toy.sums stripped: :-1 -> :",
        "open: toy.sums forgotten: 1 -> None",
        "open: toy.sums forgotten: 1 -> 2",
        "open: toy.sums forgotten: 1 -> 0",
    }
    assert run.returncode == 1


def mutants_of(body: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "one.py"
    path.write_text(f"def f(a, b):\n    {body}\n")
    return [mutant.text.removeprefix("f: ") for mutant in Source("one", path).mutants]


@pytest.mark.parametrize(
    ("body", "edits"),
    [
        ("return a < b", ["a < b -> True", "a < b -> False", "a < b -> a <= b"]),
        ("return a", ["a -> None"]),
        ("a.b(c=1)", ["a.b(c=1) -> pass", "a.b(c=1) -> a.b()", "1 -> 2", "1 -> 0"]),
        ("a = b + b'x'", ["b + b'x' -> b - b'x'", "b'x' -> b'y'"]),
        ("a = b[1:]", ["1: -> :", "1 -> 2", "1 -> 0"]),
        (
            "a = b in (c, d)",
            [f"b in (c, d) -> b {less}" for less in ("not in (c, d)", "in (d,)", "in (c,)")],
        ),
    ],
)
def test_an_edit_changes_one_thing(body: str, edits: list[str], tmp_path: Path) -> None:
    assert mutants_of(body, tmp_path) == edits


@pytest.mark.parametrize(
    "body",
    [
        "'''What a person reads.'''",
        "raise Malformed(f'{a} is too much.')",
        "c: int",
        "a = f'Input {b}.'",
        "a = 'two words'",
        "return None",
    ],
)
def test_what_only_a_person_reads_is_left_as_it_is(body: str, tmp_path: Path) -> None:
    assert mutants_of(body, tmp_path) in ([], ["raise Malformed(f'{a} is too much.') -> pass"])


def test_a_survivor_without_a_reason_is_no_table() -> None:
    with pytest.raises(ValueError, match="No reason"):
        Survivors("[toy]\nf: 1 -> 2\n")


def test_every_reason_belongs_to_a_mutant_that_there_is() -> None:
    survivors = Survivors(TABLE.read_text("ascii"))
    files = sorted((ROOT / "signer").rglob("*.py"))
    sources = [
        Source(".".join(file.relative_to(ROOT).with_suffix("").parts), file) for file in files
    ]
    assert survivors.modules <= {source.module for source in sources}
    assert [text for source in sources for text in survivors.unknown(source)] == []
