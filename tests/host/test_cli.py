"""What is typed and what is printed: data on stdout, talk on stderr, a status at the end."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.__main__ import main
from host.cli import PASSED_ON, parser
from host.cli.status import EXIT_CODES, exit_code
from host.devnet.network import Devnet
from host.errors import (
    AddressAlarm,
    BadInput,
    DeclinedOnDevice,
    DeviceError,
    HostError,
    LinkLost,
    NetworkError,
    TooFewCoins,
    WalletError,
)
from host.payees import PayeeError
from tests.people import Person
from tests.wallets import STRANGER

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("bdkpython", "pbk", "textual", "zxingcpp", "serial", "asyncio")

Typed = Callable[..., Any]


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type a wallet task, as a program would; get its status, what it printed, and its talk."""

    async def run(*words: str) -> tuple[int, list[dict[str, Any]], str]:
        line = ["wallet", *words, "--home", str(tmp_path / "home"), "--json"]
        status = await asyncio.to_thread(main, line)
        out, talk = capsys.readouterr()
        return status, [json.loads(each) for each in out.splitlines()], talk

    return run


def python(*words: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    paths = [str(each) for each in (folder, ROOT) if each]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
    )


# ---- what is imported when


def test_nothing_heavy_is_imported_before_it_is_known_to_be_needed() -> None:
    code = f"import sys, host.__main__; print([m for m in {HEAVY} if m in sys.modules])"
    done = python("-c", code)
    assert done.stdout == "[]\n", done.stderr


def test_the_device_starts_where_the_wallet_cannot(tmp_path: Path) -> None:
    for name in ("bdkpython", "pbk", "textual"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not on this machine')\n")
    done = python("-m", "host", "device", "--help", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "--flash" in done.stdout


def test_devnet_has_its_own_help() -> None:
    done = python("-m", "host", "devnet", "--help")
    assert done.returncode == 0, done.stderr
    assert "--nodes" in done.stdout


# ---- help


def _parsers(made: ArgumentParser) -> Iterator[ArgumentParser]:
    yield made
    for action in made._actions:
        for below in (action.choices or {}).values() if action.nargs == "A..." else ():
            yield from _parsers(below)


# `quietkey device --help` and `quietkey devnet --help` are answered by those programs.
OWN = [one for one in _parsers(parser()) if one.prog.split()[-1] not in PASSED_ON]


@pytest.mark.parametrize("one", OWN, ids=lambda one: one.prog)
def test_every_help_has_an_example_that_can_be_typed(one: ArgumentParser) -> None:
    text = one.format_help()
    examples = re.findall(r"^  (quietkey .*?)(?:  .*)?$", text, re.MULTILINE)
    assert examples, text
    for example in examples:
        words = re.split(r" \d?[<>] ", example)[0].split()[1:]
        if words[0] not in PASSED_ON:
            parser().parse_args([{"ADDRESS": STRANGER}.get(word, word) for word in words])


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("quietkey ")


@pytest.mark.parametrize(
    "line",
    [
        "fly",
        "wallet",
        "wallet pair --device",
        "wallet pay X 1 --rate fast",
        "wallet pay X 1 --fee max",
        "wallet pay X 1 --fee 100 --rate 1",
        "wallet pay X 1 --locktime tomorrow",
        "wallet pay X 1 --target 0",
        "wallet sync --peer nowhere",
        "wallet verify -1 --device tcp:127.0.0.1:1",
        "wallet balance --network liquid",
        "demo --link pigeon",
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


# ---- errors


@pytest.mark.parametrize(
    ("line", "status", "code", "says"),
    [
        ("balance", 1, "other", "There is no wallet here yet."),
        (f"pay {STRANGER} 1000", 1, "other", "There is no wallet here yet."),
        ("pay X 1", 2, "bad_input", "not a Bitcoin address"),
        (f"pay {STRANGER} 1.5", 2, "bad_input", "A sat cannot be divided."),
        (f"pay {STRANGER} -1", 2, "bad_input", "cannot be negative"),
        (f"pay {STRANGER} 1000 --csv x.csv", 2, "bad_input", "not in both"),
        ("pay --csv no-such-file.csv", 2, "bad_input", "cannot be read"),
        (f"pay {STRANGER} 1000 --data hex:0", 2, "bad_input", "Behind hex:"),
        ("pay", 2, "bad_input", "Say whom to pay and how much"),
        ("pair", 2, "bad_input", "Say where the device is"),
        ("sync", 2, "bad_input", "Name a node to ask"),
        ("sync --server pigeon:x", 2, "bad_input", "names no server"),
        ("sync --peer 127.0.0.1:1 --server p2p:", 2, "bad_input", "Choose one"),
        ("balance --wallet nobody", 2, "bad_input", "There is no wallet 'nobody'"),
        ("pair --device usb", 2, "bad_input", "names no device"),
        ("pair --device tcp:127.0.0.1", 2, "bad_input", "is no port, as in tcp:127.0.0.1:30121"),
        ("restore no-such-file", 2, "bad_input", "no-such-file cannot be read: No such file"),
        ("message verify X c2ln text", 2, "bad_input", "not a whole one. Copy the whole address"),
        ("pair --device tcp:127.0.0.1:1", 6, "no_device", "No device answers at 127.0.0.1:1."),
    ],
)
async def test_an_error_is_a_sentence_on_stderr_and_an_object_for_a_program(
    typed: Typed, line: str, status: int, code: str, says: str
) -> None:
    ended, data, talk = await typed(*line.split())
    assert (ended, data) == (status, [{"error": {"code": code, "message": talk.rstrip("\n")}}])
    assert says in talk
    assert "Traceback" not in talk


def test_a_usage_error_is_an_object_for_a_program_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["wallet", "balance", "--network", "liquid", "--json"])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["error"]["code"] == "bad_input"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (HostError(""), 1),
        (WalletError(""), 1),
        (BadInput(""), 2),
        (PayeeError(""), 2),
        (DeclinedOnDevice(""), 3),
        (AddressAlarm(""), 3),
        (TooFewCoins("", 1), 4),
        (NetworkError(""), 5),
        (LinkLost(""), 6),
        (DeviceError(""), 6),
    ],
)
def test_each_kind_of_error_has_its_status(error: HostError, status: int) -> None:
    assert exit_code(error).status == status


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("walet balance", "quietkey: argument VERB: there is no 'walet'; did you mean 'wallet'?"),
        ("wallet balnce", "argument TASK: there is no 'balnce'; did you mean 'balance'?"),
        ("wallet pay --script wpk", "there is no 'wpk'; did you mean 'wpkh'?"),
        ("wallet xyzzy", "invalid choice: 'xyzzy' (choose from 'pair', "),
        ("wallet balance --nope", "quietkey wallet balance: unrecognized arguments: --nope"),
        ("wallet message sign text more", "quietkey wallet message sign: unrecognized arguments"),
    ],
)
def test_what_was_mistyped_is_said_by_the_verb_that_was_meant(
    capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert says in said
    if "unrecognized" in says:
        assert said.startswith(f"usage: {says.partition(':')[0]}")


def test_a_demo_that_cannot_be_meant_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_input"


@pytest.mark.skipif(os.name != "posix", reason="descriptors are closed by a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_output_is_no_crash(tmp_path: Path, closed: str) -> None:
    line = f"{sys.executable} -m host wallet balance --home {tmp_path} {closed}"
    ended = subprocess.run(
        ["/bin/sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr


def test_the_help_and_the_readme_have_the_exit_statuses() -> None:
    help_text = parser().format_help()
    readme = (ROOT / "README.md").read_text("utf-8")
    for code in EXIT_CODES:
        assert f"{code.status}    {code.code}" in help_text
        assert f"| {code.status} | `{code.code}` | {code.meaning} |" in readme


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
def test_ctrl_c_ends_with_a_sentence(flash: Path, tmp_path: Path) -> None:
    with EmulatorProcess(flash, sealed_record()) as emulator:
        host, port = emulator.address
        line = f"-m host wallet pair --device tcp:{host}:{port} --home {tmp_path}/home".split()
        pairing = subprocess.Popen(
            [sys.executable, *line], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        emulator.wait_for("pinpad")
        pairing.send_signal(signal.SIGINT)
        _, talk = pairing.communicate(timeout=20)
    assert pairing.returncode == 130
    assert "Traceback" not in talk
    assert talk.endswith("Stopped. What was signed or waits for a signature is kept.\n")


# ---- a wallet's life, typed


async def test_a_wallet_is_paired_funded_and_pays_from_the_command_line(
    typed: Typed, emulator: EmulatorProcess, person: Person, devnet: Devnet
) -> None:
    device = ("--device", "tcp:{}:{}".format(*emulator.address))
    network = [word for peer in devnet.peers for word in ("--peer", peer)]

    status, (paired,), talk = await typed("pair", *device)
    assert (status, paired["fingerprint"], paired["network"]) == (0, "73c5da0a", "regtest")
    assert "unlock" in talk

    looking = person.accept()
    status, (received,), talk = await typed("receive", *device)
    await looking
    assert (status, received["index"]) == (0, 0)
    assert f"It must be {received['address']}." in talk
    assert "agree" in talk

    await devnet.fund(received["address"], 5_000_000)
    status, (balance,), _ = await typed("balance", *network)
    assert balance["confirmed_sats"] == 5_000_000

    reading = person.accept()
    status, (sent,), talk = await typed("pay", STRANGER, "25_000", *device, *network)
    await reading
    assert status == 0
    assert sent["txid"] in talk
    assert len(set(sent["echoed"]) | set(sent["announced"])) == 3

    await devnet.mine(1)
    status, (at,), _ = await typed("sync", *network)
    assert at["height"] == max(node.height for node in devnet.status())
    status, rows, _ = await typed("history")
    assert [row["status"] for row in rows] == ["confirmed", "confirmed"]
    assert rows[0]["recipient"] == STRANGER


async def test_a_payment_cut_short_is_continued_or_discarded_from_the_command_line(
    typed: Typed, emulator: EmulatorProcess, devnet: Devnet, flash: Path
) -> None:
    device = ("--device", "tcp:{}:{}".format(*emulator.address))
    network = [word for peer in devnet.peers for word in ("--peer", peer)]
    await typed("pair", *device)
    _, (received,), _ = await typed("receive")
    await devnet.fund(received["address"], 5_000_000)

    pulling = Person(emulator).pull_the_plug()
    status, _, talk = await typed("pay", STRANGER, "25000", *device, *network)
    await pulling
    assert status == 6
    assert "Nothing was paid." in talk

    with EmulatorProcess(flash) as again:
        again.unlock()
        device = ("--device", "tcp:{}:{}".format(*again.address))
        reading = Person(again).accept()
        status, (sent,), _ = await typed("pay", "--continue", *device, *network)
        await reading
        assert status == 0
        assert sent["echoed"]
        status, _, talk = await typed("pay", "--continue", *device, *network)
        assert (status, "no payment" in talk) == (1, True)
    status, _, talk = await typed("pay", "--discard")
    assert (status, "no unsigned payment" in talk) == (1, True)


async def test_another_device_cannot_pay_from_this_wallet(
    typed: Typed, emulator: EmulatorProcess, tmp_path: Path
) -> None:
    await typed("pair", "--device", "tcp:{}:{}".format(*emulator.address))
    words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    with EmulatorProcess(tmp_path / "other.flash", sealed_record(words)) as other:
        other.unlock()
        where = "tcp:{}:{}".format(*other.address)
        for line in (("pair",), ("verify", "0")):
            status, data, talk = await typed(*line, "--device", where)
            assert (status, data[0]["error"]["code"]) == (1, "other")
            assert "belongs to the device 73c5da0a" in talk


async def test_without_json_a_person_can_read_it(
    emulator: EmulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path / "home")]
    device = ["--device", "tcp:{}:{}".format(*emulator.address)]
    assert await asyncio.to_thread(main, ["wallet", "pair", *device, *home]) == 0
    assert capsys.readouterr().out == "Paired with the device 73c5da0a.\n"
    assert await asyncio.to_thread(main, ["wallet", "balance", *home]) == 0
    assert capsys.readouterr().out == "0 sats, and 0 waiting. Height 0.\n"
    assert await asyncio.to_thread(main, ["wallet", "receive", *home]) == 0
    assert capsys.readouterr().out.startswith("bcrt1q")


@pytest.mark.parametrize(("platform", "link"), [("win32", "tcp"), ("linux", "serial")])
def test_the_demo_starts_where_there_are_no_pseudo_terminals(
    monkeypatch: pytest.MonkeyPatch, platform: str, link: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert parser().parse_args(["demo"]).link == link
