"""What the wallet tells: values, with nothing of BDK in them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Balance:
    """`pending_sats` has no confirmation yet, or is a miner's reward too young to spend."""

    confirmed_sats: int
    pending_sats: int

    @property
    def total_sats(self) -> int:
        return self.confirmed_sats + self.pending_sats


@dataclass(frozen=True, slots=True)
class Receive:
    """An address of ours, and where it comes from, for the device to derive it again."""

    address: str
    index: int
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Coin:
    """Something to spend. `height` is None until it is in a block."""

    outpoint: str
    sats: int
    address: str
    is_change: bool
    height: int | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A transaction as it touched this wallet: `net_sats` is negative when it paid others."""

    txid: str
    net_sats: int
    fee_sats: int | None
    height: int | None
    confirmations: int
    time: int | None
