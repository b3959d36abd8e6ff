"""The paths of a wallet in words, and when each is possible, in the same words for every face."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import bdkpython as bdk

from host.config import grouped
from host.errors import WalletError
from host.spending import PathOpening, SpendingPath, date_text
from host.wallet import bdk_adapter, spending_path
from host.wallet.bdk_wallet import BdkWallet
from host.wallet.spending_path import KeyGroup, PathKey, PathLocks, PolicyPath, Preimage, Signers

_BLOCK_S = 600
_BEHIND_S = 3_600  # how far the median of the last blocks' times is behind the clock (BIP113)
_LENGTHS = ((31_536_000, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute"))


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


def check_open(path: SpendingPath, has_coins: bool, present: Present) -> None:
    """Raises WalletError when there are coins, and none of them can take a path now."""
    if has_coins and not path.ready:
        raise WalletError(
            f"Path {path.number} is possible from {path.opens.text} on; it is block"
            f" {grouped(present.height)} now. No payment was created."
        )


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
        parts.append(f"from {date_text(locks.time)} on")
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
