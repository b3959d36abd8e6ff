"""What shells and man are told is the command line itself."""

import re
import shutil
import subprocess

import pytest

from host.__main__ import main
from host.cli import completion, parser
from host.config import NETWORKS

VERBS = list(completion.verbs(parser()))
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
needs_groff = pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff here")


def completed(*words: str) -> list[str]:
    """What bash offers for the last of these words."""
    line = " ".join(f"'{word}'" for word in ("quietkey", *words))
    code = (
        f"{completion.script('bash', parser())}\n"
        f"COMP_WORDS=({line}); COMP_CWORD={len(words)}; _quietkey; echo ${{COMPREPLY[@]}}"
    )
    run = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return run.stdout.split()


@needs_bash
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("wal",), ["wallet", "wallets"]),
        (("wallet", "fre"), ["freeze"]),
        (("wallet", "pay", "--psbt-"), ["--psbt-version", "--psbt-out"]),
        (("wallet", "pay", "bcrt1q", "25000", "--da"), ["--data"]),
        (("wallet", "pay", "--network", ""), list(NETWORKS)),
        (("psbt", "sh"), ["show"]),
        (("psbt", "combine", "--psbt-version", ""), ["0", "2"]),
        (("completion", "--he"), ["--help"]),
        (("wallet", "pay", "--no-such"), []),
    ],
)
def test_bash_offers_what_can_be_typed(words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(*words) == offered


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_verb_and_option_is_in_every_script(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    words = set(re.findall(r"[\w-]+", capsys.readouterr().out))
    for verb in VERBS:
        for name in (*verb.tasks, *verb.options):
            assert {name, name.lstrip("-")} & words, (shell, name)


def test_the_manual_names_every_verb_and_no_line_of_it_is_a_command_by_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["man"]) == 0
    page = capsys.readouterr().out
    for verb in VERBS:
        title = " ".join(("QUIETKEY", *verb.words)).upper().replace("-", "\\-")
        assert f".SH {title}\n" in page
    commands = {line.split()[0] for line in page.splitlines() if line.startswith(".")}
    assert commands == {".TH", ".SH", ".B", ".PP", ".TP", ".nf", ".fi"}


@needs_groff
def test_groff_has_nothing_to_say_against_it() -> None:
    page = completion.manual(parser())
    run = subprocess.run(
        ["groff", "-man", "-Tascii", "-ww", "-z"],
        input=page,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
