"""A wallet from its descriptor: every payment is seen, and none is signed here."""

import asyncio
from pathlib import Path

from host.store import Pairing, Search
from host.wallet import FIRST_SEARCH, Wallet


async def watch(path: Path, pairing: Pairing, search: Search = FIRST_SEARCH) -> Wallet:
    """A new wallet in the folder `path`. Raises WalletError when there is one already.

    Close the wallet when done.
    """
    return await asyncio.to_thread(Wallet.create, path, pairing, search=search)
