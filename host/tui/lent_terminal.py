"""The app's terminal, lent to who shows codes in it as a command does: with pictures and keys."""

import sys
import textwrap
from contextlib import ExitStack

from textual.app import App, SuspendNotSupported


class LentTerminal:
    """While it is lent nothing of the app is drawn, and no key is the app's."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._loan = ExitStack()
        self.is_lent = False

    def lend(self, sentence: str) -> None:
        """Say this on it. Where an app cannot step aside (in a browser) nothing happens."""
        if not self.is_lent:
            try:
                self._loan.enter_context(self._app.suspend())
            except SuspendNotSupported:
                return
            self._loan.enter_context(self._app.batch_update())
            self.is_lent = True
        lines = textwrap.fill(sentence, self._app.size.width)
        print(f"{lines}\nq goes back.", file=sys.stderr)  # noqa: T201

    def take_back(self) -> None:
        """Draw the app again, as it is by now."""
        if self.is_lent:
            self.is_lent = False
            self._loan.close()
            self._app.refresh(layout=True)
