"""What a footer offers, by place, by width, and by what the session has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.session.state import AppState, AttackBoard
from host.tui import actions
from host.tui.actions import ROWS, KeyPlace, Needs

ALL_PARTS = frozenset[Needs]()
NO_PARTS = frozenset({Needs.PANEL, Needs.PLAYGROUND})
PLACES = st.sampled_from(KeyPlace)
MISSING = st.sets(st.sampled_from([Needs.PANEL, Needs.PLAYGROUND])).map(frozenset)


def test_what_is_missing_is_what_the_state_says() -> None:
    honest = {Needs.ATTACKS, Needs.WALLETS, Needs.PATHS, Needs.SIGNERS, Needs.UNASKED}
    assert actions.missing(AppState()) == ALL_PARTS | honest
    assert actions.missing(AppState(panel=False)) == {Needs.PANEL} | honest
    assert actions.missing(AppState(playground=False)) == {Needs.PLAYGROUND} | honest
    assert actions.missing(AppState(panel=False, playground=False)) == NO_PARTS | honest
    assert actions.missing(AppState(attack=AttackBoard((), ""))) == honest - {Needs.ATTACKS}


@given(PLACES, MISSING)
def test_a_row_that_needs_what_is_missing_is_not_offered(
    place: KeyPlace, missing: frozenset[Needs]
) -> None:
    offered = actions.footer(place, missing)
    assert not [row for row in offered if row.needs in missing]
    rest = {row for row in actions.footer(place) if row.needs not in missing}
    assert rest <= set(offered)


@pytest.mark.parametrize("place", KeyPlace)
def test_no_key_does_two_things_in_one_place(place: KeyPlace) -> None:
    keys = [key for row in actions.rows(place) for key in row.keys.split(",")]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("action", ["faucet", "mine", "switch"])
def test_play_needs_a_playground(action: str) -> None:
    rows = [row for row in ROWS if row.action == action]
    assert rows
    assert all(row.needs is Needs.PLAYGROUND for row in rows)


def test_the_devices_buttons_need_a_panel_and_the_cable_does_not() -> None:
    needs = {row.action: row.needs for row in actions.rows(KeyPlace.EVERYWHERE)}
    assert needs["device"] is Needs.PANEL
    assert needs["cable"] is Needs.NOTHING
    for action in ("turn('pay')", "turn('receive')", "turn('coins')", "turn('history')", "quit"):
        assert needs[action] is Needs.NOTHING, "an ordinary wallet can do this"


@given(PLACES, MISSING, st.integers(0, 200))
def test_a_footer_is_never_wider_than_its_line_and_drops_by_rank(
    place: KeyPlace, missing: frozenset[Needs], width: int
) -> None:
    offered = actions.footer(place, missing)
    fitting = actions.fitting(offered, width)
    line = "  ".join(f"{row.sign} {row.label}" for row in fitting)
    assert len(line) <= max(width, 0)
    dropped = [row.rank for row in offered if row not in fitting]
    assert all(rank >= row.rank for rank in dropped for row in fitting)


@pytest.mark.parametrize("place", actions.ALONE)
def test_where_letters_are_typed_only_its_own_keys_work(place: KeyPlace) -> None:
    assert actions.footer(place) == actions.rows(place)


def test_a_key_of_a_place_goes_before_the_same_key_of_everywhere() -> None:
    signs = [row.sign for row in actions.footer(KeyPlace.SENT)]
    assert signs.count("m") == 1
    assert actions.footer(KeyPlace.SENT)[0].place is KeyPlace.SENT
