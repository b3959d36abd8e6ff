"""Addresses that begin and end as one that was paid before, and are another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.demo.lies import LOOKALIKE
from host.payees.poisoning import ENDS, resembling
from host.session.forms import look_alike_warning
from host.values import Draft, HistoryEntry
from tests.gallery import app_session
from tests.gallery.app_session import FakeSession
from tests.gallery.app_shots import APPROVED, PASTE
from tests.host.test_tui import BOTH, at_the

KNOWN = app_session.THEIRS
OLD = "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"
ADDRESSES = st.text(st.sampled_from("acdefghjk"), min_size=2 * ENDS, max_size=20)


def test_one_that_was_made_for_it_is_found() -> None:
    assert LOOKALIKE != KNOWN
    assert resembling(LOOKALIKE, [OLD, KNOWN]) == KNOWN
    assert resembling(LOOKALIKE.upper(), [KNOWN]) == KNOWN


@pytest.mark.parametrize("address", [KNOWN, KNOWN.upper(), OLD])
def test_who_was_paid_before_resembles_nobody(address: str) -> None:
    assert resembling(address, [KNOWN, OLD, LOOKALIKE]) == ""


def test_an_old_address_is_another_one_in_other_capitals() -> None:
    other = f"{OLD[:10]}{OLD[10:20].swapcase()}{OLD[20:]}"
    assert resembling(other, [OLD]) == OLD
    assert resembling(OLD.lower(), [OLD]) == ""


@given(ADDRESSES, st.lists(ADDRESSES))
def test_it_is_always_both_ends_and_never_the_whole(address: str, known: list[str]) -> None:
    other = resembling(address, known)
    if other:
        assert other in known
        assert other != address
        assert (other[:ENDS], other[-ENDS:]) == (address[:ENDS], address[-ENDS:])
    else:
        ends = address[:ENDS], address[-ENDS:]
        assert address in known or not any((name[:ENDS], name[-ENDS:]) == ends for name in known)


def history(*recipients: str) -> list[HistoryEntry]:
    session = FakeSession(app_session.HOME, funded=True)
    (received,) = session._wallet.history
    paid = [app_session.paid(Draft(b"", name, 25_000, 141), "ab" * 32) for name in recipients]
    return [received, *paid]


def test_every_recipient_of_every_payment_is_known() -> None:
    past = history(f"{OLD} {KNOWN}")
    warning = look_alike_warning([OLD, LOOKALIKE], past)
    assert warning.startswith(f"This is not {KNOWN}, which you know")
    assert look_alike_warning([OLD, KNOWN], past) == ""
    assert look_alike_warning([LOOKALIKE], []) == ""


@BOTH
async def test_the_app_says_so_before_the_device_is_asked(size: tuple[int, int]) -> None:
    session = FakeSession(app_session.HOME, funded=True)
    first = ("p", f"{PASTE}{KNOWN}", "tab", f"{PASTE}25000", "enter")
    async with at_the(session, size) as person:
        shown = await person.does(*first)
        assert "begins and ends alike" not in shown
        await person.does("enter", *APPROVED, "m", "escape")
        shown = await person.does("p", f"{PASTE}{LOOKALIKE}", "tab", f"{PASTE}25000", "enter")
        assert "it begins and ends alike" in shown
        assert "Press enter to ask the device" in shown
