"""A long history at a glance: the balance over time, the age of the coins, what others pay."""

from textwrap import wrap

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from host.session import charts, plots
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.screens.page import SizedPage, pointed

LEAST_COLUMNS, LEAST_ROWS, MOST_ROWS = 20, 6, 24
BALANCE = "Balance over time"
LOOKING = "Looking at the history."


class TrendsPage(SizedPage):
    """Plots, each with its sentence."""

    title = "Trends"
    takes_all = True
    place = KeyPlace.LIST
    BINDINGS = actions.bindings(KeyPlace.LIST)

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield Static(id="plots")
            yield Static(id="advice")

    def show(self, state: AppState) -> None:
        self._state = state
        room = self.query_one(VerticalScroll).scrollable_content_region
        drawn = _drawn(state, max(room.width - 1, LEAST_COLUMNS), room.height)
        self.query_one("#plots", Static).update(drawn)

    def action_copy(self) -> None:
        overview = self._state.overview
        if overview is not None:
            sentences = [
                plots.balance_sentence(overview.points),
                plots.ages_sentence(overview.ages),
                plots.fees_sentence(overview.fees),
            ]
            self.copy("\n".join(sentences))

    def action_up(self) -> None:
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_down(self) -> None:
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_page_up(self) -> None:
        self.query_one(VerticalScroll).scroll_page_up(animate=False)

    def action_page_down(self) -> None:
        self.query_one(VerticalScroll).scroll_page_down(animate=False)


def _drawn(state: AppState, columns: int, rows: int) -> Content:
    overview = state.overview
    if overview is None:
        return pointed(LOOKING)
    ages = charts.bars(overview.ages, columns, "sats")
    parts = [_part("Coin ages", ages, plots.ages_sentence(overview.ages))]
    if overview.fees is not None:  # nobody tells otherwise
        drawn = charts.bars(overview.fees, columns, "vB")
        parts.append(_part("What others pay", drawn, plots.fees_sentence(overview.fees)))
    sentence = plots.balance_sentence(overview.points)
    texts = [_part(BALANCE, [], sentence), *parts]
    rest = rows - sum(_height(part, columns) + 1 for part in texts)
    limit = MOST_ROWS if len(overview.points) > 1 else LEAST_ROWS  # a flat one is no picture
    area = charts.area(overview.points, columns, min(max(rest, LEAST_ROWS), limit))
    return Content("\n\n").join((_part(BALANCE, area, sentence), *parts))


def _height(part: Content, columns: int) -> int:
    """Lines that it takes, longer ones broken."""
    return sum(len(wrap(line, columns)) or 1 for line in part.plain.splitlines())


def _part(title: str, lines: list[str], sentence: str) -> Content:
    drawn = "".join(f"{line}\n" for line in lines)
    return Content.assemble((f"{title}\n", "bold"), (drawn, "$accent"), pointed(sentence))


PAGE = TrendsPage
