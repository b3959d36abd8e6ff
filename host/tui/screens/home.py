"""The balance, and what can be done next."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from host.tui import sentences
from host.tui.now import Now
from host.tui.scene import Purse
from host.tui.screens.history import movement
from host.tui.screens.page import Page, advice, fact

RECENT = 5


class HomePage(Page):
    def compose(self) -> ComposeResult:
        yield Static(id="balance")
        yield Static(id="advice")
        yield Static(id="recent")

    def show(self, now: Now) -> None:
        for name, content in (
            ("balance", _top(now)),
            ("advice", advice(now)),
            ("recent", _recent(now)),
        ):
            part = self.query_one(f"#{name}", Static)
            part.update(content)
            part.display = bool(content)


def _top(now: Now) -> Content:
    return balance(now.purse, now.btc) if now.purse else Content()


def balance(purse: Purse, btc: bool) -> Content:
    width = len(sentences.amount(max(purse.confirmed_sats, purse.pending_sats), btc))
    return Content.assemble(
        fact(
            "Balance",
            Content.styled(f"{sentences.amount(purse.confirmed_sats, btc):>{width}}", "bold"),
        ),
        fact("Waiting", f"{sentences.amount(purse.pending_sats, btc):>{width}}"),
    )


def _recent(now: Now) -> Content:
    if now.purse is None or not now.purse.history:
        return Content()
    rows = [movement(row, now) for row in now.purse.history[:RECENT]]
    return Content.assemble(("Latest\n", "$secondary"), Content("\n").join(rows))


PAGE = HomePage
