"""What came and what went."""

from textual.content import Content

from host.tui import sentences
from host.tui.now import Now
from host.tui.scene import Movement
from host.tui.screens.listing import ListPage


class HistoryPage(ListPage):
    title = "History"
    empty = "Nothing came and nothing went yet."

    def rows(self, now: Now) -> list[Content]:
        return [movement(row, now) for row in now.purse.history] if now.purse else []


def movement(row: Movement, now: Now) -> Content:
    """As in "+ 5 000 000 sats  in block 143  7d1f…54aa"."""
    sign, style = ("+", "$text-success") if row.sats >= 0 else ("-", "$text")
    where = "waiting for a block" if row.height is None else f"in block {row.height}"
    return Content.assemble(
        (f"{sign} {sentences.amount(abs(row.sats), now.btc):>18}", style),
        (f"   {where:<20}", "$secondary"),
        (sentences.short(row.txid), "$secondary"),
    )


PAGE = HistoryPage
