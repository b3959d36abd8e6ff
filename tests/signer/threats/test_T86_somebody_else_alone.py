"""An account that somebody else can empty alone is named so before it is registered."""

import re

import pytest

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.review import Kind
from tests import psbts
from tests.policies import NUMS
from tests.psbts import OTHER, THIRD, Page, keyring

KEYS = {
    name: psbts.key_text(keyring(words))
    for name, words in zip("ABC", (psbts.ABANDON, OTHER, THIRD), strict=True)
}
SECRET = f"sha256({'ab' * 32})"


def pages(template: str) -> tuple[Page, ...]:
    """Of an account of the keys A, which is ours, B and C; each has its number by its place."""
    order = [*dict.fromkeys(re.findall(r"\b[ABC]\b", template))]
    numbered = re.sub(r"\b[ABC]\b", lambda found: f"@{order.index(found[0])}", template)
    keys = [KEYS[name] for name in order]
    return POLICY_ACCOUNTS.registration("Vault", numbered, keys, keyring(), "regtest").pages


def alone(template: str) -> list[str]:
    """What the warning says; nothing where there is none."""
    found = [page for page in pages(template) if page.title == "Somebody else alone"]
    assert all(page.kind is Kind.WARNING for page in found)
    return [fact.value for page in found for fact in page.facts]


@pytest.mark.parametrize(
    ("template", "numbers"),
    [
        ("wsh(or_d(pk(A/**),pkh(B/**)))", [2]),
        ("wsh(or_d(pk(B/**),pkh(A/**)))", [1]),
        ("tr(A/**,pk(B/**))", [2]),
        ("tr(A/**,{pk(B/**),pk(C/**)})", [2, 3]),
        ("tr(B/**,pk(A/**))", [1]),
        ("wsh(multi(1,A/**,B/**))", [2]),
        ("sh(sortedmulti(1,B/**,A/**,C/**))", [1, 3]),
        (f"tr({NUMS},multi_a(1,A/**,B/**))", [2]),
        (f"tr({NUMS},sortedmulti_a(1,A/**,B/**,C/**))", [2, 3]),
        ("wsh(thresh(1,pk(A/**),s:pk(B/**)))", [2]),
        ("wsh(or_d(multi(2,A/**,B/**),pkh(C/**)))", [3]),
        ("wsh(andor(pk(A/**),older(52560),pk(B/**)))", [2]),
        ("wsh(or_d(pk(A/**),and_v(v:pk(B/<0;1>/*),pk(B/<2;3>/*))))", [2]),
        ("wsh(or_d(pk(A/**),or_d(multi(2,B/<0;1>/*,C/**),and_v(v:pkh(B/<2;3>/*),after(9)))))", []),
    ],
)
def test_who_can_spend_alone_today_is_named(template: str, numbers: list[int]) -> None:
    said = [line for line in alone(template) if line.endswith("today.")]
    assert said == [f"Key {number} can spend everything alone, today." for number in numbers]


@pytest.mark.parametrize(
    "lock",
    [
        "older(1)",
        "older(143)",
        "older(4194472)",
        "after(900000)",
        "after(500000000)",
        "after(1748000000)",
    ],
)
def test_locks_that_hold_nobody_back_are_seen_through(lock: str) -> None:
    assert alone(f"wsh(or_d(pk(A/**),and_v(v:pk(B/**),{lock})))") == [
        "Key 2 can spend everything alone: its locks are long past, or shorter than a day."
    ]


@pytest.mark.parametrize("beside", [SECRET, f"and_v(v:{SECRET},older(1))"])
def test_a_secret_is_taken_to_be_known_by_somebody(beside: str) -> None:
    assert alone(f"wsh(andor(pk(A/**),older(144),and_v(v:pk(B/**),{beside})))") == [
        "Key 2 can spend everything alone, as soon as its owner knows the secret."
    ]


@pytest.mark.parametrize(
    "template",
    [
        "wpkh(A/**)",
        "wsh(sortedmulti(2,A/**,B/**,C/**))",
        "wsh(and_v(v:multi(1,B/**,C/**),pk(A/**)))",
        "wsh(or_d(pk(A/**),and_v(v:pk(B/**),older(144))))",
        "wsh(or_d(pk(A/**),and_v(v:pk(B/**),older(4194473))))",
        "wsh(or_d(pk(A/**),and_v(v:pk(B/**),after(900001))))",
        "wsh(or_d(pk(A/**),and_v(v:pk(B/**),after(1748000001))))",
        f"wsh(or_d(pk(A/**),and_v(v:multi(2,B/**,C/**),{SECRET})))",
        "tr(musig(A,B)/**,and_v(v:pk(C/**),older(52560)))",
        "tr(A/**,pk(musig(B,C)/**))",
    ],
)
def test_where_nobody_else_can_there_is_no_warning(template: str) -> None:
    assert alone(template) == []
