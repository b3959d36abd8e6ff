"""Each way to spend, in words: every kind of fragment, and how many ways are still said."""

import pytest

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.chains.bitcoin.accounts import policy_words
from signer.chains.bitcoin.descriptors.miniscript import Context, parse
from tests.psbts import OTHER, keyring, vault

NAMES = ["key 1", "key 2", "key 3"]
A, B, C = "pk(0)", "pk(1)", "pk(2)"


def ways(text: str) -> list[str]:
    script = parse(text, Context.WSH, int)
    return [" and ".join(way) for way in policy_words._ways(script, NAMES)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"and_v(v:{A},{B})", ["key 1 and key 2"]),
        (f"and_b({A},s:{B})", ["key 1 and key 2"]),
        (f"and_n({A},{B})", ["key 1 and key 2"]),
        (f"andor({A},{B},{C})", ["key 1 and key 2", "key 3"]),
        (f"or_b({A},s:{B})", ["key 1", "key 2"]),
        (f"t:or_c({A},v:{B})", ["key 1", "key 2"]),
        (f"or_d({A},{B})", ["key 1", "key 2"]),
        (f"or_i({A},{B})", ["key 1", "key 2"]),
        (f"or_i(0,{B})", ["key 2"]),
        (f"thresh(2,{A},s:{B},s:{C})", ["2 of these: key 1; key 2; key 3"]),
        ("multi(2,0,1,2)", ["2 of key 1, key 2, key 3"]),
        (f"and_v(v:{A},after(499999999))", ["key 1 and block 499 999 999 past"]),
        (f"and_v(v:{A},after(500000000))", ["key 1 and 1985-11-05 00:53:20 UTC past"]),
        (f"and_v(v:{A},1)", ["key 1"]),
        (f"and_v(v:{A},older(9))", ["key 1 and a rest of 9 blocks"]),
    ],
)
def test_a_fragment_is_said_as_what_it_takes(text: str, said: list[str]) -> None:
    assert ways(text) == said


@pytest.mark.parametrize("text", ["pk(1)", "pkh(1)", "c:pk_k(1)", "c:pk_h(1)"])
def test_a_key_is_said_however_it_is_written(text: str) -> None:
    assert ways(text) == ["key 2"]


@pytest.mark.parametrize("name", ["sha256", "hash256", "ripemd160", "hash160"])
def test_a_hash_is_said_in_full(name: str) -> None:
    digest = "ab" * (32 if name.endswith("256") else 20)
    said = f"key 1 and the secret whose {name} is {digest}"
    assert ways(f"and_v(v:{A},{name}({digest}))") == [said]


@pytest.mark.parametrize("name", ["multi_a", "sortedmulti_a"])
def test_keys_of_a_leaf_are_said_like_those_of_a_script(name: str) -> None:
    leaf = parse(f"{name}(2,0,1,2)", Context.TAPSCRIPT, int)
    assert policy_words._ways(leaf, NAMES) == [("2 of key 1, key 2, key 3",)]


def choices(count: int) -> str:
    """`count` ways to spend, each by a key."""
    text = A
    for _ in range(count - 1):
        text = f"or_i({A},{text})"
    return text


def test_sixteen_ways_are_said_and_seventeen_are_not() -> None:
    assert len(ways(choices(16))) == policy_words.MAX_WAYS == 16
    assert len(ways(choices(17))) > policy_words.MAX_WAYS


def test_ways_that_are_too_many_inside_stay_so_whatever_stands_around_them() -> None:
    """Else a thousand choices within a threshold would pass for one way."""
    many = choices(policy_words.MAX_WAYS + 1)
    assert len(ways(f"thresh(1,{A},a:{many})")) > policy_words.MAX_WAYS


def test_ways_of_very_many_letters_are_not_said() -> None:
    long = [f"key {number} of a person with a long name" for number in range(400)]
    keys = ",".join(map(str, range(20)))
    text = f"or_d(multi(1,{keys}),and_v(v:multi(2,{keys}),multi(3,{keys})))"
    script = parse(text, Context.WSH, int)
    assert len(policy_words._ways(script, long)) == 2
    longer = [name * 20 for name in long]
    assert len(policy_words._ways(script, longer)) > policy_words.MAX_WAYS


@pytest.mark.parametrize(
    ("template", "alone"),
    [
        ("wsh(sortedmulti(1,@0/**,@1/**))", True),
        ("wsh(sortedmulti(2,@0/**,@1/**))", False),
        ("sh(sortedmulti(1,@0/**,@1/**))", True),
    ],
)
def test_keys_that_are_enough_alone_are_told_from_those_that_are_not(
    template: str, *, alone: bool
) -> None:
    read = POLICY_ACCOUNTS.registered(
        vault(template, keyring(), keyring(OTHER)).record(keyring()), keyring()
    ).policy
    assert policy_words.any_alone(read) is alone


def test_the_only_key_of_an_account_is_not_one_of_several() -> None:
    alone = vault("wsh(sortedmulti(1,@0/**))", keyring())
    read = POLICY_ACCOUNTS.registered(alone.record(keyring()), keyring()).policy
    assert not policy_words.any_alone(read)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("sh(multi(2,@0/**,@1/**))", "2 of 2 keys, in this order, legacy"),
        ("sh(sortedmulti(2,@0/**,@1/**))", "2 of 2 keys, sorted, legacy"),
        ("wsh(multi(1,@0/**,@1/**))", "1 of 2 keys, in this order, native segwit"),
    ],
)
def test_the_order_of_keys_is_said(template: str, said: str) -> None:
    read = POLICY_ACCOUNTS.registered(
        vault(template, keyring(), keyring(OTHER)).record(keyring()), keyring()
    ).policy
    assert policy_words.kind(read) == said
