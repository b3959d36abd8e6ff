"""The main screen: three panels, a line above and a line below."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from host.session.state import AppState
from host.tui.keyboard import Clock
from host.tui.widgets.device import NARROW, DeviceWidget
from host.tui.widgets.lines import Foot, TopLine
from host.tui.widgets.network import NetworkStrip
from host.tui.widgets.wallet import WalletPanel


class Desk(Screen[None], inherit_bindings=False):
    """Wallet on the left, device on the right, network below."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(id="desk")
        self._clock = clock

    def compose(self) -> ComposeResult:
        yield TopLine(id="top")
        with Horizontal(id="middle"):
            yield WalletPanel()
            yield DeviceWidget(self._clock)
        strip = NetworkStrip(id="network")
        strip.border_title = "Network"
        yield strip
        yield Foot(id="foot")

    def show(self, state: AppState) -> None:
        """Draw all of it. What the session does not have takes no room."""
        self.set_class(not state.panel, "-no-panel")
        self.set_class(not state.playground, "-no-playground")
        self.query_one(TopLine).show(state)
        self.query_one(WalletPanel).show(state)
        self.query_one(DeviceWidget).show(state)
        self.query_one(NetworkStrip).show(state)

    def show_activity(self, line: str) -> None:
        """What takes long, in the border of whatever panel is seen on a narrow screen, too."""
        self.query_one(WalletPanel).border_subtitle = line
        alone = self.app.size.width < NARROW
        self.query_one(DeviceWidget).border_subtitle = line if alone else ""
