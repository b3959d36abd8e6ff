"""What a wallet's file holds, compared with what was done with it: others may write there, too.

Who puts another key in the place of the device's is paid by everybody who is given an address. The
addresses that were given before tell of it, as long as they were not changed along with the key;
where they were, only the device does, which is shown each address that is asked of it (T145).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bdkpython as bdk

from host.config import MAX_GAP
from host.errors import WalletError
from host.psbt import PsbtMaps
from host.storage_errors import exists
from host.store import DAMAGED, Pairing, Store
from host.transactions import Transaction
from host.wallet import bdk_adapter
from signer.errors import Malformed

LAST_INDEX = 1_000_000  # as the device has it: wallets do not look further
MOST_CHECKED = 200  # payments: to read those of a long life takes a tenth of its start


def kept_pairing(path: Path, store: Store, coins: Path) -> Pairing | None:
    """The pairing that the file `path` holds, or None. Raises WalletError for a damaged file."""
    pairing = store.pairing()
    with _damaged(path):
        if pairing is None:
            _must(not exists(coins))  # pairing comes before the chain does
            return None
        addresses = store.outermost_addresses()
        _must(max(addresses, default=0) <= LAST_INDEX)
        _must([*addresses.values()] == bdk_adapter.addresses_at(pairing, addresses))
    return pairing


def check_payments(path: Path, store: Store) -> None:
    """Raises WalletError where nobody can read what the file `path` says of its latest payments."""
    with _damaged(path):
        _must(0 < store.search().gap <= MAX_GAP)
        if draft := store.draft():
            PsbtMaps.parse(draft.psbt)
            PsbtMaps.parse(draft.collected or draft.psbt)
        for record in store.payments()[-MOST_CHECKED:]:
            _must(Transaction.parse(record.payment.raw_tx).name == record.payment.txid)


def _must(holds: bool) -> None:
    if not holds:
        raise ValueError


@contextmanager
def _damaged(path: Path) -> Iterator[None]:
    try:
        yield
    except (
        WalletError, Malformed, bdk.CreateWithPersistError,
        ValueError, TypeError, LookupError, OverflowError, RecursionError,
    ) as error:  # fmt: skip
        raise WalletError(DAMAGED.format(path=path)) from error
