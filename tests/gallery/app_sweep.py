"""A private key with a coin of each kind, for pictures. It has no key in it."""

from datetime import date

from host.psbt import PsbtMaps
from host.sweep import Sweep
from host.sweep.key_wallet import TITLES, KeyCoin, KeyScript
from host.transactions import Transaction, TxOut
from host.values import ReceiveAddress, Sent
from tests.gallery.app_views import OURS, PATH

SATS, FEE_SATS = 20_000, 407
PAPER_KEY = "a key, for pictures"


class FakeSweeper:
    """Implements host.session.api.Sweeper."""

    def __init__(self, sent: Sent, _: date | None) -> None:
        self._sent = sent
        self.address = ReceiveAddress(OURS, 0, PATH)

    async def plan(self, _: float) -> Sweep:
        coins = tuple(
            KeyCoin(KeyScript(kind, "", b"", 0), Transaction(2, (), (TxOut(SATS, b""),), 0), 0, 1)
            for kind in TITLES
        )
        total = SATS * len(coins)
        return Sweep(OURS, coins, total - FEE_SATS, FEE_SATS, 0, PsbtMaps({}, (), ()))

    async def send(self) -> Sent:
        return self._sent
