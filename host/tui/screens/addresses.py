"""The addresses that were given to somebody, and a field that tells whose an address is."""

from datetime import UTC, datetime
from math import ceil

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from host.session import wording
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import AddressSought
from host.tui.screens.page import WalletPage, address, pointed
from host.tui.widgets.field import Field
from host.tui.widgets.rows import RowList
from host.values import GivenAddress

EMPTY = "No address was given to anybody yet. Press esc, then r for one."
INDENT = 6  # columns in front of an address
HINT = "Paste an address and press enter to learn whether it is yours."


class AddressesPage(WalletPage, can_focus=False):
    title = "Addresses"
    place = KeyPlace.ADDRESSES
    BINDINGS = actions.bindings(KeyPlace.ADDRESSES)

    def __init__(self) -> None:
        super().__init__()
        self._state = AppState()
        self._picked = 0

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Label("Address")
            yield Field(id="sought", compact=True)
        yield Static(id="advice")
        yield Static(EMPTY, id="empty")
        yield RowList()

    def first_focus(self) -> None:
        self.query_one("#sought", Input).focus()

    def show(self, state: AppState) -> None:
        self._state = state
        addresses = state.records.given
        news = state.problem or state.busy or state.answer or wording.gap_warning(addresses) or HINT
        self.query_one("#advice", Static).update(pointed(news))
        rows, empty = self.query_one(RowList), self.query_one("#empty", Static)
        rows.display, empty.display = bool(addresses), not addresses
        rows.show(len(addresses), self._row, self._lines, 0)
        self.call_after_refresh(rows.keep_in_sight, self._picked)

    def _row(self, place: int) -> Content:
        mark = ("▸" if place == self._picked else " ", "$accent bold")
        return Content.assemble(mark, _row(self._state.records.given[place], self._state))

    def _lines(self, columns: int) -> int:
        addresses = self._state.records.given
        longest = max(
            (len(" ".join(wording.fours(row.receive.address))) for row in addresses), default=0
        )
        return 1 + ceil((INDENT + longest) / max(columns, 1))

    @on(Input.Submitted)
    def action_find(self) -> None:
        if text := self.query_one("#sought", Input).value.strip():
            self.post_message(AddressSought(text))

    def action_pick(self, step: int) -> None:
        count = len(self._state.records.given)
        self._picked = min(max(self._picked + step, 0), max(count - 1, 0))
        self.show(self._state)

    def action_copy(self) -> None:
        addresses = self._state.records.given
        if addresses:
            self.copy(addresses[min(self._picked, len(addresses) - 1)].receive.address)


def _row(row: GivenAddress, state: AppState) -> Content:
    issued = datetime.fromtimestamp(row.issued or 0, UTC)
    day = "elsewhere" if row.issued is None else f"{issued:%Y-%m-%d}"
    came = wording.amount(row.received_sats, state.btc) if row.payments else "nothing yet"
    return Content.assemble(
        (f"{row.receive.index:>3}  {day:<10}  ", "$secondary"),
        (f"{came:>18}", "bold" if row.payments else "$secondary"),
        f"  {row.label}\n      ",
        address(row.receive.address),
    )


PAGE = AddressesPage
