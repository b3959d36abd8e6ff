"""The main screen: three panels, a fourth where there is room, a line above and a line below."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from host.session.state import AppState
from host.tui.keyboard import Clock
from host.tui.screens.page import WalletPage
from host.tui.widgets.device import NARROW, DeviceWidget
from host.tui.widgets.device import WIDTH as DEVICE_COLUMNS
from host.tui.widgets.lines import Foot, TopLine
from host.tui.widgets.network import NetworkStrip
from host.tui.widgets.overview import OverviewPanel
from host.tui.widgets.wallet import WalletPanel

PAGE_COLUMNS = 78  # that a page is laid out for, borders included
OVERVIEW_COLUMNS = (40, 64)  # at least, at most


class Desk(Screen[None], inherit_bindings=False):
    """Wallet on the left, device on the right, network below, the overview between."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(id="desk")
        self._clock = clock

    def compose(self) -> ComposeResult:
        yield TopLine(id="top")
        with Horizontal(id="middle"):
            yield WalletPanel()
            overview = OverviewPanel(id="overview")
            overview.border_title = "Overview"
            yield overview
            yield DeviceWidget(self._clock)
        strip = NetworkStrip(id="network")
        strip.border_title = "Network"
        yield strip
        yield Foot(id="foot")

    def show(self, state: AppState) -> None:
        """Draw all of it. What the session does not have takes no room."""
        self.set_class(not state.panel, "-no-panel")
        self.set_class(not state.playground, "-no-playground")
        page = self.query_one(WalletPanel).page
        self._make_room(state, page)
        self.query_one(TopLine).show(state)
        self.query_one(WalletPanel).show(state)
        with_payments = page is None or not page.lists_payments
        self.query_one("#overview", OverviewPanel).show(state, with_payments=with_payments)
        self.query_one(DeviceWidget).show(state)
        self.query_one(NetworkStrip).show(state)

    def show_activity(self, line: str) -> None:
        """What takes long, in the border of whatever panel is seen on a narrow screen, too."""
        self.query_one(WalletPanel).border_subtitle = line
        alone = self.app.size.width < NARROW
        self.query_one(DeviceWidget).border_subtitle = line if alone else ""

    def _make_room(self, state: AppState, page: WalletPage | None) -> None:
        """For the overview: what a page and the device leave of a wide window."""
        left = self.size.width - PAGE_COLUMNS - (DEVICE_COLUMNS if state.panel else 0)
        least, most = OVERVIEW_COLUMNS
        has_past = state.wallet is not None and bool(state.wallet.history)
        is_wanted = has_past and not (page is not None and page.takes_all)
        self.set_class(left >= least and is_wanted, "-roomy")
        self.query_one("#overview").styles.width = min(left, most)
