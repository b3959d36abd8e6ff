"""What a screen sees of the keys that arrive: one press, a long press, or nothing."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.core.key_policy import HOLD_S, ONE_PRESS_S, TYPED_S, WHOLE_S, KeyPolicy, gesture
from firmware_emu.screens import Key, Screen
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.home import Home
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice, Question
from firmware_emu.screens.pin_pad import PinPad
from signer.review import Fact, Kind, Page

PAGE = Confirm(Page(Kind.RECIPIENT, "Pay", (Fact("", "25 000 sats"),)))
WARNING = Confirm(Page(Kind.WARNING, "High fee", (Fact("", "Fee is 31 %."),)))
LAST = Confirm(Page(Kind.DETAIL, "Total", (Fact("", "25 141 sats"),)), 3, 3, "sign", hold=True)
ERASE = Question("Erase the seed?", ("Gone.",), "erase", hold=True)
MENU = Menu("Menu", ("Lock",))
READY = PinPad("PIN", "0123456789", length=4, cursor=11)
EVERY = 0.03  # key repeat, 33 a second


def policy() -> KeyPolicy:
    """Its screen is whole since second 10."""
    keys = KeyPolicy()
    keys.shown(10.0)
    return keys


def run(start: float, seconds: float, every: float = EVERY) -> list[float]:
    """When the presses come of a key held down."""
    return [start + number * every for number in range(round(seconds / every) + 1)]


def seen(keys: KeyPolicy, screen: Screen, times: Iterable[float], key: Key = Key.OK) -> list[Key]:
    """What the screen sees, while it stays."""
    return [meant for at in times if (meant := keys.press(key, at, screen))]


def test_a_yes_counts_once_the_page_was_whole_for_so_long() -> None:
    for screen in (PAGE, READY, Notice("Stopped", ("You stopped it.",)), Question("Go on?", ())):
        assert seen(policy(), screen, [10.0 + WHOLE_S - 0.01]) == []
        assert seen(policy(), screen, [10.0 + WHOLE_S]) == [Key.OK]


def test_what_was_pressed_before_the_screen_came_does_nothing_on_it() -> None:
    """Also not what had queued behind arithmetic, and where OK is no yes."""
    for screen in (PAGE, MENU, Home("577E57"), READY):
        for key in (Key.OK, Key.LEFT, Key.RIGHT):
            assert seen(policy(), screen, [9.9], key) == []
    assert not policy().typed(9.9)
    assert policy().typed(10.0)


def test_a_yes_that_came_too_soon_starts_the_time_anew() -> None:
    """Hammering on OK, five times a second for a minute."""
    assert seen(policy(), PAGE, run(10.1, 60, 0.2)) == []
    assert seen(policy(), PAGE, [10.1, 10.3, 10.301 + WHOLE_S]) == [Key.OK]


def test_a_yes_that_follows_another_key_too_soon_is_none() -> None:
    """Four keys at random pick digits and finish, seven times a second."""
    for other in (Key.LEFT, Key.RIGHT):
        keys = policy()
        assert seen(keys, READY, [11.0], other) == [other]
        assert seen(keys, READY, [10.99 + WHOLE_S]) == []
        assert seen(keys, READY, [11.0 + 2 * WHOLE_S]) == [Key.OK]
    picked = policy()
    assert seen(picked, PinPad("PIN", "0123456789"), [11.0]) == [Key.OK]
    assert seen(picked, READY, [11.3]) == []


def test_where_ok_is_no_yes_it_need_not_wait() -> None:
    assert seen(policy(), MENU, [10.001 + ONE_PRESS_S]) == [Key.OK]
    assert seen(policy(), MENU, [9.999 + ONE_PRESS_S]) == []
    digits = PinPad("PIN", "0123456789")
    assert seen(policy(), digits, [10.2, 10.4, 10.6]) == [Key.OK] * 3
    assert seen(policy(), MENU, [10.2, 10.4], Key.RIGHT) == [Key.RIGHT] * 2


def test_presses_close_together_are_one() -> None:
    for key in (Key.OK, Key.LEFT, Key.RIGHT, Key.STOP):
        assert seen(policy(), MENU, run(10.5, 3), key) == [key]
        assert seen(policy(), MENU, [10.5, 10.5 + ONE_PRESS_S + 1e-6], key) == [key] * 2
    both = policy()
    assert both.press(Key.LEFT, 10.5, MENU) is Key.LEFT
    assert both.press(Key.OK, 10.55, MENU) is None
    assert both.press(Key.RIGHT, 10.6, MENU) is None


def test_stop_always_works() -> None:
    keys = policy()
    assert seen(keys, PAGE, run(9.0, 0.5)) == []
    assert keys.press(Key.STOP, 9.53, PAGE) is Key.STOP
    assert keys.press(Key.STOP, 9.56, PAGE) is None
    assert policy().press(Key.STOP, 10.0, PAGE, is_whole=False) is Key.STOP


def test_a_key_held_for_a_second_is_one_long_press_where_it_is_asked_for() -> None:
    for screen in (WARNING, LAST, ERASE):
        assert seen(policy(), screen, run(10.5, HOLD_S - 0.1)) == [Key.OK]
        assert seen(policy(), screen, run(10.5, 3)) == [Key.OK, Key.HOLD]
        assert screen.press(Key.OK) is screen
    for screen in (PAGE, MENU, READY, Home("577E57")):
        assert seen(policy(), screen, run(10.5, 3)) == [Key.OK]


def test_a_keyboard_may_wait_before_it_repeats() -> None:
    for delay in (0.15, 0.25, 0.5, 0.66, 1.0):
        assert Key.HOLD in seen(policy(), LAST, [10.5, *run(10.5 + delay, 1.1)])


def test_a_train_that_began_before_the_screen_or_too_soon_is_no_long_press() -> None:
    assert seen(policy(), LAST, run(9.5, 3)) == []
    assert seen(policy(), LAST, run(10.0 + WHOLE_S - 0.01, 3)) == []
    keys = policy()
    assert seen(keys, WARNING, run(10.5, 1.2)) == [Key.OK, Key.HOLD]
    keys.shown(11.51)
    assert seen(keys, LAST, run(11.72, 3)) == []  # it goes on, and means nothing more
    assert seen(keys, LAST, run(14.9, 1.2)) == []  # let go for less than it takes to read
    assert seen(keys, LAST, run(16.6, 1.2)) == [Key.OK, Key.HOLD]


def test_a_page_that_takes_the_place_of_another_takes_nothing_of_its_train() -> None:
    """A host that cancels one request and makes another while the key is down."""
    keys = policy()
    assert seen(keys, WARNING, run(10.5, 0.5)) == [Key.OK]
    keys.shown(11.01)
    assert seen(keys, LAST, run(11.02, 3)) == []
    lone = policy()
    assert seen(lone, WARNING, [10.5]) == [Key.OK]
    lone.shown(10.6)
    assert seen(lone, LAST, run(10.8, 3)) == []
    stale = policy()
    stale.shown(9.0)  # what another face says of a screen that is gone
    assert seen(stale, PAGE, [10.3]) == []


def test_two_presses_are_not_the_one_before_a_keyboard_repeats() -> None:
    assert Key.HOLD not in seen(policy(), LAST, [10.5, 10.53, *run(10.75, 3)])


def test_a_train_with_another_key_in_it_is_no_long_press() -> None:
    for other in (Key.LEFT, Key.RIGHT, Key.STOP):
        keys = policy()
        assert Key.HOLD not in seen(keys, LAST, run(10.5, 0.5))
        keys.press(other, 11.02, LAST)
        assert Key.HOLD not in seen(keys, LAST, run(11.04, 3))
    by_turns = policy()
    assert not [
        meant
        for number, at in enumerate(run(10.5, 3))
        if (meant := by_turns.press((Key.OK, Key.LEFT)[number % 2], at, LAST)) is Key.HOLD
    ]


def test_taps_are_no_long_press_however_many() -> None:
    assert Key.HOLD not in seen(policy(), LAST, run(10.5, 60, ONE_PRESS_S + 0.01))
    assert Key.HOLD not in seen(policy(), LAST, [10.5, 10.7, *run(10.9, 3)])


def test_the_end_of_a_paste_is_not_its_yes() -> None:
    """A PIN that is pasted with a new line behind it finishes nothing; OK after it does."""
    keys = policy()
    keys.typed(10.5)
    assert seen(keys, READY, [10.5 + TYPED_S - 0.01]) == []
    assert seen(keys, READY, [10.5 + TYPED_S + WHOLE_S]) == [Key.OK]
    typed = policy()
    typed.typed(10.5)
    assert seen(typed, READY, [10.51 + TYPED_S]) == [Key.OK]


def test_a_face_that_shows_a_piece_gives_no_yes() -> None:
    assert policy().press(Key.OK, 11.0, LAST, is_whole=False) is None
    half = policy()
    assert {half.press(Key.OK, at, LAST, is_whole=False) for at in run(11, 3)} == {None}
    mixed = policy()
    times = run(11, 3)
    whole = {mixed.press(Key.OK, at, LAST, is_whole=at != times[5]) for at in times}
    assert Key.HOLD not in whole


def test_no_face_can_say_that_a_key_is_held() -> None:
    assert policy().press(Key.HOLD, 11.0, LAST) is None


def test_the_bar_grows_while_the_key_is_held_and_goes_when_it_is_let_go() -> None:
    keys = policy()
    bars = []
    for at in run(10.5, 0.9):
        keys.press(Key.OK, at, LAST)
        bars.append(keys.held(at))
    assert bars == sorted(set(bars))
    assert (bars[0], round(bars[-1], 1)) == (0.0, 0.9)
    assert keys.held(at + ONE_PRESS_S + 1e-6) == 0.0
    assert policy().held(11.0) == 0.0
    page = policy()
    seen(page, PAGE, run(10.5, 0.5))
    assert page.held(11.0) == 0.0, "a page that asks for none has no bar"


def test_a_gesture_is_what_the_policy_takes_for_its_key() -> None:
    for key in Key:
        keys, at = policy(), 10.0
        meant = []
        for seconds, pressed in gesture(key):
            at += seconds
            meant.append(keys.press(pressed, at, LAST))
        assert [key for key in meant if key] == ([Key.OK, Key.HOLD] if key is Key.HOLD else [key])


@given(
    st.lists(
        st.tuples(st.sampled_from(list(Key)), st.floats(0, 0.399), st.booleans()), max_size=200
    )
)
def test_nothing_without_a_pause_to_read_is_a_yes(
    presses: list[tuple[Key, float, bool]],
) -> None:
    """Whatever is pressed, with no OK-free time as long as a page needs: neither yes nor hold."""
    keys, at = policy(), 10.0
    for key, pause, is_whole in presses:
        at += pause
        keys.press(Key.OK, at, PAGE)  # somebody leans on OK, whatever else is pressed
        assert keys.press(key, at, PAGE, is_whole=is_whole) not in (Key.OK, Key.HOLD)
