"""A transaction as a picture in letters, asked for once by whoever shows the transaction."""

from textual.widgets import Static

from host.config import grouped
from host.diagram import draw
from host.session import wording
from host.session.state import AppState
from host.tui.messages import FlowRequested

NARROWEST = 60


class FlowPicture(Static):
    """Empty as long as there is nothing to draw, or no room to draw it in.

    `subject`, whose coins they are, is said above it. `most_lines` is how much room there is;
    None where what is too long is scrolled.
    """

    def __init__(self, subject: str = "its") -> None:
        super().__init__(markup=False)
        self._subject = subject
        self._source: bytes | str | None = None
        self._state = AppState()
        self.most_lines: int | None = None

    def show(self, source: bytes | str, state: AppState) -> None:
        if source != self._source:
            self._source = source
            self.post_message(FlowRequested(source))
        self._state = state
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)  # its height is settled by then

    def _draw(self) -> None:
        view, width, records = self._state.flow, self.size.width, self._state.records
        if view is None or view.source != self._source or width < NARROWEST:
            self.update("")
            return
        in_btc = self._state.btc
        labels = {contact.payee: contact.name for contact in records.contacts}
        labels.update(records.labels)
        lines = draw(view.flow, width, labels, _in_btc if in_btc else grouped)
        if self.most_lines is not None and len(lines) >= self.most_lines:
            self.update("")
            return
        title = f"Where {self._subject} coins come from and go, in {'BTC' if in_btc else 'sats'}"
        self.update("\n".join((title, *lines)))


def _in_btc(sats: int) -> str:
    return wording.amount(sats, btc=True).removesuffix(" BTC")
