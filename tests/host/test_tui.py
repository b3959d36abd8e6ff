"""The app as a person meets it, on a session in memory: keys in, sentences on the screen out."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.app import App
from textual.pilot import Pilot

from host.app.verify_address import NOT_THE_SAME
from host.demo.control import UNREACHABLE
from host.errors import HostError
from host.session import wording
from host.session.api import UnfinishedPayment
from host.tui.app import QuietkeyApp
from host.tui.screens.page import WalletPage, address
from host.values import Draft
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening, opening_of
from tests.gallery.app_shots import APPROVED, PASTE, press, settle
from tests.gallery.app_wallets import FakeWallets
from tests.goldens import screen_text

WIDE, NARROW = (120, 40), (80, 24)
BOTH = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x40", "80x24"])
FORM = ("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}25000")


class Person:
    """Presses keys and reads the screen."""

    def __init__(self, pilot: Pilot[int]) -> None:
        self._pilot = pilot

    async def does(self, *keys: str) -> str:
        """Press these keys, then read."""
        for key in keys:
            await press(self._pilot, key)
        return await self.reads()

    @property
    def app(self) -> App[int]:
        return self._pilot.app

    async def reads(self) -> str:
        """What is on the screen, words only, lines joined: a sentence may be wrapped."""
        await settle(self._pilot)
        await self._pilot.pause()
        rows = screen_text(self._pilot.app).replace("\N{NO-BREAK SPACE}", " ").splitlines()
        halves = [re.split("││|╮╭|╯╰", row) for row in rows]
        panels = [half[0] for half in halves] + [half[1] for half in halves if len(half) > 1]
        return re.sub(r"[│╭╮╰╯─▌▐▛▜▙▟▀▄█\s]+", " ", " ".join(panels))

    async def clicks(self, selector: str) -> str:
        await self._pilot.click(selector)
        return await self.reads()


@asynccontextmanager
async def at_the(
    session: FakeSession, size: tuple[int, int] = WIDE, *, welcome: bool = False
) -> AsyncIterator[Person]:
    opening = opening_of(session)
    wallets = FakeWallets(opening) if welcome else None
    app = QuietkeyApp(None if welcome else opening, wallets=wallets, clock=FedClock())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Person(pilot)


def funded() -> FakeSession:
    return FakeSession(app_session.HOME, funded=True)


@BOTH
async def test_a_new_device_is_led_to_its_menu_and_paired_by_itself(size: tuple[int, int]) -> None:
    session = FakeSession(app_session.NEW)
    async with at_the(session, size) as person:
        assert "Press d and choose New wallet" in await person.reads()
        await person.does("d", "enter")
        assert session.pressed == ["ok"]
        session.show(app_session.HOME)
        assert "Press f to get some from the faucet" in await person.reads()
        assert "5 000 000 sats" in await person.does("f")


@BOTH
async def test_a_payment_goes_from_the_form_to_a_block(size: tuple[int, int]) -> None:
    session = funded()
    async with at_the(session, size) as person:
        assert "25 000 sats, ≈ 0.5 % of your coins" in await person.does(*FORM)
        preview = await person.does("enter")
        assert "141 sats 1 sat/vB · 0.6 % of what you pay" in preview
        assert " ".join(app_session.WORDS) in preview
        assert not session.signed, "nothing is asked of the device before the preview was accepted"
        asked = await person.does("enter")
        assert "The device asks you to check the payment." in asked
        assert "Recipient 1 of 1 page 1/3" in asked, "the device is in front by itself"
        sent = await person.does(*APPROVED)
        assert "seen by 2 of 3" in sent
        assert "Waiting for a block" in sent, "the wallet is in front again"
        assert "In a block block 144" in await person.does("m")
        assert "4 974 859 sats" in await person.does("escape")


@BOTH
async def test_no_on_the_device_ends_in_a_sentence_and_the_next_try_works(
    size: tuple[int, int],
) -> None:
    async with at_the(funded(), size) as person:
        declined = await person.does(*FORM, "enter", "enter", "escape")
        assert "You said no on the device. Nothing was paid." in declined
        assert "Press enter to try again" in declined
        assert "seen by 2 of 3" in await person.does("enter", *APPROVED)


async def test_a_pulled_cable_names_the_key_that_plugs_it_in() -> None:
    session = funded()
    async with at_the(session) as person:
        pulled = await person.does(*FORM, "enter", "enter", "tab", "u")
        assert "The cable was pulled. Nothing was paid." in pulled
        assert "Press u to plug the cable in, then enter to try again" in pulled
        assert "Device ✗ unplugged" in pulled
        assert "Press u to plug it in" in await person.does("enter")
        assert "The device asks you" in await person.does("u", "enter")
        assert "seen by 2 of 3" in await person.does(*APPROVED)


async def test_a_dead_network_keeps_the_signed_payment() -> None:
    session = funded()
    session.trouble["send"] = "None of the 3 peers answers. Nothing was sent."
    async with at_the(session) as person:
        stuck = await person.does(*FORM, "enter", "enter", *APPROVED)
        assert "None of the 3 peers answers." in stuck
        assert "The signed payment is kept. Press enter to send it again" in stuck
        assert "seen by 2 of 3" in await person.does("enter")
        assert len(session.signed) == 1, "the device is not asked twice for one payment"


async def test_without_a_living_node_the_way_out_starts_at_the_network() -> None:
    session = funded()
    session.trouble["send"] = "None of the 3 peers answers. Nothing was sent."
    async with at_the(session) as person:
        await person.does("n", "k", "down", "k", "down", "k")
        stuck = await person.does(*FORM, "enter", "enter", *APPROVED)
        assert "no peers" in stuck
        assert "Press n and start a node there" in stuck
        assert "seen by 2 of 3" in await person.does("n", "k", "p", "enter")


async def test_waiting_for_the_device_can_be_stopped() -> None:
    session = funded()
    async with at_the(session) as person:
        stopped = await person.does(*FORM, "enter", "enter", "tab", "escape")
        assert "You stopped waiting. The device cancelled it, and nothing was signed." in stopped
        assert "The host went away." in stopped, "the device took its question back"
        assert "seen by 2 of 3" in await person.does("enter", *APPROVED)


async def test_leaving_a_preview_discards_it() -> None:
    session = funded()
    async with at_the(session) as person:
        home = await person.does(*FORM, "enter", "escape")
        assert "Press p to pay" in home
        assert [draft.recipient for draft in session.discarded] == [app_session.THEIRS]


async def test_a_payment_left_by_an_earlier_run_waits_on_its_page() -> None:
    session = funded()
    session.left_over = UnfinishedPayment(
        Draft(b"", app_session.THEIRS, 25_000, 141), app_session.PAYMENT
    )
    async with at_the(session) as person:
        assert "A payment was left half way. Press p to go on with it." in await person.reads()
        assert "seen by 2 of 3" in await person.does("p", "enter")
        assert not session.signed


@BOTH
async def test_an_address_is_checked_on_the_device(size: tuple[int, int]) -> None:
    session = funded()
    async with at_the(session, size) as person:
        assert "Press v to let the device show it." in await person.does("r")
        asked = await person.does("v")
        groups = " ".join(
            app_session.OURS[at : at + 4] for at in range(0, len(app_session.OURS), 4)
        )
        assert groups in asked, "what the wallet says stands beside what the device says"
        assert "The device derives the same address." in await person.does("space")
        assert [each.address for each in session.verified] == [app_session.OURS]


@BOTH
async def test_no_to_an_address_is_an_alarm_and_takes_it_off_the_page(
    size: tuple[int, int],
) -> None:
    session = funded()
    group = app_session.OURS[8:12]
    async with at_the(session, size) as person:
        assert group in await person.does("r")
        alarm = await person.does("v", "escape")
        assert NOT_THE_SAME in alarm
        assert group not in alarm
        assert "█" not in screen_text(person.app), "nor its code"
        assert "Press r for another address." in alarm
        assert NOT_THE_SAME in await person.does("v"), "it cannot be checked again"
        another = await person.does("r")
        assert group in another
        assert "number 1" in another
        assert NOT_THE_SAME not in another


def test_every_group_of_an_address_is_equally_bright() -> None:
    (span,) = address(app_session.THEIRS).spans
    assert (span.start, span.end) == (0, len(address(app_session.THEIRS).plain))


async def test_what_else_goes_wrong_while_an_address_is_checked_stands_on_its_page() -> None:
    session = funded()
    session.trouble["verify"] = "The device cannot show addresses."
    async with at_the(session) as person:
        text = await person.does("r", "v")
        assert "The device cannot show addresses." in text
        assert "is yours" not in text


async def test_a_locked_device_is_asked_for_its_pin_first() -> None:
    session = FakeSession(app_session.LOCKED, funded=True)
    session.hold_unlock()
    async with at_the(session) as person:
        assert "The device asks for its PIN." in await person.does(*FORM, "enter", "enter")
        assert await person.does("1", "q", "backspace")
        assert session.pressed == ["1", "q", "\b"], "what a PIN may hold goes to the device"
        session.unlocks()
        assert "The device asks you to check the payment." in await person.reads()


async def test_letters_go_to_the_device_only_while_it_asks_for_letters() -> None:
    session = FakeSession(app_session.NEW)
    async with at_the(session) as person:
        session.show(app_session.LETTERS)
        await person.reads()
        await person.does("d", "p", "x", "q")
        assert session.pressed == ["p", "x", "q"]
        session.show(replace(app_session.HOME, state="empty", fingerprint=""))
        await person.reads()
        await person.does("x", "u", "q", "f")
        assert session.pressed[3:] == [], "no letter is a key of the app, and none of the device"
        await person.does("escape")
        assert session.pressed[3:] == ["stop"]


async def test_the_mouse_presses_the_buttons() -> None:
    session = FakeSession(app_session.NEW)
    async with at_the(session) as person:
        for key in ("stop", "left", "right", "ok"):
            await person.clicks(f"#press-{key}")
            assert session.pressed[-1] == key


@pytest.mark.parametrize(
    ("address", "sats", "says"),
    [
        (app_session.THEIRS[:-1] + "q", "1000", "is probably wrong"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "1000", "belongs to the main network"),
        (app_session.THEIRS, "6000000", "more than the 5 000 000 sats you have"),
        (app_session.THEIRS, "0", "1 sat or more"),
        (app_session.THEIRS, "1.5", "A sat cannot be divided"),
    ],
)
async def test_a_form_that_cannot_be_right_says_why_and_asks_nobody(
    address: str, sats: str, says: str
) -> None:
    session = funded()
    async with at_the(session) as person:
        text = await person.does("p", f"{PASTE}{address}", "tab", f"{PASTE}{sats}", "enter")
        assert says in text
        assert "Words" not in text


async def test_an_address_may_be_pasted_with_its_spaces() -> None:
    spaced = " ".join(
        app_session.THEIRS[at : at + 4] for at in range(0, len(app_session.THEIRS), 4)
    )
    async with at_the(funded()) as person:
        text = await person.does("p", f"{PASTE}{spaced}", "tab", f"{PASTE}25 000", "enter")
        assert "comes back to you" in text


async def test_what_the_wallet_refuses_stands_on_the_form() -> None:
    session = funded()
    session.trouble["draft"] = "200 sats is too little. No payment was created."
    async with at_the(session) as person:
        text = await person.does(*FORM, "enter")
        assert "200 sats is too little. No payment was created." in text
        assert "25000" in text, "what was typed is still there"
        assert "Words" in await person.does("enter")


async def test_amounts_are_shown_in_btc_on_a_key() -> None:
    async with at_the(funded()) as person:
        assert "0.05000000 BTC" in await person.does("b")
        assert "5 000 000 sats" in await person.does("b")


async def test_parts_that_do_not_start_leave_a_sentence_and_a_way_out() -> None:
    async def start(_: Callable[[str], None]) -> FakeSession:
        raise HostError("The device did not start. Nothing was lost.")

    app = QuietkeyApp(opening(start))
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        text = screen_text(app)
        assert "The device did not start. Nothing was lost." in text
        assert "q Quit" in text


async def test_the_first_question_starts_nothing_before_it_is_answered() -> None:
    session = FakeSession(app_session.NEW)
    async with at_the(session, welcome=True) as person:
        assert "How would you like to begin?" in await person.reads()
        assert "Which network?" in await person.does("down", "enter")
        await person.does("escape")
        assert "The device is new." in await person.does("enter")


async def test_another_wallet_takes_the_place_of_the_one_that_is_open() -> None:
    sessions = [funded(), FakeSession(app_session.HOME, paired=True)]

    async def start(_: Callable[[str], None]) -> FakeSession:
        return sessions[min(len(wallets.chosen), 1)]

    wallets = FakeWallets(opening(start), "savings", "spending")
    app = QuietkeyApp(wallets.usual(), wallets=wallets, clock=FedClock())
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        person = Person(pilot)
        assert "5 000 000 sats" in await person.reads()
        assert "Open now." in await person.does("o")
        assert "5 000 000 sats" in await person.does("escape")
        assert "Balance 0 sats" in await person.does("o", "down", "enter")
        assert wallets.chosen == ["spending"]
        assert sessions[0].closed


async def test_a_payment_that_is_asked_about_keeps_its_wallet_open() -> None:
    wallets = FakeWallets(opening_of(funded()), "savings")
    app = QuietkeyApp(wallets.usual(), wallets=wallets, clock=FedClock())
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        text = await Person(pilot).does(*FORM, "enter", "o")
        assert "Finish that first, or leave with q." in text


async def test_a_device_that_stopped_is_said_so_and_no_cable_helps() -> None:
    session = funded()
    async with at_the(session) as person:
        await person.does(*FORM, "enter", "enter")
        session.stop(UNREACHABLE)
        stopped = await person.reads()
        assert UNREACHABLE in stopped
        assert "Device ✗ stopped" in stopped
        assert "Press u" not in stopped
        assert "Recipient 1 of 1" not in stopped, "its screen is gone, too"
        assert UNREACHABLE in await person.does("u", "w")
        assert not session.plugged


async def test_an_erased_device_is_named_instead_of_waited_for() -> None:
    session = funded()
    async with at_the(session) as person:
        session.show(app_session.NEW)
        assert "The device is new. Press d" in await person.does("w")
        asked = await person.does(*FORM, "enter", "enter")
        assert "The device has no seed. Nothing was paid. Press d" in asked
        assert not session.signed
        checked = await person.does("r", "v")
        assert "The device has no seed." in checked
        assert not session.verified
        session.show(app_session.HOME)
        assert "The device asks you to check the payment." in await person.does("p", "enter")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ((*FORM, "enter"), wording.LOSES_DRAFT),
        ((*FORM, "enter", "enter", "tab"), wording.LOSES_QUESTION),
        (("r", "v", "tab"), wording.LOSES_QUESTION),
    ],
    ids=["draft", "payment asked", "address asked"],
)
async def test_leaving_asks_when_something_would_be_lost(keys: tuple[str, ...], says: str) -> None:
    session = funded()
    async with at_the(session) as person:
        assert says in await person.does(*keys, "q")
        await person.does("q", "y", "enter", "space")
        assert person.app.is_running, "no letter ends it"
        assert says not in await person.does("escape")
        await person.does("q", "ctrl+q")
        assert not person.app.is_running


async def test_words_on_the_device_are_not_left_by_a_key() -> None:
    session = FakeSession(app_session.NEW)
    async with at_the(session) as person:
        session.show(replace(app_session.NEW, kind="words"))
        assert wording.LOSES_SETUP in await person.does("d", "ctrl+q")


async def test_a_demo_that_keeps_nothing_says_so_before_it_ends() -> None:
    session = funded()
    app = QuietkeyApp(opening_of(session, keeps=False), clock=FedClock())
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        assert wording.KEEPS_NOTHING in await Person(pilot).does("q")
        assert app.is_running


async def test_a_demo_without_a_seed_has_nothing_to_lose() -> None:
    app = QuietkeyApp(opening_of(FakeSession(app_session.NEW), keeps=False), clock=FedClock())
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        await press(pilot, "q")
        assert not app.is_running


async def test_two_pages_turned_at_once_are_turned_one_after_the_other() -> None:
    session = funded()
    async with at_the(session) as person:
        app = person.app
        assert isinstance(app, QuietkeyApp)
        turns = [
            asyncio.ensure_future(app.action_turn(page))
            for page in ("coins", "pay", "history", "network", "pay", "receive", "home")
        ]
        while not all(turn.done() for turn in turns):
            app.change(btc=not app.state.btc)
            app.device_asks("" if app.state.asking else wording.ASKS_PIN)
            assert len(app.query(WalletPage)) <= 1
            await asyncio.sleep(0)
        await asyncio.gather(*turns)
        app.device_asks("")
        assert "Press p to pay" in await person.reads()


async def test_quitting_ends_what_was_started() -> None:
    session = funded()
    async with at_the(session) as person:
        await person.does("q")
    assert session.closed


async def test_a_paste_of_several_lines_is_one_address_and_a_secret_does_not_stay() -> None:
    half = len(app_session.THEIRS) // 2
    lines = f"{app_session.THEIRS[:half]}\r\n{app_session.THEIRS[half:]}\n"
    key = "KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617"
    async with at_the(funded()) as person:
        text = await person.does("p", f"{PASTE}{key}")
        assert "This is a private key (WIF)." in text
        assert key[:6] not in text
        text = await person.does(f"{PASTE}{lines}", "tab", f"{PASTE}0.00025 BTC", "enter")
        assert "25 000 sats" in text
        assert "comes back to you" in text


OTHER = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6"


async def test_two_are_paid_the_second_all_that_is_left() -> None:
    session = funded()
    async with at_the(session) as person:
        await person.does("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}25k", "ctrl+n")
        text = await person.does(f"{PASTE}{OTHER}", "tab", f"{PASTE}max")
        assert "25 000 sats " in text
        assert "All of 4 975 000 sats, less the fee." in text
        text = await person.does("enter")
        first, second = (" ".join(wording.fours(name)) for name in (app_session.THEIRS, OTHER))
        assert f"To 25 000 sats {first} 4 974 859 sats {second} Amount" in text
        assert "comes back to you" not in text


async def test_a_recipient_can_be_taken_back_and_only_one_gets_the_rest() -> None:
    async with at_the(funded()) as person:
        await person.does("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}max", "ctrl+n")
        text = await person.does(f"{PASTE}{OTHER}", "tab", f"{PASTE}all")
        assert "Only one can get all that is left." in text
        text = await person.does("ctrl+z")
        assert "All of 5 000 000 sats" in text
        assert "all that is left" not in text


async def test_coins_are_chosen_and_frozen_from_the_keyboard() -> None:
    session = funded()
    session.live_long()
    async with at_the(session) as person:
        text = await person.does("c", "space")
        assert "chosen" in text
        assert "1 coin chosen, " in text
        text = await person.does("p")
        assert "Paid out of the coin you chose" in text
        text = await person.does("escape", "c", "z")
        assert "frozen" in text
        assert "1 coin chosen" not in text
        assert "frozen" not in await person.does("z")


async def test_an_address_is_copied_by_the_terminal_and_a_refused_one_is_not() -> None:
    async with at_the(funded()) as person:
        await person.does("r")
        shown = await person.does("y")
        assert person.app.clipboard == app_session.OURS
        assert "compare what you paste" in shown
        await person.does("v", "escape")
        person.app.copy_to_clipboard("before")
        await person.does("y")
        assert person.app.clipboard == "before"
