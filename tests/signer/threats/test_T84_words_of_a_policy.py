"""What is read at registration is what the script asks for: same truth table, one reading."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.chains.bitcoin.descriptors.conditions import MAX_PATHS
from signer.chains.bitcoin.descriptors.miniscript import Context
from signer.keys.keyring import Keyring
from signer.review import Page
from tests import policies
from tests.miniscripts import sane_texts
from tests.policies import NUMS
from tests.policy_truth import anything, atoms, parse_words, table, truth
from tests.signer import published


def registration(template: str, keys: tuple[str, ...], network: str = "regtest") -> list[Page]:
    asked = POLICY_ACCOUNTS.registration("Vault", template, keys, keyring(), network)
    return [*asked.pages]


def keyring() -> Keyring:
    return Keyring(bytearray((1,)) * 32)  # that of policies.account(0)


def shown(template: str) -> list[str]:
    """The sentences of the spending paths of a template over the first keys."""
    count = len(set(re.findall("@[0-9]+", template)))
    keys = tuple(policies.account(number) for number in range(count))
    return sentences(registration(template, keys))


def sentences(pages: list[Page]) -> list[str]:
    [page] = [page for page in pages if page.title == "Spending paths"]
    assert [fact.label for fact in page.facts] == [f"Path {n + 1}" for n in range(len(page.facts))]
    return [fact.value for fact in page.facts]


def same(template: str, words: list[str]) -> bool:
    """Whether the words, any one of them, say what the template does."""
    script, read = truth(template), anything(*map(parse_words, words))
    over = atoms(script, read)
    return table(script, over) == table(read, over)


@st.composite
def templates(draw: st.DrawFn) -> str:
    """A template around miniscripts of a grammar that is not the signer's, keys used again."""
    if draw(st.booleans()):
        shape = draw(st.sampled_from(("wsh({})", "sh(wsh({}))")))
        return with_places(draw, shape.format(draw(sane_texts(Context.WSH))), musig=False)
    leaf = sane_texts(Context.TAPSCRIPT)
    tree = draw(st.recursive(leaf, lambda t: st.tuples(t, t).map("{{{0[0]},{0[1]}}}".format)))
    return with_places(draw, f"tr({draw(st.sampled_from(('@0', NUMS)))},{tree})", musig=True)


def with_places(draw: st.DrawFn, text: str, *, musig: bool) -> str:
    keys = policies._Keys(draw, musig=musig)
    return re.sub("@[0-9]+", lambda _: keys.next(), text)


@given(template=templates())
@example(template="wsh(and_v(v:multi(1,@0/**,@1/**),pk(@2/**)))")
@example(template="wsh(or_d(pk(@0/**),and_v(v:pk(@1/**),1)))")
def test_the_words_of_a_script_have_its_truth_table(template: str) -> None:
    assert same(template, shown(template))


@given(made=policies.policies())
def test_the_words_of_an_account_have_its_truth_table(made: policies.Made) -> None:
    assert same(made.template, sentences(registration(made.template, made.keys, made.network)))


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            "wsh(and_v(v:multi(1,@0/**,@1/**),pk(@2/**)))",
            ["key 3 and 1 of [key 1 (yours); key 2]"],
        ),
        (
            "wsh(and_v(v:multi(2,@0/**,@1/**),pk(@2/**)))",
            ["key 1 (yours) and key 2 and key 3"],
        ),
        (
            "wsh(or_d(pk(@0/**),and_v(v:pk(@1/**),older(52560))))",
            [
                "key 1 (yours)",
                "key 2, after the coin has been still for 52 560 blocks (about 1 year)",
            ],
        ),
        (
            "tr(musig(@0,@1)/**,and_v(v:multi_a(2,@1/**,@2/**,@3/**),after(840000)))",
            ["[key 1 (yours) with key 2]", "2 of [key 2; key 3; key 4] and block 840 000 reached"],
        ),
    ],
)
def test_they_read_like_this(template: str, said: list[str]) -> None:
    assert shown(template) == said


@pytest.mark.parametrize(
    "sentence",
    [
        "1 of key 1 (yours), key 2 and key 3",
        "1 of key 1, key 2",
        "key 1 or key 2 and key 3",
        "key 1, key 2",
        "key 1 with key 2",
        "2 of these: key 1; key 2",
    ],
)
def test_sentences_that_could_be_read_in_two_ways_are_no_sentences(sentence: str) -> None:
    with pytest.raises(AssertionError, match="readings of"):
        parse_words(sentence)


def published_templates() -> list[str]:
    """With conditions, of BIP388 and of the test suites of Ledger, BitBox02 and Jade."""
    groups = published.own("policy_templates")["groups"]
    return [template for group in groups for template in group["templates"]]


@pytest.mark.parametrize("template", published_templates())
def test_other_wallets_policies_read_in_one_way(template: str) -> None:
    assert same(template, shown(template))


def choices(count: int) -> str:
    """One of two keys, and one of two others, and so on: 2 ** count paths, each with a lock."""
    pairs = [
        f"or_i(pk(@{2 * n}/**),and_v(v:pk(@{2 * n + 1}/**),older({n + 1})))" for n in range(count)
    ]
    whole = pairs[-1]
    for pair in pairs[-2::-1]:
        whole = f"and_v(v:{pair},{whole})"
    return f"wsh({whole})"


@pytest.mark.parametrize(("count", "lines"), [(1, 2), (4, MAX_PATHS), (5, 1), (16, 1)])
def test_a_choice_that_is_too_large_stays_in_its_brackets(count: int, lines: int) -> None:
    words = shown(choices(count))
    assert len(words) == lines
    assert same(choices(count), words)


def test_the_deepest_script_is_said_without_recursion() -> None:
    whole = "pk(@0/**)"
    for n in range(1, 134):  # 3 levels each, of at most 402
        first, second = (f"@{key}/<{2 * n};{2 * n + 1}>/*" for key in (1, 0))
        whole = f"and_v(v:or_i(pk({second}),{whole}),pk({first}))"
    words = shown(f"tr({NUMS},{whole})")
    assert same(f"tr({NUMS},{whole})", words)
    assert 1 < len(words) <= MAX_PATHS
