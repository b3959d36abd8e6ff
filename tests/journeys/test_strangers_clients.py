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

import coincurve
import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions.address import render
from signer.hashes import double_sha256
from signer.keys import exfil
from tests import kernel, psbts
from tests.firmware_emu.test_messages import der

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


# Accounts of several keys, and messages

COSIGNERS = [
    psbts.keyring(),
    psbts.keyring("zoo " * 11 + "wrong"),
    psbts.keyring("legal winner thank year wave sausage worth useful legal winner thank yellow"),
]
FAMILY = psbts.vault("wsh(sortedmulti(2,@0/**,@1/**,@2/**))", *COSIGNERS)
ADDRESS = render(FAMILY.policy.spend_data(0, 0).script_pubkey, NETWORKS["regtest"])
DESCRIPTOR = "wsh(sortedmulti(2,{}))".format(
    ",".join(f"{psbts.key_text(keys)}/0/0" for keys in COSIGNERS)
)
SHOW = "print(json.dumps(commands.displayaddress(client, desc=given['desc'])))"


def shown_in(device: EmulatorProcess) -> str:
    """What was read on the way, without its spaces."""
    return "".join("".join(seen.text.split()) for seen in device.approve())


def test_hwi_registers_a_multisig_and_shows_its_address(device: EmulatorProcess) -> None:
    need("hwilib")
    device.unlock()
    address = device.announcement["tcp"]
    process = start(HWI + SHOW, address=address, desc=DESCRIPTOR)
    read = shown_in(device)
    for keys in COSIGNERS:
        assert psbts.key_text(keys).split("]")[1] in read
    device.wait_for("confirm")
    assert ADDRESS in shown_in(device)
    assert end(process)["address"] == ADDRESS


def test_hwi_signs_for_the_multisig_it_has_registered(device: EmulatorProcess) -> None:
    need("hwilib")
    device.unlock()
    address = device.announcement["tcp"]
    process = start(HWI + SHOW, address=address, desc=DESCRIPTOR)
    device.approve()
    device.wait_for("confirm")
    device.approve()
    end(process)
    payment = psbts.draft(FAMILY, 2).encode()
    code = HWI + 'print(json.dumps(commands.signtx(client, given["psbt"])))'
    process = start(code, address=address, psbt=b64encode(payment).decode())
    assert "25000sats" in shown_in(device)
    half = b64decode(end(process)["psbt"])
    kernel.check(
        psbts.sign_part(half, COSIGNERS[1], records=[FAMILY.record(COSIGNERS[1])]),
    )


def test_hwi_reads_the_accounts_of_every_kind(device: EmulatorProcess) -> None:
    need("hwilib")
    device.unlock()
    code = HWI + 'print(json.dumps(commands.getdescriptors(client, account=0)["receive"]))'
    told = end(start(code, address=device.announcement["tcp"]))
    kinds = {text.split("[")[0]: text for text in told}
    for kind, purpose in (("pkh(", 44), ("sh(wpkh(", 49), ("wpkh(", 84)):
        assert psbts.key_text(COSIGNERS[0], f"m/{purpose}h/1h/0h") in kinds[kind]


@pytest.mark.parametrize(
    ("kind", "purpose", "address"),
    [
        ("LEGACY", 44, "mkpZhYtJu2r87Js3pDiWJDmPte2NRZ8bJV"),
        ("SH_WIT", 49, "2Mww8dCYPUpKHofjgcXcBCEGmniw9CoaiD2"),
        ("WIT", 84, "bcrt1q6rz28mcfaxtmd6v789l9rrlrusdprr9pz3cppk"),
    ],
)
def test_hwi_shows_addresses_of_one_key(
    device: EmulatorProcess, kind: str, purpose: int, address: str
) -> None:
    need("hwilib")
    device.unlock()
    code = (
        HWI
        + """
from hwilib.common import AddressType
kind = AddressType[given["kind"]]
print(json.dumps(commands.displayaddress(client, path=given["path"], addr_type=kind)))
"""
    )
    path = f"m/{purpose}h/1h/0h/0/0"
    process = start(code, address=device.announcement["tcp"], path=path, kind=kind)
    assert address in shown_in(device)
    assert end(process)["address"] == address


def signer_of(message: str, signature: str) -> bytes:
    """The public key (33 bytes) that has signed a message (BIP137)."""
    raw = b64decode(signature)
    magic = b"\x18Bitcoin Signed Message:\n" + bytes((len(message),)) + message.encode()
    compact = raw[1:] + bytes(((raw[0] - 27) & 3,))
    found = coincurve.PublicKey.from_signature_and_message(
        compact, double_sha256(magic), hasher=None
    )
    return bytes(found.format())


MESSAGE_PATH = [84 + HARDENED, 1 + HARDENED, HARDENED, 0, 0]


def test_hwi_gets_a_message_signed(device: EmulatorProcess) -> None:
    need("hwilib")
    device.unlock()
    code = HWI + 'print(json.dumps(commands.signmessage(client, "I was here.", given["path"])))'
    address = device.announcement["tcp"]
    process = start(code, address=address, path="m/84h/1h/0h/0/0")
    assert "Iwashere." in shown_in(device)
    signature = end(process)["signature"]
    assert signer_of("I was here.", signature) == COSIGNERS[0].public_key(tuple(MESSAGE_PATH))


def test_jade_client_registers_a_multisig_and_shows_its_address(device: EmulatorProcess) -> None:
    need("jadepy")
    device.unlock()
    code = (
        JADE
        + """
signers = [one | {"fingerprint": bytes.fromhex(one["fingerprint"])} for one in given["signers"]]
kept = client.register_multisig("localtest", "family", "wsh(multi(k))", True, 2, signers)
paths = [[0, 0]] * 3
shown = client.get_receive_address("localtest", paths, multisig_name="family")
known = client.get_registered_multisigs()["family"]["num_signers"]
print(json.dumps([kept, shown, known]))
"""
    )
    derivation = [48 + HARDENED, 1 + HARDENED, HARDENED, 2 + HARDENED]
    signers = [
        {
            "fingerprint": keys.fingerprint.hex(),
            "derivation": derivation,
            "xpub": psbts.key_text(keys).split("]")[1],
            "path": [],
        }
        for keys in COSIGNERS
    ]
    process = start(code, address=where(device, "tcp"), signers=signers)
    device.approve()
    device.wait_for("confirm")
    assert ADDRESS in shown_in(device)
    assert end(process) == [True, ADDRESS, 3]


@pytest.mark.parametrize("together", [False, True])
def test_jade_client_gets_a_message_signed(device: EmulatorProcess, *, together: bool) -> None:
    need("jadepy")
    device.unlock()
    code = (
        JADE
        + """
extra = ()
if given["commitment"]:
    extra = (True, bytes.fromhex(given["commitment"]), bytes.fromhex(given["entropy"]))
answer = client.sign_message(given["path"], "I was here.", *extra)
answer = [answer[0].hex(), answer[1]] if extra else answer
print(json.dumps(answer))
"""
    )
    entropy = bytes(range(32))
    commitment = exfil.host_commitment(entropy).hex() if together else ""
    process = start(
        code,
        address=where(device, "tcp"),
        path=MESSAGE_PATH,
        commitment=commitment,
        entropy=entropy.hex(),
    )
    device.approve()
    answer = end(process)
    ours = COSIGNERS[0].public_key(tuple(MESSAGE_PATH))
    if not together:
        assert signer_of("I was here.", answer) == ours
        return
    point, signature = answer
    digest = double_sha256(b"\x18Bitcoin Signed Message:\n\x0bI was here.")
    assert exfil.verify(ours, digest, der(b64decode(signature)), entropy, bytes.fromhex(point))


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
