"""T106: a payment that is signed unread. Few pages, what leaves first, and the last yes is held."""

from collections.abc import Sequence
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_emu.emulator import Emulator
from firmware_emu.events import KeyPressed
from firmware_emu.screens import Key
from firmware_emu.screens.confirm import Back, Confirm, Rejected, Yes
from signer.formats.words.digest_words import digest_words
from signer.review import Fact, Kind, Page
from tests import psbts
from tests.psbts import PAYEE, Draft, Out, draft, keyring

FOLDED = Page(Kind.DETAIL, "Details", (Fact("", "read by few"),), (Fact("", "read by all"),))
PLAIN = Page(Kind.RECIPIENT, "Recipient 1 of 1", (Fact("", "25 000 sats"),))
H = 1 << 31
KEY = [84 + H, 1 + H, H, 0, 0]


def asked(made: Draft) -> Emulator:
    device = Emulator()
    device.request("sign_psbt", {"network": "localtest", "psbt": made.encode()})
    assert device.screen.kind == "confirm"
    return device


def test_a_normal_payment_is_three_presses_and_the_last_is_held() -> None:
    device = asked(draft(keyring(), fee_sats=141))
    recipient, details = device.screen, device.press("ok")
    assert recipient.lines[0].split() == ["Recipient", "1", "of", "1", "page", "1/3"]
    assert recipient.lines[1] == "Pay 25 000 sats"
    assert "bcrt1qd5rjcgqc8utye96v4exs0gkr2w8a7ssv5sh37u" in "".join(
        "".join(recipient.lines).split()
    )
    assert details.lines[1] == "Change to you 74 859 sats"
    total = device.press("ok")
    assert total.lines[1:5] == (
        "Pay 25 000 sats",
        "Fee 141 sats (0.6 %)",
        "Rate 1.0 sat/vB",
        "Total 25 141 sats",
    )
    assert total.lines[-1].endswith("hold: sign ✓")
    assert device.press("ok") == total, "a tap is no yes to a signature"
    assert device.press("hold").lines[0] == "Signed"


def pressed_after(gaps: Sequence[float]) -> tuple[Emulator, float]:
    """OK pressed after each of these pauses, from the moment the payment is shown; and the time."""
    device = asked(draft(keyring(), fee_sats=141))
    began = device._clock.now_s
    for seconds in gaps:
        device._clock.now_s += seconds
        device.shell.happen(KeyPressed(Key.OK))
    return device, device._clock.now_s - began


def test_the_fastest_three_presses_take_over_two_seconds() -> None:
    """0.4 s for each page, a second for the last key; a little less of any, and it is no yes."""
    repeats = [0.1] * 10
    for gaps, is_signed in (
        ([0.41, 0.41, 0.41, *repeats], True),
        ([0.39, 0.41, 0.41, *repeats], False),
        ([0.41, 0.39, 0.41, *repeats], False),
        ([0.41, 0.41, 0.41, *repeats[:-1]], False),
    ):
        device, seconds = pressed_after(gaps)
        assert (device.screen.lines[0] == "Signed") is is_signed, gaps
        assert not is_signed or seconds > 2.2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0.001, 0.02, 0.05, 0.1, 0.13, 0.2, 0.4, 0.41]), max_size=100))
def test_no_presses_within_1_2_seconds_sign(gaps: list[float]) -> None:
    in_time = [gap for gap, passed in zip(gaps, accumulate(gaps), strict=True) if passed <= 1.2]
    device, seconds = pressed_after(in_time)
    assert seconds <= 1.2 + 1e-9  # the sum of the same numbers in another order
    assert device.screen.kind == "confirm"


def test_the_words_that_the_host_shows_are_asked_about_and_not_told_afterwards() -> None:
    made = draft(keyring())
    device = asked(made)
    words = digest_words(psbts.review(made.encode(), keyring()).subject.psbt.unsigned_tx)
    assert " ".join(words) in " ".join(device.press("ok", "ok").text.split())
    assert device.screen.kind == "confirm"


@pytest.mark.parametrize("count", [2, 5])
def test_each_recipient_is_a_press_more(count: int) -> None:
    device = asked(draft(keyring(), outputs=((9_000, PAYEE),) * count))
    for number in range(count):
        assert device.screen.lines[0].startswith(f"Recipient {number + 1} of {count}")
        device.press("ok")
    device.press("ok", "hold")
    assert device.screen.lines[0] == "Signed"


@pytest.mark.parametrize(
    ("odd", "title"),
    [
        (Out([], 0, b"\x6a\x01x"), "Data 1 of 1"),
        (psbts.change(keyring(), psbts.path("tr", 0, 3), 0), "To your other account"),
    ],
)
def test_nothing_that_leaves_or_moves_is_passed_with_the_details(odd: Out, title: str) -> None:
    made = draft(keyring())
    odd.sats = 1_000 if odd.records else 0
    made.outs[1].sats -= odd.sats
    made.outs.append(odd)
    device = asked(made)
    titles = []
    while device.screen.kind == "confirm":
        titles.append(device.screen.lines[0])
        device.press("hold")
    assert any(shown.startswith(title) for shown in titles)


def test_a_folded_page_is_read_by_right_and_accepted_on_any_of_its_views() -> None:
    first = Confirm(FOLDED, 2, 3)
    second = first.press(Key.RIGHT)
    assert isinstance(second, Confirm)
    assert "read by all" in first.lines()
    assert "read by few" in second.lines()
    assert first.lines()[-1].split() == ["✗", "stop", "◂", "1/2", "▸", "next", "✓"]
    for view in (first, second):
        assert isinstance(view.press(Key.OK), Yes)
        assert isinstance(view.press(Key.STOP), Rejected)
    assert second.press(Key.LEFT) == first
    assert isinstance(first.press(Key.LEFT), Back)


def test_a_page_that_is_not_folded_is_accepted_on_its_last_view_alone() -> None:
    page = Page(Kind.DETAIL, "Long", tuple(Fact("", f"fact {n}") for n in range(9)))
    view = Confirm(page).press(Key.OK)
    assert isinstance(view, Confirm)
    assert isinstance(view.press(Key.OK), Yes)


@pytest.mark.parametrize("page", [PLAIN, FOLDED])
def test_what_asks_for_a_hold_takes_no_tap(page: Page) -> None:
    held = Confirm(page, 3, 3, "sign", hold=True)
    assert held.asks_hold
    assert held.press(Key.OK) == held
    assert isinstance(held.press(Key.HOLD), Yes)
    assert not Confirm(page, 3, 3, "sign").asks_hold


def test_a_view_that_only_leads_on_asks_for_no_hold() -> None:
    page = Page(Kind.WARNING, "High fee", tuple(Fact("", f"fact {n}") for n in range(9)))
    first = Confirm(page)
    last = first.press(Key.OK)
    assert isinstance(last, Confirm)
    assert [first.asks_hold, last.asks_hold] == [False, True]


def test_a_message_and_an_account_are_held_too_and_an_address_is_not() -> None:
    message = Emulator()
    message.request("sign_message", {"path": KEY, "message": "I am here"})
    assert message.approve()[-1].lines[-1].endswith("hold: sign ✓")
    registration = Emulator()
    texts = [psbts.key_text(keyring()), psbts.key_text(keyring(psbts.OTHER))]
    policy = {"descriptor": "wsh(sortedmulti(2,@0/**,@1/**))", "descriptor_name": "family"}
    keys = {"@0": texts[0], "@1": texts[1]}
    params = {"network": "localtest", "datavalues": keys} | policy
    registration.request("register_descriptor", params)
    assert registration.approve()[-1].lines[-1].endswith("hold: register ✓")
    address = Emulator()
    where = {"network": "localtest", "path": KEY, "variant": "wpkh(k)"}
    request = address.request("get_receive_address", where)
    assert address.screen.lines[-1].endswith("the same ✓")
    address.press("ok")
    assert request.answered
