"""Locktimes, relative locks and replaceability: said when they matter, calm when they are usual."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signer import wording
from tests import psbts
from tests.psbts import draft, keyring, review, text


def shown(
    locktime: int = 0,
    sequences: tuple[int, ...] = (0xFFFFFFFD,),
    version: int = 2,
    network: str = "regtest",
) -> str:
    made = draft(keyring(), len(sequences), network=network)
    made.locktime, made.version = locktime, version
    for one, sequence in zip(made.ins, sequences, strict=True):
        one.sequence = sequence
    return text(review(made.encode(), keyring(), network).pages)


def test_what_wallets_do_today_is_a_detail() -> None:
    """The height of today as locktime, and replaceable."""
    page = shown(143)
    assert page.startswith("[Recipient 1 of 1]")
    assert "Not before block 143\nFee can be raised later: yes" in page


def test_a_date_is_a_warning() -> None:
    page = shown(1_900_000_000)
    assert page.startswith("[Delayed]\nNo block may hold it before\n2030-03-17 17:46:40 UTC")


def test_a_height_of_another_age_is_a_warning() -> None:
    assert shown(400_000_000).startswith(
        "[Delayed]\nNo block may hold it before block 400 000 000."
    )


@pytest.mark.parametrize(
    ("locktime", "warning"),
    [
        (9_999_999, ""),
        (10_000_000, "[Delayed]\nNo block may hold it before block 10 000 000.\n"),
        (499_999_999, "[Delayed]\nNo block may hold it before block 499 999 999.\n"),
        (500_000_000, "[Delayed]\nNo block may hold it before\n1985-11-05 00:53:20 UTC\n"),
    ],
)
def test_from_where_on_a_lock_is_a_warning_and_a_date(locktime: int, warning: str) -> None:
    assert shown(locktime).startswith(warning + "[Recipient 1 of 1]")


@pytest.mark.parametrize(
    ("locktime", "warning"),
    [
        (977_000, ""),
        (1_029_559, ""),
        (1_029_560, "block 1 029 560.\nThat is about 1 year after this device was made.\n"),
        (1_500_000, "block 1 500 000.\nThat is about 9 years after this device was made.\n"),
    ],
)
def test_a_height_of_mainnet_a_year_past_the_release_is_a_warning(
    locktime: int, warning: str
) -> None:
    read = shown(locktime, network="mainnet")
    assert read.startswith(f"[Delayed]\nNo block may hold it before {warning}" if warning else "[R")


def test_a_date_says_how_many_years_ahead_it_is() -> None:
    assert "after this device was made" not in shown(1_827_532_799)
    assert "\nThat is about 1 year after this device was made.\n" in shown(1_827_532_800)
    assert "\nThat is about 79 years after this device was made.\n" in shown(0xFFFFFFFF)


def test_a_lock_without_effect_is_said_to_have_none() -> None:
    page = shown(1_900_000_000, (0xFFFFFFFF,))
    assert "Delayed" not in page
    assert "Not before 2030-03-17 17:46:40 UTC, no effect" in page


def test_one_open_sequence_puts_the_lock_in_force() -> None:
    assert "Delayed" in shown(1_900_000_000, (0xFFFFFFFF, 0xFFFFFFFE))


def test_the_shortest_and_the_longest_relative_lock_are_listed() -> None:
    page = shown(0, (1, 0xFFFF, 1 << 22 | 1, 1 << 22 | 0xFFFF))
    for line in ("1: 1 block", "2: 65 535 block", "3: 512 second", "4: 33 553 920 second"):
        assert f"\nCoin {line}" in page


def test_relative_locks_are_listed_by_coin() -> None:
    page = shown(0, (0xFFFFFFFD, 144, 1 << 22 | 2, 0))
    assert page.startswith(
        "[Coins must rest]\nThe payment waits until each is this old:\n"
        "Coin 2: 144 blocks\nCoin 3: 1 024 seconds\n[Recipient 1 of 1]"
    )


@pytest.mark.parametrize(("sequence", "version"), [(144, 1), (144 | 1 << 31, 2), (1 << 16, 2)])
def test_what_is_no_relative_lock_is_not_listed(sequence: int, version: int) -> None:
    assert "Coins must rest" not in shown(0, (sequence,), version)


@pytest.mark.parametrize(
    ("sequence", "answer"),
    [(0xFFFFFFFF, "not announced"), (0xFFFFFFFE, "not announced"), (0xFFFFFFFD, "yes"), (0, "yes")],
)
def test_replaceability_is_said(sequence: int, answer: str) -> None:
    assert f"Fee can be raised later: {answer}" in shown(0, (0xFFFFFFFF, sequence))


@given(st.integers(0, 2**32 - 1))
def test_a_time_reads_as_the_calendar_says(seconds: int) -> None:
    expected = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    assert wording.utc(seconds) == expected


def test_every_day_a_lock_can_name_is_that_of_the_calendar() -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    for days in range((1 << 32) // 86_400):
        expected = f"{start + timedelta(days):%Y-%m-%d} 00:00:00 UTC"
        assert wording.utc(86_400 * days) == expected


def test_a_signature_that_a_lock_keeps_from_opening_anything_is_a_warning() -> None:
    """A recovery key's owner learns so from the device, not from a node a year later."""
    of = psbts.vault(
        "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(5))))", psbts.keyring(psbts.OTHER), keyring()
    )
    for sequence, opens in ((4, False), (5, True)):
        made = draft(of)
        made.ins[0].sequence = sequence
        pages = review(made.encode(), keyring(), "regtest", [of.record(keyring())]).pages
        assert ("[Opens nothing yet]" in text(pages)) is not opens
