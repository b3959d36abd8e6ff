"""`python -m tests.scale.heartbeat [--transactions N] [--coins N]`: how long the app is deaf.

A heart beats in the app's loop while it opens and syncs a wallet of a long life, turns its pages,
types, and drafts a payment of all its coins. Bar: no beat is late by more than 50 ms, as far as the
loop's own thread worked meanwhile; how long it waited for a processor besides is printed, too.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from host import settings
from host.session import record_tasks, remembered, tasks
from host.session.state import AppState
from host.tui.app import QuietkeyApp
from host.tui.screens.pay import PayPage
from host.tui.screens.payment import PaymentPage
from host.values import PaymentRequest
from tests.scale.home import NAME, home
from tests.wallets import STRANGER

PAGES = ("coins", "history", "trends", "network", "addresses", "contacts", "receive", "sweep")
BEAT_S, BAR_S = 0.005, 0.05


@dataclass
class Heart:
    """The longest pause between two beats, in seconds: all of it, and what the thread worked."""

    pauses: dict[str, tuple[float, float]] = field(default_factory=dict)

    @asynccontextmanager
    async def during(self, what: str) -> AsyncIterator[None]:
        task = asyncio.create_task(self._beat(what))
        try:
            yield
        finally:
            await asyncio.sleep(3 * BEAT_S)
            task.cancel()

    async def _beat(self, what: str) -> None:
        wall, worked = time.monotonic(), time.thread_time()
        while True:
            await asyncio.sleep(BEAT_S)
            now, used = time.monotonic(), time.thread_time()
            late, busy = self.pauses.get(what, (0.0, 0.0))
            self.pauses[what] = max(late, now - wall - BEAT_S), max(busy, used - worked)
            wall, worked = now, used


async def measure(root: Path) -> Heart:
    """The pauses of the app on the wallet of that home folder."""
    heart = Heart()
    wallet = settings.load(root).wallets[NAME]
    app = QuietkeyApp(remembered.opening(root, NAME, wallet))

    async def until(true: Callable[[AppState], object]) -> None:
        async with asyncio.timeout(120):
            while not true(app.state):  # noqa: ASYNC110 - the app's own state
                await asyncio.sleep(BEAT_S)

    async with app.run_test(size=(120, 40)) as pilot:
        async with heart.during("opening and syncing"):
            await until(lambda state: state.wallet and state.synced and state.wallet.is_whole)
        for page in (*PAGES, "home"):
            async with heart.during(f"opening {page}"):
                await app.action_turn(page)
                await pilot.pause(0.3)
        async with heart.during("reading all again"):
            await tasks.sync(app)
        async with heart.during("drafting a payment"):
            await tasks.draft_payment(app, PaymentRequest.to(STRANGER, 100_000, 1.0))
        assert app.state.payment, app.state.problem
        async with heart.during("drafting one of all coins"):
            await tasks.draft_payment(app, PaymentRequest.to(STRANGER, None, 1.0))
        assert app.state.payment, app.state.problem
        async with heart.during("looking at it"):
            await app._turn(PaymentPage())
            await pilot.pause(0.3)
        async with heart.during("typing a payment"):
            await app._turn(PayPage())
            await pilot.pause(0.3)
            app.screen.focused.value = STRANGER  # type: ignore[union-attr]
            await pilot.press("tab", *"25000")
        coin = app.state.wallet.utxos[0].outpoint if app.state.wallet else ""
        async with heart.during("freezing a coin, and not"):
            await tasks.freeze(app, coin, frozen=True)
            await tasks.freeze(app, coin, frozen=False)
        async with heart.during("writing a label"):
            await record_tasks.write_label(app, coin, "Rent")
        async with heart.during("finding an address"):
            await record_tasks.find_address(app, STRANGER)
        async with heart.during("an address to be paid at"):
            await tasks.issue_address(app)
    return heart


async def _main(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="quietkey-scale-") as folder:
        async with home(Path(folder), options.transactions, options.coins):
            heart = await measure(Path(folder))
    print(f"load {os.getloadavg()[0]:.1f}; milliseconds late (of them at work)")
    for what, (late, worked) in heart.pauses.items():
        print(f"{what:30} {1000 * late:6.0f} ({1000 * worked:4.0f})")
    return 1 if any(worked > BAR_S for _, worked in heart.pauses.values()) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.scale.heartbeat", description=__doc__)
    parser.add_argument("--transactions", type=int, default=10_000)
    parser.add_argument("--coins", type=int, default=1_000)
    sys.exit(asyncio.run(_main(parser.parse_args())))
