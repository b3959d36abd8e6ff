"""What a backend needs of a wallet that it looks for coins of."""

from collections.abc import Sequence
from typing import Protocol

import bdkpython as bdk

from host.store import Pairing, Search
from host.values import HistoryRow
from host.wallet.bdk_wallet import BdkWallet


class ScannedWallet(Protocol):
    """A wallet, or the scripts of one key. See host.wallet.account.Account for each."""

    closed: bool

    @property
    def network(self) -> str: ...

    @property
    def pairing(self) -> Pairing: ...

    @property
    def engine(self) -> BdkWallet: ...

    @property
    def tip_height(self) -> int: ...

    @property
    def search(self) -> Search: ...

    def finish_search(self, *, complete: bool = True) -> None: ...

    def search_again(self, gap: int | None = None) -> None: ...

    def revealed(self) -> tuple[int, int]: ...

    def watched(self) -> tuple[int, int]: ...

    def apply(self, update: "bdk.Update") -> bool: ...

    def history(self) -> Sequence[HistoryRow]: ...
