"""Screens: what fits, what is shown whole, what cannot be skipped."""

import copy
import pickle
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.pin_entry import PinEntry
from firmware_emu.screens import COLUMNS, ROWS, Answer, Key, Screen, Typing
from firmware_emu.screens.confirm import Back, Confirm, Rejected, Yes
from firmware_emu.screens.dice import Dice, Rolled
from firmware_emu.screens.home import Home, MorePressed, Opened
from firmware_emu.screens.layout import plain, wrap_exact
from firmware_emu.screens.letters import Letters, Spelled
from firmware_emu.screens.menu import Menu, MenuClosed, Picked
from firmware_emu.screens.notice import Acknowledged, Notice, Question, Stopped, Wait
from firmware_emu.screens.pin_pad import Entered, PinPad
from firmware_emu.screens.words import Words
from signer.keys.seeds.mnemonic import words_starting
from signer.review import Fact, Kind, Origin, Page, Shape

SIGNS = "✗◂▸✓"
ORDER = "3716059284"
ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"

facts = st.builds(
    Fact,
    st.text(max_size=40),
    st.text(max_size=80),
    st.sampled_from(Origin),
    st.sampled_from(Shape),
)
pages = st.builds(
    Page,
    st.sampled_from(Kind),
    st.text(max_size=60),
    st.lists(facts, max_size=4).map(tuple),
)
screens = st.one_of(
    st.builds(Confirm, pages, st.integers(1, 99), st.just(99)),
    st.builds(Notice, st.text(max_size=50), st.lists(st.text(max_size=90), max_size=9).map(tuple)),
    st.builds(Words, st.just("Write down"), st.just(words_starting("ab"))),
    st.builds(Menu, st.just("Menu"), st.just(tuple(map(str, range(30))))),
    st.builds(PinPad, st.just("PIN"), st.just(ORDER), st.text(max_size=90)),
    st.builds(Letters, st.just("Word 1 of 12"), st.text(max_size=90)),
    st.sampled_from([Dice(), Home("A1B2C3"), Home("A1B2C3", "9f3c21aa"), Home("A", "", 3)]),
    st.builds(Question, st.just("Erase?"), st.just(("Sure?",)), hold=st.booleans()),
    st.just(Wait("Signing.")),
)


def fits(screen: Screen) -> bool:
    lines = screen.lines()
    return (
        len(lines) == ROWS
        and all(len(line) <= COLUMNS for line in lines)
        and all(" " <= c <= "~" or c in SIGNS for line in lines for c in line)
    )


def views(screen: Confirm) -> list[Confirm]:
    """Every view, by pressing RIGHT until nothing changes."""
    seen = [screen]
    while (following := seen[-1].press(Key.RIGHT)) != seen[-1]:
        assert isinstance(following, Confirm)
        seen.append(following)
    return seen


@given(screens, st.lists(st.one_of(st.sampled_from(Key), st.characters()), max_size=60))
def test_no_keys_and_no_text_make_a_screen_too_big(screen: Screen, keys: list[Key | str]) -> None:
    look: Screen | Answer = screen
    for key in keys:
        if isinstance(look, Answer):
            return
        assert fits(look), look.lines()
        if isinstance(key, Key):
            look = look.press(key)
        elif isinstance(look, Typing):
            look = look.typed(key)


# Confirm


@given(pages)
def test_nobody_accepts_a_page_before_its_last_view(page: Page) -> None:
    for view in views(Confirm(page))[:-1]:
        for key in set(Key) - {Key.STOP, Key.LEFT}:
            assert isinstance(view.press(key), Confirm)


@given(pages)
def test_every_character_of_every_fact_is_on_some_view(page: Page) -> None:
    body = "".join("".join(view.lines()[1:-1]) for view in views(Confirm(page)))
    shown = "".join(body.split())
    for fact in page.facts:
        assert "".join(plain(fact.value).split()) in shown


@given(st.text(max_size=30), st.text(max_size=30))
def test_two_texts_never_look_the_same(one: str, two: str) -> None:
    def look(text: str) -> tuple[str, ...]:
        return Confirm(Page(Kind.DETAIL, "", (Fact("", text, Origin.HOST),))).lines()

    assert (look(one) == look(two)) == (one == two)


few = st.text(st.sampled_from("ab \\"), max_size=70)


@given(few)
def test_a_text_is_read_back_from_what_can_be_seen_of_its_lines(text: str) -> None:
    """T32: spaces at the end of a line cannot be seen, so none may be all that differs."""
    seen = [line.rstrip() for line in wrap_exact(f'"{text}"')]
    assert all(len(line) <= COLUMNS for line in seen)
    lines = (line if len(line) == COLUMNS else f"{line} " for line in seen)
    whole = "".join(lines).removesuffix(" ")[1:-1]  # the last sign is the quote
    assert whole.replace("\\x20", " ").replace("\\x5c", "\\") == text


@given(st.lists(st.text("abcdefghij", min_size=1, max_size=COLUMNS - 2), min_size=1, max_size=12))
def test_no_word_that_fits_a_line_is_broken(words: list[str]) -> None:
    lines = wrap_exact(f'"{" ".join(words)}"')
    assert [word for line in lines for word in line.strip('"').split()] == words


def test_what_the_host_says_is_quoted_and_said_to_be_the_hosts() -> None:
    fact = Fact("Label", "rent \u202e\U0001f600", Origin.HOST)
    text = "\n".join(Confirm(Page(Kind.DETAIL, "Payment", (fact,))).lines())
    assert "Label (host says)" in text
    assert '"rent \\u00202e\\u01f600"' in text


def test_an_address_is_shown_whole_in_groups_of_four() -> None:
    fact = Fact("to", ADDRESS, Origin.SIGNED, Shape.ADDRESS)
    lines = Confirm(Page(Kind.RECIPIENT, "Pay", (fact,))).lines()
    assert lines[2:4] == ("bcrt 1qw5 08d6 qejx tdg4 y5r3", "zarv ary0 c5xw 7kyg t080")


@pytest.mark.parametrize("length", [42, 44, 62, 64, 90, 400])
def test_no_group_of_an_address_is_split(length: int) -> None:
    address = (ADDRESS * 10)[:length]
    page = Page(
        Kind.RECIPIENT, "Pay", (Fact("a", "b" * 100), Fact("", address, shape=Shape.ADDRESS))
    )
    rows = [row for view in views(Confirm(page)) for row in view.lines()[1:-1]]
    shown = [group for row in rows if "b" * 10 not in row for group in row.split()]
    assert [address[i : i + 4] for i in range(0, length, 4)] == shown[-((length + 3) // 4) :]


def test_an_address_stays_on_one_view_when_a_view_can_hold_it() -> None:
    page = Page(
        Kind.RECIPIENT,
        "Pay",
        (*(Fact("", f"fact {i}") for i in range(7)), Fact("to", ADDRESS, shape=Shape.ADDRESS)),
    )
    assert len(views(Confirm(page))) == 2
    assert "bcrt 1qw5" in views(Confirm(page))[1].lines()[2]


def test_a_warning_takes_a_longer_press() -> None:
    warning = Confirm(Page(Kind.WARNING, "High fee", (Fact("", "31 % of the payment"),)))
    assert warning.press(Key.OK) == warning
    assert isinstance(warning.press(Key.HOLD), Yes)
    assert "hold: go on ✓" in warning.lines()[-1]


def test_every_view_can_be_stopped_and_left_goes_back() -> None:
    page = Page(Kind.DETAIL, "Long", tuple(Fact("", f"fact {i}") for i in range(20)))
    for number, view in enumerate(views(Confirm(page))):
        assert isinstance(view.press(Key.STOP), Rejected)
        before = view.press(Key.LEFT)
        assert isinstance(before, Back) if number == 0 else before == replace(view, view=number - 1)


# PIN, words, dice


def typed(pad: PinPad, text: str) -> PinPad:
    for character in text:
        moved = pad.typed(character)
        assert isinstance(moved, PinPad)
        pad = moved
    return pad


@given(st.text("0123456789", min_size=4, max_size=9))
def test_a_pin_can_be_entered_by_buttons_alone(pin: str) -> None:
    pad = PinPad("PIN", ORDER)
    for place in [*(ORDER.index(digit) for digit in pin), 11]:
        for _ in range((place - pad.cursor) % 12):
            moved = pad.press(Key.RIGHT)
            assert isinstance(moved, PinPad)
            pad = moved
        picked = pad.press(Key.OK)
        if isinstance(picked, PinPad):
            pad = picked
    assert isinstance(picked, Entered)
    assert bytes(pad.pin.view()) == pin.encode()


def test_a_short_pin_is_not_finished_and_no_digit_vanishes() -> None:
    pad = typed(PinPad("PIN", ORDER), "123")
    assert pad.press(Key.OK) == pad
    pad = typed(pad, "456789")
    assert "  * * * * * * * * *" in pad.lines()
    assert isinstance(pad.press(Key.OK), Entered)
    assert pad.pin.view() == b"123456789"


def test_a_pin_may_be_a_passphrase_of_64_letters_and_digits_and_says_when_it_is_full() -> None:
    pad = typed(PinPad("PIN", ORDER), "Horse7")
    assert pad.pin.view() == b"Horse7"
    pad = typed(pad, "x" * 57)
    assert "  63 characters" in pad.lines()
    pad = typed(pad, "yz")
    assert "  64 characters: it is full" in pad.lines()
    assert pad.pin.view() == b"Horse7" + b"x" * 57 + b"y"


@given(st.characters(exclude_characters=string.ascii_letters + string.digits + "\b\x7f"))
def test_a_character_that_another_keyboard_may_lack_changes_no_pin(character: str) -> None:
    pad = typed(PinPad("PIN", ORDER), "1234")
    assert pad.typed(character) == pad
    assert pad.pin.view() == b"1234"


def test_a_backspace_takes_a_character_away() -> None:
    pad = typed(PinPad("PIN", ORDER), "1234x")
    assert typed(pad, "\b").pin.view() == b"1234"
    assert typed(pad, "\b" * 9).pin.view() == b""


def test_the_pin_is_never_on_the_screen_or_in_a_repr() -> None:
    pad = typed(PinPad("PIN", ORDER), "48151623")
    assert "48151623" not in repr(pad)
    assert "48151623" not in repr(pad.pin)
    assert "48151623" not in repr(pad.press(Key.OK))
    assert ORDER not in repr(pad)
    assert pad.lines() == typed(PinPad("PIN", ORDER), "00000000").lines()


def test_a_pin_that_was_let_go_or_taken_back_is_zeros() -> None:
    with PinEntry() as pin:
        pad = typed(PinPad("PIN", ORDER, pin=pin), "12345678\b\b")
        view = memoryview(pin._buffer)
        assert bytes(view) == b"123456" + bytes(58)
        assert pad.length == len(pin) == 6
    assert bytes(view) == bytes(64)
    assert len(pin) == 0
    for copies in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copies(pin)


def test_two_pins_are_the_same_when_every_character_is() -> None:
    pins = [PinEntry() for _ in range(4)]
    for pin, text in zip(pins, ("1234", "1234", "1235", "12345"), strict=True):
        typed(PinPad("PIN", ORDER, pin=pin), text)
    assert [pins[0].equals(pin) for pin in pins] == [True, True, False, False]


def test_every_word_can_be_spelled_by_buttons_alone() -> None:
    for word in words_starting("")[::37]:
        screen: Letters | Answer = Letters("Word 1")
        while isinstance(screen, Letters):
            screen = _toward(screen, word)
        assert screen == Spelled(word)


def _toward(screen: Letters, word: str) -> Letters | Answer:
    """OK once the cursor stands on what leads to the word, else one to the right."""
    marked = next(row for row in "".join(screen.lines()).split("[")[1:]).split("]")[0]
    leads = word[len(screen.prefix) :].startswith(marked) if len(marked) == 1 else marked == word
    answer = screen.press(Key.OK if leads else Key.RIGHT)
    assert not isinstance(answer, Stopped)
    return answer


def test_a_typed_word_is_taken_with_ok_even_when_longer_ones_begin_with_it() -> None:
    for word in ("act", "car", "abandon", "zoo"):
        screen = Letters("Word 1")
        for letter in word:
            screen = screen.typed(letter)
        assert screen.press(Key.OK) == Spelled(word)


def test_letters_that_lead_nowhere_do_nothing() -> None:
    screen = Letters("Word 1", prefix="ab")
    assert screen.typed("q") == screen
    assert screen.typed("\u0430") == screen  # a Cyrillic a
    assert screen.typed("\b").prefix == "a"


def test_seed_words_are_seen_to_the_last_before_they_are_done() -> None:
    screen = Words("Write down", words_starting("ab")[:12])
    seen = []
    look: Words | Answer = screen
    while isinstance(look, Words):
        seen += [line.split()[1] for line in look.lines()[1:-1] if "." in line]
        look = look.press(Key.OK)
    assert look.__class__ is Acknowledged
    assert tuple(seen) == screen.words


def test_words_and_rolls_have_no_printable_form() -> None:
    assert "abandon" not in repr(Words("", ("abandon",)))
    assert "abandon" not in repr(Letters("", prefix="abandon"))
    assert "abandon" not in repr(Spelled("abandon"))
    assert "123456" not in repr(Dice("123456")) + repr(Rolled("123456"))


def test_dice_count_what_was_rolled() -> None:
    dice = Dice()
    for face in "6x07 1":
        dice = dice.typed(face)
    assert "2 of 50 rolls" in "\n".join(dice.lines())
    assert dice.press(Key.OK) == Rolled("61")
    assert dice.typed("\b").rolls == "6"
    assert dice.press(Key.RIGHT).press(Key.OK) == Dice("611", cursor=0)


# The rest


def test_a_menu_goes_round_and_gives_what_is_under_the_cursor() -> None:
    menu = Menu("Menu", ("one", "two", "three"))
    assert menu.press(Key.OK) == Picked("one")
    up = menu.press(Key.LEFT)
    assert isinstance(up, Menu)
    assert up.press(Key.OK) == Picked("three")
    assert isinstance(menu.press(Key.STOP), MenuClosed)
    assert Menu("", ("one",), back="").press(Key.STOP) == Menu("", ("one",), back="")


def test_a_long_menu_keeps_its_cursor_in_sight() -> None:
    menu = Menu("Menu", tuple(f"item {i}" for i in range(20)), cursor=15)
    assert "▸ item 15" in menu.lines()
    assert menu.lines()[0].endswith("16/20"), "there is more than is shown"
    assert Menu("Menu", ("one", "two")).lines()[0] == "Menu"


def test_a_question_that_needs_holding_does_nothing_on_a_short_press() -> None:
    question = Question("Erase?", ("Sure?",), hold=True)
    assert question.press(Key.OK) == question
    assert isinstance(question.press(Key.HOLD), Acknowledged)
    assert isinstance(question.press(Key.STOP), Stopped)


def test_home_opens_and_tells_the_tries_when_some_are_gone() -> None:
    assert isinstance(Home("A1B2C3").press(Key.OK), Opened)
    assert isinstance(Home("A1B2C3").press(Key.STOP), MorePressed)
    assert Home("A1B2C3", "9f3c21aa").press(Key.STOP) == Home("A1B2C3", "9f3c21aa")
    assert "tries" not in "".join(Home("A1B2C3").lines())
    assert "PIN tries left: 3." in Home("A1B2C3", "", 3).lines()


@pytest.mark.parametrize("character", ["\u00e0", "\u00c0", "1", "<", "\u0430"])
def test_a_letter_that_is_on_no_key_is_not_taken_for_one_that_is(character: str) -> None:
    assert Letters("Word 1 of 12").typed(character) == Letters("Word 1 of 12")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("25 000 sats", '"25 000 sats"'), ('"hi"', '"hi"'), ('"', '"""'), ("", '""')],
)
def test_a_line_of_the_hosts_is_in_quotes_once(value: str, shown: str) -> None:
    page = Page(Kind.DETAIL, "It says", (Fact("", value, Origin.HOST),))
    assert Confirm(page).lines()[1] == shown
