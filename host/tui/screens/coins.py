"""The coins that can be spent: choose some for the next payment, freeze what is to stay."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from host.session import wording
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import CoinsChosen, FreezeRequested
from host.tui.screens.page import WalletPage, address, pointed
from host.values import Utxo

ROW_LINES = 3


class CoinsPage(WalletPage):
    title = "Coins"
    place = KeyPlace.COINS
    BINDINGS = actions.bindings(KeyPlace.COINS)
    picked: reactive[int] = reactive(0)

    def __init__(self) -> None:
        super().__init__()
        self._state = AppState()

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(id="rows")
        yield Static(id="advice")

    def show(self, state: AppState) -> None:
        self._state = state
        coins = self._coins
        rows = [_coin(coin, state, index == self.picked) for index, coin in enumerate(coins)]
        empty = wording.NO_PLAY_COINS if state.playground else wording.NO_COINS
        content = Content("\n\n").join(rows) if rows else empty
        self.query_one("#rows", Static).update(content)
        self.query_one("#advice", Static).update(pointed(state.problem or _sum(state)))

    @property
    def _coins(self) -> tuple[Utxo, ...]:
        return self._state.wallet.utxos if self._state.wallet else ()

    def watch_picked(self) -> None:
        if self.is_mounted:
            self.show(self._state)
            scroll = self.query_one(VerticalScroll)
            above = max(self.picked * ROW_LINES - scroll.size.height // 2, 0)
            scroll.scroll_to(y=above, animate=False)

    def action_pick(self, step: int) -> None:
        if self._coins:
            self.picked = min(max(self.picked + step, 0), len(self._coins) - 1)

    def action_choose(self) -> None:
        coin = self._picked_coin()
        if coin is None or coin.frozen:
            return
        chosen = self._state.chosen
        rest = tuple(name for name in chosen if name != coin.outpoint)
        outpoints = rest if coin.outpoint in chosen else (*chosen, coin.outpoint)
        self.post_message(CoinsChosen(outpoints))

    def action_freeze(self) -> None:
        coin = self._picked_coin()
        if coin is not None:
            self.post_message(FreezeRequested(coin.outpoint, not coin.frozen))

    def _picked_coin(self) -> Utxo | None:
        coins = self._coins
        return coins[min(self.picked, len(coins) - 1)] if coins else None


def _sum(state: AppState) -> str:
    if not state.chosen:
        return ""
    coins = "1 coin" if len(state.chosen) == 1 else f"{len(state.chosen)} coins"
    total = wording.amount(state.available_sats, state.btc)
    return f"{coins} chosen, {total}. Press p to pay out of them."


def _coin(coin: Utxo, state: AppState, picked: bool) -> Content:
    block = "waiting for a block" if coin.height is None else f"in block {coin.height}"
    mark = "frozen" if coin.frozen else "chosen" if coin.outpoint in state.chosen else ""
    return Content.assemble(
        ("▸" if picked else " ", "$accent bold"),
        (f"{wording.amount(coin.sats, state.btc):>17}", "$secondary" if coin.frozen else "bold"),
        (f"   {block:<20}", "$secondary"),
        (f"{_outpoint(coin.outpoint)}", "$secondary"),
        (f"   {mark}", "$accent bold"),
        "\n  ",
        address(coin.address),
    )


def _outpoint(outpoint: str) -> str:
    txid, _, vout = outpoint.partition(":")
    return f"{wording.short(txid)}:{vout}"


PAGE = CoinsPage
