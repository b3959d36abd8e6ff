"""Networks and their addresses; budgets: so much is read, and one more is refused (T75)."""

import pytest

from signer.chains.bitcoin import CHAIN
from signer.chains.bitcoin.transactions.tx import parse, parse_unsigned
from signer.errors import CommonReason, Refused
from signer.formats import silent_address
from signer.formats.cursor import compact_size
from signer.keys import path
from tests.psbts import build, keyring


def blank(inputs: int, outputs: int) -> bytes:
    """A transaction of zeros."""
    return (
        b"\x02\0\0\0"
        + compact_size(inputs)
        + bytes(41) * inputs
        + compact_size(outputs)
        + bytes(9) * outputs
        + bytes(4)
    )


@pytest.mark.parametrize(("inputs", "outputs"), [(10_000, 1), (1, 10_000)])
def test_as_much_as_the_budget_is_read(inputs: int, outputs: int) -> None:
    for read in (parse_unsigned, parse):
        tx = read(blank(inputs, outputs))
        assert (len(tx.inputs), len(tx.outputs)) == (inputs, outputs)


@pytest.mark.parametrize(
    ("inputs", "outputs"), [(10_001, 0), (0, 10_001)], ids=["inputs", "outputs"]
)
def test_more_than_the_budget_is_refused(inputs: int, outputs: int) -> None:
    raw = blank(inputs, outputs)
    for read in (parse_unsigned, parse):
        with pytest.raises(Refused) as refused:
            read(raw)
        assert refused.value.reason is CommonReason.TOO_LARGE


@pytest.mark.parametrize("network", ["testnet", "testnet4", "signet"])
def test_the_public_test_networks_share_their_addresses(network: str) -> None:
    keys, where = keyring(), path.parse("m/84h/1h/0h/0/0")
    shown = CHAIN.address(keys, where, "wpkh", network)
    assert shown == CHAIN.address(keys, where, "wpkh", "testnet")
    assert shown[0].startswith("tb1")
    assert CHAIN.xpub(keys, where[:3], network).startswith("tpub")
    assert silent_address.PREFIXES[network] == "tsp"


@pytest.mark.parametrize("network", CHAIN.networks)
def test_a_payment_is_reviewed_for_the_network_that_is_asked(network: str) -> None:
    keys = keyring()
    raw = build(keys, network="mainnet" if network == "mainnet" else "regtest")
    pages = CHAIN.review(raw, keys, network).pages
    assert ("Network", network) in [(f.label, f.value) for page in pages for f in page.facts]
    prefix = {"mainnet": "bc1", "regtest": "bcrt1"}.get(network, "tb1")
    addresses = [
        f.value for page in pages for f in page.facts if f.label in {"to", "Comes back to you at"}
    ]
    assert len([text for text in addresses if text.startswith(prefix)]) == 2


def test_a_word_that_names_no_network_is_a_fault_of_who_asks() -> None:
    with pytest.raises(LookupError):
        CHAIN.review(build(keyring()), keyring(), "dogenet")
