"""The balance, and what can be done next."""

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from host.session import wording
from host.session.api import WalletSnapshot
from host.session.state import AppState
from host.tui.messages import PsbtPasted
from host.tui.screens.history import movement
from host.tui.screens.page import WalletPage, advice, fact

RECENT = 5


class HomePage(WalletPage):
    def compose(self) -> ComposeResult:
        yield Static(id="balance")
        yield Static(id="advice")
        yield Static(id="recent")

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.post_message(PsbtPasted(event.text))

    def show(self, state: AppState) -> None:
        for name, content in (
            ("balance", _top(state)),
            ("advice", advice(state)),
            ("recent", _recent(state)),
        ):
            part = self.query_one(f"#{name}", Static)
            part.update(content)
            part.display = bool(content)


def _top(state: AppState) -> Content:
    return balance(state.wallet, state.btc) if state.wallet else Content()


def balance(wallet: WalletSnapshot, btc: bool) -> Content:
    confirmed, pending = wallet.balance.spendable_sats, wallet.balance.pending_sats
    width = len(wording.amount(max(confirmed, pending), btc))
    return Content.assemble(
        fact(
            "Balance",
            Content.styled(f"{wording.amount(confirmed, btc):>{width}}", "bold"),
        ),
        fact("Waiting", f"{wording.amount(pending, btc):>{width}}"),
    )


def _recent(state: AppState) -> Content:
    if state.wallet is None or not state.wallet.history:
        return Content()
    rows = [movement(entry, state) for entry in state.wallet.history[:RECENT]]
    return Content.assemble(("Latest\n", "$secondary"), Content("\n").join(rows))


PAGE = HomePage
