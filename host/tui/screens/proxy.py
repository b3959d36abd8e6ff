"""What the wallet's connections go through: nothing, Tor, or another SOCKS5 proxy."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from host.session import setup
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import PageRequested, ProxyChosen
from host.tui.screens.page import WalletPage, pointed
from host.tui.widgets.field import Field

EXPLANATION = (
    "Through Tor, nodes and servers do not learn where you are; what else they learn stays. The"
    " wallet is opened anew for it. Names (name@domain) are then looked up at a resolver that you"
    " name: dns in config.toml."
)


class ProxyPage(WalletPage, can_focus=False):
    title = "Proxy"
    place = KeyPlace.NOTE
    BINDINGS = actions.bindings(KeyPlace.NOTE)

    def __init__(self, proxy: str) -> None:
        super().__init__()
        self._proxy = proxy

    def compose(self) -> ComposeResult:
        yield Static(EXPLANATION)
        with Horizontal(classes="field"):
            yield Label("Proxy")
            yield Field(self._proxy or setup.STRAIGHT, id="proxy", compact=True)
        yield Static(setup.proxy_hint(has_tor=False), classes="says")
        yield Static(id="advice")

    def first_focus(self) -> None:
        self.query_one("#proxy", Input).focus()

    def show(self, state: AppState) -> None:
        self.query_one("#advice", Static).update(pointed(state.problem))

    @on(Input.Submitted)
    def action_keep(self) -> None:
        self.post_message(ProxyChosen(self.query_one("#proxy", Input).value))

    def action_leave(self) -> None:
        self.post_message(PageRequested("network"))
