"""The paths of a wallet in words, and when each is possible, in the same words for every face."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import bdkpython as bdk

from host.config import grouped
from host.errors import WalletError
from host.wallet import bdk_adapter, spending_path
from host.wallet.bdk_wallet import BdkWallet
from host.wallet.spending_path import KeyGroup, PathKey, PathLocks, PolicyPath, Preimage, Signers

_BLOCK_S = 600
_BEHIND_S = 3_600  # how far the median of the last blocks' times is behind the clock (BIP113)
_LENGTHS = ((31_536_000, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True, order=True)
class PathOpening:
    """From when on a block can have it: the newest block's height, and seconds since 1970."""

    height: int
    time: int

    @property
    def text(self) -> str:
        """`block 840,000`, a date, or both."""
        height = f"block {grouped(self.height)}"
        if not self.time:
            return height
        return _date(self.time) if not self.height else f"{height} and {_date(self.time)}"


@dataclass(frozen=True, slots=True)
class SpendingPath:
    """A path by its number, from 1: when, and who signs; for how many of the coins that is now.

    `opens` is when the first coin can take it, `opens_all` when every one can.
    """

    number: int
    words: str
    signers: str
    ready: int
    coins: int
    opens: PathOpening
    opens_all: PathOpening

    @property
    def state(self) -> str:
        """Whether it is possible."""
        if self.ready == self.coins:
            return "Possible now." if self.coins else "There is no coin to spend."
        if self.ready:
            count = f"{grouped(self.ready)} of {grouped(self.coins)} coins"
            return f"Possible now for {count}; for all from {self.opens_all.text} on."
        if self.opens == self.opens_all:
            return f"Possible from {self.opens.text} on."
        return (
            f"Possible for a first coin from {self.opens.text} on; for all from"
            f" {self.opens_all.text} on."
        )

    @property
    def sentence(self) -> str:
        """`2. After 10 blocks (about 1.7 hours) since a coin came: key 2 (3f635a63) alone. ...`."""
        return f"{self.number}. {self.words} {self.state}"


@dataclass(frozen=True, slots=True)
class Present:
    """The newest block's height, and the clock in seconds since 1970."""

    height: int
    clock: int

    def opening(self, locks: PathLocks, coin: "bdk.LocalOutput") -> PathOpening:
        """When that coin can be spent under these locks.

        One that is in no block is taken as if the next had it.
        """
        block = bdk_adapter.height(coin.chain_position)
        height, time = locks.height, locks.time + _BEHIND_S if locks.time else 0
        if locks.blocks:
            start = self.height + 1 if block is None else block
            height = max(height, start + locks.blocks - 1)
        if locks.seconds:
            came = None if block is None else bdk_adapter.seen_at(coin.chain_position)
            time = max(time, (came or self.clock) + locks.seconds + _BEHIND_S)
        return PathOpening(height, time)

    def is_open(self, locks: PathLocks, coin: "bdk.LocalOutput") -> bool:
        """Whether the next block can have it."""
        opening = self.opening(locks, coin)
        return opening.height <= self.height and opening.time <= self.clock


def listed(
    wallet: BdkWallet,
    fingerprints: Sequence[str],
    coins: "Sequence[bdk.LocalOutput]",
    present: Present,
) -> tuple[SpendingPath, ...]:
    """The paths of a wallet with these keys, in its order, for these coins.

    Raises BadInput when they are too many.
    """
    paths = enumerate(spending_path.of(wallet), 1)
    return tuple(described(number, path, fingerprints, coins, present) for number, path in paths)


def described(
    number: int,
    path: PolicyPath,
    fingerprints: Sequence[str],
    coins: "Sequence[bdk.LocalOutput]",
    present: Present,
) -> SpendingPath:
    """A path for a person."""
    signers = who(path.signers, fingerprints)
    openings = [present.opening(path.locks, coin) for coin in coins] or [PathOpening(0, 0)]
    ready = sum(present.is_open(path.locks, coin) for coin in coins)
    words = f"{_when(path.locks)}: {signers}."
    return SpendingPath(number, words, signers, ready, len(coins), min(openings), max(openings))


def open_coins(
    path: SpendingPath, locks: PathLocks, coins: "Mapping[str, bdk.LocalOutput]", present: Present
) -> "dict[str, bdk.LocalOutput]":
    """The coins, by any name, that can take a path now. Raises WalletError: none of them can."""
    ready = {name: coin for name, coin in coins.items() if present.is_open(locks, coin)}
    if coins and not ready:
        raise WalletError(
            f"Path {path.number} is possible from {path.opens.text} on; it is block"
            f" {grouped(present.height)} now. No payment was created."
        )
    return ready


def who(signers: Signers, fingerprints: Sequence[str]) -> str:
    """`key 2 (3f635a63) alone`, `any 2 of the keys 1 (73c5da0a), 2 (3f635a63), 3 (b8688df1)`."""
    places = {name: fingerprints.index(name) + 1 for name in fingerprints}
    text = _text(signers, places)
    return f"{text} alone" if isinstance(signers, PathKey) else text


def _text(signers: Signers, places: Mapping[str, int]) -> str:
    match signers:
        case PathKey(fingerprint):
            return f"key {_name(fingerprint, places)}"
        case Preimage(digest):
            return f"the secret whose digest is {digest}"
        case KeyGroup(count, members):
            keys = [_name(m.fingerprint, places) for m in members if isinstance(m, PathKey)]
            if len(keys) == len(members) > count:
                return f"any {'one' if count == 1 else count} of the keys {', '.join(keys)}"
            inside = [_text(member, places) for member in members]
            return _listed(inside) if count == len(members) else f"{count} of [{'; '.join(inside)}]"


def _name(fingerprint: str, places: Mapping[str, int]) -> str:
    place = places.get(fingerprint)
    return fingerprint if place is None else f"{place} ({fingerprint})"


def _listed(texts: Sequence[str]) -> str:
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last


def _when(locks: PathLocks) -> str:
    parts = [f"from block {grouped(locks.height)} on"] if locks.height else []
    if locks.time:
        parts.append(f"from {_date(locks.time)} on")
    if locks.blocks:
        blocks = f"{grouped(locks.blocks)} block{'' if locks.blocks == 1 else 's'}"
        parts.append(f"after {blocks} ({_about(locks.blocks * _BLOCK_S)}) since a coin came")
    if locks.seconds:
        parts.append(f"after {_about(locks.seconds)} since a coin came")
    text = " and ".join(parts) or "now"
    return text[0].upper() + text[1:]


def _about(seconds: int) -> str:
    """`about 1 year`, `about 8.5 minutes`: in the largest unit that fits."""
    size, unit = next((row for row in _LENGTHS if seconds >= row[0]), _LENGTHS[-1])
    count = round(seconds / size, 1) if seconds < 10 * size else round(seconds / size)
    return f"about {count:g} {unit}{'' if count == 1 else 's'}"


def _date(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
