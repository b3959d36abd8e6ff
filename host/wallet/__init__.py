"""The watch-only wallet: all of BDK behind one class. It knows no key that could sign.

A wallet is a folder with two files: BDK's (what the chain says) and our own (host/store.py).
"""

from host.store import Draft, Payment
from host.wallet.values import Balance, Coin, HistoryRow, Receive
from host.wallet.wallet import Wallet

__all__ = ["Balance", "Coin", "Draft", "HistoryRow", "Payment", "Receive", "Wallet"]
