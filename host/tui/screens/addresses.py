"""The addresses that were given to somebody, and a field that tells whose an address is."""

from datetime import UTC, datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, Static

from host.session import wording
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import AddressSought
from host.tui.screens.page import WalletPage, address, pointed
from host.tui.widgets.field import Field
from host.values import GivenAddress

EMPTY = "No address was given to anybody yet. Press esc, then r for one."
HINT = "Paste an address and press enter to learn whether it is yours."


class AddressesPage(WalletPage, can_focus=False):
    title = "Addresses"
    place = KeyPlace.ADDRESSES
    BINDINGS = actions.bindings(KeyPlace.ADDRESSES)

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Label("Address")
            yield Field(id="sought", compact=True)
        yield Static(id="advice")
        with VerticalScroll(can_focus=False):
            yield Static(id="rows")

    def first_focus(self) -> None:
        self.query_one("#sought", Input).focus()

    def show(self, state: AppState) -> None:
        given = state.records.given
        news = state.problem or state.busy or state.answer or wording.gap_warning(given) or HINT
        self.query_one("#advice", Static).update(pointed(news))
        rows = Content("\n").join(_row(row, state) for row in given)
        self.query_one("#rows", Static).update(rows if given else EMPTY)

    @on(Input.Submitted)
    def action_find(self) -> None:
        if text := self.query_one("#sought", Input).value.strip():
            self.post_message(AddressSought(text))

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)


def _row(row: GivenAddress, state: AppState) -> Content:
    issued = datetime.fromtimestamp(row.issued or 0, UTC)
    day = "elsewhere" if row.issued is None else f"{issued:%Y-%m-%d}"
    came = wording.amount(row.received_sats, state.btc) if row.payments else "nothing yet"
    return Content.assemble(
        (f"{row.receive.index:>4}  {day:<10}  ", "$secondary"),
        (f"{came:>18}", "bold" if row.payments else "$secondary"),
        f"  {row.label}\n      ",
        address(row.receive.address),
    )


PAGE = AddressesPage
