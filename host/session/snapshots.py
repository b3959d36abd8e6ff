"""A wallet as a face draws it, read at one moment."""

from host import garbage
from host.app.history import entries, latest
from host.errors import BadInput
from host.session.api import WalletSnapshot
from host.spending import SpendingPath
from host.values import NetworkView
from host.wallet import Wallet


def snapshot(wallet: Wallet, network: NetworkView, newest: int | None = None) -> WalletSnapshot:
    """All of it, or with no more than the `newest` payments."""
    with garbage.uncollected():
        history = entries(wallet) if newest is None else latest(wallet, newest)
        return WalletSnapshot(
            wallet.fingerprint,
            wallet.tip_height,
            wallet.balance(),
            wallet.utxos(),
            history,
            network,
            newest is None or len(history) < newest,
            _choices(wallet),
            wallet.fingerprints if wallet.is_policy else (),
        )


def _choices(wallet: Wallet) -> tuple[SpendingPath, ...]:
    """Its paths, where there is something to choose from."""
    try:
        paths = wallet.paths() if wallet.is_policy else ()
    except BadInput:  # too many: nobody chooses from them
        paths = ()
    return paths if len(paths) > 1 else ()
