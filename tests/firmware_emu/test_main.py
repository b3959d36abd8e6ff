"""The process: how it starts, what it says, how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from shutil import rmtree

import pytest

from firmware_emu.emulator import MNEMONIC, EmulatorProcess, sealed_record
from signer.formats import cbor
from signer.formats.qr.peers import NAMES

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")
H = 1 << 31


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A device process that ends by itself."""
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        cwd=ROOT,
        env=os.environ | {"HOME": str(home), "APPDATA": str(home)},
    )


def device(*flags: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A device that stops as soon as it is ready: its standard input is closed already."""
    ours = ("--face", "none", "--announce", "--exit-with-stdin", "--pin-memory-mib", "1")
    return run("-m", "firmware_emu", *ours, *flags, home=home)


def test_what_is_not_plugged_in_is_null(tmp_path: Path) -> None:
    ended = device("--flash", str(tmp_path / "f"), "--tcp", "0", home=tmp_path)
    said = json.loads(ended.stdout)
    assert (ended.returncode, ended.stderr, said["ready"]) == (0, "", True)
    assert said.keys() == {"ready", "pid", "tcp", "pty", "camera", "control", "token", "seal"}
    assert said["tcp"].startswith("127.0.0.1:")
    assert [said[k] for k in ("pty", "camera", "control", "token")] == [None] * 4


def test_everything_asked_for_is_announced(tmp_path: Path) -> None:
    links = ("--tcp", "0", "--camera", "0", "--control", "0")
    pty = () if sys.platform == "win32" else ("--pty",)
    said = json.loads(device("--flash", str(tmp_path / "f"), *links, *pty, home=tmp_path).stdout)
    assert all(said[name] for name in ("tcp", "camera", "control"))
    assert bool(said["pty"]) == bool(pty)
    assert len(bytes.fromhex(said["token"])) == 16


def test_each_start_has_another_token(tmp_path: Path) -> None:
    flags = ("--flash", str(tmp_path / "f"), "--control", "0")
    tokens = {json.loads(device(*flags, home=tmp_path).stdout)["token"] for _ in range(3)}
    assert len(tokens) == 3


def test_without_flags_it_listens_where_wallets_look_or_says_where(tmp_path: Path) -> None:
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", 30121))
            taken.listen()
        except OSError:
            pass  # somebody else has it, which serves as well
        said = json.loads(device(home=tmp_path).stdout)
    assert said["tcp"]
    assert not said["tcp"].endswith(":30121")
    assert said["control"] is None
    flash = tmp_path / ("quietkey" if sys.platform == "win32" else ".quietkey") / "device.flash"
    assert flash.is_file()


def test_a_device_that_keeps_nothing_makes_no_file_and_is_sealed(tmp_path: Path) -> None:
    ended = device("--stateless", "--tcp", "0", home=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["seal"] is not None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("flag", ["--tcp", "--camera", "--control"])
def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path, flag: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = device("--flash", str(tmp_path / "f"), flag, port, home=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert port in ended.stderr
    assert ("is in use" if flag == "--tcp" else "cannot be used") in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_two_devices_never_share_a_flash_file(tmp_path: Path) -> None:
    flash = tmp_path / "device.flash"
    with EmulatorProcess(flash):
        ended = device("--flash", str(flash), "--tcp", "0", home=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.endswith("is in use by another device. Stop that one first.\n")


def test_a_flash_that_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    ended = device("--flash", str(tmp_path), "--tcp", "0", home=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == f"The flash file {tmp_path} is not a file. Name a file or a new one.\n"


def test_a_copy_of_the_flash_that_had_to_be_mended_is_told(tmp_path: Path) -> None:
    flash = tmp_path / "device.flash"
    flags = ("--flash", str(flash), "--tcp", "0")
    device(*flags, home=tmp_path)
    flash.write_bytes(flash.read_bytes()[:-1])
    assert "One of the two copies" in device(*flags, home=tmp_path).stderr
    assert device(*flags, home=tmp_path).stderr == ""


@POSIX
def test_a_flash_that_can_no_longer_be_written_ends_it_before_anything_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    flash = tmp_path / "gone" / "device.flash"
    with EmulatorProcess(flash, sealed_record()) as emulator:
        rmtree(flash.parent)
        emulator.press("ok")
        emulator.type("9999")
        emulator.say({"id": 0, "press": "ok", "at_once": True})
        assert emulator.wait() == 1
        with pytest.raises(ConnectionError):
            emulator.wait_for("notice")
    assert capfd.readouterr().err == (
        f"The flash file {flash} could not be written: No such file or directory.\n"
    )


def test_listening_beyond_this_machine_must_be_asked_for(tmp_path: Path) -> None:
    flags = ("--flash", str(tmp_path / "f"), "--tcp", "0", "--tcp-host", "0.0.0.0")
    ended = device(*flags, home=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Add --beyond-loopback" in ended.stderr
    assert device(*flags, "--beyond-loopback", home=tmp_path).returncode == 0


@pytest.mark.parametrize("mib", ["0", "-5", "4096", "many"])
def test_a_pin_cost_out_of_bounds_is_a_sentence(tmp_path: Path, mib: str) -> None:
    ended = device("--flash", str(tmp_path / "f"), "--pin-memory-mib", mib, home=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--pin-memory-mib" in ended.stderr.splitlines()[-1]


def test_a_program_whose_codes_nobody_knows_is_answered_with_the_list(tmp_path: Path) -> None:
    ended = device("--air", "--peer", "nobody", home=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    last = " ".join(ended.stderr.split())
    assert f"the programs are {', '.join(NAMES)}" in last


def test_help_is_written_for_a_person(tmp_path: Path) -> None:
    said = run("-m", "firmware_emu", "--help", home=tmp_path)
    assert said.returncode == 0
    assert "keeps a seed and signs what you approve" in said.stdout
    assert "device.flash" in "".join(said.stdout.split())  # a long path is cut to fit the lines


def test_without_a_terminal_the_front_panel_says_what_to_do(tmp_path: Path) -> None:
    flags = ("--flash", str(tmp_path / "f"), "--tcp", "0")
    ended = run("-m", "firmware_emu", *flags, home=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "--face none" in ended.stderr


@POSIX
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with EmulatorProcess(tmp_path / "f") as emulator:
        os.kill(emulator.pid, number)
        assert emulator.wait() == 0


@POSIX
def test_a_client_that_waits_gets_an_answer_before_the_device_goes(tmp_path: Path) -> None:
    with EmulatorProcess(tmp_path / "f", sealed_record()) as emulator:
        emulator.unlock()
        with socket.create_connection(emulator.address, 10) as client:
            params: dict[str | int, cbor.Value] = {
                "network": "localtest",
                "path": [84 + H, 1 + H, H, 0, 0],
                "variant": "wpkh(k)",
            }
            asked: dict[str | int, cbor.Value] = {"id": "7", "method": "get_receive_address"}
            asked["params"] = params
            client.sendall(cbor.encode(asked))
            emulator.wait_for("confirm")
            os.kill(emulator.pid, signal.SIGTERM)
            with client.makefile("rb") as wire:
                answer = cbor.decode(wire.read(), cbor.LENIENT)
    assert isinstance(answer, dict)
    assert answer["id"] == "7"
    assert isinstance(answer["error"], dict)


CRASH = """
import sys
from firmware_emu.core.device import Device
from firmware_emu.__main__ import main
def broken(self, *event):
    secret = {words!r}
    raise KeyError(secret)
Device.{method} = broken
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("method", ["handle", "start"])
def test_a_fault_of_ours_ends_it_without_telling_secrets(tmp_path: Path, method: str) -> None:
    code = CRASH.format(words=MNEMONIC, method=method)
    flags = ("--flash", str(tmp_path / "f"), "--tcp", "0", "--face", "none")
    ended = run("-c", code, *flags, home=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "abandon" not in ended.stderr
    assert ended.stderr == (
        "The device stopped by a fault of its own: KeyError in <string> line 7. "
        "Start it again: it starts locked, with its seed as it was.\n"
    )


BLOCKED = """
import sys
from importlib.abc import MetaPathFinder
class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"bdkpython", "pbk"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
"""


def test_the_device_needs_neither_bdk_nor_the_kernel(tmp_path: Path) -> None:
    code = BLOCKED + (
        "from firmware_emu import __main__\n"
        "from firmware_emu.faces import terminal, script\n"
        "from firmware_emu.emulator import Emulator\n"
        "path = [84 + 2**31, 1 + 2**31, 2**31]\n"
        "asked = Emulator().request('get_xpub', {'network': 'localtest', 'path': path})\n"
        "print(asked.result()[:4])\n"
    )
    ended = run("-c", code, home=tmp_path)
    assert (ended.stdout, ended.stderr) == ("tpub\n", "")


def test_the_device_function_brings_no_way_out(tmp_path: Path) -> None:
    code = (
        "import sys, firmware_emu.core.device\n"
        "from firmware_emu import personalities\n"
        "from signer import chains\n"
        "for name in personalities.names(): personalities.load(name)\n"
        "for name in chains.names(): chains.load(name)\n"
        "ways = {'socket', 'asyncio', 'textual', 'subprocess', 'serial', 'bdkpython', 'pbk'}\n"
        "print(sorted(ways & sys.modules.keys()))\n"
    )
    ended = run("-c", code, home=tmp_path)
    assert (ended.stdout, ended.stderr) == ("[]\n", "")
