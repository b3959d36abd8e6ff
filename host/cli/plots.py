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
    overview = plots.overview(wallet, wall_clock(), waiting)
    if args.json:
        data = {
            "balance": [asdict(point) for point in overview.points],
            "coin_ages": [asdict(bar) for bar in overview.ages],
            "waiting_fees": None if waiting is None else [list(entry) for entry in waiting],
        }
        sys.stdout.write(f"{json.dumps(data)}\n")
        return
    columns = shutil.get_terminal_size().columns - 1
    parts = (
        (charts.area(overview.points, columns, ROWS), plots.balance_sentence(overview.points)),
        (charts.bars(overview.ages, columns, "sats"), plots.ages_sentence(overview.ages)),
        (charts.bars(overview.fees or (), columns, "vB"), plots.fees_sentence(overview.fees)),
    )
    for lines, sentence in parts:
        shown = [] if args.text else lines
        sys.stdout.write("\n".join([*shown, sentence, "" if args.text else "\n"]))
