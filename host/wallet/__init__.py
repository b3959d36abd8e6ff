"""The watch-only wallet: all of BDK behind one class. It knows no key that could sign.

A wallet is a folder with two files: BDK's (what the chain says) and our own (host/store).
"""

from host.wallet.account import FIRST_SEARCH, NO_WALLET
from host.wallet.scanned import ScannedWallet
from host.wallet.wallet import Wallet

__all__ = ["FIRST_SEARCH", "NO_WALLET", "ScannedWallet", "Wallet"]
