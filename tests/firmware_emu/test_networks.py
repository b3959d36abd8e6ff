"""The network a device is for: chosen on it, kept in flash, shown at home, never guessed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_emu.emulator import Emulator, EmulatorProcess, sealed_record
from firmware_emu.events import BytesIn, Port
from firmware_emu.storage import vault
from firmware_emu.storage.settings import Settings
from firmware_emu.storage.vault import Vault
from signer import chains
from signer.errors import Malformed
from signer.formats.qr import parts, ur
from tests import psbts
from tests.desk import Desk, unlocked_desk

NETWORKS = chains.load("bitcoin").networks
RECORDS = json.loads((Path(__file__).parents[1] / "vectors" / "flash.json").read_text())["records"]
FAMILY = "bcrt1qqupscpclltkrllajaz553fvjxk8ymuyhgkfafhal3eeazglkh95ss4xjcv"


def scan(device: Emulator, psbt: bytes) -> str:
    """All that a person reads when this payment is held up to the camera."""
    for code in parts.split(ur.from_psbt(psbt), 300):
        device.shell.happen(BytesIn(Port("air", "camera"), code.encode()))
    pages = device.approve() or (device.screen,)
    return " ".join(" ".join(page.text.split()) for page in pages)


def choose(desk: Desk, network: str) -> None:
    desk.press("ok")
    desk.choose("Network")
    desk.choose(network)


def test_a_new_device_is_for_test_coins_and_says_so_at_home() -> None:
    desk = unlocked_desk()
    assert "Bitcoin testnet" in desk.text
    desk.lock()
    assert "Bitcoin testnet" in desk.text


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_an_older_device_is_read_whole(name: str) -> None:
    device = Emulator(record=bytes.fromhex(RECORDS[name]))
    assert "Bitcoin testnet" in device.screen.text
    assert device.screen.fingerprint == "73c5da0a"
    assert "577E57" in device.screen.text


def test_an_account_of_an_older_device_is_known_again() -> None:
    device = Emulator(record=bytes.fromhex(RECORDS["vault 2 with an account"]))
    family = {"network": "localtest", "descriptor_name": "family", "branch": 0, "pointer": 0}
    address = device.request("get_receive_address", family)
    device.approve()
    assert address.result() == FAMILY


def test_an_older_record_stays_as_it_is_until_something_changes() -> None:
    record = bytes.fromhex(RECORDS["vault 2 with an account"])
    device = Emulator(record=record, locked=True)
    assert device.flash.writes == [record]
    assert vault.parse(vault.parse(record).encode()) == vault.parse(record)
    device.unlock()
    assert len(vault.parse(device.flash.writes[-1]).accounts) == 1


def test_the_network_is_chosen_in_the_menu_and_outlives_a_power_cut() -> None:
    desk = unlocked_desk()
    choose(desk, "regtest")
    assert "Bitcoin regtest" in desk.text
    assert "Bitcoin regtest" in desk.power_cut().text


def test_real_coins_take_a_longer_press_and_saying_no_changes_nothing() -> None:
    desk = unlocked_desk()
    choose(desk, "mainnet")
    assert "Coins on mainnet are worth money." in " ".join(desk.text.split())
    desk.press("ok")
    assert "Real coins?" in desk.text
    desk.press("stop")
    assert "Bitcoin testnet" in desk.text
    choose(desk, "mainnet")
    desk.press("hold")
    assert "Bitcoin mainnet" in desk.text


def test_choosing_what_is_chosen_writes_nothing() -> None:
    desk = unlocked_desk()
    record = desk.record
    choose(desk, "testnet")
    assert desk.record is record


def test_erasing_the_seed_keeps_the_network() -> None:
    desk = unlocked_desk(network="regtest")
    desk.erase()
    desk.dismiss()
    desk.restore()
    assert "Bitcoin regtest" in desk.text


@pytest.mark.parametrize("network", NETWORKS)
def test_a_device_starts_on_the_network_it_is_told_and_keeps_it(network: str) -> None:
    device = Emulator(network=network)
    assert f"Bitcoin {network}" in device.screen.text
    assert f"Bitcoin {network}" in device.fork().screen.text
    assert f"Bitcoin {network}" in device.power_cycle().text


def test_a_network_that_there_is_not_is_no_start() -> None:
    with pytest.raises(LookupError):
        Emulator(network="nowhere")


def test_a_word_that_the_chain_does_not_have_is_no_choice() -> None:
    settings = Settings(bytes(6), networks=(("bitcoin", "forgotten"), ("other", "main")))
    device = Emulator(record=Vault(settings).encode())
    assert device.screen.state == "empty"
    assert dict(vault.parse(Vault(settings).encode()).settings.networks)["other"] == "main"


@pytest.mark.parametrize("word", ["", "two words", "\x7f", "x" * 65])
def test_what_is_no_word_is_no_setting(word: str) -> None:
    with pytest.raises(Malformed):
        Settings(bytes(6), networks=(("bitcoin", word),))
    with pytest.raises(Malformed):
        Settings(bytes(6), word)


@pytest.mark.parametrize(("network", "prefix"), [("testnet", "tb1q"), ("regtest", "bcrt1q")])
def test_by_camera_addresses_are_those_of_the_chosen_network(network: str, prefix: str) -> None:
    shown = scan(Emulator(network=network), psbts.build(psbts.keyring(), 1))
    assert prefix in shown.replace(" ", "")
    assert f"Network {network}" in shown


def test_by_camera_test_coins_are_refused_on_a_device_for_real_ones() -> None:
    shown = scan(Emulator(network="mainnet"), psbts.build(psbts.keyring(), 1))
    assert "A coin belongs to another network." in shown
    assert "Menu, Network" in shown
    assert "WRONG_NETWORK" in shown


def test_by_cable_the_request_names_its_network_whatever_the_device_is_for() -> None:
    device = Emulator(network="mainnet")
    signed = device.request(
        "sign_psbt", {"network": "localtest", "psbt": psbts.build(psbts.keyring(), 1)}
    )
    pages = device.approve()
    assert "Network regtest" in " ".join(" ".join(page.text.split()) for page in pages)
    assert signed.result()


def test_a_payment_half_seen_is_forgotten_when_the_network_changes() -> None:
    desk = unlocked_desk(network="regtest")
    codes = parts.split(ur.from_psbt(psbts.build(psbts.keyring(), 3)), 100)
    plain = codes[: int(codes[0].split("/")[1].split("-")[1])]  # the rest are mixtures of these
    camera = desk.plug("air", "camera")
    for code in plain[:-1]:
        camera.send(code.encode())
    desk.press("ok")  # leaves the screen that counts the codes
    choose(desk, "testnet")
    camera.send(plain[-1].encode())
    assert "Bitcoin testnet" in desk.text
    for code in plain[:-1]:
        camera.send(code.encode())
    assert "tb1q" in "".join("".join(desk.approve()).split())


def test_a_host_that_waits_is_told_when_the_network_changes() -> None:
    desk = unlocked_desk()
    cable = desk.plug()
    desk.press("ok")
    path = [84 + (1 << 31), 1 + (1 << 31), 1 << 31, 0, 0]
    cable.request(
        "get_receive_address", {"network": "localtest", "path": path, "variant": "wpkh(k)"}
    )
    assert cable.replies() == []
    desk.choose("Network")
    desk.choose("regtest")
    [reply] = cable.replies()
    assert reply["error"]["code"] == -32000
    assert cable.call("ping")["result"] == 0


def test_a_process_is_set_by_its_flag_and_stays_so(tmp_path: Path) -> None:
    flash = tmp_path / "device.flash"
    with EmulatorProcess(flash, sealed_record(), network="signet") as device:
        assert "Bitcoin signet" in device.screen.text
    with EmulatorProcess(flash) as device:
        assert "Bitcoin signet" in device.screen.text


def test_a_flag_for_a_network_that_there_is_not_names_those_there_are(tmp_path: Path) -> None:
    flags = ["--flash", str(tmp_path / "device.flash"), "--face", "none", "--network", "nowhere"]
    run = subprocess.run(
        [sys.executable, "-m", "firmware_emu", *flags], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "the networks are mainnet, testnet" in run.stderr
