"""The rooms of the host, held by looking at its sources: who knows the screen, who a network."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import host

ROOT = Path(host.__file__).parent
SOURCES = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py"))}
DRIVERS = ("web/driver.py",)  # where Textual's screen ends, and no page is drawn
APP = [name for name in SOURCES if name.startswith("tui/")]
LOGIC = [name for name in APP if not name.endswith("__init__.py")]
FEWEST_FIELDS = 3


def tree(name: str) -> ast.Module:
    return ast.parse(SOURCES[name].read_text(encoding="utf-8"))


def imported(name: str) -> set[str]:
    """The packages a module imports, by the first word of their names."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
    return found


def test_there_is_something_to_look_at() -> None:
    assert len(LOGIC) > 15
    assert "session/tasks.py" in SOURCES


@pytest.mark.parametrize("name", LOGIC)
def test_what_needs_no_screen_is_not_in_the_app(name: str) -> None:
    assert "textual" in imported(name), f"host/{name} belongs into host/session, or nowhere"


@pytest.mark.parametrize("name", [name for name in SOURCES if name not in (*APP, *DRIVERS)])
def test_what_is_not_in_the_app_needs_no_screen(name: str) -> None:
    assert not imported(name) & {"textual", "rich"}


@pytest.mark.parametrize("name", APP)
@pytest.mark.parametrize("word", ["regtest", "bcrt", "wpkh", "devnet"])
def test_the_app_knows_no_network_and_no_script_by_name(name: str, word: str) -> None:
    assert word not in SOURCES[name].read_text(encoding="utf-8")


def test_the_app_knows_no_wallet_no_device_and_no_backend() -> None:
    rooms = {"wallet", "devices", "backends", "devnet", "demo", "app", "p2p", "store", "links"}
    for name in APP:
        text = SOURCES[name].read_text(encoding="utf-8")
        below = set(re.findall(r"^\s*from host\.(\w+)", text, re.MULTILINE)) & rooms
        assert not below, f"host/{name} reaches past the session to {sorted(below)}"


def values() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Every frozen dataclass of the host: module, name, the names of its fields."""
    for name in SOURCES:
        for node in ast.walk(tree(name)):
            frozen = isinstance(node, ast.ClassDef) and any(
                "frozen=True" in ast.unparse(decorator) for decorator in node.decorator_list
            )
            if frozen and isinstance(node, ast.ClassDef):
                fields = (part.target for part in node.body if isinstance(part, ast.AnnAssign))
                yield name, node.name, frozenset(ast.unparse(target) for target in fields)


def test_no_value_is_written_twice() -> None:
    by_fields: dict[frozenset[str], list[str]] = defaultdict(list)
    names: dict[str, list[str]] = defaultdict(list)
    for module, name, fields in values():
        names[name].append(module)
        if len(fields) >= FEWEST_FIELDS:
            by_fields[fields].append(f"{module}:{name}")
    assert {name: modules for name, modules in names.items() if len(modules) > 1} == {}
    assert [places for places in by_fields.values() if len(places) > 1] == []


def test_no_class_name_stands_for_two_things_in_the_host() -> None:
    classes: dict[str, list[str]] = defaultdict(list)
    for name in SOURCES:
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ClassDef):
                classes[node.name].append(name)
    assert {name: modules for name, modules in classes.items() if len(modules) > 1} == {}


def sentences() -> Iterator[tuple[str, str]]:
    """What is raised for a person: every text handed to an error of the host."""
    errors = {node.name for node in ast.walk(tree("errors.py")) if isinstance(node, ast.ClassDef)}
    for name in SOURCES:
        calls = (node.exc for node in ast.walk(tree(name)) if isinstance(node, ast.Raise))
        for call in calls:
            if not isinstance(call, ast.Call) or ast.unparse(call.func) not in errors:
                continue
            text = call.args[0] if call.args else None
            if isinstance(text, ast.Constant | ast.JoinedStr):
                yield name, ast.unparse(text)


def test_whatever_is_raised_for_a_person_is_whole_sentences() -> None:
    texts = list(sentences())
    assert len(texts) > 40
    for name, text in texts:
        assert text.rstrip("\"'").endswith((".", "}")), f"host/{name}: {text}"
        assert "!" not in re.sub(r"\{.*?\}", "", text), f"host/{name} shouts: {text}"
