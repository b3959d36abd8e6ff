"""Whom to pay, how much, and how fast. Every field says what it still needs."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from host.tui import actions, checks
from host.tui.actions import Where
from host.tui.checks import Checked
from host.tui.messages import BillWanted
from host.tui.now import Now
from host.tui.screens.page import Page, address, pointed

FIELDS = (("to", "To", ""), ("amount", "Amount", ""), ("rate", "Fee", "1"))


class PayPage(Page, can_focus=False):
    title = "Pay"
    where = Where.FORM
    BINDINGS = actions.bindings(Where.FORM)

    def __init__(self) -> None:
        super().__init__()
        self._now = Now()

    def compose(self) -> ComposeResult:
        for name, label, value in FIELDS:
            with Horizontal(classes="field"):
                yield Label(label)
                yield Input(value, id=name, compact=True, select_on_focus=False)
            yield Static(id=f"{name}-says", classes="says")
        yield Static(id="advice")

    def first_focus(self) -> None:
        self.query_one("#to", Input).focus()

    def show(self, now: Now) -> None:
        self._now = now
        self._say()
        self.query_one("#advice", Static).update(pointed(now.problem or now.busy))

    @on(Input.Changed)
    def _say(self) -> None:
        for name, checked in self._checked().items():
            self.query_one(f"#{name}-says", Static).update(_says(checked))

    @on(Input.Submitted)
    def action_look(self) -> None:
        """Ask for the bill, or go to the first field that still needs something."""
        checked = self._checked()
        for name, field in checked.items():
            if field.value is None:
                self.query_one(f"#{name}", Input).focus()
                return
        to, sats, rate = (field.value for field in checked.values())
        if isinstance(to, str) and isinstance(sats, int) and isinstance(rate, float):
            self.post_message(BillWanted(to, sats, rate))

    def _checked(self) -> dict[str, Checked[str] | Checked[int] | Checked[float]]:
        text = {name: self.query_one(f"#{name}", Input).value for name, _, _ in FIELDS}
        have = self._now.purse.confirmed_sats if self._now.purse else 0
        return {
            "to": checks.address(text["to"]),
            "amount": checks.sats(text["amount"], have),
            "rate": checks.rate(text["rate"]),
        }


def _says(checked: Checked[str] | Checked[int] | Checked[float]) -> Content:
    if isinstance(checked.value, str):
        return address(checked.value)
    return Content.styled(checked.says, "$text-warning" if checked.wrong else "$secondary")


PAGE = PayPage
