"""Accounts: the same scripts whichever way they are derived, and places where wallets look."""

import pytest

from signer.chains.bitcoin.accounts import account as account_module
from signer.chains.bitcoin.accounts.account import SingleKeyAccount, is_foreign
from signer.chains.bitcoin.accounts.registry import recognise
from signer.chains.bitcoin.descriptors import policy
from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.transactions.script import ScriptType
from signer.keys.path import HARDENED, parse, render
from tests import psbts
from tests.psbts import OTHER, THIRD, draft, keyring, vault

TWO = "wsh(sortedmulti(2,@0/**,@1/**))"
TEMPLATES = {
    "pkh(@0/**)": ScriptType.P2PKH,
    "sh(wpkh(@0/**))": ScriptType.P2SH,
    "wpkh(@0/**)": ScriptType.P2WPKH,
    "tr(@0/**)": ScriptType.P2TR,
}


@pytest.mark.parametrize("network", ["mainnet", "testnet"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_standard_account_is_the_policy_that_bip388_calls_it(template: str, network: str) -> None:
    kind, where = TEMPLATES[template], NETWORKS[network]
    purpose = next(step for step, found in account_module.PURPOSES.items() if found is kind)
    account = SingleKeyAccount(kind, (purpose, where.coin + HARDENED, 5 + HARDENED))
    key = psbts.key_text(keyring(), render(account.path), network)
    same = policy.parse("", template, [key], where)
    assert account.is_standard(where)
    assert account.sizes == (same.max_script_sig_bytes, same.max_witness_bytes)
    for branch, index in ((0, 0), (1, 7), (0, HARDENED - 1)):
        assert account.location(keyring(), branch, index).spend_data == same.spend_data(
            branch, index
        )


@pytest.mark.parametrize("script", psbts.KINDS)
def test_the_size_of_a_signed_payment_is_known_before(script: str) -> None:
    """To the byte, or one less for each signature of 71 bytes that came out shorter."""
    signed = psbts.sign(draft(keyring(), 5, script).encode(), keyring())
    raw = psbts.kernel.finalized(psbts.kernel.container.parse(signed))
    spend = psbts.review(draft(keyring(), 5, script).encode(), keyring()).subject
    assert 0 <= 4 * spend.vbytes - weight(raw, signed) <= 4 * 5 + 3


@pytest.mark.parametrize(
    "template",
    [
        "sh(sortedmulti(2,@0/**,@1/**))",
        "sh(wsh(sortedmulti(2,@0/**,@1/**)))",
        "wsh(sortedmulti(2,@0/**,@1/**))",
    ],
)
def test_the_size_of_a_payment_of_several_is_known_before(template: str) -> None:
    both = vault(template, keyring(), keyring(OTHER))
    signed = psbts.complete(draft(both, 3), both)
    raw = psbts.kernel.finalized(psbts.kernel.container.parse(signed))
    records = [both.record(keyring())]
    spend = psbts.review(draft(both, 3).encode(), keyring(), "regtest", records).subject
    assert 0 <= 4 * spend.vbytes - weight(raw, signed) <= 4 * 3 * 4 + 3


def weight(raw: bytes, signed: bytes) -> int:
    """The weight of a finalized transaction (BIP141)."""
    if raw[4:6] != b"\x00\x01":
        return 4 * len(raw)
    request = psbts.kernel.container.parse(signed)
    parts = [
        psbts.kernel._final(one, psbts.kernel.spent_output(request, i).script_pubkey)
        for i, one in enumerate(request.inputs)
    ]
    witness = 2 + sum(len(part[1]) for part in parts if part)
    return 4 * (len(raw) - witness) + witness


@pytest.mark.parametrize(
    ("where", "network", "foreign"),
    [
        ("m/84h/0h/0h", "mainnet", False),
        ("m/84h/1h/0h", "mainnet", True),
        ("m/84h/0h/0h", "testnet", True),
        ("m/84h/0h/0h", "regtest", True),
        ("m/48h/0h/0h/2h", "regtest", True),
        ("m/48h/5h/0h/2h", "mainnet", True),
        ("m/87h/5h/0h", "mainnet", True),
        ("m/7h/0h/0h", "regtest", True),
        ("m/7h/5h/0h", "regtest", False),
        ("m/84h/0/0", "regtest", True),
        ("m/84h/0h", "regtest", True),
        ("m/84h", "regtest", False),
        ("m/0/1", "regtest", False),
        ("m", "regtest", False),
    ],
)
def test_a_path_may_belong_to_another_network(where: str, network: str, foreign: bool) -> None:
    assert is_foreign(parse(where), NETWORKS[network]) is foreign


@pytest.mark.parametrize("network", ["mainnet", "testnet"])
def test_an_account_is_standard_on_its_own_network_alone(network: str) -> None:
    one = SingleKeyAccount(ScriptType.P2WPKH, parse("m/84h/1h/0h"))
    several = recognise(vault(TWO, keyring(), keyring(OTHER), network="testnet").policy, keyring())
    for account in (one, several):
        assert account.is_standard(NETWORKS[network]) is (network == "testnet")


ELSEWHERE = {
    "no step": (b"", ()),
    "one step": (b"", (5,)),
    "three steps": (b"", (7, 0, 5)),
    "below a joint key": (b"abcd", (0, 5)),
}


@pytest.mark.parametrize("spot", ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_a_place_of_one_key_is_two_steps_below_its_account(
    spot: account_module.KeyLocation,
) -> None:
    account = SingleKeyAccount(ScriptType.P2WPKH, ())
    assert account.locate((b"", (0, 5))) == (0, 5)
    assert account.locate(spot) is None
    # What lies deeper is said to be of the account, and warned of; a joint key's is another's.
    assert account.holds(spot) is (not spot[0])


def test_what_lies_beside_our_key_is_not_of_its_account() -> None:
    account = recognise(vault(TWO, keyring(), keyring(OTHER)).policy, keyring())
    assert account.holds((b"", parse("m/48h/1h/0h/2h/0/5")))
    assert not account.holds((b"", parse("m/48h/1h/0h/3h/0/5")))
    assert not account.holds((b"abcd", (0, 5)))


def test_each_joint_key_of_ours_has_its_own_places() -> None:
    template = "tr(musig(@0,@1)/**,{pk(musig(@1,@2)/<2;3>/*),pk(musig(@0,@2)/<4;5>/*)})"
    rings = (keyring(), keyring(OTHER), keyring(THIRD))
    account = recognise(vault(template, *rings).policy, keyring(OTHER))
    first, second = account.shared()
    assert account.locate((first.fingerprint, (0, 5))) == (0, 5)
    assert account.locate((second.fingerprint, (3, 5))) == (1, 5)
    assert account.locate((first.fingerprint, (2, 5))) is None
    assert account.locate((second.fingerprint, (0, 5))) is None
    assert all(account.holds((one.fingerprint, (9, 9))) for one in (first, second))
    # The key that the others make without us is theirs.
    place = account.location(keyring(OTHER), 0, 5)
    assert [one for _, one in place.shared()] == [first, second]


def test_a_key_that_stands_twice_is_found_at_both_places() -> None:
    twice = vault(
        "wsh(or_d(pk(@0/**),and_v(v:pk(@0/<2;3>/*),older(9))))", keyring(), at="m/48h/1h/0h/2h"
    )
    account = recognise(twice.policy, keyring())
    base = parse("m/48h/1h/0h/2h")
    assert account.locate((b"", (*base, 0, 5))) == (0, 5)
    assert account.locate((b"", (*base, 2, 5))) == (0, 5)
    assert account.locate((b"", (*base, 3, 5))) == (1, 5)
    assert account.locate((b"", (*base, 4, 5))) is None
    assert account.locate((b"", (*base, 0, HARDENED))) is None
    assert account.locate((b"", base)) is None
    place = account.location(keyring(), 1, 5)
    assert [path[-2:] for _, path in place.own_keys()] == [(1, 5), (3, 5)]
    assert [key for key, _ in place.own_keys()] == [
        keyring().public_key((*base, b, 5)) for b in (1, 3)
    ]


def test_both_keys_of_ours_in_one_lock_are_signed_with() -> None:
    twice = vault("wsh(multi(2,@0/**,@0/<2;3>/*))", keyring())
    psbts.complete(draft(twice, 2), twice)
