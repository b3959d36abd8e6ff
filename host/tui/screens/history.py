"""What came and what went: a list to pick from."""

from textual.containers import VerticalScroll
from textual.content import Content

from host.session import wording
from host.session.endings import short_status
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import EntryRequested
from host.tui.screens.listing import ListPage
from host.values import HistoryEntry


class HistoryPage(ListPage):
    """Opens at the transaction `picked`, or at the newest one."""

    title = "History"
    place = KeyPlace.HISTORY
    BINDINGS = actions.bindings(KeyPlace.HISTORY)

    def __init__(self, picked: str = "") -> None:
        super().__init__()
        self._picked = picked
        self._state = AppState()

    def empty(self, _: AppState) -> str:
        return "Nothing came and nothing went yet."

    def rows(self, state: AppState) -> list[Content]:
        self._state = state
        place = self._index
        return [
            Content.assemble(("▸ " if index == place else "  ", "$accent bold"), line)
            for index, line in enumerate(movement(entry, state) for entry in self._entries)
        ]

    def show(self, state: AppState) -> None:
        super().show(state)
        self.call_after_refresh(self._keep_in_sight)

    @property
    def _entries(self) -> tuple[HistoryEntry, ...]:
        return self._state.wallet.history if self._state.wallet else ()

    @property
    def _index(self) -> int:
        """Of the picked one: it stays picked when others come in."""
        txids = [entry.row.txid for entry in self._entries]
        return txids.index(self._picked) if self._picked in txids else 0

    def _keep_in_sight(self) -> None:
        for scroll in self.query(VerticalScroll):
            top, height = scroll.scroll_offset.y, scroll.size.height
            if not top <= self._index < top + height:
                scroll.scroll_to(y=max(0, self._index - height // 2), animate=False)

    def action_pick(self, step: int) -> None:
        if self._entries:
            index = min(max(self._index + step, 0), len(self._entries) - 1)
            self._picked = self._entries[index].row.txid
            self.show(self._state)

    def action_open(self) -> None:
        if self._entries:
            self.post_message(EntryRequested(self._entries[self._index].row.txid))


def movement(entry: HistoryEntry, state: AppState) -> Content:
    """As in "+ 5 000 000 sats  in block 143  7d1f…54aa"."""
    row = entry.row
    sign, style = ("+", "$text-success") if row.net_sats > 0 else ("-", "$text")
    sats, style = (abs(row.net_sats), style) if row.net_sats else (0, "$secondary")
    return Content.assemble(
        (f"{sign if sats else ' '} {wording.amount(sats, state.btc):>18}", style),
        (f"   {short_status(entry):<20}", "$secondary"),
        (wording.short(row.txid), "$secondary"),
    )


PAGE = HistoryPage
