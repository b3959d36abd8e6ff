"""Whom to pay, how much, and how fast. Every field says what it still needs."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label, Static

from host.fees import FeeChoice
from host.payees import Payee
from host.session import forms, wording
from host.session.forms import Checked, Wanted
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import DraftRequested
from host.tui.screens.page import WalletPage, address, pointed
from host.tui.screens.paths import PathsScreen
from host.tui.widgets.field import Field
from host.values import PaymentRequest, Recipient

FIELDS = (("to", "To", ""), ("amount", "Amount", ""), ("rate", "Fee", "1"))
CheckedField = Checked[Payee] | Checked[Wanted] | Checked[FeeChoice]
TWICE_ALL = "Only one can get all that is left."


class PayPage(WalletPage, can_focus=False):
    title = "Pay"
    place = KeyPlace.FORM
    BINDINGS = actions.bindings(KeyPlace.FORM)

    def __init__(self) -> None:
        super().__init__()
        self._state = AppState()
        self._recipients: tuple[Recipient, ...] = ()  # those that are written down already
        # What is said of a secret that was pasted: the field is emptied.
        self._secret: CheckedField | None = None
        self._path = 0  # the wallet chooses

    def compose(self) -> ComposeResult:
        yield Static(id="recipients")
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
        names = [contact.name for contact in state.records.contacts]
        self.query_one("#to", Input).suggester = SuggestFromList(names, case_sensitive=False)
        self._say()
        news = state.problem or state.busy or self._chosen()
        self.query_one("#advice", Static).update(pointed(news))

    def _chosen(self) -> str:
        """Out of which coins, and on which path."""
        paths = self._state.wallet.paths if self._state.wallet else ()
        path = f"Path {paths[self._path - 1].sentence}" if 0 < self._path <= len(paths) else ""
        return " ".join(filter(None, (_out_of(self._state), path)))

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
        listed = self.query_one("#recipients", Static)
        listed.display = bool(self._recipients)
        listed.update(Content("\n").join(map(_recipient, self._recipients)))

    @on(Input.Submitted)
    def action_look(self) -> None:
        """Ask for the bill, or go to the first field that still needs something."""
        checked = self._checked()
        written = self._recipients and not self.query_one("#to", Input).value.strip()
        for name, field in checked.items():
            if field.value is None and not (written and name != "rate"):
                self.query_one(f"#{name}", Input).focus()
                return
        fee = checked["rate"].value
        last = () if written else (self._last(checked),)
        if isinstance(fee, FeeChoice):
            recipients = (*self._recipients, *last)
            request = PaymentRequest(recipients, coins=self._state.chosen, path=self._path)
            self.post_message(DraftRequested(request, fee))

    def action_add(self) -> None:
        """Write this recipient down, and ask for another one."""
        checked = self._checked()
        for name in ("to", "amount"):
            if checked[name].value is None:
                self.query_one(f"#{name}", Input).focus()
                return
        self._recipients = (*self._recipients, self._last(checked))
        self._empty()

    def action_paths(self) -> None:
        """Let the person choose who signs."""
        if self._state.wallet and self._state.wallet.paths:
            screen = PathsScreen(self._state.wallet.paths, self._path)
            self.app.push_screen(screen, self._take_path)

    def _take_path(self, number: int | None) -> None:
        self._path = number or 0
        self.show(self._state)

    def action_remove(self) -> None:
        """Take the last recipient back that was written down."""
        self._recipients = self._recipients[:-1]
        self._say()

    def _empty(self) -> None:
        for name in ("to", "amount"):
            self.query_one(f"#{name}", Input).value = ""
        self._say()
        self.first_focus()

    def _last(self, checked: dict[str, CheckedField]) -> Recipient:
        """The recipient in the fields, which were checked."""
        payee, wanted = checked["to"].value, checked["amount"].value
        address_text = payee.address if isinstance(payee, Payee) else ""
        label = payee.label if isinstance(payee, Payee) else ""
        return Recipient(address_text, wanted.sats if isinstance(wanted, Wanted) else 0, label)

    def _checked(self) -> dict[str, CheckedField]:
        text = {name: self.query_one(f"#{name}", Input).value for name, _, _ in FIELDS}
        payee = forms.payee(text["to"], self._state.network, self._state.records.contacts)
        requested = payee.value.sats if payee.value else None
        written = sum(recipient.sats or 0 for recipient in self._recipients)
        left = max(self._state.available_sats - written, 0)
        amount = forms.amount(text["amount"], left, requested)
        takes_all = any(recipient.sats is None for recipient in self._recipients)
        if takes_all and amount.value == Wanted(None):
            amount = Checked(None, TWICE_ALL, wrong=True)
        return {"to": payee, "amount": amount, "rate": forms.fee(text["rate"])}


def _says(checked: CheckedField) -> Content:
    if isinstance(checked.value, Payee):
        note = f"\n{checked.hint}" if checked.hint else ""
        name = Content.styled(checked.value.address, "bold $text")
        who = name if checked.value.is_name else address(checked.value.address)
        return Content.assemble(who, (note, "$secondary"))
    return Content.styled(checked.hint, "$text-warning" if checked.wrong else "$secondary")


def _recipient(recipient: Recipient) -> Content:
    sats = "all that is left" if recipient.sats is None else wording.amount(recipient.sats)
    return Content.assemble((f"{sats:>20}  ", "bold"), (recipient.address, "$secondary"))


def _out_of(state: AppState) -> str:
    if not state.chosen:
        return ""
    coins = "the coin" if len(state.chosen) == 1 else f"the {len(state.chosen)} coins"
    return f"Paid out of {coins} you chose, {wording.amount(state.available_sats)}."


PAGE = PayPage
