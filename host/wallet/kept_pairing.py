"""The pairing in a wallet's file, compared with what was done with it: others may write there, too.

Who puts another key in the place of the device's is paid by everybody who is given an address. The
addresses that were given before tell of it, as long as they were not changed along with the key;
where they were, only the device does, which is shown each address that is asked of it (T145).
"""

from pathlib import Path

import bdkpython as bdk

from host.errors import WalletError
from host.storage_errors import exists
from host.store import DAMAGED, Pairing, Store
from host.wallet import bdk_adapter

LAST_INDEX = 1_000_000  # as the device has it: wallets do not look further


def kept_pairing(path: Path, store: Store, coins: Path) -> Pairing | None:
    """The pairing that the file `path` holds, or None. Raises WalletError for a damaged file."""
    pairing = store.pairing()
    if pairing is None:
        if exists(coins):  # pairing comes before the chain does
            raise WalletError(DAMAGED.format(path=path))
        return None
    given = store.outermost_addresses()
    try:
        is_whole = max(given, default=0) <= LAST_INDEX and given == dict(
            zip(given, bdk_adapter.addresses_at(pairing, given), strict=True)
        )
    except (WalletError, bdk.CreateWithPersistError, ValueError, OverflowError) as error:
        raise WalletError(DAMAGED.format(path=path)) from error
    if not is_whole:
        raise WalletError(DAMAGED.format(path=path))
    return pairing
