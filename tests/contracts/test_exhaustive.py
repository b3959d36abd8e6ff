"""What is added to a closed union and forgotten somewhere is an error of types, place by place.

A default arm, or a guard on the last one, would silence it: a forgotten command once passed for
done. The package is copied, one member is added to each union, and mypy must name the places.
"""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nights import AT_NIGHT

ROOT = Path(__file__).parents[2]
DEVICE = ROOT / "firmware_emu"

MEMBER = """

@dataclass(frozen=True, slots=True)
class Forgotten{union}:
    pass


"""
# The file of a union, and the functions in which a new member must be an error.
UNIONS = {
    "Command": ("commands.py", {"flow_for", "immediate_reply", "unknown_network"}),
    "Reply": ("commands.py", {"reply", "_value"}),
    "Event": ("events.py", {"handle"}),
    "Step": ("flows/__init__.py", {"_advance"}),
    "Effect": ("effects.py", {"_carry"}),
}


def with_a_member_more(text: str, union: str) -> str:
    """The module's text with one more class, which nothing handles, in the union."""
    found = re.search(rf"^{union} = ", text, re.MULTILINE)
    assert found is not None
    start = found.start()
    return (
        text[:start].rstrip()
        + MEMBER.format(union=union)
        + text[start:].replace(f"{union} = ", f"{union} = Forgotten{union} | ", 1)
    )


def function_at(path: Path, line: int) -> str:
    """The innermost function that holds a line."""
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    return max(functions, key=lambda node: node.lineno).name if functions else ""


def complaints(copy: Path) -> list[tuple[str, str]]:
    """What mypy says of the changed copy: (function, sentence)."""
    for package in ("signer", "firmware_emu"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, copy / package, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for union, (file, _functions) in UNIONS.items():
        path = copy / "firmware_emu" / file
        path.write_text(with_a_member_more(path.read_text("utf-8"), union), "utf-8")
    access = copy / "firmware_emu" / "core" / "access.py"
    row = "    Logout: _ALWAYS,\n    ForgottenCommand: _ALWAYS,\n"
    text = access.read_text("utf-8").replace("    Logout: _ALWAYS,\n", row)
    access.write_text(text.replace("import (\n", "import (\n    ForgottenCommand,\n", 1), "utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "firmware_emu"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    places = re.findall(r"^(\S+\.py):(\d+): error: (.*)$", run.stdout, re.MULTILINE)
    return [(function_at(copy / file, int(line)), sentence) for file, line, sentence in places]


@pytest.mark.timeout(300)
@AT_NIGHT
def test_a_forgotten_member_is_named_where_it_is_not_handled(tmp_path: Path) -> None:
    said = complaints(tmp_path)
    for union, (_file, functions) in UNIONS.items():
        named = {function for function, sentence in said if f"Forgotten{union}" in sentence}
        assert functions <= named, said


def unions() -> dict[str, set[str]]:
    """The members of every closed union of the device, by the names of their classes."""
    trees = [ast.parse(path.read_text("utf-8")) for path in DEVICE.rglob("*.py")]
    found = {}
    for tree in trees:
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(op=ast.BitOr())):
                    found[name] = {
                        leaf.id for leaf in ast.walk(node.value) if isinstance(leaf, ast.Name)
                    }
    return found


def classes_of(case: ast.match_case) -> set[str]:
    """The classes that an arm matches by name."""
    patterns = (node for node in ast.walk(case.pattern) if isinstance(node, ast.MatchClass))
    return {ast.unparse(pattern.cls).split(".")[-1] for pattern in patterns}


def is_open_ended(case: ast.match_case) -> bool:
    is_default = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
    return is_default or case.guard is not None


def test_no_match_over_a_closed_union_ends_in_a_default_or_a_guard() -> None:
    closed = {name: members for name, members in unions().items() if name in UNIONS}
    assert closed.keys() == UNIONS.keys()
    members = set().union(*closed.values())
    open_ended = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(DEVICE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Match)
        and set().union(*map(classes_of, node.cases)) & members
        and is_open_ended(node.cases[-1])
    ]
    # Beside the steps of a flow stands every screen there is: an open class, and typed as one.
    assert [place.split(":")[0] for place in open_ended] == ["firmware_emu/core/device.py"]
