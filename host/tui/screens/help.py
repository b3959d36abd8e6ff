"""The keys of the moment, what the words mean, and all other keys, straight from the table."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import KeyPlace, Needs
from host.tui.screens.sheet import Sheet

EXPLAINED = {
    "Device": "It has the keys. What it shows counts, and not what this screen says.",
    "Seed": "The 12 or 24 words of a device are the money itself. Keep them on paper, tell nobody.",
    "Words": "For each payment wallet and device show four words. If they differ, they speak of two"
    " payments: say no on the device.",
    "Coins": "What you were paid, piece by piece (UTXO). A payment spends coins whole; a frozen"
    " one is spent by none.",
    "Change": "What a payment's coins are worth beyond amount and fee. It comes back to an address"
    " of yours, which the device checks.",
    "Fee": "What miners get. It goes by a payment's size, not by its amount: so many sats for each"
    " byte (sat/vB). More waits less, and it can be raised later.",
    "Peers": "Nodes of others, which hand blocks to you and pass payments on. They see no key. One"
    " honest one among them is enough, and who lies is named on the network's page.",
    "Block": "Where a payment is settled. Each block on top is one more confirmation; from 6 on, a"
    " reorg is not reckoned with.",
}
# Their keys stand in their own last lines.
NOT_NAMED = (KeyPlace.SHEET, KeyPlace.WELCOME, KeyPlace.ANSWER, KeyPlace.LEAVING, KeyPlace.JUMP)


class HelpScreen(Sheet[None]):
    BINDINGS = actions.bindings(KeyPlace.SHEET)

    def __init__(
        self,
        missing: frozenset[Needs] = frozenset(),
        place: KeyPlace = KeyPlace.EVERYWHERE,
    ) -> None:
        """`place` is where the person is."""
        super().__init__()
        self._missing = missing
        self._place = place

    def compose(self) -> ComposeResult:
        first = dict.fromkeys((self._place, KeyPlace.EVERYWHERE))
        with Vertical(classes="sheet tall") as sheet:
            sheet.border_title = "Keys and words"
            with VerticalScroll(can_focus=False):
                yield Static(_keys(first, self._missing))
                yield Static("What the words mean", classes="heading")
                for word, meaning in EXPLAINED.items():
                    with Horizontal(classes="word"):
                        yield Static(word)
                        yield Static(meaning)
                others = [place for place in KeyPlace if place not in first]
                yield Static(_keys(others, self._missing))
            yield self.keys(KeyPlace.SHEET)

    def action_leave(self) -> None:
        self.dismiss()

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)


def _keys(places: Iterable[KeyPlace], missing: frozenset[Needs]) -> Content:
    return Content("\n").join(
        _group(place, missing)
        for place in places
        if place not in NOT_NAMED and actions.rows(place, missing)
    )


def _group(place: KeyPlace, missing: frozenset[Needs]) -> Content:
    rows = (
        Content.assemble(
            (f"  {row.sign:<6}", "bold $accent"),
            f"{row.label:<17}",
            (f"{row.help}\n", "$secondary"),
        )
        for row in actions.rows(place, missing)
    )
    return Content.assemble((f"{place.value}\n", "bold"), *rows)


SCREEN = HelpScreen
