"""`python -m tests.scale [--transactions N] [--coins N] [--times N] [--size CxR]`: a long life.

Beside it, by turns, a wallet of ten transactions: what the machine itself takes. Bars: the start
2 s, any screen 200 ms, of the time on a processor: on a machine that has nothing else to do, that
is how long a person waits.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.floods.measure import peak
from tests.scale.home import NAME, home
from tests.scale.terminal import SIZE, Terminal

START_S, SCREEN_S = 2.0, 0.2
SMALL = (10, 5)  # transactions and coins of the wallet beside it
# What is pressed, and what is on its page alone.
PAGES = {
    "coins": ("c", "Coins", "in block"),
    "a coin below": ("\x1b[B", "▸"),
    "history": ("h", "History", "in block"),
    "ten lines below": ("\x1b[6~", "▸"),
    "one payment": ("\r", "Txid"),
    "receive": ("r", "Receive"),
    "pay": ("p", "Amount"),
    "wallet": ("\x1b", "Balance"),
    "trends": ("t", "Coin ages"),
    "network": ("n", "Network"),
    "help": ("?", "Everywhere"),
}
VERBS = ("balance", "coins", "history")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    parser.add_argument("--transactions", type=int, default=10_000)
    parser.add_argument("--coins", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--size", type=_size, default=SIZE, help="columns x rows, as in 160x50")
    return asyncio.run(_measured(parser.parse_args()))


def _size(text: str) -> tuple[int, int]:
    columns, _, rows = text.partition("x")
    return int(columns), int(rows)


async def _measured(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="quietkey-scale-") as folder:
        long, small = Path(folder) / "long", Path(folder) / "small"
        async with home(long, options.transactions, options.coins), home(small, *SMALL):
            load = os.getloadavg()[0]
            print(f"{options.transactions} transactions, {options.coins} coins; load {load:.1f}")
            print(f"{'seconds (of them on a processor)':34} {'long':>20} {'small':>20}")
            return await asyncio.to_thread(_all, long, small, options)


def _all(long: Path, small: Path, options: argparse.Namespace) -> int:
    rows = {"start": START_S, **dict.fromkeys(PAGES, SCREEN_S)}
    by_home = _by_turns((long, small), options.times, options.size)
    failed = 0
    for name, bar in rows.items():
        is_good = median(used for _, used in by_home[long][name]) <= bar
        failed += not is_good
        mark = "" if is_good else f"  more than {bar:g} s"
        print(f"{name:34} {_said(by_home[long][name])} {_said(by_home[small][name])}{mark}")
    for verb in VERBS:
        for flags in ((), ("--json",)):
            ran = [_ran((verb, *flags), root) for root in (long, small)]
            figures = " ".join(f"{wall:9.2f} ({used:5.2f}) {mib:3.0f}M" for wall, used, mib in ran)
            print(f"{' '.join(('wallet', verb, *flags)):34} {figures}")
    return 1 if failed else 0


Figures = dict[str, list[tuple[float, float]]]


def _by_turns(roots: tuple[Path, ...], times: int, size: tuple[int, int]) -> dict[Path, Figures]:
    figures: dict[Path, Figures] = {root: {} for root in roots}
    memory = dict.fromkeys(roots, 0.0)
    for _ in range(times):
        for root in roots:
            with Terminal((), {"QUIETKEY_HOME": str(root)}, size) as terminal:
                took = terminal.until("Balance", "sats")
                _add(figures[root], "start", took, terminal.on_processor)
                terminal.until("synced")
                for name, (key, *words) in PAGES.items():
                    terminal.press(key)
                    used = terminal.on_processor
                    took = terminal.until(*words)
                    _add(figures[root], name, took, terminal.on_processor - used)
                memory[root] = max(memory[root], peak(terminal.pid))
    print(f"{'memory of the app, MiB':34} " + " ".join(f"{mib:20.0f}" for mib in memory.values()))
    return figures


def _add(figures: Figures, name: str, wall: float, used: float) -> None:
    figures.setdefault(name, []).append((wall, used))


def _said(measured: list[tuple[float, float]]) -> str:
    walls, used = zip(*measured, strict=True)
    return f"{median(walls):12.3f} ({median(used):5.2f})"


def _ran(words: tuple[str, ...], root: Path) -> tuple[float, float, float]:
    flags = ("--home", str(root), "--wallet", NAME)
    with Terminal(("wallet", *words, *flags), {}) as terminal:
        return terminal.wait()


if __name__ == "__main__":
    sys.exit(main())
