"""The panel that holds one page at a time."""

from textual.app import ComposeResult
from textual.containers import Container

from host.session.state import AppState
from host.tui.screens.home import HomePage
from host.tui.screens.page import WalletPage


class WalletPanel(Container):
    """Turns pages. A page that is left is gone; whatever must stay is in `Now`."""

    def __init__(self) -> None:
        super().__init__(id="wallet")
        self.border_title = HomePage.title

    def compose(self) -> ComposeResult:
        yield HomePage()

    @property
    def page(self) -> WalletPage | None:
        return next(iter(self.query(WalletPage)), None)

    async def turn(self, page: WalletPage) -> None:
        async with self.batch():
            await self.remove_children()
            await self.mount(page)
        self.border_title = page.title

    def show(self, state: AppState) -> None:
        if self.page is not None and self.page.is_mounted:
            self.page.show(state)
