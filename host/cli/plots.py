"""`quietkey wallet plot`: the history as pictures, as sentences, or as values."""

import argparse
import json
import shutil
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict

from host.config import wall_clock
from host.session import charts, plots
from host.session.local import LocalSession

ROWS = 10


Opened = Callable[[argparse.Namespace], AbstractAsyncContextManager[LocalSession]]
Look = Callable[[argparse.Namespace, LocalSession], Awaitable[None]]


async def run(args: argparse.Namespace, opened: Opened, look: Look) -> None:
    """Print it. Raises HostError."""
    async with opened(args) as session:
        await look(args, session)
        wallet, waiting = await session.snapshot(), await session.waiting_fees()
    points = plots.balance_over_time(wallet.history)
    ages = plots.coin_ages(wallet, wall_clock())
    fees = None if waiting is None else plots.fee_bars(waiting)
    if args.json:
        data = {
            "balance": [asdict(point) for point in points],
            "coin_ages": [asdict(bar) for bar in ages],
            "waiting_fees": None if waiting is None else [list(entry) for entry in waiting],
        }
        sys.stdout.write(f"{json.dumps(data)}\n")
        return
    columns = shutil.get_terminal_size().columns - 1
    parts = (
        (charts.area(points, columns, ROWS), plots.balance_sentence(points)),
        (charts.bars(ages, columns, "sats"), plots.ages_sentence(ages)),
        (charts.bars(fees or (), columns, "vB"), plots.fees_sentence(fees)),
    )
    for lines, sentence in parts:
        shown = [] if args.text else lines
        sys.stdout.write("\n".join([*shown, sentence, "" if args.text else "\n"]))
