"""At what fee rate another payment takes the place of one that is on its way."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from host.session import forms, wording
from host.session.endings import WayOut, fee_rate, proposed_rate
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import EntryRequested, ReplacementRequested
from host.tui.screens.page import WalletPage, fact, paid_to, pointed
from host.values import HistoryEntry

SENTENCES = {
    WayOut.BUMP: "Raise its fee: the same payment at a higher fee takes its place.",
    WayOut.CALL_OFF: "Call it off: its coins come back to you, in its place, less the fee.",
    WayOut.LIFT: "Lift it: a payment to yourself spends its coin. Both together pay this rate.",
}
ONLY_ONE = "Only one of the two can be in a block. The device asks for your yes."

ASKS = "The device asks for your yes."


class RatePage(WalletPage, can_focus=False):
    """For `entry`, with a rate proposed."""

    title = "Another fee"
    place = KeyPlace.RATE
    BINDINGS = actions.bindings(KeyPlace.RATE)

    def __init__(self, way_out: WayOut, entry: HistoryEntry) -> None:
        super().__init__()
        self._way_out = way_out
        self._entry = entry

    def compose(self) -> ComposeResult:
        yield Static(_facts(self._entry))
        with Horizontal(classes="field"):
            yield Label("New fee")
            yield Input(f"{proposed_rate(self._entry)}", id="rate", compact=True)
        yield Static(id="rate-says", classes="says")
        also = ASKS if self._way_out is WayOut.LIFT else ONLY_ONE
        yield Static(f"{SENTENCES[self._way_out]} {also}")
        yield Static(id="advice")

    def first_focus(self) -> None:
        self.query_one("#rate", Input).focus()

    def show(self, state: AppState) -> None:
        self._say()
        self.query_one("#advice", Static).update(pointed(state.problem or state.busy))

    @on(Input.Changed)
    def _say(self) -> None:
        checked = forms.fee(self.query_one("#rate", Input).value, is_new=False)
        style = "$text-warning" if checked.wrong else "$secondary"
        self.query_one("#rate-says", Static).update(Content.styled(checked.hint, style))

    @on(Input.Submitted)
    def action_look(self) -> None:
        checked = forms.fee(self.query_one("#rate", Input).value, is_new=False)
        if checked.value is not None:
            txid = self._entry.row.txid
            self.post_message(ReplacementRequested(self._way_out, txid, checked.value))

    def action_copy(self) -> None:
        self.copy(self._entry.row.txid)

    def action_leave(self) -> None:
        self.post_message(EntryRequested(self._entry.row.txid))


def _facts(entry: HistoryEntry) -> Content:
    lines = [fact("Txid", entry.row.txid)]
    if entry.record is not None:
        fee = wording.amount(entry.record.payment.fee_sats)
        lines += paid_to(entry.record.recipient)
        lines.append(fact("Amount", wording.amount(entry.record.sats)))
        lines.append(fact("Old fee", fee, wording.rate(fee_rate(entry))))
    return Content.assemble(*lines)
