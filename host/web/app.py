"""The app and the server before it, in one event loop."""

import asyncio
import sys

from host.session.api import Opening
from host.session.remembered import Wallets
from host.settings import ThemeChoice
from host.tui.app import QuietkeyApp
from host.web.driver import Wire, driver_class
from host.web.server import WebServer


def serve(
    opening: Opening | None, port: int, wallets: Wallets | None, look: ThemeChoice | None
) -> int:
    """Until the app ends, or Ctrl-C. The exit status. Raises HostError."""

    async def run() -> int:
        return await _serve(QuietkeyApp(opening, wallets=wallets, look=look), port)

    return asyncio.run(run())


async def _serve(app: QuietkeyApp, port: int) -> int:
    wire = Wire()
    app.driver_class = driver_class(wire)
    async with WebServer(wire, port) as server:
        sys.stdout.write(
            f"Open this in a browser of this machine, once, and show it to nobody:\n{server.url}\n"
            "It ends with q in the app, or Ctrl-C here.\n"
        )
        sys.stdout.flush()
        status = await app.run_async(mouse=True)
        await wire.end()
    return app.return_code if status is None and app.return_code else status or 0
