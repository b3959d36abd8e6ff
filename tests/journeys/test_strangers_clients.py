"""Other people's wallets, with their own code, use the device as it is.

They live in an environment of their own, since their dependencies are not ours: a folder named
by QUIETKEY_PEERS, or `.peers` beside this project. firmware_emu/README.md says how to make
one.
"""

import json
import os
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from tests import kernel, psbts

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(os.environ.get("QUIETKEY_PEERS", ROOT / ".peers"))
PYTHON = PEERS / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
ACCOUNT = "m/84h/1h/0h"
# The account of everybody's test seed, computed with embit 0.8.
XPUB = (
    "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQoQge"
    "wGiYZqrA9DsP4zbQ1M"
)


def start(code: str, **arguments: object) -> "subprocess.Popen[str]":
    """Strangers' code at work. It reads `given` and prints one line of JSON."""
    whole = f"import json, sys\ngiven = json.loads(sys.stdin.readline())\n{code}"
    process = subprocess.Popen(
        [PYTHON, "-c", whole],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(arguments) + "\n")
    process.stdin.flush()
    return process


def end(process: "subprocess.Popen[str]") -> Any:  # noqa: ANN401  what their code printed
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


def need(module: str) -> None:
    if not PYTHON.exists():
        pytest.skip(f"There is no environment of other people's wallets at {PEERS}.")
    found = subprocess.run([PYTHON, "-c", f"import {module}"], check=False, capture_output=True)
    if found.returncode:
        pytest.skip(f"{module} is not installed in {PEERS}.")


@pytest.fixture
def device(tmp_path: Path) -> Iterator[EmulatorProcess]:
    """A locked device with a seed, on TCP and, where there are any, on a pseudo-terminal."""
    flags = ("--tcp", "0") if sys.platform == "win32" else ("--tcp", "0", "--pty")
    with EmulatorProcess(tmp_path / "device.flash", sealed_record(), flags) as device:
        yield device


HWI = """
from hwilib import commands
from hwilib.common import Chain
client = commands.get_client("jade", "tcp:" + given["address"], chain=Chain.REGTEST)
"""
JADE = """
from jadepy import JadeAPI
client = JadeAPI.create_serial(given["address"], timeout=60)
client.connect()
unlocked = client.auth_user("localtest")
"""
HARDENED = 1 << 31
STEPS = [84 + HARDENED, 1 + HARDENED, HARDENED]


def test_hwi_reads_an_account(device: EmulatorProcess) -> None:
    need("hwilib")
    device.unlock()
    code = HWI + 'print(json.dumps(commands.getxpub(client, given["path"])))'
    answer = end(start(code, address=device.announcement["tcp"], path=ACCOUNT))
    assert answer["xpub"] == XPUB


def test_hwi_waits_until_the_device_is_unlocked(device: EmulatorProcess) -> None:
    need("hwilib")
    code = HWI + 'print(json.dumps(commands.getxpub(client, given["path"])))'
    process = start(code, address=device.announcement["tcp"], path=ACCOUNT)
    device.wait_for("pinpad")
    device.type("1234")
    device.press("ok")
    assert end(process)["xpub"] == XPUB


def test_hwi_signs_what_was_approved(device: EmulatorProcess) -> None:
    need("hwilib")
    device.unlock()
    psbt = psbts.build(psbts.keyring(), 2)
    code = HWI + 'print(json.dumps(commands.signtx(client, given["psbt"])))'
    address = device.announcement["tcp"]
    process = start(code, address=address, psbt=b64encode(psbt).decode())
    shown = "\n".join(seen.text for seen in device.approve())
    answer = end(process)
    assert "25 000 sats" in shown
    assert answer["signed"] is True
    kernel.check(b64decode(answer["psbt"]))


def test_hwi_hears_that_the_person_said_no(device: EmulatorProcess) -> None:
    need("hwilib")
    device.unlock()
    psbt = psbts.build(psbts.keyring())
    code = (
        HWI
        + """
from hwilib.errors import ActionCanceledError
try:
    commands.signtx(client, given["psbt"])
except ActionCanceledError as error:
    print(json.dumps(str(error)))
"""
    )
    address = device.announcement["tcp"]
    process = start(code, address=address, psbt=b64encode(psbt).decode())
    device.wait_for("confirm")
    device.press("stop")
    assert "canceled by user" in end(process)


def where(device: EmulatorProcess, link: str) -> str:
    address: str = device.announcement[link]
    return f"tcp:{address}" if link == "tcp" else address


LINKS = [
    "tcp",
    pytest.param(
        "pty", marks=pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
    ),
]


@pytest.mark.parametrize("link", LINKS)
def test_jade_client_reads_an_account(device: EmulatorProcess, link: str) -> None:
    need("jadepy")
    device.unlock()
    code = JADE + 'print(json.dumps([unlocked, client.get_xpub("localtest", given["steps"])]))'
    assert end(start(code, address=where(device, link), steps=STEPS)) == [True, XPUB]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(("script", "inputs"), [("wpkh", 1), ("wpkh", 30), ("tr", 2)])
def test_jade_client_signs_what_was_approved(
    device: EmulatorProcess, link: str, script: str, inputs: int
) -> None:
    """Thirty inputs are an answer of several parts, which the client asks for one by one."""
    need("jadepy")
    device.unlock()
    psbt = psbts.build(psbts.keyring(), inputs, script)
    code = (
        JADE
        + """
from base64 import b64decode, b64encode
signed = client.sign_psbt("localtest", b64decode(given["psbt"]))
print(json.dumps(b64encode(signed).decode()))
"""
    )
    process = start(code, address=where(device, link), psbt=b64encode(psbt).decode())
    device.approve()
    kernel.check(b64decode(end(process)))


def test_jade_client_verifies_an_address(device: EmulatorProcess) -> None:
    need("jadepy")
    device.unlock()
    code = (
        JADE
        + """
path = given["steps"] + [0, 0]
print(json.dumps(client.get_receive_address("localtest", path, variant="wpkh(k)")))
"""
    )
    process = start(code, address=where(device, "tcp"), steps=STEPS)
    (shown,) = device.approve()
    answer = end(process)
    assert answer == "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk"
    assert answer in shown.text.replace(" ", "").replace("\n", "")


def test_several_wallets_at_once_each_get_their_own_answer(device: EmulatorProcess) -> None:
    need("jadepy")
    device.unlock()
    code = JADE + 'print(json.dumps(client.get_xpub("localtest", given["steps"])))'
    address = where(device, "tcp")
    processes = [start(code, address=address, steps=STEPS[:n]) for n in range(4)]
    answers = [end(process) for process in processes]
    assert len(set(answers)) == 4
    assert answers[3] == XPUB
