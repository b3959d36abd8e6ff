"""A wallet in other programs' forms: read back as it was, and by others, or refused."""

import json
from pathlib import Path

import pytest
from embit.descriptor import Descriptor
from embit.networks import NETWORKS

from host.errors import BadInput
from host.wallet import Wallet, descriptors, exports
from tests.cosigners import TEMPLATES, shared
from tests.wallets import paired

# What a form cannot say, it refuses.
UNSAID = {
    ("coldcard", "unsorted"),
    ("coldcard", "both"),
    ("coldcard", "leaves"),
    ("specter", "leaves"),
}


def exported(wallet: Wallet, form: str) -> str:
    return exports.FORMS[form](wallet.description, "club", wallet.address_at(0).address)


@pytest.mark.parametrize("name", ["2 of 3", "nested", "unsorted", "both", "leaves"])
@pytest.mark.parametrize("form", exports.FORMS)
def test_what_was_exported_comes_back_as_the_same_wallet(
    form: str, name: str, tmp_path: Path
) -> None:
    wallet = shared(tmp_path / "wallet", TEMPLATES[name])
    if (form, name) in UNSAID:
        with pytest.raises(BadInput, match="Nothing was written"):
            exported(wallet, form)
        return
    text = exported(wallet, form)
    assert descriptors.read(text, "regtest").pairing == wallet.pairing


@pytest.mark.parametrize("script", ["pkh", "sh-wpkh", "wpkh", "tr"])
def test_the_account_of_one_device_goes_the_same_ways(script: str, tmp_path: Path) -> None:
    wallet = paired(tmp_path / "wallet", script)
    for form in ("bsms", "specter", "sparrow"):
        assert descriptors.read(exported(wallet, form), "regtest").pairing == wallet.pairing
    with pytest.raises(BadInput, match="multisig of sorted keys"):
        exported(wallet, "coldcard")


def test_another_program_derives_the_same_addresses(tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet")
    lines = exported(wallet, "sparrow").splitlines()
    both, receiving, change = (Descriptor.from_string(line) for line in lines[1::3])
    branches = (exports._branch(wallet.description, branch) for branch in (0, 1))
    assert [lines[4], lines[7]] == list(branches)
    for index in (0, 3):
        address = wallet.address_at(index).address
        for descriptor in (both, receiving):
            assert descriptor.derive(index).address(NETWORKS["regtest"]) == address
    assert change.derive(0).address(NETWORKS["regtest"]) != wallet.address_at(0).address


def test_the_setup_file_and_the_json_say_who_and_how_many(tmp_path: Path) -> None:
    wallet = shared(tmp_path / "wallet", TEMPLATES["nested"])
    lines = exported(wallet, "coldcard").splitlines()
    assert {"Name: club", "Policy: 2 of 3", "Format: P2SH-P2WSH"} <= set(lines)
    assert "Derivation: m/48'/1'/0'/2'" in lines
    assert any(line.startswith("73c5da0a: tpub") for line in lines)
    fields = json.loads(exported(wallet, "specter"))
    assert fields["label"] == "club"
    assert [device["label"] for device in fields["devices"]] == [
        "club 73c5da0a",
        "club 3f635a63",
        "club b8688df1",
    ]
    record = exported(wallet, "bsms").splitlines()
    assert (record[0], record[2]) == ("BSMS 1.0", "/0/*,/1/*")
    assert record[3] == wallet.address_at(0).address
