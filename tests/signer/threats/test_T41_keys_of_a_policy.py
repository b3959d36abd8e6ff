"""A policy with a key twice or of another network is refused, one out of place is warned of."""

import pytest

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.chains.bitcoin.descriptors import policy
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Malformed, Refused
from signer.keys.extended import ExtendedPublicKey
from signer.review import Kind
from tests.policies import account
from tests.psbts import key_text, keyring

REGTEST = NETWORKS["regtest"]
TWO = "wsh(sortedmulti(2,@0/**,@1/**))"


def parse(*keys: str, template: str = TWO) -> policy.Policy:
    return policy.parse("two of two", template, keys, REGTEST)


def _changed(key: str, **fields: object) -> str:
    """A cosigner's key with other fields in its serialization, and the origin it had."""
    origin, _, text = key.rpartition("]")
    xpub = ExtendedPublicKey.parse(text, (REGTEST.xpub,))
    kept = {name: getattr(xpub, name) for name in ExtendedPublicKey.__slots__}
    other = ExtendedPublicKey(**{**kept, **fields})
    return f"{origin}]{other.encode(REGTEST.xpub)}"


def test_the_same_cosigner_twice_is_no_two_of_two() -> None:
    parse(account(0), account(1))
    with pytest.raises(Malformed, match="twice"):
        parse(account(0), account(0))


@pytest.mark.parametrize("fields", [{"chain_code": bytes(32)}, {"parent_fingerprint": b"abcd"}])
def test_the_same_key_in_another_dress_is_the_same_key(fields: dict[str, object]) -> None:
    with pytest.raises(Malformed, match="twice"):
        parse(account(0), _changed(account(0), **fields))


def test_the_same_key_under_another_origin_is_the_same_key() -> None:
    other = account(0).replace(account(0)[1:9], "deadbeef")
    with pytest.raises(Malformed, match="twice"):
        parse(account(0), other)


def warned(*keys: str) -> list[str]:
    """What the warning before a registration says; the first key is ours."""
    pages = POLICY_ACCOUNTS.registration("two", TWO, keys, keyring(), "regtest").pages
    odd = [page for page in pages if page.title == "Key out of place"]
    assert all(page.kind is Kind.WARNING for page in odd)
    return [fact.value for page in odd for fact in page.facts[:-1]]


def ours(**fields: object) -> str:
    return _changed(key_text(keyring(), "m/48h/1h/0h/2h"), **fields)


@pytest.mark.parametrize(
    ("fields", "difference"),
    [
        ({"depth": 3}, "Key 2: its path has 4 steps, the key itself says 3."),
        ({"depth": 5}, "Key 2: its path has 4 steps, the key itself says 5."),
        ({"child_number": 1}, "Key 2: its path ends in 2h, the key itself says 1."),
    ],
)
def test_a_key_of_another_that_is_not_where_its_origin_says_is_warned_of(
    fields: dict[str, object], difference: str
) -> None:
    assert warned(ours(), _changed(account(1), **fields)) == [difference]
    assert not warned(ours(), account(1))


@pytest.mark.parametrize("origin", ["48h/1h/0h", "48h/1h/0h/2h/0", "48h/1h/0h/2", "48h/1h/0h/1h"])
def test_an_origin_that_is_not_the_key_s_is_warned_of(origin: str) -> None:
    assert len(warned(ours(), account(1).replace("48h/1h/0h/2h", origin))) == 1


def test_a_master_key_has_an_origin_without_steps() -> None:
    root = {"depth": 0, "child_number": 0, "parent_fingerprint": bytes(4)}
    master = _changed(account(1), **root)
    assert not warned(ours(), master.replace("/48h/1h/0h/2h", ""))
    assert warned(ours(), master) == ["Key 2: its path has 4 steps, the key itself says 0."]


def test_a_key_without_an_origin_says_nothing_that_could_differ() -> None:
    assert not warned(ours(), account(1).partition("]")[2])


def test_our_own_key_is_decided_by_deriving_it_whatever_depth_it_says() -> None:
    root = {"depth": 0, "child_number": 0, "parent_fingerprint": bytes(4)}
    assert not warned(ours(**root), account(1))
    for false in ({"chain_code": bytes(32)}, {"public_key": keyring().public_key((1,))}):
        with pytest.raises(Refused) as refused:
            warned(ours(**root, **false), account(1))
        assert refused.value.reason is BitcoinReason.FALSE_KEY


@pytest.mark.parametrize("network", ["mainnet", "testnet"])
def test_a_key_of_another_network_is_refused(network: str) -> None:
    # Test networks share their keys: there only the review can tell them apart.
    if network == "mainnet":
        with pytest.raises(Malformed, match="network"):
            parse(account(0), account(1, network))
    else:
        parse(account(0), account(1, network))


@pytest.mark.parametrize(
    "template",
    [
        "wsh(sortedmulti(2,@0/**,@0/**,@1/**))",
        "wsh(sortedmulti(2,@0/<0;1>/*,@0/<1;2>/*,@1/**))",
        "tr(@0/**,{pk(@1/**),pk(@1/<3;0>/*)})",
        "tr(musig(@0,@1)/**,pk(musig(@1,@0)/**))",
        "tr(musig(@0,@0,@1)/**)",
    ],
)
def test_a_key_does_not_sign_twice_in_one_script(template: str) -> None:
    with pytest.raises(Malformed, match="twice"):
        parse(account(0), account(1), template=template)


@pytest.mark.parametrize("template", ["wpkh(@0/**)", "wsh(sortedmulti(2,@1/**,@0/**))"])
def test_every_key_that_is_shown_is_used_in_the_order_shown(template: str) -> None:
    with pytest.raises(Malformed):
        parse(account(0), account(1), template=template)
