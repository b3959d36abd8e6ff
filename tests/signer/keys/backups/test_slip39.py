"""Secrets in shares, as SLIP39 publishes them and as others read them."""

import json
from dataclasses import replace

import pytest
from embit import slip39 as peer
from hypothesis import given, settings
from hypothesis import strategies as st

from signer.errors import CommonReason, Malformed, Refused
from signer.keys.backups import slip39
from signer.keys.backups.slip39 import Setting, SharePlan, Slip39Share
from tests.signer.published import cases, shared

RANDOM = bytes(range(32))
SECRET = bytes(range(100, 116))
PLAN = SharePlan(2, ((1, 1), (2, 3), (3, 5)), exponent=0)

# The reference's 30 cases that must fail, and which of our sentences each meets.
REFUSED = {
    "The checksum does not fit": (2, 21),
    "The share is padded": (3, 22, 40),
    "A group needs": (5, 16, 24, 35),
    "These shares are not of one secret": (6, 7, 8, 9, 12, 25, 26, 27, 28, 31),
    "The share wants more groups": (10, 29),
    "A share was given twice": (11, 30),
    "These shares do not belong together": (13, 32),
    "Shares of 2 groups are needed": (14, 15, 33, 34),
    "A share has 20 to 59 words": (39,),
}


def recovered(shares: list[str], passphrase: str = "TREZOR") -> str:
    return slip39.combine([slip39.parse(share.split()) for share in shares], passphrase).hex()


@pytest.mark.parametrize("case", cases("slip39"))
def test_published_shares_hold_the_published_secret(case: dict[str, object]) -> None:
    shares = case["shares"]
    if not isinstance(shares, list):
        raise TypeError
    assert recovered(shares) == case["secret"]
    assert [" ".join(slip39.parse(share.split()).words()) for share in shares] == shares


def test_all_40_published_cases_hold() -> None:
    tables = json.loads(shared("slip39/slip39.json").read_text())["tables"]
    right, wrong = tables["test_recover.test_cases"], tables["test_share_errors.test_cases"]
    assert len(right) + len(wrong) == 40
    for name, shares, secret in right:
        assert recovered(shares) == secret, name
    numbers = {number: sentence for sentence, which in REFUSED.items() for number in which}
    for name, shares, _ in wrong:
        with pytest.raises(Malformed) as caught:
            recovered(shares)
        assert str(caught.value).startswith(numbers.pop(int(name.split(".")[0]))), name
    assert not numbers


plans = st.lists(st.integers(1, 5), min_size=1, max_size=4).flatmap(
    lambda counts: st.builds(
        SharePlan,
        st.integers(1, len(counts)),
        st.tuples(*(st.tuples(st.integers(2, max(2, c)), st.just(max(2, c))) for c in counts)).map(
            lambda groups: ((1, 1), *groups[1:])
        ),
        st.just(0),
        st.booleans(),
    )
)


@settings(max_examples=30)
@given(plans, st.sampled_from((16, 18, 32, 64)), st.data())
def test_any_enough_shares_bring_the_secret_back(
    plan: SharePlan, size: int, data: st.DataObject
) -> None:
    secret = data.draw(st.binary(min_size=size, max_size=size))
    groups = slip39.split(secret, plan, RANDOM, "pass")
    order = data.draw(st.permutations(range(len(plan.groups))))[: plan.group_threshold]
    chosen = [
        share
        for group in order
        for share in data.draw(st.permutations(groups[group]))[: plan.groups[group][0]]
    ]
    words = [share.words() for share in chosen]
    assert slip39.combine([slip39.parse(share) for share in words], "pass") == secret


def test_another_implementation_reads_our_shares() -> None:
    plan = SharePlan(2, PLAN.groups, exponent=0, extendable=False)
    groups = slip39.split(SECRET, plan, RANDOM, "pass")
    chosen = (groups[1][2], groups[1][0], *groups[2][2:])
    shares = [peer.Share.parse(" ".join(share.words())) for share in chosen]
    assert peer.ShareSet(shares).recover(b"pass") == SECRET


def test_we_read_the_shares_of_another_implementation() -> None:
    words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
    made = peer.ShareSet.generate_shares(words, 2, 3, b"pass", exponent=0)
    assert recovered(list(made[1:]), "pass") == "7f" * 16


def test_another_passphrase_opens_another_wallet() -> None:
    groups = slip39.split(SECRET, PLAN, RANDOM, "pass")
    chosen = (*groups[0], *groups[1][:2])
    opened = {bytes(slip39.combine(chosen, passphrase)) for passphrase in ("pass", "Pass", "")}
    assert SECRET in opened
    assert len(opened) == 3


def test_with_another_identifier_the_passphrase_still_opens_an_extendable_backup() -> None:
    again = slip39.split(SECRET, PLAN, RANDOM[::-1], "pass")
    first = slip39.split(SECRET, PLAN, RANDOM, "pass")
    assert first[0][0].setting.identifier != again[0][0].setting.identifier
    assert first[0][0].setting.extendable
    for groups in (first, again):
        assert slip39.combine((*groups[0], *groups[1][:2]), "pass") == SECRET
    with pytest.raises(Malformed, match="not of one secret"):
        slip39.combine((*first[0], *again[1][:2]), "pass")


def test_the_same_input_gives_the_same_shares_and_any_other_unrelated_ones() -> None:
    def values(secret: bytes, plan: SharePlan, randomness: bytes, passphrase: str) -> set[bytes]:
        groups = slip39.split(secret, plan, randomness, passphrase)
        return {bytes(share.value) for group in groups for share in group}

    first = values(SECRET, PLAN, RANDOM, "")
    assert first == values(SECRET, PLAN, RANDOM, "")
    others = (
        values(SECRET[::-1], PLAN, RANDOM, ""),
        values(SECRET, SharePlan(1, PLAN.groups, exponent=0), RANDOM, ""),
        values(SECRET, PLAN, RANDOM[::-1], ""),
        values(SECRET, PLAN, RANDOM, "x"),
    )
    assert all(not first & other for other in others)


def test_one_share_too_many_is_malformed() -> None:
    groups = slip39.split(SECRET, PLAN, RANDOM)
    with pytest.raises(Malformed, match="2 shares, 3 were"):
        slip39.combine((*groups[0], *groups[1]))
    with pytest.raises(Malformed, match="2 groups"):
        slip39.combine((*groups[0], *groups[1][:2], *groups[2][:3]))
    with pytest.raises(Malformed, match="not of one secret"):
        slip39.combine(())


@pytest.mark.parametrize("needed", [3, 4, 16])
def test_one_share_fewer_than_needed_holds_nothing_even_if_it_says_so(needed: int) -> None:
    # Whoever holds some shares can write other thresholds on them.
    of_members = slip39.split(SECRET, SharePlan(1, ((needed, 16),), exponent=0), RANDOM)[0]
    assert slip39.combine(of_members[:needed]) == SECRET
    fewer = [replace(share, member_threshold=needed - 1) for share in of_members[1:needed]]
    with pytest.raises(Malformed, match="do not belong together"):
        slip39.combine(fewer)
    groups = slip39.split(SECRET, SharePlan(needed, ((1, 1),) * 16, exponent=0), RANDOM)
    of_groups = [group[0] for group in groups]
    assert slip39.combine(of_groups[:needed]) == SECRET
    setting = replace(of_groups[0].setting, group_threshold=needed - 1)
    fewer = [replace(share, setting=setting) for share in of_groups[1:needed]]
    with pytest.raises(Malformed, match="do not belong together"):
        slip39.combine(fewer)


def test_identifiers_are_any_of_15_bits() -> None:
    plan = SharePlan(1, ((1, 1),), exponent=0)
    drawn = {
        slip39.split(SECRET, plan, bytes((number,)) * 32)[0][0].setting.identifier
        for number in range(24)
    }
    assert len(drawn) == 24
    assert max(drawn) < 1 << 15
    for bit in range(15):
        assert {identifier >> bit & 1 for identifier in drawn} == {0, 1}


def test_the_slowest_backup_that_we_make_is_not_refused() -> None:
    # Asked with what is no passphrase, because opening it takes some seconds.
    share = Slip39Share(Setting(1, True, 10, 1, 1), 0, 0, 1, bytearray(16))
    with pytest.raises(Malformed, match="printable ASCII"):
        slip39.combine((share,), "\n")


def test_a_backup_that_would_take_an_hour_is_refused() -> None:
    share = Slip39Share(Setting(1, True, 11, 1, 1), 0, 0, 1, bytearray(16))
    with pytest.raises(Refused) as caught:
        slip39.combine((slip39.parse(share.words()),))
    assert caught.value.reason is CommonReason.BACKUP_TOO_SLOW


@pytest.mark.parametrize("passphrase", ["é", "a\n", "\x7f", "\ud800", "a" * 257])
def test_a_passphrase_that_is_not_printable_ascii_is_malformed(passphrase: str) -> None:
    groups = slip39.split(SECRET, PLAN, RANDOM)
    with pytest.raises(Malformed, match="printable ASCII") as caught:
        slip39.combine((*groups[0], *groups[1][:2]), passphrase)
    assert passphrase not in str(caught.value)
    with pytest.raises(Malformed, match="printable ASCII"):
        slip39.split(SECRET, PLAN, RANDOM, passphrase)


@pytest.mark.parametrize("passphrase", ["a" * 256, " ~", "~ "])
def test_any_passphrase_of_printable_ascii_opens_what_it_closed(passphrase: str) -> None:
    groups = slip39.split(SECRET, PLAN, RANDOM, passphrase)
    assert slip39.combine((*groups[0], *groups[1][:2]), passphrase) == SECRET


def test_where_nothing_else_is_said_a_backup_is_extendable_and_slow_as_the_reference_s() -> None:
    setting = slip39.split(SECRET, SharePlan(1, ((1, 1),)), RANDOM)[0][0].setting
    assert (setting.extendable, setting.exponent) == (True, 1)


@pytest.mark.parametrize(
    ("threshold", "groups", "exponent"),
    [(16, ((1, 1),) * 16, 10), (1, ((16, 16),) * 16, 0), (1, ((2, 16),), 10)],
)
def test_the_largest_plans_there_are_can_be(
    threshold: int, groups: tuple[tuple[int, int], ...], exponent: int
) -> None:
    assert SharePlan(threshold, groups, exponent).groups == groups


@pytest.mark.parametrize(
    ("threshold", "groups", "exponent"),
    [
        (0, ((1, 1),), 0),
        (2, ((1, 1),), 0),
        (1, (), 0),
        (1, ((1, 1),) * 17, 0),
        (1, ((0, 1),), 0),
        (1, ((3, 2),), 0),
        (1, ((2, 17),), 0),
        (1, ((1, 2),), 0),
        (1, ((1, 1),), -1),
        (1, ((1, 1),), 11),
    ],
)
def test_a_plan_that_cannot_be_is_malformed(
    threshold: int, groups: tuple[tuple[int, int], ...], exponent: int
) -> None:
    with pytest.raises(Malformed):
        SharePlan(threshold, groups, exponent)


@pytest.mark.parametrize("size", [0, 14, 15, 17, 33, 66])
def test_a_secret_of_another_size_is_malformed(size: int) -> None:
    with pytest.raises(Malformed, match="master secret"):
        slip39.split(bytes(size), PLAN, RANDOM)


def test_little_randomness_is_malformed() -> None:
    with pytest.raises(Malformed, match="at least 32"):
        slip39.split(SECRET, PLAN, bytes(31))
