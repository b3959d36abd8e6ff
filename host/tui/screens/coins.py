"""The coins that can be spent."""

from textual.content import Content

from host.tui import sentences
from host.tui.now import Now
from host.tui.scene import Coin
from host.tui.screens.listing import ListPage
from host.tui.screens.page import address


class CoinsPage(ListPage):
    title = "Coins"
    empty = sentences.NO_COINS
    gap = "\n\n"

    def rows(self, now: Now) -> list[Content]:
        return [_coin(coin, now) for coin in now.purse.coins] if now.purse else []


def _coin(coin: Coin, now: Now) -> Content:
    where = "waiting for a block" if coin.height is None else f"in block {coin.height}"
    return Content.assemble(
        (f"{sentences.amount(coin.sats, now.btc):>18}", "bold"),
        (f"   {where:<20}", "$secondary"),
        (f"{_outpoint(coin.outpoint)}\n", "$secondary"),
        "  ",
        address(coin.address),
    )


def _outpoint(outpoint: str) -> str:
    txid, _, vout = outpoint.partition(":")
    return f"{sentences.short(txid)}:{vout}"


PAGE = CoinsPage
