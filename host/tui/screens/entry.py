"""All that is known of one transaction, and what can still be done about it."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from host.session import details
from host.session.endings import WayOut, status_sentences, ways_out
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace, Needs
from host.tui.messages import ContactRequested, HistoryRequested, LabelRequested, WayOutRequested
from host.tui.screens.page import WalletPage, fact, paid_to, pointed
from host.tui.widgets.flow import FlowPicture
from host.values import HistoryEntry

KEYS = {
    WayOut.BUMP: "+ raises its fee",
    WayOut.CALL_OFF: "x calls it off",
    WayOut.GIVE_UP: "g gives it up",
    WayOut.SEND_AGAIN: "s sends it again",
    WayOut.LIFT: "v lifts it: you spend its coin, at a fee that is enough for both (CPFP)",
}
NEEDED = {
    Needs.REPLACING: WayOut.BUMP,
    Needs.GIVING_UP: WayOut.GIVE_UP,
    Needs.SENDING_AGAIN: WayOut.SEND_AGAIN,
    Needs.LIFTING: WayOut.LIFT,
}
NOT_POSSIBLE = {
    WayOut.BUMP: "Its fee cannot be raised: it is not on its way any more.",
    WayOut.CALL_OFF: "It cannot be called off: it is not on its way any more.",
    WayOut.GIVE_UP: "It cannot be given up. A payment that peers have shown is called off with x.",
    WayOut.SEND_AGAIN: "It is not sent again: it is not on its way any more.",
    WayOut.LIFT: "It cannot be lifted: raise its fee with +, or it is not on its way any more.",
}
BUILT_ON = (
    "Another payment spends its change and would be lost: raise the fee of that one, or call it off"
    " first."
)
OF_OTHERS = "Somebody else made this payment. Only they can change it."


class EntryPage(WalletPage):
    """The transaction `txid`, as the chain and the peers have it at each moment."""

    title = "Payment"
    place = KeyPlace.ENTRY
    BINDINGS = actions.bindings(KeyPlace.ENTRY)

    def __init__(self, txid: str) -> None:
        super().__init__()
        self._txid = txid
        self._entry: HistoryEntry | None = None
        self._refusal = ""

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(id="facts")
            yield Static(id="status")
            yield Static(id="advice")
            yield FlowPicture()

    def show(self, state: AppState) -> None:
        history = state.wallet.history if state.wallet else ()
        self._entry = next((entry for entry in history if entry.row.txid == self._txid), None)
        entry = self._entry
        offered = ways_out(entry) if entry else ()
        self.place = KeyPlace.ENTRY if offered else KeyPlace.ENDED
        self.missing = frozenset(need for need, way_out in NEEDED.items() if way_out not in offered)
        self.query_one("#facts", Static).update(facts(entry, state) if entry else self._txid)
        self.query_one("#status", Static).update(
            "\n".join(status_sentences(entry)) if entry else ""
        )
        self.query_one("#advice", Static).update(self._advice(state))
        self.query_one(FlowPicture).show(self._txid, state)

    def _advice(self, state: AppState) -> Content:
        news = state.broken or state.problem or self._refusal
        offered = [KEYS[way_out] for way_out in ways_out(self._entry)] if self._entry else []
        sentence = f"{', '.join(offered)}." if offered else ""
        if not news:
            return pointed(state.busy or sentence)
        return Content.assemble(pointed(news, "$text-warning bold"), "\n", pointed(sentence))

    def _choose(self, way_out: WayOut) -> None:
        if self._entry is None:
            return
        if way_out in ways_out(self._entry):
            self._refusal = ""
            self.post_message(WayOutRequested(way_out, self._entry))
            return
        self._refusal = _refusal(self._entry, way_out)
        self.query_one("#advice", Static).update(self._advice(AppState()))

    def action_bump(self) -> None:
        self._choose(WayOut.BUMP)

    def action_call_off(self) -> None:
        self._choose(WayOut.CALL_OFF)

    def action_give_up(self) -> None:
        self._choose(WayOut.GIVE_UP)

    def action_send_again(self) -> None:
        self._choose(WayOut.SEND_AGAIN)

    def action_lift(self) -> None:
        self._choose(WayOut.LIFT)

    def action_contact(self) -> None:
        """Of a payment to one recipient; who else was paid by it is not known to the wallet."""
        record = self._entry.record if self._entry else None
        if record is not None and record.recipient and " " not in record.recipient:
            self.post_message(ContactRequested(record.recipient))

    def action_copy(self) -> None:
        self.copy(self._txid)

    def action_label(self) -> None:
        self.post_message(LabelRequested(self._txid))

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_leave(self) -> None:
        self.post_message(HistoryRequested(self._txid))


def _refusal(entry: HistoryEntry, way_out: WayOut) -> str:
    if entry.record is None and way_out is not WayOut.LIFT:
        return OF_OTHERS
    return BUILT_ON if entry.spent_by else NOT_POSSIBLE[way_out]


def facts(entry: HistoryEntry, state: AppState) -> Content:
    """Who got how much, at what fee, and when."""
    history = state.wallet.history if state.wallet else ()
    whole = details.detail(entry, history, state.records.labels, state.records.contacts)
    return Content.assemble(
        *(line for item in details.facts(whole, state.btc) for line in _lines(item))
    )


def _lines(item: details.DetailLine) -> list[Content]:
    if item.is_address:
        named = [fact("", item.aside)] if item.aside else []
        return [*paid_to(item.text, item.name), *named]
    text = Content.styled(item.text, "bold") if item.name == "Amount" else item.text
    return [fact(item.name, text, item.aside)]
