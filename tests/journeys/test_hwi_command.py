"""HWI 3.2.0 as a program, the way scripts and other wallets start it, command by command.

What it does not do with a Jade (taproot addresses, wiping, backups) is refused by itself, in its
own words. At night: 59 starts of a program take two minutes.
"""

import json
import shlex
import socket
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions.address import render
from tests import kernel, psbts
from tests.journeys.test_strangers_clients import COSIGNERS, PEERS, need, signer_of
from tests.nights import AT_NIGHT

pytestmark = [AT_NIGHT, pytest.mark.timeout(300)]
COMMAND = PEERS / ("Scripts/hwi.exe" if sys.platform == "win32" else "bin/hwi")
OURS = COSIGNERS[0]
UNAVAILABLE, UNKNOWN, CANCELED = -9, -13, -14
SIMULATOR = 30121  # the port on which it looks for one by itself


@pytest.fixture
def device(tmp_path: Path) -> Iterator[EmulatorProcess]:
    need("hwilib")
    with EmulatorProcess(tmp_path / "device.flash", sealed_record()) as device:
        device.unlock()
        yield device


def start(device: EmulatorProcess, *words: str, chain: str = "regtest") -> "subprocess.Popen[str]":
    """HWI with the device named to it; the words go the way of `--stdin`, which has no limit."""
    line = [COMMAND, "-t", "jade", "-d", "tcp:" + device.announcement["tcp"], "--chain", chain]
    process = subprocess.Popen(
        [*line, "--stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(shlex.join(words) + "\n")
    process.stdin.close()
    process.stdin = None
    return process


def end(process: "subprocess.Popen[str]") -> Any:  # noqa: ANN401 - JSON
    out, _ = process.communicate(timeout=120)
    return json.loads(out)


def says(device: EmulatorProcess, *words: str, chain: str = "regtest") -> Any:  # noqa: ANN401
    return end(start(device, *words, chain=chain))


def says_after_yes(device: EmulatorProcess, *words: str) -> tuple[Any, str]:
    """What it prints, and all that was read on the device, without its spaces."""
    process = start(device, *words)
    pages = "".join("".join(seen.text.split()) for seen in device.approve())
    return end(process), pages


# What is read without a person

PATHS = [
    "m",
    "m/44h/1h/0h",
    "m/49h/1h/0h",
    "m/84h/1h/0h",
    "m/86h/1h/0h",
    "m/84h/1h/7h",
    "m/48h/1h/0h/1h",
    "m/48h/1h/0h/2h",
    "m/84h/1h/0h/0/0",
    "m/84'/1'/0'",
]


@pytest.mark.parametrize("path", PATHS)
def test_getxpub(device: EmulatorProcess, path: str) -> None:
    xpub = says(device, "getxpub", path)["xpub"]
    assert psbts.key_text(OURS, path.replace("'", "h")).endswith("]" + xpub)


@pytest.mark.parametrize(("kind", "purpose"), [("wit", 84), ("sh_wit", 49), ("legacy", 44)])
def test_getmasterxpub(device: EmulatorProcess, kind: str, purpose: int) -> None:
    xpub = says(device, "getmasterxpub", "--addr-type", kind)["xpub"]
    assert psbts.key_text(OURS, f"m/{purpose}h/1h/0h").endswith("]" + xpub)


@pytest.mark.parametrize("account", ["0", "3"])
def test_getdescriptors(device: EmulatorProcess, account: str) -> None:
    both = says(device, "getdescriptors", "--account", account)
    for branch, number in (("receive", 0), ("internal", 1)):
        kinds = {text.split("[")[0]: text for text in both[branch]}
        for kind, purpose in (("pkh(", 44), ("sh(wpkh(", 49), ("wpkh(", 84)):
            key = psbts.key_text(OURS, f"m/{purpose}h/1h/{account}h")
            assert f"{key}/{number}/*" in kinds[kind]


@pytest.mark.parametrize(("kind", "purpose"), [("wit", 84), ("sh_wit", 49), ("legacy", 44)])
@pytest.mark.parametrize("flag", ["--keypool", "--internal"])
def test_getkeypool(device: EmulatorProcess, kind: str, purpose: int, flag: str) -> None:
    branches = says(device, "getkeypool", "--addr-type", kind, flag, "0", "20")
    assert [keys["internal"] for keys in branches] == ([True] if "int" in flag else [False, True])
    assert all(psbts.key_text(OURS, f"m/{purpose}h/1h/0h") in keys["desc"] for keys in branches)


# What a person looks at

SINGLE = [("legacy", "pkh"), ("sh_wit", "sh(wpkh)"), ("wit", "wpkh")]


@pytest.mark.parametrize(("kind", "script"), SINGLE)
@pytest.mark.parametrize(("branch", "index"), [(0, 0), (1, 40)])
def test_displayaddress_by_path(
    device: EmulatorProcess, kind: str, script: str, branch: int, index: int
) -> None:
    where = psbts.path(script, branch, index)
    path = f"m/{psbts.PURPOSE[script]}h/1h/0h/{branch}/{index}"
    said, pages = says_after_yes(device, "displayaddress", "--path", path, "--addr-type", kind)
    assert said == {"address": render(psbts.lock(OURS, where), NETWORKS["regtest"])}
    assert said["address"] in pages


@pytest.mark.parametrize(("kind", "script"), SINGLE)
def test_displayaddress_by_descriptor(device: EmulatorProcess, kind: str, script: str) -> None:
    del kind
    key = psbts.key_text(OURS, f"m/{psbts.PURPOSE[script]}h/1h/0h")
    descriptor = f"{script[:-1]}({key}/0/5))" if "(" in script else f"{script}({key}/0/5)"
    said, pages = says_after_yes(device, "displayaddress", "--desc", descriptor)
    address = render(psbts.lock(OURS, psbts.path(script, 0, 5)), NETWORKS["regtest"])
    assert said == {"address": address}
    assert address in pages


SHARED = ["sh({})", "sh(wsh({}))", "wsh({})"]


@pytest.mark.parametrize("around", SHARED)
def test_displayaddress_of_several_keys(device: EmulatorProcess, around: str) -> None:
    family = psbts.vault(around.format("sortedmulti(2,@0/**,@1/**,@2/**)"), *COSIGNERS)
    address = render(family.policy.spend_data(0, 3).script_pubkey, NETWORKS["regtest"])
    said, pages = _shown(device, around, "sortedmulti", 3)
    assert said == {"address": address}
    assert address in pages


def test_displayaddress_of_keys_in_their_order(device: EmulatorProcess) -> None:
    family = psbts.vault("wsh(multi(2,@0/**,@1/**,@2/**))", *COSIGNERS)
    address = render(family.policy.spend_data(0, 0).script_pubkey, NETWORKS["regtest"])
    assert _shown(device, "wsh({})", "multi", 0)[0] == {"address": address}


def _shown(device: EmulatorProcess, around: str, kind: str, index: int) -> tuple[Any, str]:
    """Registers the wallet of the cosigners, and shows one address of it."""
    keys = ",".join(f"{psbts.key_text(keys)}/0/{index}" for keys in COSIGNERS)
    process = start(device, "displayaddress", "--desc", around.format(f"{kind}(2,{keys})"))
    device.approve()
    device.wait_for("confirm")
    pages = "".join("".join(seen.text.split()) for seen in device.approve())
    return end(process), pages


# Payments


def signed(device: EmulatorProcess, psbt: bytes) -> bytes:
    said, pages = says_after_yes(device, "signtx", b64encode(psbt).decode())
    assert said["signed"] is True, said
    assert "25000sats" in pages
    return b64decode(said["psbt"])


@pytest.mark.parametrize("kind", psbts.KINDS)
@pytest.mark.parametrize("inputs", [1, 5])
def test_signtx(device: EmulatorProcess, kind: str, inputs: int) -> None:
    kernel.check(signed(device, psbts.draft(OURS, inputs, kind).encode()))


def test_signtx_of_200_inputs(device: EmulatorProcess) -> None:
    kernel.check(signed(device, psbts.build(OURS, 200)))


def test_signtx_of_psbt_version_2(device: EmulatorProcess) -> None:
    payment = psbts.draft(OURS, 2)
    payment.psbt_version = 2
    kernel.check(signed(device, payment.encode()))


@pytest.mark.parametrize("around", SHARED)
def test_signtx_for_several_keys(device: EmulatorProcess, around: str) -> None:
    _shown(device, around, "sortedmulti", 0)
    family = psbts.vault(around.format("sortedmulti(2,@0/**,@1/**,@2/**)"), *COSIGNERS)
    half = signed(device, psbts.draft(family, 2).encode())
    kernel.check(psbts.sign_part(half, COSIGNERS[1], records=[family.record(COSIGNERS[1])]))


def test_signtx_that_a_person_refuses(device: EmulatorProcess) -> None:
    process = start(device, "signtx", b64encode(psbts.build(OURS)).decode())
    device.wait_for("confirm")
    device.press("stop")
    assert end(process)["code"] == CANCELED


def test_signtx_of_something_else(device: EmulatorProcess) -> None:
    payment = b64encode(psbts.build(COSIGNERS[1])).decode()
    assert says(device, "signtx", payment) == {"psbt": payment, "signed": False}


# Messages


@pytest.mark.parametrize("purpose", [44, 49, 84])
def test_signmessage(device: EmulatorProcess, purpose: int) -> None:
    path = f"m/{purpose}h/1h/0h/0/2"
    said, pages = says_after_yes(device, "signmessage", "A word.", path)
    assert "Aword." in pages
    kind = next(name for name, number in psbts.PURPOSE.items() if number == purpose)
    where = psbts.path(kind, 0, 2)
    assert signer_of("A word.", said["signature"]) == OURS.public_key(where)


# What HWI says itself


@pytest.mark.parametrize(
    "words",
    [
        ("wipe",),
        ("backup",),
        ("promptpin",),
        ("togglepassphrase",),
        ("sendpin", "1234"),
        ("displayaddress", "--path", "m/86h/1h/0h/0/0", "--addr-type", "tap"),
    ],
    ids=lambda words: words[0],
)
def test_what_it_does_not_do_with_a_jade(device: EmulatorProcess, words: tuple[str, ...]) -> None:
    assert says(device, *words)["code"] in {UNAVAILABLE, UNKNOWN}


def test_enumerate_finds_the_device_by_itself(tmp_path: Path) -> None:
    need("hwilib")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", SIMULATOR)) == 0:
            pytest.skip(f"Another program listens on port {SIMULATOR}.")
    flags = ("--tcp", str(SIMULATOR))
    with EmulatorProcess(tmp_path / "device.flash", sealed_record(), flags) as device:
        device.unlock()
        run = subprocess.run(
            [COMMAND, "--emulators", "--chain", "regtest", "enumerate"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        (entry,) = json.loads(run.stdout)
    assert entry["type"] == "jade"
    assert entry["fingerprint"] == OURS.fingerprint.hex()
    assert "error" not in entry
