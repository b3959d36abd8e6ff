"""signer/README.md says what is so: its examples run, its tables are the code's."""

import doctest
import re
import sys
from itertools import pairwise
from pathlib import Path
from types import FrameType

import pytest

from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason
from tests import kernel, psbts
from tests.signer.published import ROOT

REASONS = (*CommonReason, *BitcoinReason)
README = ROOT / "signer" / "README.md"
THREATS = ROOT / "tests" / "signer" / "threats"
BITCOIN = ROOT / "signer" / "chains" / "bitcoin"


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
    assert rows == [(reason.name, reason.sentence, reason.advice) for reason in REASONS]


def test_every_threat_names_a_test_and_every_test_a_threat() -> None:
    rows = table(r"\| (T\d+) \| .+ \| `(test_\w+)` \|")
    files = {file.stem for file in THREATS.glob("test_*.py")}
    assert files
    assert {name for _, name in rows} == files
    assert len({threat for threat, _ in rows}) == len(rows)


def test_every_module_of_the_chain_is_explained() -> None:
    """The table of steps; the rest are values and texts that the steps use."""
    text = README.read_text("utf-8")
    files = [file for file in BITCOIN.rglob("*.py") if file.parent.name != "miniscript"]
    names = {file.relative_to(BITCOIN).with_suffix("").as_posix() for file in files}
    names = {name for name in names if not name.endswith("__init__")}
    assert len(names) > 40
    assert {
        name for name in names - {"network", "reasons", "units"} if f"`{name}`" not in text
    } == set()


def calls(script: str, inputs: int) -> list[Path]:
    """The module of each call inside the signer while such a payment is reviewed and signed."""
    seen: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            seen.append(frame.f_code.co_filename)

    raw, keys = psbts.build(psbts.keyring(), inputs, script), psbts.keyring()
    before = sys.getprofile()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "can_judge", lambda _: False)  # which reads it with our parsers, too
        try:
            sys.setprofile(note)
            psbts.sign_part(raw, keys)
        finally:
            sys.setprofile(before)
    return [path for path in map(Path, seen) if path.is_relative_to(ROOT / "signer")]


def chapters() -> set[Path]:
    """The modules that README names for an evening."""
    _, _, section = README.read_text("utf-8").partition("### An evening's reading")
    rows = re.findall(r"^\|.+\| (`.+`) \|$", section.partition("###")[0], re.MULTILINE)
    files = [f"{name}.py" for row in rows for name in re.findall("`(.+?)`", row)]
    folders = (BITCOIN, ROOT / "signer")
    return {next(f / name for f in folders if (f / name).exists()) for name in files}


def test_a_payment_of_one_key_runs_through_an_evening_of_reading_and_no_more() -> None:
    run = {path for script in ("pkh", "sh(wpkh)", "wpkh", "tr") for path in calls(script, 2)}
    # Of these only values are used, which no call shows.
    names = ("network.py", "descriptors/spend_data.py", "psbt/fields.py")
    values = {ROOT / "signer" / "errors.py", *(BITCOIN / name for name in names)}
    assert run | values == chapters()
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in chapters())
    [claimed] = re.findall(r"some (\d) (\d00) lines", README.read_text("utf-8"))
    assert abs(int("".join(claimed)) - lines) <= 100


def test_a_payment_of_one_key_stays_on_its_path() -> None:
    """Each change of module is one more file that a reader has to open."""
    calls("wpkh", 1)  # what is done once a process is no part of a payment
    path = calls("wpkh", 1)
    assert len(set(path)) <= 38
    assert not [module for module in path if "musig" in module.name]
    assert 100 < sum(one != other for one, other in pairwise(path)) <= 400
