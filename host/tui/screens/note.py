"""What a person writes down: a label for a payment, what is asked for by an address."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from host.labels import plain
from host.payees import AmountError, read_amount
from host.session.state import AppState, IssuedAddress
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import LabelLeft, LabelWritten, PageRequested, RequestWritten
from host.tui.screens.page import WalletPage, address, pointed
from host.tui.widgets.field import Field

NOBODY_ELSE = "Labels stay in this wallet. Nobody on the network sees them."
IN_THE_CODE = "Who pays sees both in the code. The label stays with the address, too."
ANY_AMOUNT = "Leave it empty for any amount."


class LabelPage(WalletPage, can_focus=False):
    """For a transaction by its txid, or for a coin "txid:n"."""

    title = "Label"
    place = KeyPlace.NOTE
    BINDINGS = actions.bindings(KeyPlace.NOTE)

    def __init__(self, ref: str) -> None:
        super().__init__()
        self._ref = ref
        self._is_filled = False

    def compose(self) -> ComposeResult:
        kind = "Coin" if ":" in self._ref else "Txid"
        yield Static(Content.assemble((f"{kind}  ", "$secondary"), self._ref))
        with Horizontal(classes="field"):
            yield Label("Label")
            yield Field(id="label", compact=True, select_on_focus=False)
        yield Static(NOBODY_ELSE)
        yield Static(id="advice")

    def first_focus(self) -> None:
        self.query_one("#label", Input).focus()

    def show(self, state: AppState) -> None:
        if not self._is_filled:
            self._is_filled = True
            self.query_one("#label", Input).value = state.records.labels.get(self._ref, "")
        self.query_one("#advice", Static).update(pointed(state.problem))

    @on(Input.Submitted)
    def action_keep(self) -> None:
        self.post_message(LabelWritten(self._ref, plain(self.query_one("#label", Input).value)))

    def action_leave(self) -> None:
        self.post_message(LabelLeft(self._ref))


class RequestPage(WalletPage, can_focus=False):
    """For the address on the receiving page."""

    title = "Ask for a payment"
    place = KeyPlace.NOTE
    BINDINGS = actions.bindings(KeyPlace.NOTE)

    def __init__(self, issued: IssuedAddress) -> None:
        super().__init__()
        self._issued = issued

    def compose(self) -> ComposeResult:
        yield Static(address(self._issued.receive.address))
        amount = "" if self._issued.sats is None else str(self._issued.sats)
        for name, label, text in (
            ("amount", "Amount", amount),
            ("label", "For", self._issued.label),
        ):
            with Horizontal(classes="field"):
                yield Label(label)
                yield Field(text, id=name, compact=True, select_on_focus=False)
            yield Static(id=f"{name}-says", classes="says")
        yield Static(IN_THE_CODE)
        yield Static(id="advice")

    def first_focus(self) -> None:
        self.query_one("#amount", Input).focus()

    def show(self, state: AppState) -> None:
        self._say()
        self.query_one("#advice", Static).update(pointed(state.problem))

    @on(Input.Changed)
    def _say(self) -> None:
        _, wrong = self._amount()
        says = Content.styled(wrong or ANY_AMOUNT, "$text-warning" if wrong else "$secondary")
        self.query_one("#amount-says", Static).update(says)

    def _amount(self) -> tuple[int | None, str]:
        """Sats or None for any, and what is wrong with what was typed."""
        text = self.query_one("#amount", Input).value
        if not text.strip():
            return None, ""
        try:
            sats = read_amount(text)
        except AmountError as error:
            return None, error.hint
        return sats, "" if sats is not None else "Write an amount: you cannot ask for all."

    @on(Input.Submitted)
    def action_keep(self) -> None:
        sats, wrong = self._amount()
        if wrong:
            self.query_one("#amount", Input).focus()
        else:
            label = plain(self.query_one("#label", Input).value)
            self.post_message(RequestWritten(sats, label))

    def action_leave(self) -> None:
        self.post_message(PageRequested("receive"))
