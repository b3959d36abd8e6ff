"""Labels, requests and addresses in the app: what is written down, and what a code then says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import zxingcpp
from PIL import Image

from host.payees import read_payee
from host.session import record_tasks
from host.session.record_tasks import NOT_OURS
from host.session.state import IssuedAddress
from host.tui.app import QuietkeyApp
from host.tui.screens import receive
from host.values import OwnAddress, ReceiveAddress
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import PASTE
from tests.host.faces import Face
from tests.host.pilots import Watcher
from tests.nights import AT_NIGHT

OURS = ReceiveAddress(app_session.OURS, 0, app_session.PATH)
BOTH = pytest.mark.parametrize(
    "size", [(80, 24), pytest.param((120, 40), marks=AT_NIGHT)], ids=["80x24", "120x40"]
)


class Typist(Watcher):
    """Presses keys and reads what comes of them."""

    async def does(self, *keys: str) -> str:
        await self.presses(*keys)
        return await self.reads()

    @property
    def app(self) -> QuietkeyApp:
        return self._app

    @property
    def clipboard(self) -> str:
        """What the terminal was asked to copy last."""
        return self._app.clipboard


@asynccontextmanager
async def at_the(session: FakeSession, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Typist]:
    app = QuietkeyApp(opening_of(session), clock=FedClock())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Typist(pilot, app)


def funded() -> FakeSession:
    return FakeSession(app_session.HOME, funded=True)


def read(matrix: object) -> str:
    """What a camera reads of a code."""
    rows = [list(row) for row in matrix]  # type: ignore[attr-defined]
    side = len(rows) + 8
    image = Image.new("L", (side, side), 255)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            image.putpixel((x + 4, y + 4), 0 if dark else 255)
    (code,) = zxingcpp.read_barcodes(image.resize((side * 6, side * 6), Image.Resampling.NEAREST))
    return str(code.text)


# A request


@pytest.mark.parametrize(
    ("sats", "label"), [(None, ""), (25_000, ""), (None, "Rent"), (123_456, "Rent, May")]
)
def test_the_code_of_a_request_means_what_was_asked_for(sats: int | None, label: str) -> None:
    issued = IssuedAddress(OURS, sats=sats, label=label)
    payee = read_payee(read(receive._request_matrix(issued)), "regtest")
    assert (payee.address, payee.sats, payee.label) == (OURS.address, sats, label)


def test_a_long_label_is_left_out_of_the_code_and_the_page_says_so() -> None:
    issued = IssuedAddress(OURS, sats=25_000, label="Rent " * 20)
    matrix = receive._request_matrix(issued)
    assert len(matrix) <= receive.MOST_MODULES
    payee = read_payee(read(matrix), "regtest")
    assert (payee.sats, payee.label) == (25_000, "")
    assert receive.NO_ROOM in receive._asked(issued).plain


def test_an_old_address_keeps_its_letters_in_a_request() -> None:
    old = ReceiveAddress("mkHS9ne12qx9pS9VojpwU5xtRd4T7X7ZUt", 0, ())
    issued = IssuedAddress(old, sats=1_000)
    assert read(receive._request_matrix(issued)) == f"bitcoin:{old.address}?amount=0.00001"


@BOTH
async def test_an_amount_and_a_label_make_a_request_that_is_copied(size: tuple[int, int]) -> None:
    session = funded()
    async with at_the(session, size) as person:
        asking = await person.does("r", "a")
        assert "Leave it empty for any amount." in asking
        shown = await person.does(f"{PASTE}25k", "tab", f"{PASTE}Rent", "enter")
        assert "Asks for 25 000 sats" in shown
        assert "For Rent" in shown
        issued = person.state.issued
        assert issued is not None
        assert issued.link == f"bitcoin:{OURS.address}?amount=0.00025&label=Rent"
        assert session.records.written == {OURS.address: "Rent"}
        assert "Amount 25000" in await person.does("a")
        assert "Asks for" in await person.does("escape")


async def test_what_is_no_amount_is_said_and_not_asked_for() -> None:
    session = funded()
    async with at_the(session) as person:
        for wrong in ("max", "1e9", "0.000000001"):
            await person.does("r", "a", f"{PASTE}{wrong}", "enter")
            shown = await person.reads()
            assert "Ask for a payment" in shown
            assert "Leave it empty" not in shown
            await person.does("escape")
        assert person.state.issued is not None
        assert person.state.issued.sats is None
    assert session.records.written == {}


async def test_a_refused_address_asks_for_nothing() -> None:
    async with at_the(funded()) as person:
        await person.does("r", "v", "escape")
        assert person.state.issued is not None
        assert person.state.issued.alarm
        assert "Ask for a payment" not in await person.does("a")


# Labels


@BOTH
async def test_a_label_is_written_to_a_payment_and_stands_in_the_history(
    size: tuple[int, int],
) -> None:
    session = funded()
    async with at_the(session, size) as person:
        await person.does("h", "enter", "l")
        assert "Label Wages of May" in await person.does(f"{PASTE}Wages of May", "enter")
        assert session.records.written == {app_session.FUNDING: "Wages of May"}
        assert "Wages of May" in await person.does("escape")
        again = await person.does("enter", "l")
        assert "Label Wages of May" in again, "what was written is there to be changed"
        await person.does("escape")
    assert session.records.written == {app_session.FUNDING: "Wages of May"}


async def test_a_label_with_a_control_sign_is_one_line() -> None:
    session = funded()
    async with at_the(session) as person:
        await person.does("h", "enter", "l", f"{PASTE}one\n\x1b[2Jtwo", "enter")
    assert session.records.written == {app_session.FUNDING: "one [2Jtwo"}


# Addresses


@BOTH
async def test_whose_an_address_is_is_answered_on_its_page(size: tuple[int, int]) -> None:
    session = funded()
    own = OwnAddress(OURS.address, True, 7, (*OURS.path[:-2], 1, 7), False, False)
    session.records.own[OURS.address] = own
    async with at_the(session, size) as person:
        assert "No address was given to anybody yet." in await person.does("e")
        mine = await person.does(f"{PASTE}{OURS.address}", "enter")
        assert "Yours: change address 7, path 84h/1h/0h/1/7. Nobody paid to it yet." in mine
        await person.does("escape", "e")
        other = await person.does(f"{PASTE}{app_session.THEIRS}", "enter")
        assert NOT_OURS in other
        assert "Yours" not in other
        assert "Paste an address" in await person.does("escape", "e"), "the answer is gone"


async def test_letters_in_the_field_turn_no_page() -> None:
    async with at_the(funded()) as person:
        await person.does("e")
        assert "Addresses" in await person.does(*"phqn")
        assert not person.state.problem


# Without a screen


async def test_a_wallet_whose_records_cannot_be_read_says_so() -> None:
    session = funded()
    host = Face(session)
    await record_tasks.write_label(host, app_session.FUNDING, "Wages")
    assert host.state.records.labels == {app_session.FUNDING: "Wages"}
    await record_tasks.keep_contact(host, "Anna", app_session.THEIRS)
    assert [contact.name for contact in host.state.records.contacts] == ["Anna"]
    await record_tasks.keep_contact(host, "25k", app_session.THEIRS)
    assert "A name cannot be" in host.state.problem
    await record_tasks.keep_contact(host, "Anna", "")
    assert host.state.records.contacts == ()
    assert not host.state.problem


async def test_no_request_is_made_without_an_address() -> None:
    session = funded()
    host = Face(session)
    await record_tasks.ask_for(host, 25_000, "Rent")
    alarmed = replace(IssuedAddress(OURS), alarm="Not the same.")
    host.change(issued=alarmed)
    await record_tasks.ask_for(host, 25_000, "Rent")
    assert host.state.issued == alarmed
    assert session.records.written == {}
