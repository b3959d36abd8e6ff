"""The coins that can be spent."""

from textual.content import Content

from host.session import wording
from host.session.state import AppState
from host.tui.screens.listing import ListPage
from host.tui.screens.page import address
from host.values import Utxo


class CoinsPage(ListPage):
    title = "Coins"
    gap = "\n\n"

    def empty(self, state: AppState) -> str:
        return wording.NO_PLAY_COINS if state.playground else wording.NO_COINS

    def rows(self, state: AppState) -> list[Content]:
        return [_coin(coin, state) for coin in state.wallet.utxos] if state.wallet else []


def _coin(coin: Utxo, state: AppState) -> Content:
    block = "waiting for a block" if coin.height is None else f"in block {coin.height}"
    return Content.assemble(
        (f"{wording.amount(coin.sats, state.btc):>18}", "bold"),
        (f"   {block:<20}", "$secondary"),
        (f"{_outpoint(coin.outpoint)}\n", "$secondary"),
        "  ",
        address(coin.address),
    )


def _outpoint(outpoint: str) -> str:
    txid, _, vout = outpoint.partition(":")
    return f"{wording.short(txid)}:{vout}"


PAGE = CoinsPage
