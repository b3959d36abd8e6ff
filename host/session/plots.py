"""What a long history looks like: the balance over time, the age of the coins, what others pay.

Each plot is made of values, and says itself in sentences, too: not everybody sees a picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from host.config import grouped
from host.session.api import WalletSnapshot
from host.values import HistoryEntry, WaitingFees

DAY_S = 86_400
AGES = (
    ("under a day", 1),
    ("under a week", 7),
    ("under a month", 30),
    ("under half a year", 182),
    ("under a year", 365),
    ("under two years", 730),
)
OLDER = "older"
NOTHING_WAITS = "Nothing waits in the server's mempool."
RATES = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)  # sat/vB


@dataclass(frozen=True, slots=True)
class BalancePoint:
    """The balance in sats from that moment on, in seconds since 1970."""

    time: int
    sats: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram: `count` things that are worth `amount` together."""

    name: str
    amount: int
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All plots of a moment. `fees` is None where nobody tells what others pay."""

    points: tuple[BalancePoint, ...]
    ages: tuple[Bar, ...]
    fees: tuple[Bar, ...] | None


def overview(wallet: WalletSnapshot, present: int, waiting: WaitingFees | None) -> Overview:
    """The plots of a wallet; `present` is the time in seconds since 1970."""
    fees = None if waiting is None else fee_bars(waiting)
    return Overview(balance_over_time(wallet.history), coin_ages(wallet, present), fees)


def balance_over_time(history: Sequence[HistoryEntry]) -> tuple[BalancePoint, ...]:
    """What blocks have made of the balance, oldest first, one point a moment."""
    points: dict[int, int] = {}
    sats = 0
    for entry in reversed(history):
        if entry.row.height is not None and entry.row.time is not None:
            sats += entry.row.net_sats
            points[entry.row.time] = sats
    return tuple(BalancePoint(time, balance) for time, balance in points.items())


def coin_ages(wallet: WalletSnapshot, present: int) -> tuple[Bar, ...]:
    """How long the coins lie still; those in no block are left out. `present` is the time now."""
    times = {entry.row.txid: entry.row.time for entry in wallet.history if entry.row.height}
    sums = {name: (0, 0) for name, _ in (*AGES, (OLDER, 0))}
    for coin in wallet.utxos:
        time = times.get(coin.outpoint.partition(":")[0])
        if time is not None:
            name = _age((present - time) / DAY_S)
            sats, count = sums[name]
            sums[name] = sats + coin.sats, count + 1
    return tuple(Bar(name, *sums[name]) for name in sums)


def _age(days: float) -> str:
    return next((name for name, limit in AGES if days < limit), OLDER)


def fee_bars(fees: WaitingFees) -> tuple[Bar, ...]:
    """What waits in the mempool, in vB, by the rate it pays; the highest first."""
    limits = [*RATES, float("inf")]
    bars = [("under 1 sat/vB", _between(fees, 0, 1))]
    for low, high in pairwise(limits):
        name = f"{low} sat/vB and more" if high == limits[-1] else f"{low} to {high} sat/vB"
        bars.append((name, _between(fees, low, high)))
    return tuple(Bar(name, vbytes, 0) for name, vbytes in reversed(bars) if vbytes)


def _between(fees: Iterable[tuple[float, int]], low: float, high: float) -> int:
    return sum(vbytes for rate, vbytes in fees if low <= rate < high)


def balance_sentence(points: Sequence[BalancePoint]) -> str:
    """From when to when, the highest and what it is."""
    if not points:
        return "Nothing came in a block yet."
    if len(points) == 1:
        return f"{grouped(points[0].sats)} sats since {_day(points[0].time)}."
    highest = max(points, key=lambda point: point.sats)
    return (
        f"From {_day(points[0].time)} to {_day(points[-1].time)}. Highest"
        f" {grouped(highest.sats)} sats on {_day(highest.time)}, at the end"
        f" {grouped(points[-1].sats)} sats."
    )


def ages_sentence(bars: Sequence[Bar]) -> str:
    """How many coins of each age, and what they hold."""
    parts = [
        f"{bar.name}, {_coins(bar.count)}, {grouped(bar.amount)} sats" for bar in bars if bar.count
    ]
    return f"By age: {'; '.join(parts)}." if parts else "There is no coin in a block yet."


def _coins(count: int) -> str:
    return "1 coin" if count == 1 else f"{count} coins"


def fees_sentence(bars: Sequence[Bar] | None) -> str:
    """What waits, or that nobody tells."""
    if bars is None:
        return "Nobody here tells what others pay. Servers do: electrum:, esplora: or core:."
    if not bars:
        return NOTHING_WAITS
    parts = [f"{grouped(bar.amount)} vB at {bar.name}" for bar in bars]
    return f"Waiting in the server's mempool: {'; '.join(parts)}."


def _day(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}"
