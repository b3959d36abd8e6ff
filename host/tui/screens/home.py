"""The balance, and what can be done next."""

from collections.abc import Iterable, Iterator
from itertools import islice

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from host.session.api import WalletSnapshot
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import DescriptorRequested, PsbtPasted
from host.tui.screens.coins import coin_line
from host.tui.screens.history import movement, whole_movement
from host.tui.screens.page import SizedPage, advice, balance, paid_to
from host.tui.widgets.flow import FlowPicture
from host.tui.widgets.overview import OverviewPanel

RECENT = 5  # payments in a low window
ABOVE = 5  # lines of balance and advice, and the space below each
LEAST_WHOLE = 3  # lines of a row that is drawn whole, and the space below it
WHOLE_COLUMNS = 70  # that a whole row needs


class HomePage(SizedPage):
    """In a low window balance, advice and a few payments; in a higher one all that fits."""

    place = KeyPlace.HOME
    BINDINGS = actions.bindings(KeyPlace.HOME)
    lists_payments = True

    def compose(self) -> ComposeResult:
        yield Static(id="balance")
        yield Static(id="advice")
        yield Static(id="lists")
        yield FlowPicture("the newest payment's")
        yield OverviewPanel()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.post_message(PsbtPasted(event.text))

    def action_copy(self) -> None:
        self.post_message(DescriptorRequested())

    def show(self, state: AppState) -> None:
        self._state = state
        lists = self._lists(state)
        for name, content in (
            ("balance", _top(state)),
            ("advice", advice(state)),
            ("lists", lists),
        ):
            part = self.query_one(f"#{name}", Static)
            part.update(content)
            part.display = bool(content)
        self._picture(state, self.size.height - ABOVE - lists.plain.count("\n") - 2)
        self.query_one(OverviewPanel).show(state)

    def _lists(self, state: AppState) -> Content:
        """The latest payments, and the coins where the overview is beside the page."""
        wallet, columns = state.wallet, self.size.width
        room = max(self.size.height - ABOVE, 0)
        if wallet is None:
            return Content()
        if self._is_low:
            return _lines("Latest", _payments(wallet, state, columns), RECENT + 1)
        if not self.screen.has_class("-roomy"):
            return _latest(wallet, state, columns, max(room // 2, RECENT + 1))
        coins = _coins(wallet, state, room // 2)
        latest = _latest(wallet, state, columns, room - coins.plain.count("\n") - 2)
        return Content("\n\n").join(filter(None, (latest, coins)))

    def _picture(self, state: AppState, room: int) -> None:
        """Of the newest payment, where there is room below the lists."""
        picture = self.query_one(FlowPicture)
        history = state.wallet.history if state.wallet else ()
        picture.display = bool(history) and not self._is_low
        picture.most_lines = room
        if picture.display:
            picture.show(history[0].row.txid, state)

    @property
    def _is_low(self) -> bool:
        return self.screen.has_class("-short")


def _top(state: AppState) -> Content:
    return balance(state.wallet, state.btc) if state.wallet else Content()


def _latest(wallet: WalletSnapshot, state: AppState, columns: int, room: int) -> Content:
    blocks = (whole_movement(entry, state) for entry in wallet.history)
    lines = _payments(wallet, state, columns)
    if columns >= WHOLE_COLUMNS and LEAST_WHOLE * len(wallet.history) <= room:
        return _blocks("Latest", blocks, room) or _lines("Latest", lines, room)
    return _lines("Latest", lines, room)


def _payments(wallet: WalletSnapshot, state: AppState, columns: int) -> Iterator[Content]:
    return (movement(entry, state, columns) for entry in wallet.history)


def _coins(wallet: WalletSnapshot, state: AppState, room: int) -> Content:
    lines = [Content.assemble("   ", coin_line(coin, state)) for coin in wallet.utxos[:room]]
    blocks = (
        Content.assemble(line, "\n", *paid_to(coin.address, "")).rstrip()
        for line, coin in zip(lines, wallet.utxos, strict=False)
    )
    if LEAST_WHOLE * len(wallet.utxos) <= room:
        return _blocks("Coins", blocks, room) or _lines("Coins", lines, room)
    return _lines("Coins", lines, room)


def _blocks(title: str, rows: Iterable[Content], room: int) -> Content:
    """All of them, a space between; nothing if so many lines have no room for that."""
    drawn = Content("\n\n").join(rows)
    is_fitting = 0 < drawn.plain.count("\n") + 2 <= room
    return _titled(title, drawn) if is_fitting else Content()


def _lines(title: str, rows: Iterable[Content], room: int) -> Content:
    """A line each, as many as there is room for."""
    return _titled(title, Content("\n").join(islice(rows, max(room - 1, 0))))


def _titled(title: str, drawn: Content) -> Content:
    return Content.assemble((f"{title}\n", "$secondary"), drawn) if drawn else Content()


PAGE = HomePage
