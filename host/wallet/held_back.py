"""The coins of a wallet: those that a payment may take now, and the others, each with its cause."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

import bdkpython as bdk

from host.config import grouped
from host.wallet import bdk_adapter
from host.wallet.bdk_adapter import outpoint_text
from host.wallet.bdk_wallet import BdkWallet
from host.wallet.path_words import Present
from host.wallet.spending_path import PathLocks

MATURITY = 100  # blocks until a miner's coin can be spent (Bitcoin Core, COINBASE_MATURITY)


class Cause(Enum):
    """Why no payment takes a coin: what is said of one, and behind the sum of several.

    The first that holds counts. `number` is a block, or a path.
    """

    FROZEN = (
        "is frozen: unfreeze it first",
        "are frozen: `quietkey wallet unfreeze` lets them be spent",
    )
    UNSENT = (
        "comes back from a payment that no peer has shown yet",
        "come back from a payment that no peer has shown yet",
    )
    WAITING = (
        "waits for its first block, and could be taken back until then",
        "wait for their first block, and could be taken back until then",
    )
    NEW = (
        "is newly mined, and can be spent from block {number} on",
        "are newly mined, and can be spent from block {number} on",
    )
    YOUNG = (
        "is too young for path {number}",
        "are too young for path {number}. `quietkey wallet paths` says until when",
    )


@dataclass(frozen=True, slots=True)
class HeldCoin:
    """`number` is the first block that can have it spent, or the path that it is too young for."""

    cause: Cause
    coin: "bdk.LocalOutput"
    number: int = 0

    @property
    def sats(self) -> int:
        return int(self.coin.txout.value.to_sat())


@dataclass(frozen=True, slots=True)
class Stock:
    """Unspent coins by "txid:vout": those that payments take, and the others."""

    usable: "Mapping[str, bdk.LocalOutput]"
    held: Mapping[str, HeldCoin]

    @property
    def usable_sats(self) -> int:
        return sum(coin.txout.value.to_sat() for coin in self.usable.values())

    @property
    def sentences(self) -> str:
        """What more there is, and why it is not spent: one for each cause."""
        sentences = []
        for cause in Cause:
            coins = [coin for coin in self.held.values() if coin.cause is cause]
            if coins:
                text = _numbered(cause.value[1], min(coin.number for coin in coins))
                sentences.append(f"{grouped(sum(coin.sats for coin in coins))} sats more {text}.")
        return " ".join(sentences)

    def reason(self, name: str) -> str:
        """Why that coin is not taken, as in "is frozen: unfreeze it first"."""
        coin = self.held[name]
        return _numbered(coin.cause.value[0], coin.number)

    def on_path(self, number: int, locks: PathLocks, present: Present) -> "Stock":
        """The same, without the coins that are too young for a path."""
        ready = {name: coin for name, coin in self.usable.items() if present.is_open(locks, coin)}
        young = {
            name: HeldCoin(Cause.YOUNG, coin, number)
            for name, coin in self.usable.items()
            if name not in ready
        }
        return Stock(ready, {**self.held, **young})


def _numbered(text: str, number: int) -> str:
    return text.replace("{number}", grouped(number))


def sorted_out(
    wallet: BdkWallet,
    coins: "Iterable[bdk.LocalOutput]",
    safe: Collection[str],
    frozen: Collection[str],
    own_txids: Collection[str],
) -> Stock:
    """Each coin, taken or with why not. `safe` are those whose payments can be relied upon.

    `own_txids` are the payments that this wallet made.
    """
    height = int(wallet.latest_checkpoint().height)
    usable, held = {}, {}
    for coin in coins:
        name, block = outpoint_text(coin.outpoint), _first_block(wallet, coin)
        if name in frozen:
            held[name] = HeldCoin(Cause.FROZEN, coin)
        elif name not in safe:
            is_own = str(coin.outpoint.txid) in own_txids
            held[name] = HeldCoin(Cause.UNSENT if is_own else Cause.WAITING, coin)
        elif block > height + 1:
            held[name] = HeldCoin(Cause.NEW, coin, block)
        else:
            usable[name] = coin
    return Stock(usable, held)


def _first_block(wallet: BdkWallet, coin: "bdk.LocalOutput") -> int:
    """The first that can have it spent, if it is a miner's; else 0."""
    height = bdk_adapter.height(coin.chain_position)
    canonical = None if height is None else wallet.canonical.get(str(coin.outpoint.txid))
    if height is None or canonical is None or not canonical.transaction.is_coinbase():
        return 0
    return height + MATURITY
