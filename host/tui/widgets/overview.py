"""The wallet at a glance, where a wide or high window has room for more than the page."""

import textwrap
from collections.abc import Iterator, Sequence

from textual.content import Content
from textual.widgets import Static

from host.session import charts, plots, wording
from host.session.api import WalletSnapshot
from host.session.endings import short_status
from host.session.plots import Bar
from host.session.state import AppState
from host.tui.messages import OverviewRequested
from host.tui.screens.page import balance
from host.values import HistoryEntry

LEAST_COLUMNS, LEAST_ROWS = 24, 3
HIGHEST = 12  # rows of the balance over time
BALANCE_ROWS = 3  # with the space below it
TITLE = "Balance over time"
LINKS = {"serial": "By serial port", "tcp": "By TCP", "qr": "By QR codes"}

Part = list[Content]  # lines


class OverviewPanel(Static):
    """Plots and facts, as many as there is room for. They are asked for when the wallet changes."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - as Textual has it
        super().__init__(id=id, markup=False)
        self._state = self._drawn_state = AppState()
        self._room = (0, 0)
        self._with_payments = False

    def show(self, state: AppState, *, with_payments: bool = False) -> None:
        """Also the balance and the latest payments, beside a page that has none."""
        if with_payments is not self._with_payments:
            self._with_payments, self._room = with_payments, (0, 0)
        self._state = state
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)  # its size is settled by then

    def _draw(self) -> None:
        state, room = self._state, self.size
        if state.wallet is None or room.width < LEAST_COLUMNS or room.height < LEAST_ROWS:
            return
        if state.wallet is not self._drawn_state.wallet:
            self.post_message(OverviewRequested())
        if room != self._room or _differs(state, self._drawn_state):
            self._drawn_state, self._room = state, room
            lines = overview_lines(state, room.width, room.height, self._with_payments)
            self.update(Content("\n").join(lines), layout=False)  # its size is not of its text


def _differs(state: AppState, drawn_state: AppState) -> bool:
    """By identity: a long history has many rows."""
    if state.wallet is not drawn_state.wallet or state.overview is not drawn_state.overview:
        return True
    flags = (state.plugged, state.synced, state.btc)
    return flags != (drawn_state.plugged, drawn_state.synced, drawn_state.btc)


def overview_lines(state: AppState, columns: int, rows: int, with_payments: bool) -> Part:
    """The lines: what the others leave is for the balance over time, and for payments."""
    overview, wallet = state.overview, state.wallet
    if overview is None or wallet is None or not wallet.history:
        return []
    head = [balance(wallet, state.btc)] if with_payments else []
    sentence = textwrap.wrap(plots.balance_sentence(overview.points), columns)
    rest = rows - len(head) * BALANCE_ROWS - len(sentence) - 1 - LEAST_ROWS
    parts: Part = []
    for part in _parts(state, wallet, overview, columns):
        if len(part) + 1 <= rest:
            parts += [Content(), *part]
            rest -= len(part) + 1
    is_flat = len(overview.points) < 2  # one payment: there is nothing to see
    height = 0 if is_flat else min(LEAST_ROWS + max(rest, 0), HIGHEST)
    area = _coloured(charts.area(overview.points, columns, height))
    lines = [*head, _title(TITLE), *area, *map(Content, sentence), *parts]
    room = max(rows - len(lines) - BALANCE_ROWS - 1, 0) if with_payments else 0
    payments = [_payment(entry, state) for entry in wallet.history[:room]]
    return [*lines, Content(), _title("Latest"), *payments] if payments else lines


def _payment(entry: HistoryEntry, state: AppState) -> Content:
    """As in "- 25 141 sats   in block 143"."""
    sign = "+" if entry.row.net_sats > 0 else "-"
    amount = f"{wording.amount(abs(entry.row.net_sats), state.btc):>17}"
    status = "waiting" if entry.status == "waiting" else short_status(entry)
    return Content.assemble(f"{sign}{amount}", (f"   {status}", "$secondary"))


def _parts(
    state: AppState, wallet: WalletSnapshot, overview: plots.Overview, columns: int
) -> Iterator[Part]:
    """What is below the balance over time, the most useful first."""
    if overview.fees is not None:
        nothing = [Content(plots.NOTHING_WAITS)]
        bars = _coloured(charts.bars(overview.fees, columns, "vB")) or nothing
        yield [_title("What others pay"), *bars]
    yield [_title("Coins"), Content(coins_sentence(wallet)), *_ages(overview.ages, columns)]
    if not state.playground:
        yield [_title("Network"), *map(Content, _network(state, wallet))]
    if not state.panel:
        yield [_title("Device"), Content(_device(state))]


def _ages(bars: Sequence[Bar], columns: int) -> Part:
    return _coloured(charts.bars([bar for bar in bars if bar.count], columns, "sats"))


def coins_sentence(wallet: WalletSnapshot) -> str:
    """As in "30 coins, 2 of them frozen"."""
    count = len(wallet.utxos)
    frozen = sum(coin.frozen for coin in wallet.utxos)
    coins = "1 coin" if count == 1 else f"{wording.grouped(count)} coins"
    return f"{coins}, {frozen} frozen" if frozen else coins


def _network(state: AppState, wallet: WalletSnapshot) -> Iterator[str]:
    view = wallet.network
    age = "" if view.tip_age_s is None else f", {wording.since(view.tip_age_s)}"
    yield f"Block {wording.grouped(wallet.height)}{age}"
    yield "Synced" if state.synced else "Looking for news"
    if view.problems:
        yield f"{len(view.problems)} peers left alone (n)"


def _device(state: AppState) -> str:
    link = LINKS.get(state.link)
    if link is None:
        return "None: signed elsewhere"
    return f"{link}, {'plugged in' if state.plugged else 'not plugged in (u)'}"


def _title(text: str) -> Content:
    return Content.styled(text, "$secondary")


def _coloured(lines: Sequence[str]) -> Part:
    return [Content.styled(line, "$accent") for line in lines]
