"""The sums that a person reads are the transaction's: coins = paid + burned + ours + fee."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.review import Kind, Page
from tests import psbts
from tests.psbts import OTHER, PAYEE, Draft, Out, draft, keyring, review, text, vault

SPARE = 400_000  # a coin of each account that pays
SHARED = vault("wsh(sortedmulti(2,@0/**,@1/**))", keyring(), keyring(OTHER))
amounts = st.integers(0, 20_000)
accounts = st.sampled_from(
    [psbts.path(kind, 0, 0, account=number) for kind in psbts.KINDS for number in (0, 1)]
)
# Somebody's, a record, a script of nobody, and ours: near, far, in any account, or shared.
outputs = st.one_of(
    st.builds(Out, st.just([]), amounts, st.sampled_from([PAYEE, b"\x6a\x01x", b"\x51", b""])),
    st.builds(
        lambda account, branch, index, sats: psbts.change(
            keyring(), (*account[:3], branch, index), sats
        ),
        accounts,
        st.integers(0, 2),
        st.sampled_from([0, 5, 20_000]),
        amounts,
    ),
    st.builds(lambda sats: psbts.shared_change(SHARED, 1, 3, sats), amounts),
)


def paying(coins: list[tuple[int, ...]], outs: list[Out]) -> Draft:
    ins = [psbts.coin(keyring(), where, SPARE, n) for n, where in enumerate(coins)]
    return Draft(ins, outs)


def pages_of(made: Draft) -> tuple[Page, ...]:
    records = [SHARED.record(keyring())]
    return review(made.encode(), keyring(), "regtest", records).pages


def sats_of(page: Page, *labels: str) -> list[int]:
    """The amounts behind these labels, as a person reads them."""
    read = [re.search(r"([\d ]+) sats?\b", f.value) for f in page.facts if f.label in labels]
    return [int(found[1].replace(" ", "")) for found in read if found]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(accounts, min_size=1, max_size=4),
    st.lists(outputs, min_size=1, max_size=6),
    st.integers(0, 9_000),
)
def test_the_overview_adds_up(coins: list[tuple[int, ...]], outs: list[Out], fee: int) -> None:
    left = SPARE * len(coins) - sum(out.sats for out in outs) - fee
    outs = [*outs, Out([], left, PAYEE)]
    pages = pages_of(paying(coins, outs))
    details, last = pages[-2:]
    assert sats_of(last, "Fee") == [fee]
    assert sats_of(last, "Total") == [sum(sats_of(last, "Pay", "Burn")) + fee]
    change = sum(sats_of(details, "Change to you"))
    assert sum(sats_of(last, "Pay", "Burn", "Move")) + change + fee == SPARE * len(coins)
    assert sum(sats_of(Page(Kind.DETAIL, "", details.summary), "Change to you")) == change
    [spent] = sats_of(details, "From")
    assert spent == SPARE * len(coins)
    each = [page for page in pages if page.kind in {Kind.RECIPIENT, Kind.CHANGE}]
    assert sum(sum(sats_of(page, "", "Pay", "Move")[:1]) for page in each) + change + fee == spent


@settings(max_examples=60, deadline=None)
@given(
    st.lists(accounts, min_size=2, max_size=4),
    st.lists(outputs, min_size=1, max_size=6),
    st.integers(0, 9_000),
)
def test_the_accounts_add_up(coins: list[tuple[int, ...]], outs: list[Out], fee: int) -> None:
    left = SPARE * len(coins) - sum(out.sats for out in outs) - fee
    pages = pages_of(paying(coins, [*outs, Out([], left, PAYEE)]))
    each = [page for page in pages if re.match(r"Account \d+ of \d+$", page.title)]
    assert len(each) == (len({where[:3] for where in coins}) if len(set(coins)) > 1 else 0)
    if not each:
        return
    assert sum(sum(sats_of(page, "Spends")) for page in each) == SPARE * len(coins)
    back = sum(sats_of(pages[-2], "Change to you"))
    assert sum(sum(sats_of(page, "Gets back")) for page in each) == back
    for page in each:
        [net] = sats_of(page, "In all")
        less = sum(sats_of(page, "Spends")) - sum(sats_of(page, "Gets back"))
        assert net == abs(less)
        assert page.facts[-1].value.endswith("less" if less >= 0 else "more")


@pytest.mark.parametrize(
    ("outs", "lines"),
    [
        ([("own", 50_000), ("data", 40_000)], "Move 50 000 sats\nto yourself\nBurn 40 000 sats"),
        (
            [("data", 90_000)],
            "Burn 90 000 sats\nin 1 data record\nNo output is known to be yours.\nFee",
        ),
        ([("own", 90_000), ("data", 0)], "Move 90 000 sats\nto yourself\nand 1 data record"),
        (
            [("data", 0), ("data", 40_000), ("own", 50_000)],
            "Move 50 000 sats\nto yourself\nBurn 40 000 sats\nin 2 data records\nFee",
        ),
        ([("own", 90_000)], "Move 90 000 sats\nto yourself\nFee"),
        ([("other", 90_000)], "Move 90 000 sats\nto another account of yours\nFee"),
        (
            [("own", 50_000), ("other", 40_000)],
            "Move 50 000 sats\nto yourself\nMove 40 000 sats\nto another account of yours\nFee",
        ),
    ],
)
def test_nobody_is_paid_where_nobody_is(outs: list[tuple[str, int]], lines: str) -> None:
    """A burn is not money that moves to ourselves, and not a payment either."""
    made = draft(keyring())
    of = {"own": psbts.path("wpkh", 1, 3), "other": psbts.path("tr", 0, 3)}
    made.outs = [
        psbts.change(keyring(), of[kind], sats) if kind in of else Out([], sats, b"\x6a\x01x")
        for kind, sats in outs
    ]
    shown = text(review(made.encode(), keyring()).pages)
    assert f"[Total]\n{lines}" in shown
    assert ("\nTotal " in shown) is ("Burn" in lines)  # a sum of what leaves, if anything does
