"""Whom to pay, how much, and how fast. Every field says what it still needs."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from host.payees import Payee
from host.session import forms
from host.session.forms import Checked
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import DraftRequested
from host.tui.screens.page import WalletPage, address, pointed
from host.tui.widgets.field import Field
from host.values import PaymentRequest

FIELDS = (("to", "To", ""), ("amount", "Amount", ""), ("rate", "Fee", "1"))


class PayPage(WalletPage, can_focus=False):
    title = "Pay"
    place = KeyPlace.FORM
    BINDINGS = actions.bindings(KeyPlace.FORM)

    def __init__(self) -> None:
        super().__init__()
        self._state = AppState()
        # What is said of a secret that was pasted: the field is emptied.
        self._secret: Checked[Payee] | Checked[int] | Checked[float] | None = None

    def compose(self) -> ComposeResult:
        for name, label, value in FIELDS:
            with Horizontal(classes="field"):
                yield Label(label)
                yield Field(value, id=name, compact=True, select_on_focus=False)
            yield Static(id=f"{name}-says", classes="says")
        yield Static(id="advice")

    def first_focus(self) -> None:
        self.query_one("#to", Input).focus()

    def show(self, state: AppState) -> None:
        self._state = state
        self._say()
        self.query_one("#advice", Static).update(pointed(state.problem or state.busy))

    @on(Input.Changed)
    def _changed(self) -> None:
        self._secret = None
        self._say()

    def _say(self) -> None:
        checked = self._checked()
        if checked["to"].sensitive:
            self._secret = checked["to"]
            field = self.query_one("#to", Input)
            with field.prevent(Input.Changed):
                field.value = ""
        if self._secret:
            checked["to"] = self._secret
        for name, field_checked in checked.items():
            self.query_one(f"#{name}-says", Static).update(_says(field_checked))

    @on(Input.Submitted)
    def action_look(self) -> None:
        """Ask for the bill, or go to the first field that still needs something."""
        checked = self._checked()
        for name, field in checked.items():
            if field.value is None:
                self.query_one(f"#{name}", Input).focus()
                return
        payee, sats, rate = (field.value for field in checked.values())
        if isinstance(payee, Payee) and isinstance(sats, int) and isinstance(rate, float):
            self.post_message(DraftRequested(PaymentRequest.to(payee.address, sats, rate)))

    def _checked(self) -> dict[str, Checked[Payee] | Checked[int] | Checked[float]]:
        text = {name: self.query_one(f"#{name}", Input).value for name, _, _ in FIELDS}
        available = self._state.wallet.balance.spendable_sats if self._state.wallet else 0
        payee = forms.payee(text["to"], self._state.network)
        requested = payee.value.sats if payee.value else None
        return {
            "to": payee,
            "amount": forms.amount(text["amount"], available, requested),
            "rate": forms.rate(text["rate"]),
        }


def _says(checked: Checked[Payee] | Checked[int] | Checked[float]) -> Content:
    if isinstance(checked.value, Payee):
        note = f"\n{checked.hint}" if checked.hint else ""
        return Content.assemble(address(checked.value.address), (note, "$secondary"))
    return Content.styled(checked.hint, "$text-warning" if checked.wrong else "$secondary")


PAGE = PayPage
