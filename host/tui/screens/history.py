"""What came and what went: a list to pick from."""

from textual.content import Content

from host.session import wording
from host.session.endings import short_status
from host.session.state import AppState
from host.spending import date_text
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import EntryRequested
from host.tui.screens.page import paid_to, pointed
from host.tui.screens.picking import PickPage
from host.values import HistoryEntry

LONGEST_LINE = 64
DAY = 10  # letters
WITH_DAY, WITH_TXID = 86, 140  # columns, of all that stands in a line
LONGEST_LABEL = 16  # letters of a label, beside all else at 80 columns


class HistoryPage(PickPage):
    """Opens at the transaction `picked`, or at the newest one."""

    title = "History"
    lists_payments = True
    place = KeyPlace.HISTORY
    BINDINGS = actions.bindings(KeyPlace.HISTORY)

    def __init__(self, picked: str = "") -> None:
        super().__init__()
        self._picked = picked
        self._numbered: tuple[HistoryEntry, ...] = ()
        self._numbers: dict[str, int] = {}

    @property
    def count(self) -> int:
        return len(self._entries)

    @property
    def index(self) -> int:
        """Of the picked one: it stays picked when others come in."""
        if self._numbered is not self._entries:
            self._numbered = self._entries
            self._numbers = {entry.row.txid: at for at, entry in enumerate(self._entries)}
        return self._numbers.get(self._picked, 0)

    def row(self, index: int) -> Content:
        mark = ("▸ " if index == self.index else "  ", "$accent bold")
        return Content.assemble(mark, movement(self._entries[index], self._state, self.size.width))

    def empty(self) -> str:
        return "Nothing came and nothing went yet."

    def hint(self) -> Content:
        is_whole = self._state.wallet is None or self._state.wallet.is_whole
        return Content() if is_whole else pointed(wording.READING_HISTORY)

    @property
    def _entries(self) -> tuple[HistoryEntry, ...]:
        return self._state.wallet.history if self._state.wallet else ()

    def action_pick(self, step: int) -> None:
        if self._entries:
            index = min(max(self.index + step, 0), len(self._entries) - 1)
            self._picked = self._entries[index].row.txid
            self.show(self._state)

    def action_copy(self) -> None:
        if self._entries:
            self.copy(self._entries[self.index].row.txid)

    def action_open(self) -> None:
        if self._entries:
            self.post_message(EntryRequested(self._entries[self.index].row.txid))


def movement(entry: HistoryEntry, state: AppState, columns: int = 0) -> Content:
    """As in "+ 5 000 000 sats  in block 143  7d1f…54aa".

    Where so many columns have room for it also the day, then the whole txid.
    """
    row, time = entry.row, moment(entry)
    day = f"{date_text(time)[:DAY]:<{DAY + 3}}" if time and columns >= WITH_DAY else ""
    txid = row.txid if columns >= WITH_TXID else wording.short(row.txid)
    return Content.assemble(
        _moved(entry, state),
        (f"{day}{txid}", "$secondary"),
        f"  {state.records.labels.get(row.txid, '')}".rstrip()[:LONGEST_LABEL],
    )


def moment(entry: HistoryEntry) -> int | None:
    """When it was signed here, or was in a block, in seconds since 1970."""
    return entry.record.created if entry.record else entry.row.time


def _moved(entry: HistoryEntry, state: AppState) -> Content:
    """How much, and what became of it."""
    row = entry.row
    sign, style = ("+", "$text-success") if row.net_sats > 0 else ("-", "$text")
    sats, style = (abs(row.net_sats), style) if row.net_sats else (0, "$secondary")
    return Content.assemble(
        (f"{sign if sats else ' '} {wording.amount(sats, state.btc):>18}", style),
        (f"   {short_status(entry):<20}", "$secondary"),
    )


def whole_movement(entry: HistoryEntry, state: AppState) -> Content:
    """On lines of its own: also when, to whom or what for, and the whole txid."""
    row, record, time = entry.row, entry.record, moment(entry)
    label = state.records.labels.get(row.txid, "")[:LONGEST_LINE]
    return Content.assemble(
        _moved(entry, state),
        (date_text(time) if time else "", "$secondary"),
        f"\n    {label}" if label else "",
        (f"\n    {row.txid}\n", "$secondary"),
        *(paid_to(record.recipient, "    to") if record else ()),
    ).rstrip()


PAGE = HistoryPage
