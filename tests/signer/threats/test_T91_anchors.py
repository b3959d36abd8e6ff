"""An anchor (P2A) has an address like any other, and its coins are whoever's is first."""

import pytest

from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.payment import ownership
from signer.chains.bitcoin.payment.ownership import OwnedKeys
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import address
from signer.errors import Refused
from tests.psbts import PAYEE, draft, keyring, review, text

ANCHOR = b"\x51\x02\x4e\x73"
ADDRESSES = {  # Bitcoin Core, chainparams and key_io tests; BIP433
    "mainnet": "bc1pfeessrawgf",
    "testnet": "tb1pfees9rn5nz",
    "regtest": "bcrt1pfeesnyr2tx",
}


def shown(sats: int) -> str:
    made = draft(keyring(), outputs=((25_000, PAYEE), (sats, ANCHOR)))
    return text(review(made.encode(), keyring()).pages)


@pytest.mark.parametrize("network", sorted(ADDRESSES))
def test_it_has_its_address_and_back(network: str) -> None:
    known = NETWORKS[network]
    assert address.render(ANCHOR, known) == ADDRESSES[network]
    assert address.parse(ADDRESSES[network], known) == ANCHOR


def test_the_page_says_that_anybody_can_spend_it() -> None:
    page = (
        f"[Recipient 2 of 2]\nPay 330 sats\nto {ADDRESSES['regtest']}\n"
        "An anchor output: anybody can spend it."
    )
    assert page in shown(330)
    assert shown(330).count("anybody can spend") == 1


@pytest.mark.parametrize(("sats", "is_odd"), [(240, False), (1_000, False), (1_001, True)])
def test_more_than_an_anchor_needs_is_a_warning(sats: int, *, is_odd: bool) -> None:
    read = shown(sats)
    assert read.startswith("[Anybody can spend it]\nOutput 2 pays 1 001 sats to an") is is_odd
    assert "Too little to send" not in read


def test_less_than_nodes_pass_on_is_a_warning() -> None:
    assert "[Too little to send]\nOutput 2 holds 239 sats." in shown(239)


def test_a_coin_of_everybody_is_not_signed_for() -> None:
    hinted = container.parse(draft(keyring()).encode()).inputs[0]
    owner = OwnedKeys(keyring(), NETWORKS["regtest"])
    with pytest.raises(Refused) as refused:
        ownership.locate_input(owner, ANCHOR, hinted, "Input 1.")
    assert refused.value.reason is BitcoinReason.SCRIPT_UNSUPPORTED
