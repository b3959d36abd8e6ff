"""BIP32's and HWI's published extended keys, as far as they are public: the whole corpora."""

import json
from itertools import pairwise
from typing import Any

import pytest
from mnemonic import Mnemonic

from signer.errors import Malformed
from signer.keys import path
from signer.keys.extended import NO_PRIVATE_KEYS, ExtendedPublicKey
from signer.keys.keyring import Keyring
from signer.keys.path import HARDENED
from tests.signer.published import shared

XPUB, TPUB = bytes.fromhex("0488b21e"), bytes.fromhex("043587cf")


def _sets() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shared("bip32/bip32.json").read_text())
    return found


def _read(text: str) -> ExtendedPublicKey:
    return ExtendedPublicKey.parse(text, (XPUB,))


def test_published_keys_are_read_and_written_as_they_are() -> None:
    chains = [chain for published in _sets() for chain in published["chains"]]
    for chain in chains:
        assert _read(chain["pub"]).encode(XPUB) == chain["pub"]
        with pytest.raises(Malformed) as refused:
            _read(chain["prv"])
        assert str(refused.value) == NO_PRIVATE_KEYS
    assert len(chains) == 17


def test_public_children_are_the_published_ones() -> None:
    derived = 0
    for published in _sets():
        for parent, child in pairwise(published["chains"]):
            step = path.parse(child["path"])[-1]
            if step < HARDENED:
                assert _read(parent["pub"]).child(step) == _read(child["pub"])
                assert _read(parent["pub"]).child_key(step) == _read(child["pub"]).public_key
                derived += 1
    assert derived == 6


def test_invalid_keys_are_refused() -> None:
    invalid = [case for published in _sets() for case in published.get("invalid", ())]
    for case in invalid:
        with pytest.raises(Malformed):
            _read(case["key"])
    assert len(invalid) == 14


def test_hwi_s_keys_are_the_ones_of_its_words() -> None:
    compared = 0
    for case in json.loads(shared("hwi/bip32_vectors.json").read_text()):
        keys = Keyring(bytearray(Mnemonic.to_seed(case["mnemonic"])))
        for vector in case["vectors"]:
            expected = _read(vector["xpub"])
            assert keys.extended(path.parse(vector["path"])) == expected
            assert expected.encode(XPUB) == vector["xpub"]
            compared += 1
    assert compared > 20
