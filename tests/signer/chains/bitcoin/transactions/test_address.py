"""Addresses read as everybody else reads them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.network import NETWORKS, Network
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address, script
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.errors import Malformed, Refused
from signer.keys import path
from tests.psbts import keyring
from tests.signer.published import cases, own, shared

# Bitcoin Core's names for networks that write addresses as ours do.
CHAINS = {"main": "mainnet", "test": "testnet", "testnet4": "testnet", "regtest": "regtest"}
CHAINS["signet"] = "testnet"
networks = st.sampled_from(list(NETWORKS.values()))


@pytest.mark.parametrize("case", cases("bip84"))
def test_bip84_addresses(case: dict[str, str]) -> None:
    keys = keyring(own("bip84")["words"])
    found = CHAIN.address(keys, path.parse(case["path"]), "wpkh", "mainnet")
    is_change = "/1/" in case["path"]
    assert found == (case["address"], ("This is a change address.",) if is_change else ())


@pytest.mark.parametrize("case", cases("bip86"))
def test_bip86_addresses(case: dict[str, str]) -> None:
    keys = keyring(own("bip86")["words"])
    shown, _ = CHAIN.address(keys, path.parse(case["path"]), "tr", "mainnet")
    assert shown == case["address"]


def test_addresses_of_bitcoin_core() -> None:
    """key_io_valid.json: text to script, and back wherever we vouch for the script."""
    seen = 0
    for text, expected, about in json.loads(shared("bitcoin-core/key_io_valid.json").read_text()):
        if about["isPrivkey"]:
            continue
        seen += 1
        network = NETWORKS[CHAINS[about["chain"]]]
        locked = address.parse(text, network)
        assert locked.hex() == expected
        if script.script_type(locked) is not ScriptType.UNKNOWN:
            assert address.render(locked, network) == text
        if about.get("tryCaseFlip"):
            assert address.parse(text.swapcase(), network) == locked
    assert seen > 40


def test_texts_that_bitcoin_core_calls_no_address() -> None:
    """key_io_invalid.json."""
    for (text,) in json.loads(shared("bitcoin-core/key_io_invalid.json").read_text()):
        for network in NETWORKS.values():
            with pytest.raises(Malformed):
                address.parse(text, network)


@given(
    st.sampled_from([ScriptType.P2PKH, ScriptType.P2SH, ScriptType.P2WPKH]),
    st.binary(min_size=20, max_size=20),
    networks,
)
def test_an_address_reads_back_as_its_script(
    kind: ScriptType, program: bytes, network: Network
) -> None:
    make = {
        ScriptType.P2PKH: script.p2pkh,
        ScriptType.P2SH: script.p2sh,
        ScriptType.P2WPKH: script.p2wpkh,
    }
    locked = make[kind](program)
    text = address.render(locked, network)
    assert text is not None
    assert address.parse(text, network) == locked


@given(st.binary(max_size=40), networks)
def test_a_script_has_an_address_only_if_that_address_means_it(
    locked: bytes, network: Network
) -> None:
    text = address.render(locked, network)
    assert text is None or address.parse(text, network) == locked


@given(st.text(max_size=100))
def test_no_text_breaks_the_reader(text: str) -> None:
    for network in NETWORKS.values():
        try:
            address.parse(text, network)
        except Malformed:
            continue


@pytest.mark.parametrize(
    ("where", "variant", "network", "warning"),
    [
        ("m/84h/1h/0h/0/5", "wpkh", "regtest", None),
        ("m/84h/1h/7h/0/5", "wpkh", "testnet", None),
        ("m/86h/0h/0h/0/0", "tr", "mainnet", None),
        ("m/44h/0h/0h/0/0", "pkh", "mainnet", None),
        ("m/49h/1h/0h/0/9999", "sh(wpkh)", "testnet", None),
        ("m/49h/1h/0h/0/9", "pkh", "testnet", "Unusual path"),
        ("m/84h/1h/0h/1/5", "wpkh", "regtest", "change address"),
        ("m/84h/0h/0h/0/5", "wpkh", "regtest", "another network"),
        ("m/86h/1h/0h/0/5", "wpkh", "regtest", "Unusual path m/86h/1h/0h/0/5"),
        ("m/84h/1h/0h/2/5", "wpkh", "regtest", "Unusual path"),
        ("m/84h/1h/0h/0/10000", "wpkh", "regtest", "Unusual path"),
        ("m/84h/1h/0h/0/5h", "wpkh", "regtest", "Unusual path"),
        ("m/84h/1h/0/0/5", "wpkh", "regtest", "Unusual path"),
        ("m/84h/1h/0h/5", "wpkh", "regtest", "Unusual path"),
        ("m/0", "tr", "regtest", "Unusual path"),
        ("m", "tr", "regtest", "Unusual path"),
    ],
)
def test_an_odd_path_is_said(where: str, variant: str, network: str, warning: str | None) -> None:
    _, warnings = CHAIN.address(keyring(), path.parse(where), variant, network)
    assert [warning in w for w in warnings if warning] == ([True] if warning else [])
    assert bool(warnings) is bool(warning)


@pytest.mark.parametrize("variant", ["sh-wpkh", "", "WPKH", "pk", "wsh"])
def test_other_kinds_of_address_are_refused(variant: str) -> None:
    with pytest.raises(Refused) as refused:
        CHAIN.address(keyring(), path.parse("m/84h/1h/0h/0/0"), variant, "regtest")
    assert refused.value.reason is BitcoinReason.VARIANT_UNSUPPORTED
