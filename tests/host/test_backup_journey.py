"""A machine is lost: the device and a backup bring its wallet back on another one."""

import os
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess
from host.devnet.network import Devnet
from tests.host.test_cli_verbs import FUNDED_SATS, Terminal
from tests.nights import AT_NIGHT
from tests.people import Person
from tests.wallets import STRANGER

PASSWORD = "correct horse"


def password() -> tuple[str, str]:
    """At a file descriptor of its own, which is read once."""
    reading, writing = os.pipe()
    os.write(writing, f"{PASSWORD}\n".encode())
    os.close(writing)
    return "--password-fd", str(reading)


@AT_NIGHT
@pytest.mark.timeout(120)
async def test_the_same_addresses_labels_and_coins_and_the_next_payment(
    emulator: EmulatorProcess,
    person: Person,
    devnet: Devnet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    peers = tuple(word for peer in devnet.peers for word in ("--peer", peer))
    device = "--device", "tcp:{}:{}".format(*emulator.address)
    lost = Terminal(tmp_path / "lost", capsys)
    named = "--wallet", "savings"
    await lost.reads_json("pair", *named, *device)
    (asked,) = await lost.reads_json("receive", *named, "--label", "Wages")
    await devnet.fund(asked["address"], FUNDED_SATS)
    await lost.reads_json("sync", *named, *peers)
    (history,) = await lost.reads_json("history", *named)
    await lost.types("label", *named, history["txid"], "May")
    await lost.types("contact", *named, "Anna", STRANGER)
    (second,) = await lost.reads_json("receive", *named, "--new", "--label", "Rent")
    rows = await lost.reads_json("addresses", *named)
    file = tmp_path / "quietkey.backup"
    await lost.reads_json("backup", str(file), *password())

    other = Terminal(tmp_path / "other", capsys)
    await other.reads_json("restore", str(file), *password())
    labels = [row["label"] for row in await other.reads_json("addresses", *named)]
    assert labels == ["Rent", "Wages"]
    await other.reads_json("sync", *named, *peers)
    assert await other.reads_json("addresses", *named) == rows
    (again,) = await other.reads_json("history", *named)
    assert again["label"] == "May"
    (balance,) = await other.reads_json("balance", *named)
    assert balance["confirmed_sats"] == FUNDED_SATS
    (third,) = await other.reads_json("receive", *named, "--new")
    assert third["index"] == second["index"] + 1, "none is given to two people"
    reading = person.accept()
    (sent,) = await other.reads_json("pay", "anna", "25k", *named, *peers)
    await reading
    assert len(sent["txid"]) == 64
    assert f"Anna is paid at {STRANGER}." in other.talk
