"""The panel that holds one page at a time."""

import asyncio

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
        self._turning = asyncio.Lock()

    def compose(self) -> ComposeResult:
        yield HomePage()

    @property
    def page(self) -> WalletPage | None:
        """The page that is there; None while one takes the place of another.

        A page on its way is mounted and has no parts yet: it can neither be drawn nor used.
        """
        return None if self._turning.locked() else next(iter(self.query(WalletPage)), None)

    async def turn(self, page: WalletPage) -> None:
        """Put this page in place of the one that is there. One after the other, never two."""
        async with self._turning, self.batch():
            await self.remove_children()
            await self.mount(page)
        self.border_title = page.title

    def show(self, state: AppState) -> None:
        if self.page is not None and self.page.is_mounted:
            self.page.show(state)
