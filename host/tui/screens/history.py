"""What came and what went."""

from textual.content import Content

from host.session import wording
from host.session.state import AppState
from host.tui.screens.listing import ListPage
from host.values import HistoryRow


class HistoryPage(ListPage):
    title = "History"

    def empty(self, _: AppState) -> str:
        return "Nothing came and nothing went yet."

    def rows(self, state: AppState) -> list[Content]:
        return [movement(row, state) for row in state.wallet.history] if state.wallet else []


def movement(row: HistoryRow, state: AppState) -> Content:
    """As in "+ 5 000 000 sats  in block 143  7d1f…54aa"."""
    sign, style = ("+", "$text-success") if row.net_sats >= 0 else ("-", "$text")
    block = "waiting for a block" if row.height is None else f"in block {row.height}"
    return Content.assemble(
        (f"{sign} {wording.amount(abs(row.net_sats), state.btc):>18}", style),
        (f"   {block:<20}", "$secondary"),
        (wording.short(row.txid), "$secondary"),
    )


PAGE = HistoryPage
