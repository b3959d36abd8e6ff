"""A policy with a key twice, out of place or of another network is refused when it is read."""

import pytest

from signer.chains.bitcoin.descriptors import policy
from signer.chains.bitcoin.network import NETWORKS
from signer.errors import Malformed
from signer.keys.extended import ExtendedPublicKey
from tests.policies import account

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


@pytest.mark.parametrize("fields", [{"depth": 3}, {"depth": 5}, {"child_number": 1}])
def test_a_key_that_is_not_where_its_origin_says_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(Malformed, match="Key 2 is not at the path"):
        parse(account(0), _changed(account(1), **fields))


@pytest.mark.parametrize("origin", ["48h/1h/0h", "48h/1h/0h/2h/0", "48h/1h/0h/2", "48h/1h/0h/1h"])
def test_an_origin_that_is_not_the_key_s_is_refused(origin: str) -> None:
    with pytest.raises(Malformed, match="Key 2 is not at the path"):
        parse(account(0), account(1).replace("48h/1h/0h/2h", origin))


def test_a_master_key_has_an_origin_without_steps() -> None:
    root = {"depth": 0, "child_number": 0, "parent_fingerprint": bytes(4)}
    master = _changed(account(1), **root)
    parse(account(0), master.replace("/48h/1h/0h/2h", ""))
    with pytest.raises(Malformed, match="Key 2 is not at the path"):
        parse(account(0), master)


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
