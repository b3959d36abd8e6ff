"""signer/README.md says what is so: its examples run, its tables are the code's."""

import doctest
import re

from signer.errors import Reason
from tests.signer.published import ROOT

README = ROOT / "signer" / "README.md"
THREATS = ROOT / "tests" / "signer" / "threats"


def table(row: str) -> list[tuple[str, ...]]:
    return re.findall(f"^{row}$", README.read_text("utf-8"), re.MULTILINE)


def test_the_examples_run_as_printed() -> None:
    text = README.read_text("utf-8").replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, "README", str(README), 0)
    said: list[str] = []
    results = doctest.DocTestRunner().run(examples, out=said.append)
    assert results.attempted > 10
    assert not results.failed, "".join(said)


def test_every_reason_is_in_the_table_in_its_own_words() -> None:
    rows = table(r"\| `([A-Z_0-9]+)` \| (.+) \| (.+) \|")
    assert rows == [(reason.name, reason.sentence, reason.advice) for reason in Reason]


def test_every_threat_names_a_test_and_every_test_a_threat() -> None:
    rows = table(r"\| (T\d\d) \| .+ \| `(test_\w+)` \|")
    files = {file.stem for file in THREATS.glob("test_*.py")}
    assert {name for _, name in rows} == files
    assert len({threat for threat, _ in rows}) == len(rows)


def test_every_module_of_the_chain_is_explained() -> None:
    """The table of steps; the rest are values and texts that the steps use."""
    text = README.read_text("utf-8")
    helpers = {"__init__", "network", "tx", "script", "address", "texts"}
    modules = {file.stem for file in (ROOT / "signer" / "chains" / "bitcoin").glob("*.py")}
    assert {name for name in modules - helpers if f"`{name}`" not in text} == set()
