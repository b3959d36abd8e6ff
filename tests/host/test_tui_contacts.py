"""Contacts in the app: kept, completed in the pay field, warned of when somebody looks like one."""

import pytest

from host.demo.lies import LOOKALIKE
from host.payees.contacts import Contact
from host.session import forms
from tests.gallery import app_session
from tests.gallery.app_session import FakeSession
from tests.gallery.app_shots import PASTE, SENT
from tests.host.test_tui_records import at_the, funded

THEIRS = app_session.THEIRS
ANNA = Contact("Anna Berg", THEIRS)


def befriended() -> FakeSession:
    session = funded()
    session.records.people[ANNA.name] = ANNA
    return session


async def test_a_contact_is_kept_and_forgotten_on_its_page() -> None:
    session = funded()
    async with at_the(session) as person:
        assert "Nobody is kept yet." in await person.does("i")
        kept = await person.does(f"{PASTE}Anna Berg", "tab", f"{PASTE}{THEIRS}", "enter")
        assert "Anna Berg bcrt 1qw5" in kept
        assert session.records.people == {ANNA.name: ANNA}
        asked = await person.does(f"{PASTE}Anna Berg", "enter")
        assert "A name without an address forgets who has it." in asked
        assert session.records.people == {ANNA.name: ANNA}, "one press too many costs nothing"
        assert "Nobody is kept yet." in await person.does("enter")
    assert session.records.people == {}


@pytest.mark.parametrize(
    ("name", "payee", "sentence"),
    [("25k", THEIRS, "A name cannot be"), ("Bob", THEIRS[:-1], "Nothing was changed.")],
)
async def test_what_cannot_be_kept_is_said(name: str, payee: str, sentence: str) -> None:
    session = funded()
    async with at_the(session) as person:
        said = await person.does("i", f"{PASTE}{name}", "tab", f"{PASTE}{payee}", "enter")
        assert sentence in said
    assert session.records.people == {}


async def test_who_looks_like_a_contact_is_named_while_it_is_typed() -> None:
    async with at_the(befriended()) as person:
        said = await person.does("i", f"{PASTE}Bob", "tab", f"{PASTE}{LOOKALIKE}")
        assert "It begins and ends as the address of Anna Berg, and is another one." in said


async def test_a_name_is_completed_and_paid() -> None:
    session = befriended()
    async with at_the(session) as person:
        await person.does("p", *"anna")
        shown = await person.does("right")
        assert "This is Anna Berg." in shown
        assert "bcrt 1qw5 08d6" in shown
        bill = await person.does("tab", f"{PASTE}25k", "enter")
        assert "bcrt 1qw5 08d6" in bill
        assert person.state.payment is not None
        assert person.state.payment.draft.recipient == THEIRS


async def test_a_forged_address_of_a_contact_is_warned_of_before_the_device_is_asked() -> None:
    async with at_the(befriended()) as person:
        bill = await person.does("p", f"{PASTE}{LOOKALIKE}", "tab", f"{PASTE}25k", "enter")
        assert f"This is not {THEIRS}, which you know" in bill.replace(f"{THEIRS[:2]} ", THEIRS[:2])


async def test_who_was_paid_is_kept_from_the_history() -> None:
    session = funded()
    async with at_the(session) as person:
        page = await person.does(*SENT, "escape", "h", "enter", "k")
        assert THEIRS in page.replace(" ", "")
        assert "Anna bcrt 1qw5" in await person.does(f"{PASTE}Anna", "enter")
    assert session.records.people["Anna"].payee == THEIRS


async def test_nobody_is_kept_of_a_payment_that_came() -> None:
    async with at_the(funded()) as person:
        assert "Contacts" not in await person.does("h", "enter", "k")


def test_a_name_means_its_address_and_an_address_itself() -> None:
    checked = forms.payee(" ANNA  berg ", "regtest", [ANNA])
    assert checked.value is not None
    assert (checked.value.address, checked.value.label) == (THEIRS, "Anna Berg")
    plain = forms.payee(THEIRS, "regtest", [ANNA])
    assert plain.value is not None
    assert plain.value.label == ""
    assert forms.payee("Bob", "regtest", [ANNA]).wrong
