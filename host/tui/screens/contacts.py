"""People who are paid again: kept by a name, changed, forgotten."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, Static

from host.payees.contacts import Contact, name_of, of_name
from host.payees.poisoning import resembling
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import ContactWritten
from host.tui.screens.page import WalletPage, address, pointed, warned
from host.tui.widgets.field import Field

EMPTY = "Nobody is kept yet."
HINT = "A name without an address forgets who has it. Pay them by name: press p, and type it."
LOOKS_ALIKE = (
    "It begins and ends as the address of {name}, and is another one. Such an address may have been"
    " made to be copied by mistake."
)


class ContactsPage(WalletPage, can_focus=False):
    """With the address of somebody to be kept, if there is one."""

    title = "Contacts"
    place = KeyPlace.NOTE
    BINDINGS = actions.bindings(KeyPlace.NOTE)

    def __init__(self, payee: str = "") -> None:
        super().__init__()
        self._payee = payee
        self._contacts: tuple[Contact, ...] = ()

    def compose(self) -> ComposeResult:
        for name, label, text in (("name", "Name", ""), ("payee", "Address", self._payee)):
            with Horizontal(classes="field"):
                yield Label(label)
                yield Field(text, id=name, compact=True, select_on_focus=False)
        yield Static(id="advice")
        with VerticalScroll(can_focus=False):
            yield Static(id="rows")

    def first_focus(self) -> None:
        self.query_one("#name", Input).focus()

    def show(self, state: AppState) -> None:
        if state.records.contacts != self._contacts:
            self._contacts = state.records.contacts
            if self.query_one("#name", Input).value:  # what was typed is in the list now
                for field in self.query(Input):
                    field.value = ""
                self.first_focus()
        rows = Content("\n").join(map(_row, self._contacts)) if self._contacts else EMPTY
        self.query_one("#rows", Static).update(rows)
        self._say(state.problem)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._say("")

    def _say(self, problem: str) -> None:
        payee = self.query_one("#payee", Input).value.strip()
        other = resembling(payee, [contact.payee for contact in self._contacts]) if payee else ""
        warning = LOOKS_ALIKE.format(name=name_of(other, self._contacts)) if other else ""
        news = warned(warning) if warning and not problem else pointed(problem or HINT)
        self.query_one("#advice", Static).update(news)

    def action_copy_text(self) -> None:
        """The address of whose name is in the field, or what the page says."""
        contact = of_name(self.query_one("#name", Input).value, self._contacts)
        if contact is None:
            super().action_copy_text()
        else:
            self.copy(contact.payee)

    @on(Input.Submitted)
    def action_keep(self) -> None:
        """An empty address forgets somebody, but only where the address is asked for."""
        name = self.query_one("#name", Input).value
        payee = self.query_one("#payee", Input)
        is_contact = of_name(name, self._contacts) is not None
        if not name.strip():
            self.first_focus()
        elif not payee.value.strip() and not (is_contact and payee.has_focus):
            payee.focus()
        else:
            self.post_message(ContactWritten(name, payee.value))


def _row(contact: Contact) -> Content:
    return Content.assemble((f"{contact.name}\n  ", "bold"), address(contact.payee))


PAGE = ContactsPage
