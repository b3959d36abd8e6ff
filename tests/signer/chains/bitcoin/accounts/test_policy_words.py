"""Each path to spend, in words: every kind of fragment, and how long a lock is about."""

import pytest

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.chains.bitcoin.accounts import policy_words
from signer.chains.bitcoin.descriptors import conditions
from signer.chains.bitcoin.descriptors.conditions import NotBefore, Secret, Signature, Threshold
from signer.chains.bitcoin.descriptors.expressions import Wsh
from signer.chains.bitcoin.descriptors.miniscript import Context, parse
from tests.psbts import OTHER, keyring, vault

A, B, C = "pk(0)", "pk(1)", "pk(2)"


def paths(text: str, context: Context = Context.WSH) -> list[str]:
    script = parse(text, context, int)
    [function] = conditions.of_expression(Wsh(script), lambda place: Signature((place,)))
    return [policy_words.said(path, ()) for path in conditions.spending_paths(function)]


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
        (f"or_i({B},{B})", ["key 2"]),
        (f"andor({A},0,{C})", ["key 3"]),
        (f"thresh(2,{A},s:{B},s:{C})", ["2 of [key 1; key 2; key 3]"]),
        (f"thresh(3,{A},s:{B},s:{C})", ["key 1 and key 2 and key 3"]),
        (f"thresh(1,{A},s:{B},s:{C})", ["key 1", "key 2", "key 3"]),
        ("multi(2,0,1,2)", ["2 of [key 1; key 2; key 3]"]),
        (
            f"thresh(2,{A},a:and_b({B},sln:older(3)),s:{C})",
            [
                (
                    "2 of [key 1; key 2, after the coin has been still for 3 blocks "
                    "(about 30 minutes); key 3]"
                )
            ],
        ),
        (f"and_v(v:or_i({A},{B}),{C})", ["key 3 and 1 of [key 1; key 2]"]),
        (
            f"and_v(v:or_i({A},and_v(v:{B},older(1))),{C})",
            [
                "key 1 and key 3",
                "key 2 and key 3, after the coin has been still for 1 block (about 10 minutes)",
            ],
        ),
        (f"and_v(v:{A},after(499999999))", ["key 1 and block 499 999 999 reached"]),
        (f"and_v(v:{A},after(500000000))", ["key 1 and 1985-11-05 00:53:20 UTC reached"]),
        (f"and_v(v:{A},1)", ["key 1"]),
        (
            f"and_v(v:older(9),{A})",
            ["key 1, after the coin has been still for 9 blocks (about 1.5 hours)"],
        ),
        ("0", []),
    ],
)
def test_a_fragment_is_said_as_what_it_takes(text: str, said: list[str]) -> None:
    assert paths(text) == said


@pytest.mark.parametrize("text", ["pk(1)", "pkh(1)", "c:pk_k(1)", "c:pk_h(1)"])
def test_a_key_is_said_however_it_is_written(text: str) -> None:
    assert paths(text) == ["key 2"]


@pytest.mark.parametrize("name", ["sha256", "hash256", "ripemd160", "hash160"])
def test_a_hash_is_said_in_full(name: str) -> None:
    digest = "ab" * (32 if name.endswith("256") else 20)
    said = f"key 1 and the secret whose {name} is {digest}"
    assert paths(f"and_v(v:{name}({digest}),{A})") == [said]


@pytest.mark.parametrize("name", ["multi_a", "sortedmulti_a"])
def test_keys_of_a_leaf_are_said_like_those_of_a_script(name: str) -> None:
    assert paths(f"{name}(2,0,1,2)", Context.TAPSCRIPT) == ["2 of [key 1; key 2; key 3]"]


@pytest.mark.parametrize(
    ("lock", "about"),
    [
        (1, "1 block (about 10 minutes)"),
        (11, "11 blocks (about 1.8 hours)"),
        (63, "63 blocks (about 11 hours)"),
        (143, "143 blocks (about 24 hours)"),
        (144, "144 blocks (about 1 day)"),
        (1_425, "1 425 blocks (about 9.9 days)"),
        (1_498, "1 498 blocks (about 10 days)"),
        (4_320, "4 320 blocks (about 30 days)"),
        (52_559, "52 559 blocks (about 365 days)"),
        (52_560, "52 560 blocks (about 1 year)"),
        (65_535, "65 535 blocks (about 1.2 years)"),
        (0x400001, "512 seconds (about 8.5 minutes)"),
        (0x400007, "3 584 seconds (about 60 minutes)"),
        (0x400008, "4 096 seconds (about 1.1 hours)"),
        (0x40003A, "29 696 seconds (about 8.2 hours)"),
        (0x40FFFF, "33 553 920 seconds (about 1.1 years)"),
    ],
)
def test_how_long_a_relative_lock_is_about_stands_beside_it(lock: int, about: str) -> None:
    assert paths(f"and_v(v:{A},older({lock}))") == [
        f"key 1, after the coin has been still for {about}"
    ]


def test_who_signs_is_said_first_then_choices_then_secrets_then_locks() -> None:
    keys = [Signature((number,)) for number in range(3)]
    lock, secret = NotBefore(9), Secret("sha256", b"\xab")
    choice = conditions.any_of(*keys[:2])
    said = "key 3 and 1 of [key 1; key 2] and the secret whose sha256 is ab and block 9 reached"
    for parts in ((lock, secret, choice, keys[2]), (keys[2], choice, lock, secret)):
        assert policy_words.said(conditions.all_of(*parts), ()) == said


def test_a_condition_alone_is_itself() -> None:
    key = Signature((0,))
    assert conditions.threshold(1, [key, conditions.NEVER]) == key
    assert conditions.threshold(2, [key, conditions.ALWAYS]) == key
    assert conditions.all_of() == Threshold(0, ())


def test_choices_that_are_alike_are_not_compared() -> None:
    """They may be nested as deep as a script (T77)."""
    choice = conditions.any_of(Signature((0,)), Signature((1,)))
    assert conditions.all_of(choice, choice) == Threshold(2, (choice, choice))


def choices(count: int, last: str = "older(9)") -> str:
    """`count` paths, each by a key; the last one with a lock."""
    text = f"and_v(v:pk({count - 1}),{last})"
    for key in range(count - 2, -1, -1):
        text = f"or_i(pk({key}),{text})"
    return text


def test_every_choice_of_the_whole_is_a_line_however_many() -> None:
    assert len(paths(choices(17))) == 17


@pytest.mark.parametrize(("count", "lines"), [(conditions.MAX_PATHS, 16), (17, 1)])
def test_a_choice_within_is_taken_apart_while_the_lines_are_few(count: int, lines: int) -> None:
    words = paths(f"and_v(v:pk(99),{choices(count)})")
    assert len(words) == lines
    assert words[0].startswith("key 100 and 1 of [key 1; key 2; " if lines == 1 else "key 100 and")


def test_few_large_choices_keep_their_brackets_where_they_are_too_many_together() -> None:
    both = f"or_i(and_v(v:pk(98),{choices(9)}),and_v(v:pk(99),{choices(9)}))"
    words = paths(both)
    assert [word[:20] for word in words] == ["key 99 and 1 of [key", "key 100 and 1 of [ke"]


def test_very_many_keys_one_of_which_is_enough_are_one_line() -> None:
    keys = ",".join(map(str, range(40)))
    [words] = paths(f"multi_a(1,{keys})", Context.TAPSCRIPT)
    assert words.startswith("1 of [key 1; key 2; ")


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
