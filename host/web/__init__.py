"""The app in a browser of this machine: `quietkey web`."""

import os

from host.session.api import Opening
from host.session.remembered import Wallets
from host.settings import ThemeChoice


def run(
    opening: Opening | None,
    port: int,
    wallets: Wallets | None = None,
    look: ThemeChoice | None = None,
) -> int:
    """Serve the app until it ends. The exit status. Raises HostError."""
    # A browser has all colours, whatever the terminal has that this was typed in. Textual looks
    # when it is imported, and that is here.
    os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    from host.web.app import serve  # noqa: PLC0415

    return serve(opening, port, wallets, look)
