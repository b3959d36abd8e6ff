"""The coins that can be spent: choose some for the next payment, freeze what is to stay."""

from math import ceil

from textual.content import Content

from host.session import wording
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import CoinsChosen, FreezeRequested, LabelRequested
from host.tui.screens.page import address, pointed
from host.tui.screens.picking import PickPage
from host.values import Utxo

LONGEST_LABEL = 11  # letters of a label, beside all else at 80 columns
INDENT = 2  # columns in front of an address


class CoinsPage(PickPage):
    title = "Coins"
    place = KeyPlace.COINS
    BINDINGS = actions.bindings(KeyPlace.COINS)
    gap = 1

    def __init__(self, outpoint: str = "") -> None:
        """With the coin of that name picked, or the first one."""
        super().__init__()
        self._picked = 0
        self._sought = outpoint

    def show(self, state: AppState) -> None:
        self._state = state
        names = [coin.outpoint for coin in self._coins]
        if self._sought in names:
            self._picked, self._sought = names.index(self._sought), ""
        super().show(state)

    @property
    def count(self) -> int:
        return len(self._coins)

    @property
    def index(self) -> int:
        return min(self._picked, max(self.count - 1, 0))

    def row(self, index: int) -> Content:
        return _coin(self._coins[index], self._state, index == self.index)

    def lines(self, room: int) -> int:
        longest = max(
            (len(" ".join(wording.fours(coin.address))) for coin in self._coins), default=0
        )
        return 1 + ceil((INDENT + longest) / max(room, 1))

    def empty(self) -> str:
        return wording.NO_PLAY_COINS if self._state.playground else wording.NO_COINS

    def hint(self) -> Content:
        return pointed(self._state.problem or _sum(self._state))

    @property
    def _coins(self) -> tuple[Utxo, ...]:
        return self._state.wallet.utxos if self._state.wallet else ()

    def action_pick(self, step: int) -> None:
        if self._coins:
            self._picked = min(max(self.index + step, 0), self.count - 1)
            self.show(self._state)

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

    def action_label(self) -> None:
        if coin := self._picked_coin():
            self.post_message(LabelRequested(coin.outpoint))

    def action_copy(self) -> None:
        if coin := self._picked_coin():
            self.copy(coin.outpoint)

    def _picked_coin(self) -> Utxo | None:
        return self._coins[self.index] if self._coins else None


def _sum(state: AppState) -> str:
    if not state.chosen:
        return ""
    coins = "1 coin" if len(state.chosen) == 1 else f"{len(state.chosen)} coins"
    total = wording.amount(state.available_sats, state.btc)
    return f"{coins} chosen, {total}. Press p to pay out of them."


def _coin(coin: Utxo, state: AppState, picked: bool) -> Content:
    return Content.assemble(
        ("▸" if picked else " ", "$accent bold"),
        coin_line(coin, state),
        "\n" + " " * INDENT,
        address(coin.address),
    )


def coin_line(coin: Utxo, state: AppState) -> Content:
    """As in "5 000 000 sats   in block 142   76cd…d328:1   frozen   Rent"."""
    block = "waiting for a block" if coin.height is None else f"in block {coin.height}"
    mark = "frozen" if coin.frozen else "chosen" if coin.outpoint in state.chosen else ""
    return Content.assemble(
        (f"{wording.amount(coin.sats, state.btc):>17}", "$secondary" if coin.frozen else "bold"),
        (f"   {block:<20}", "$secondary"),
        (f"{_outpoint(coin.outpoint)}", "$secondary"),
        (f"   {mark}" if mark else "", "$accent bold"),
        f"   {state.records.labels.get(coin.outpoint, '')}".rstrip()[: 3 + LONGEST_LABEL],
    )


def _outpoint(outpoint: str) -> str:
    txid, _, vout = outpoint.partition(":")
    return f"{wording.short(txid)}:{vout}"


PAGE = CoinsPage
