"""A home folder with a wallet of a long life, and the devnet that has its blocks."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from host import settings
from host.backends import p2p
from host.config import HomeFolder, account_path, wall_clock
from host.settings import Settings, WalletSettings
from host.store import Pairing
from host.values import Draft, SignedPayment
from host.wallet import Wallet
from host.wallet.bdk_adapter import EXTERNAL, INTERNAL
from host.wallet.payment_request import address
from signer.chains.bitcoin import CHAIN
from tests.scale.life import FEE, Life, live
from tests.wallets import keyring

NAME = "long"
PATIENCE_S = 180.0  # taking in ten thousand transactions at once is no silence
GIVEN_AHEAD = 5  # addresses that nobody has paid to yet


@asynccontextmanager
async def home(root: Path, transactions: int, coins: int) -> AsyncIterator[None]:
    """Make both in `root` and let the wallet look at the network, which runs meanwhile."""
    blocks = root / "devnet"
    blocks.mkdir(parents=True)
    life = live(blocks / "node-0.sqlite3", transactions, coins)
    folder = HomeFolder(root).named(NAME)
    with devnet(blocks) as peer, closing(_paired(folder)) as wallet:
        wallet.store._db.execute("PRAGMA synchronous = OFF")  # nothing is lost by a crash here
        _hand_out(wallet, life)
        host, _, port = peer.partition(":")
        peers, headers = [(host, int(port))], folder / "headers"
        backend = p2p.P2pBackend(peers, "regtest", headers, patience_s=PATIENCE_S)
        await backend.sync(wallet)
        await backend.close()
        _remember(wallet, life)
        wallet.close()
        known = WalletSettings("regtest", "wpkh", 0, "", f"p2p:{peer}")
        settings.save(root, Settings().remember(NAME, known))
        yield


@contextmanager
def devnet(blocks: Path) -> Iterator[str]:
    """One node with these blocks, in a process of its own: "host:port"."""
    words = ("devnet", "--nodes", "1", "--data", str(blocks), "--announce", "--exit-with-stdin")
    command, pipe = [sys.executable, "-m", "host", *words], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["peers"][0])
        process.stdin.close()


def _paired(folder: Path) -> Wallet:
    keys = keyring()
    xpub = CHAIN.xpub(keys, account_path("regtest", "wpkh"), "regtest")
    return Wallet.create(folder, Pairing("regtest", "wpkh", keys.fingerprint.hex(), xpub))


def _hand_out(wallet: Wallet, life: Life) -> None:
    """Each of its addresses was given to somebody, and is looked for."""
    given = wallet.engine.reveal_addresses_to(EXTERNAL, life.received - 1 + GIVEN_AHEAD)
    for info in given:
        wallet.store.hand_out(info.index, str(info.address), wall_clock())
    wallet.engine.reveal_addresses_to(INTERNAL, max(life.change - 1, 0))
    wallet.search_again()


def _remember(wallet: Wallet, life: Life) -> None:
    """The payments as this wallet would have kept them when it made them."""
    for payment in life.payments:
        transaction = payment.transaction
        payee = address(payment.payee, "regtest")
        draft = Draft(b"", payee, payment.sats, FEE)
        signed = SignedPayment(transaction.encode(), transaction.name, FEE)
        wallet.store.keep_payment(draft, signed, payment.time)
        wallet.store.mark_sent(transaction.name, 1, 1)
