"""A chain is a folder; whoever loads it gets all verbs of a chain, or hears which are missing."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from signer import chains
from signer.chains import Chain, IncompleteChain, load, names, policy_accounts
from signer.chains.bitcoin import CHAIN, POLICY_ACCOUNTS

PENNY = "signer.chains.penny"


@pytest.fixture
def penny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A chain beside which there is no other."""
    source = tmp_path / "penny" / "__init__.py"
    source.parent.mkdir()
    source.touch()
    (tmp_path / "helper.py").touch()
    monkeypatch.setattr(chains, "__path__", [str(tmp_path)])
    yield source
    sys.modules.pop(PENNY, None)


def verbs(protocol: type) -> list[str]:
    return [name for name in vars(protocol) if not name.startswith("_")]


def test_the_folder_is_the_registry() -> None:
    assert "bitcoin" in names()
    assert load("bitcoin") is CHAIN
    assert policy_accounts("bitcoin") is POLICY_ACCOUNTS
    for find in (load, policy_accounts):
        with pytest.raises(LookupError):
            find("../bitcoin")


@pytest.mark.usefixtures("penny")
def test_a_chain_is_a_folder() -> None:
    assert names() == ("penny",)


@pytest.mark.usefixtures("penny")
def test_a_folder_without_a_chain_says_so() -> None:
    with pytest.raises(IncompleteChain) as lacking:
        load("penny")
    assert str(lacking.value) == f"{PENNY}.CHAIN lacks: {', '.join(verbs(Chain))}."


@pytest.mark.parametrize("missing", verbs(Chain))
def test_a_chain_that_lacks_a_verb_is_not_loaded(missing: str, penny: Path) -> None:
    members = [f"    {name} = None" for name in verbs(Chain) if name != missing]
    penny.write_text("\n".join(["class Penny:", *members, "CHAIN = Penny()", ""]))
    with pytest.raises(IncompleteChain, match=f"lacks: {missing}[.]$"):
        load("penny")


def test_registered_accounts_are_a_second_set_of_verbs_that_a_chain_may_lack(penny: Path) -> None:
    assert policy_accounts("penny") is None
    penny.write_text("class Half:\n    register = registered = None\nPOLICY_ACCOUNTS = Half()\n")
    sys.modules.pop(PENNY)
    with pytest.raises(IncompleteChain, match=r"ACCOUNTS lacks: registration, policy_address[.]$"):
        policy_accounts("penny")


def test_bitcoin_names_its_networks_real_coins_first() -> None:
    assert CHAIN.networks == ("mainnet", "testnet", "testnet4", "signet", "regtest")
