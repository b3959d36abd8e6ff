"""Records of registered accounts: what they hold, and which of their keys are ours."""

import pytest

from signer.chains.bitcoin.accounts import registry
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import Refused
from signer.keys.path import parse
from tests.psbts import ABANDON, OTHER, key_text, keyring, vault

BOTH = vault("wsh(sortedmulti(2,@0/**,@1/<4;5>/*))", keyring(OTHER), keyring())


def test_our_part_of_a_joint_key_lies_where_a_wallet_looks() -> None:
    """Its coins would be refused: better not to receive any."""
    for steps, is_usual in ((10, True), (11, False)):
        at = "/".join(("m/48h/1h", *["0h"] * (steps - 2)))
        joint = vault("tr(musig(@0,@1)/**)", keyring(OTHER), keyring(), at=at)
        if is_usual:
            registry.recognise(joint.policy, keyring())
        else:
            with pytest.raises(Refused) as refused:
                registry.recognise(joint.policy, keyring())
            assert refused.value.reason is BitcoinReason.PATH_UNUSUAL
            assert refused.value.detail == "Key 1 and 2."


def test_what_was_sealed_is_unsealed() -> None:
    record = registry.seal(BOTH.policy, keyring())
    assert registry.unseal(record, keyring()).policy == BOTH.policy
    assert record[32:] == BOTH.policy.encode()


def test_a_record_of_today_is_ours_for_ever() -> None:
    record = registry.seal(BOTH.policy, keyring())
    assert record[:32] == keyring().authenticate(b"quietkey/policy" + BOTH.policy.encode())


def test_our_keys_are_known_by_their_paths() -> None:
    account = registry.recognise(BOTH.policy, keyring())
    base = parse("m/48h/1h/0h/2h")
    assert account.own_paths == ((), ((*base, 4), (*base, 5)))
    theirs = registry.recognise(BOTH.policy, keyring(OTHER))
    assert theirs.own_paths == (((*base, 0), (*base, 1)), ())


def test_a_place_on_any_branch_below_a_key_of_ours_could_be_of_the_account() -> None:
    base, beside = parse("m/48h/1h/0h/2h"), parse("m/48h/1h/1h/2h")
    account = registry.recognise(BOTH.policy, keyring())
    assert account.holds((b"", (*base, 9, 9)))
    assert not account.holds((b"", (*beside, 4, 0)))
    second = key_text(keyring(), "m/48h/1h/1h/2h")
    of_two = vault("wsh(sortedmulti(2,@0/**,@1/**))", keyring(), second)
    account = registry.recognise(of_two.policy, keyring())
    assert account.holds((b"", (*base, 9, 9)))
    assert account.holds((b"", (*beside, 9, 9)))


def test_a_key_of_ours_for_another_network_is_refused() -> None:
    foreign = vault("wsh(sortedmulti(2,@0/**,@1/**))", keyring(), keyring(OTHER), at="m/48h/0h/0h")
    with pytest.raises(Refused) as refused:
        registry.recognise(foreign.policy, keyring())
    assert refused.value.reason is BitcoinReason.WRONG_NETWORK


def test_the_master_key_is_no_key_of_an_account() -> None:
    xpub = keyring().extended(()).encode(NETWORKS["regtest"].xpub)
    master = f"[{keyring().fingerprint.hex()}]{xpub}"
    bare = vault("wsh(sortedmulti(2,@0/**,@1/**))", master, keyring(OTHER))
    with pytest.raises(Refused) as refused:
        registry.recognise(bare.policy, keyring())
    assert refused.value.reason is BitcoinReason.FALSE_KEY


def test_our_parts_of_joint_keys_are_known_by_their_paths() -> None:
    joint = vault("tr(@0/**,pk(musig(@0,@1)/<4;5>/*))", keyring(OTHER), keyring())
    account = registry.recognise(joint.policy, keyring())
    assert account.own_paths == ((), ())
    [one] = account.shared()
    base = parse("m/48h/1h/0h/2h")
    assert one.own_participants == ((keyring().public_key(base), base),)
    assert one.participants == tuple(
        sorted(keyring(words).public_key(base) for words in (ABANDON, OTHER))
    )
    assert account.locate((one.fingerprint, (5, 9))) == (1, 9)
    assert account.locate((b"", (*base, 4, 9))) is None
    assert account.holds((b"", base))


@pytest.mark.parametrize("network", ["mainnet", "testnet", "regtest"])
def test_only_accounts_of_the_network_are_used(network: str) -> None:
    record = registry.seal(BOTH.policy, keyring())
    found = registry.of_network([record], keyring(), NETWORKS[network])
    assert [account.policy for account in found] == [BOTH.policy] * (network == "regtest")


@pytest.mark.parametrize("network", ["mainnet", "regtest"])
def test_a_bad_record_is_refused_whatever_the_network(network: str) -> None:
    good, bad = registry.seal(BOTH.policy, keyring()), registry.seal(BOTH.policy, keyring(OTHER))
    with pytest.raises(Refused) as refused:
        registry.of_network([good, bad], keyring(), NETWORKS[network])
    assert refused.value.reason is BitcoinReason.RECORD_NOT_OURS


def test_the_key_of_the_macs_is_no_key_of_an_account() -> None:
    """Hardened, below a purpose of its own: no xpub that leaves the device leads there."""
    one, other = keyring().authenticate(b"x"), keyring(OTHER).authenticate(b"x")
    assert one != other
    assert len(one) == 32
    assert keyring().authenticate(b"y") != one
