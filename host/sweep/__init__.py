"""All coins of one private key, to an address of this wallet: a paper wallet is emptied.

The only room that ever holds a key that signs: in memory, for as long as one sweep takes. The key
is never kept, and has no printable form; signing is BDK's.
"""

from host.sweep.key_wallet import KeyWallet, watch
from host.sweep.payment import Sweep, plan, signed
from host.sweep.private_key import PrivateKey, read_key
from host.sweep.sweeper import KeySweeper

__all__ = [
    "KeySweeper", "KeyWallet", "PrivateKey", "Sweep", "plan", "read_key", "signed", "watch",
]  # fmt: skip
