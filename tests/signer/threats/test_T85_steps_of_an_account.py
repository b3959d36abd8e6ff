"""Coins below steps that no wallet tries are held to ransom by whoever keeps the only copy."""

import pytest

from signer.chains.bitcoin import POLICY_ACCOUNTS
from signer.review import Kind, Page
from tests import psbts
from tests.policies import NUMS
from tests.psbts import OTHER, THIRD, keyring, text

KEYS = [psbts.key_text(keyring(words)) for words in (psbts.ABANDON, OTHER, THIRD)]


def pages(template: str) -> tuple[Page, ...]:
    count = len({part[0] for part in template.split("@")[1:]})
    return POLICY_ACCOUNTS.registration("Vault", template, KEYS[:count], keyring(), "regtest").pages


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("<1234567;7654321>", "<1234567;7654321>"),
        ("<0;2>", "<0;2>"),
        ("<2;1>", "<2;1>"),
        ("<1;0>", "<1;0>"),
    ],
)
def test_unusual_steps_are_a_warning_that_names_them(steps: str, said: str) -> None:
    first, *_ = pages(f"wsh(sortedmulti(2,@0/**,@1/{steps}/*))")
    assert first.kind is Kind.WARNING
    assert text([first]) == (
        f"[Unusual steps]\nOf key 2: {said}.\nWallets look below <0;1>.\n"
        "Keep a copy of these steps: nobody finds the coins without them."
    )


@pytest.mark.parametrize("steps", ["**", "<0;1>/*"])
def test_the_usual_steps_are_no_warning(steps: str) -> None:
    assert pages(f"wsh(sortedmulti(2,@0/**,@1/{steps}))")[0].kind is Kind.OVERVIEW


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("wpkh(@0/**)", ["of every key: <0;1>"]),
        ("sh(multi(2,@0/**,@1/**))", ["of every key: <0;1>"]),
        (
            "wsh(multi(2,@0/<7;9>/*,@1/**))",
            ["of key 1 (yours): <7;9>", "of key 2: <0;1>"],
        ),
        (
            "wsh(or_d(pk(@0/**),and_v(v:multi(2,@0/<2;3>/*,@1/<2;3>/*),older(9))))",
            ["of key 1 (yours): <0;1>, <2;3>", "of key 2: <2;3>"],
        ),
        (
            "tr(musig(@0,@1)/<4;5>/*,pk(@1/**))",
            ["of [key 1 (yours) with key 2]: <4;5>", "of key 2: <0;1>"],
        ),
        (
            f"tr({NUMS},multi_a(2,@0/<2;3>/*,@1/**))",
            ["of key 1 (yours): <2;3>", "of key 2: <0;1>"],
        ),
    ],
)
def test_template_and_steps_of_every_account_are_on_a_page(template: str, said: list[str]) -> None:
    [page] = [page for page in pages(template) if page.title == "Template"]
    assert page.facts[0].value == template
    assert [(fact.label, fact.value) for fact in page.facts[1:]] == [("Steps", s) for s in said]
