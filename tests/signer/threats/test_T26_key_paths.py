"""A taproot account can be emptied past all its scripts by whoever has its internal key."""

import pytest

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.chains.bitcoin.descriptors.policy import NUMS
from signer.chains.bitcoin.network import NETWORKS
from signer.keys.extended import ExtendedPublicKey
from signer.review import Kind
from tests import psbts
from tests.psbts import OTHER, keyring, text

OURS, THEIRS = psbts.key_text(keyring()), psbts.key_text(keyring(OTHER))


def shown(template: str, *keys: str) -> tuple[psbts.Page, ...]:
    return POLICY_ACCOUNTS.registration("Vault", template, keys, keyring(), "regtest").pages


def test_a_key_path_that_nobody_has_is_said_to_be_nobodys() -> None:
    pages = shown(f"tr({NUMS.hex()},multi_a(2,@0/**,@1/**))", OURS, THEIRS)
    assert "Key path nobody (NUMS)" in text(pages)
    assert pages[0].kind is Kind.OVERVIEW


def test_a_joint_key_with_a_part_that_nobody_has_opens_nothing() -> None:
    key = ExtendedPublicKey(0, bytes(4), 0, bytes(32), b"\x02" + NUMS)
    nobody = key.encode(NETWORKS["regtest"].xpub)
    pages = shown("tr(musig(@0,@1)/**,pk(@2/**))", THEIRS, nobody, OURS)
    assert "Key path nobody (NUMS)" in text(pages)
    [paths] = [page for page in pages if page.title == "Spending paths"]
    assert [fact.value for fact in paths.facts] == ["key 3 (yours)"]


def test_a_key_path_of_ours_is_said_to_be_ours() -> None:
    pages = shown("tr(@0/**,and_v(v:pk(@1/**),older(52560)))", OURS, THEIRS)
    assert "Key path key 1 (yours)" in text(pages)
    assert pages[0].kind is Kind.OVERVIEW


def test_a_key_path_of_somebody_else_is_a_warning() -> None:
    pages = shown("tr(@0/**,pk(@1/**))", THEIRS, OURS)
    assert pages[0].kind is Kind.WARNING
    assert text(pages).startswith(
        "[Others can spend]\nThe key path belongs to key 1.\nIt is past all conditions."
    )


@pytest.mark.parametrize("template", ["wsh(multi(2,@0/**,@1/**))", "wpkh(@0/**)"])
def test_other_accounts_have_no_key_path(template: str) -> None:
    keys = (OURS, THEIRS)[: template.count("@")]
    assert "Key path" not in text(shown(template, *keys))
