"""A private key's coins: the key is typed unseen, what it has is shown, and sent to this wallet."""

from datetime import UTC, date, datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from host.config import render_path, wall_clock
from host.errors import BadInput
from host.fees import FeeChoice
from host.session import forms, setup, wording
from host.session.forms import Checked
from host.session.state import AppState, SweepProgress
from host.sweep.private_key import LONGEST
from host.tui import actions
from host.tui.actions import KeyPlace, Needs
from host.tui.messages import SweepAgreed, SweepRequested
from host.tui.screens.page import WalletPage, fact, paid_to, pointed
from host.tui.widgets.field import Field
from host.tui.widgets.secret import SecretField

EXPLANATION = (
    "All coins of a private key, as a paper wallet has one, come to this wallet. The key is kept"
    " nowhere, and forgotten when you leave."
)
HIDDEN = "WIF, 51 or 52 characters. They are not shown."
KEY_READ = "Read. Leave it empty for another fee, or type another key."
ANY_DAY = "A day before it received anything, YYYY-MM-DD. Without one the whole chain is looked at."
ASK = "Press enter to send it. The key signs here: no device is asked."
SEND_AGAIN = "Press enter to send it again, esc to leave it and forget the key."
SENDING = "Giving it to the network."
DONE = "Sent, and the key is forgotten. Press esc to go back to the balance."
PAID = "It is in a block, and the key is forgotten. Press esc to go back to the balance."


class SweepPage(WalletPage, can_focus=False):
    title = "Sweep a private key"
    place = KeyPlace.SWEEP
    BINDINGS = actions.bindings(KeyPlace.SWEEP)

    def __init__(self) -> None:
        super().__init__()
        self._is_held = False

    def compose(self) -> ComposeResult:
        yield Static(EXPLANATION)
        fields = {
            "Key": SecretField(id="key"),
            "Fee": Field("1", id="rate", compact=True, select_on_focus=False),
            "Since": Field(id="since", compact=True, select_on_focus=False),
        }
        for label, field in fields.items():
            with Horizontal(classes="field"):
                yield Label(label)
                yield field
            yield Static(id=f"{field.id}-says", classes="says")
        yield Static(id="advice")

    def first_focus(self) -> None:
        self.query_one("#key", Input).focus()

    def show(self, state: AppState) -> None:
        self._is_held = state.sweep is not None and state.sweep.sweeper is not None
        self._say()
        news = state.problem or state.starting or state.busy
        self.query_one("#advice", Static).update(pointed(news))

    @on(Input.Changed)
    def _say(self) -> None:
        for name, checked in (("rate", self._fee()), ("since", self._since())):
            style = "$text-warning" if checked.wrong else "$secondary"
            says = Content.styled(checked.hint, style)
            self.query_one(f"#{name}-says", Static).update(says)
        says = Content.styled(KEY_READ if self._is_held else HIDDEN, "$secondary")
        self.query_one("#key-says", Static).update(says)

    def _fee(self) -> Checked[FeeChoice]:
        return forms.fee(self.query_one("#rate", Input).value, is_new=False)

    def _since(self) -> Checked[date | None]:
        text = self.query_one("#since", Input).value.strip()
        try:
            return Checked(setup.read_day(text, _today()) if text else None, ANY_DAY)
        except BadInput as error:
            return Checked(None, str(error), wrong=True)

    @on(SecretField.SecretTyped)
    @on(Input.Submitted)
    def action_look(self) -> None:
        """Look for its coins, or go to the first field that still needs something."""
        field, fee, since = self.query_one("#key", SecretField), self._fee(), self._since()
        if not field.value.strip() and not self._is_held:
            field.focus()
        elif fee.value is None:
            self.query_one("#rate", Input).focus()
        elif since.wrong:
            self.query_one("#since", Input).focus()
        else:
            self.post_message(SweepRequested(field.take()[: LONGEST + 1], fee.value, since.value))


class SweepReviewPage(WalletPage):
    """What is sent, and how far it is."""

    title = "Sweep a private key"
    place = KeyPlace.SWEEPING
    BINDINGS = actions.bindings(KeyPlace.SWEEPING)

    def __init__(self) -> None:
        super().__init__()
        self._is_busy = False

    def compose(self) -> ComposeResult:
        yield Static(id="facts")
        yield Static(id="advice")

    def show(self, state: AppState) -> None:
        if state.sweep is not None and state.sweep.plan is not None:
            self._is_busy = state.sweep.working
            is_over = self._is_busy or state.sweep.sent is not None
            self.missing = frozenset((Needs.UNSENT,) if is_over else ())
            self.query_one("#facts", Static).update(_facts(state.sweep, state))
            self.query_one("#advice", Static).update(_advice(state.sweep, state))

    def action_leave(self) -> None:
        if not self._is_busy:
            super().action_leave()

    def action_send(self) -> None:
        self.post_message(SweepAgreed())


def _today() -> str:
    return datetime.fromtimestamp(wall_clock(), UTC).date().isoformat()


def _facts(sweep: SweepProgress, state: AppState) -> Content:
    plan = sweep.plan
    if plan is None:
        return Content()
    facts: list[Content] = []
    for title, (count, sats) in plan.by_kind.items():
        coins = f"in {count} {'coin' if count == 1 else 'coins'} of {title}"
        facts.append(fact("" if facts else "It has", wording.amount(sats, state.btc), coins))
    facts += paid_to(plan.address, "To you")
    if sweep.sweeper is not None:
        address = sweep.sweeper.address
        facts.append(fact("", f"your address number {address.index}, {render_path(address.path)}"))
    gets = Content.styled(wording.amount(plan.sats, state.btc), "bold")
    facts.append(fact("You get", gets))
    share = wording.fee_sentence(plan.fee_sats, plan.taken_sats, "what it has")
    facts.append(fact("Fee", wording.amount(plan.fee_sats, state.btc), share))
    if sweep.advice is not None:
        facts.append(Content.styled(f"{sweep.advice.sentence}\n", "$secondary"))
    if plan.left_sats:
        left = wording.amount(plan.left_sats, state.btc)
        facts.append(fact("Stays", left, "with the key: in no block yet, or too many coins"))
    if sweep.sent is not None:
        facts.append(fact("Txid", sweep.sent.txid))
        facts.append(fact("Proof", wording.proof_sentence(sweep.sent.proof)))
    return Content.assemble(*facts)


def _advice(sweep: SweepProgress, state: AppState) -> Content:
    if sweep.problem:
        return Content.assemble(
            pointed(sweep.problem, "$text-warning bold"), "\n", pointed(SEND_AGAIN)
        )
    if sweep.sent is None:
        return pointed(SENDING if sweep.working else ASK)
    height = _height(sweep.sent.txid, state)
    return pointed(DONE) if height is None else pointed(PAID, "$text-success bold")


def _height(txid: str, state: AppState) -> int | None:
    rows = (entry.row for entry in state.wallet.history) if state.wallet else iter(())
    return next((row.height for row in rows if row.txid == txid), None)


PAGE = SweepPage
