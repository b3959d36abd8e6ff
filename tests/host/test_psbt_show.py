"""`quietkey psbt show`: the device's program, a process of its own, reads a payment aloud."""

import base64
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from host.__main__ import main
from host.cli.status import BAD_INPUT
from host.psbt import PsbtMaps
from host.settings import Settings, WalletSettings, save
from signer.chains.bitcoin.example import EXAMPLE

PAYEE = "bcrt1qd5rjcgqc8utye96v4exs0gkr2w8a7ssv5sh37u"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUIETKEY_HOME", str(tmp_path / "home"))
    path = tmp_path / "pay.psbt"
    path.write_bytes(EXAMPLE.payload)
    return path


def test_a_person_reads_pages_and_a_program_reads_json(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["psbt", "show", str(file)]) == 0
    said = capsys.readouterr().out
    assert "Output 1 of 2\n  Pay 25 000 sats\n  to bcrt 1qd5 rjcg" in said
    assert "  Fee 141 sats (0.1 % of the coins)\n" in said
    newer = PsbtMaps.parse(EXAMPLE.payload).encode(2)
    pasted = io.BytesIO(base64.encodebytes(newer))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=pasted))
    assert main(["psbt", "show", "-", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["network"] == "regtest"
    pays, address = answer["pages"][0]["facts"]
    assert (pays["label"], pays["value"]) == ("Pay", "25 000 sats")
    assert (address["value"], address["origin"]) == (PAYEE, "signed")


def test_a_refusal_is_the_devices_sentence_and_bad_input(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["psbt", "show", str(file), "--network", "mainnet", "--json"]) == BAD_INPUT.status
    said = capsys.readouterr()
    sentence = "Refused. Input 1. A coin belongs to another network. Nothing was signed."
    assert said.err == f"{sentence} Name another with --network.\n"
    assert json.loads(said.out)["error"]["code"] == BAD_INPUT.code
    file.write_bytes(EXAMPLE.payload[:-30])
    assert main(["psbt", "show", str(file)]) == BAD_INPUT.status
    assert "The request cannot be read." in capsys.readouterr().err


def test_what_is_no_psbt_starts_no_process(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subprocess.run", None)
    file.write_text("hello")
    assert main(["psbt", "show", str(file)]) == BAD_INPUT.status
    assert "This is no PSBT" in capsys.readouterr().err
    assert main(["psbt", "show", str(file.parent / "none")]) == BAD_INPUT.status


def test_the_network_is_that_of_the_wallet_that_opens(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wallet = WalletSettings("signet", "wpkh", 0, "", "", "")
    save(file.parent / "home", Settings(wallet="savings", wallets={"savings": wallet}))
    assert main(["psbt", "show", str(file)]) == 0
    assert "  Network signet\n" in capsys.readouterr().out
