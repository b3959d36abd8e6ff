"""Wallets for tests: real ones, of the seed everybody knows, with coins from nowhere."""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

import bdkpython as bdk

from host.config import account_path
from host.devnet.network import Devnet
from host.store import Pairing, Search
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from host.wallet import FIRST_SEARCH, Wallet
from signer.chains.bitcoin import CHAIN
from signer.keys.keyring import Keyring
from signer.keys.seeds.mnemonic import seed_from_words

# The seed of BIP39's first vector; BIP84 and BIP86 publish its addresses.
WORDS = ("abandon",) * 11 + ("about",)
OTHER_WORDS = ("legal", "winner", "thank", "year", "wave", "sausage", "worth", "useful", "legal",
               "winner", "thank", "yellow")  # fmt: skip
STRANGER = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"  # BIP173
NOW = 1_700_000_000


@cache
def keyring(words: tuple[str, ...] = WORDS) -> Keyring:
    return Keyring(seed_from_words(words))


def paired(
    path: Path,
    script: str = "wpkh",
    network: str = "regtest",
    words: tuple[str, ...] = WORDS,
    search: Search = FIRST_SEARCH,
) -> Wallet:
    """A new wallet of that seed, as pairing with its device would make it."""
    keys = keyring(words)
    xpub = CHAIN.xpub(keys, account_path(network, script), network)
    pairing = Pairing(network, script, keys.fingerprint.hex(), xpub)
    return Wallet.create(path, pairing, search=search, clock=lambda: NOW)


def opened(path: Path) -> Wallet:
    return Wallet.open(path, clock=lambda: NOW)


def fund(wallet: Wallet, sats: int, number: int = 0, *, in_block: bool = True) -> str:
    """A coin out of nowhere, on a fresh address. `number` tells coins apart."""
    script = _script(wallet.next_address().address, wallet.network)
    coin = Transaction(
        2, (TxIn(Outpoint(bytes([number + 1]) * 32, 0), b"", 0),), (TxOut(sats, script),), 0
    )
    paid = bdk.UnconfirmedTx(tx=bdk.Transaction(coin.encode()), last_seen=NOW)
    wallet.engine.apply_unconfirmed_txs([paid])
    if in_block:
        wallet.engine.persist(wallet._persister)
        confirm(wallet.path / "coins.sqlite", coin.name)
        wallet._load()
    return coin.name


def confirm(coins: Path, txid: str) -> None:
    """Into BDK's file, as no method of BDK's does: in a block of that height."""
    with closing(sqlite3.connect(coins)) as db, db:
        db.execute("INSERT OR IGNORE INTO bdk_blocks VALUES (1, ?)", ("11" * 32,))
        db.execute("INSERT INTO bdk_anchors VALUES (?, 1, ?, ?)", (txid, "11" * 32, NOW))


def sign(psbt: bytes, network: str = "regtest", words: tuple[str, ...] = WORDS) -> bytes:
    """What the device of that seed makes of a PSBT whose every page was accepted."""
    keys = keyring(words)
    review = CHAIN.review(psbt, keys, network)
    return CHAIN.sign(review.approve(review.pages), keys)


def issued(file: Path) -> list[tuple[int, int, int | None]]:
    """What the file keeps of addresses handed out: number, when, and when the device agreed."""
    with closing(sqlite3.connect(file)) as store:
        return store.execute(
            "SELECT position, handed_out, verified FROM addresses ORDER BY position"
        ).fetchall()


def peers(devnet: Devnet) -> list[tuple[str, int]]:
    """The nodes of a devnet as hosts and ports."""
    return [(host, int(port)) for host, port in (each.split(":") for each in devnet.peers)]


def _script(address: str, network: str) -> bytes:
    networks = {
        "mainnet": bdk.Network.BITCOIN,
        "testnet": bdk.Network.TESTNET,
        "regtest": bdk.Network.REGTEST,
    }
    return bytes(bdk.Address(address, networks[network]).script_pubkey().to_bytes())
