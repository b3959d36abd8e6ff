"""The panel that holds one page at a time."""

from textual.app import ComposeResult
from textual.containers import Container

from host.session.state import AppState
from host.tui.screens.home import HomePage
from host.tui.screens.page import WalletPage


class WalletPanel(Container):
    """Turns pages. A page that is left is gone; whatever must stay is in the state."""

    def __init__(self) -> None:
        super().__init__(id="wallet")
        self.border_title = HomePage.title
        self._turns = 0

    def compose(self) -> ComposeResult:
        yield HomePage()

    @property
    def page(self) -> WalletPage | None:
        return next(iter(self.query(WalletPage)), None)

    async def turn(self, page: WalletPage) -> None:
        # A task may change the state while the page is mounted and has no parts to draw on yet.
        self._turns += 1
        try:
            async with self.batch():
                await self.remove_children()
                await self.mount(page)
        finally:
            self._turns -= 1
        self.border_title = page.title

    def show(self, state: AppState) -> None:
        if self.page is not None and self.page.is_mounted and not self._turns:
            self.page.show(state)
