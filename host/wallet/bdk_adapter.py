"""BDK's wallet, loaded and saved, and its answers in plain values."""

import base64
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from heapq import nsmallest
from pathlib import Path

import bdkpython as bdk

from host import storage_errors
from host.config import HARDENED
from host.errors import WalletError
from host.psbt import PsbtMaps
from host.store import Pairing
from host.transactions import Transaction
from host.values import HistoryRow, PaymentRecord
from host.wallet.bdk_wallet import BdkWallet
from host.wallet.ended import Coin, Spender
from host.wallet.payment_request import NETWORKS
from signer.errors import Malformed
from signer.formats import base58

EXTERNAL, INTERNAL = bdk.KeychainKind.EXTERNAL, bdk.KeychainKind.INTERNAL


def descriptor(pairing: Pairing) -> "bdk.Descriptor":
    """BIP380 with the key's origin, so that the device finds its own keys in a PSBT (BIP174).

    Raises WalletError for a key that is none, or is of the other kind of network.
    """
    if pairing.descriptor:
        return _parsed(pairing, pairing.descriptor)
    path = pairing.path
    _check_key(pairing, path)
    origin = "/".join([pairing.fingerprint, *(f"{step - HARDENED}h" for step in path)])
    key = f"[{origin}]{pairing.account_xpub}/<0;1>/*"  # BIP389
    return _parsed(pairing, _EXPRESSIONS[pairing.script].format(key))


_EXPRESSIONS = {"pkh": "pkh({})", "sh-wpkh": "sh(wpkh({}))", "wpkh": "wpkh({})", "tr": "tr({})"}


def _parsed(pairing: Pairing, text: str) -> "bdk.Descriptor":
    kind = bdk.NetworkKind.MAIN if pairing.network == "mainnet" else bdk.NetworkKind.TEST
    try:
        return bdk.Descriptor(text, kind)
    except bdk.DescriptorError as error:
        raise WalletError(_unusable(pairing)) from error


def _check_key(pairing: Pairing, path: tuple[int, ...]) -> None:
    """The text becomes part of a descriptor: let it be one public key, at its place, and no more.

    BIP32: version 4, depth 1, parent's fingerprint 4, child number 4, chain code 32, key 33.
    """
    try:
        key = base58.decode_check(pairing.account_xpub)
    except Malformed as error:
        raise WalletError(_unusable(pairing)) from error
    place = bytes([len(path)]), path[-1].to_bytes(4)
    is_name = re.fullmatch("[0-9a-f]{8}", pairing.fingerprint)
    if len(key) != 78 or key[45] not in {2, 3} or (key[4:5], key[9:13]) != place or not is_name:
        raise WalletError(_unusable(pairing))


def _unusable(pairing: Pairing) -> str:
    return (
        "The device gave a key this wallet cannot use. Nothing was changed."
        f" Check that the device is set to {pairing.network}."
    )


def coin_weight(pairing: Pairing) -> int:
    """What signing one coin adds to a transaction at most, in weight units (BIP141)."""
    return int(descriptor(pairing).max_weight_to_satisfy())


def first_address(pairing: Pairing) -> str:
    """Of a wallet that is not kept. Raises WalletError, bdk.CreateWithPersistError."""
    return addresses_at(pairing, (0,))[0]


def addresses_at(pairing: Pairing, indexes: Iterable[int]) -> list[str]:
    """Receive addresses as the pairing alone has them. Raises as `first_address` does."""
    network, persister = NETWORKS[pairing.network], bdk.Persister.new_in_memory()
    two_path = descriptor(pairing)
    wallet = bdk.Wallet.create_from_two_path_descriptor(two_path, network, persister, 1)
    return [str(wallet.peek_address(EXTERNAL, index).address) for index in indexes]


def load(pairing: Pairing, persister: "bdk.Persister", lookahead: int) -> BdkWallet:
    """What is kept there, or a new wallet when nothing is: a crash may have come before BDK.

    `lookahead` is how many addresses behind the last used one it recognises, on each branch. Their
    scripts are kept, too: see `next_address`. Raises WalletError when the file is damaged, or of
    another wallet.
    """
    two_path = descriptor(pairing)
    loading = bdk.LoadParams(
        check_network=None, check_genesis_hash=None, lookahead=lookahead, use_spk_cache=True
    )
    engine: BdkWallet
    try:
        engine = BdkWallet.load_from_two_path_descriptor_with_params(two_path, persister, loading)
    except bdk.LoadWithPersistError.CouldNotLoad:
        network = NETWORKS[pairing.network]
        create_params = bdk.CreateParams(genesis_hash=None, lookahead=lookahead, use_spk_cache=True)
        engine = BdkWallet.create_from_two_path_descriptor_with_params(
            two_path, network, persister, create_params
        )
    except bdk.LoadWithPersistError.InvalidChangeSet as error:
        raise WalletError(DAMAGED) from error
    return engine


def next_address(wallet: BdkWallet) -> "bdk.AddressInfo":
    """One that was not handed out.

    Its script was kept, because deriving all takes long, and a disk, or somebody, may change it:
    it is derived again. Raises WalletError when the two differ.
    """
    info = wallet.reveal_next_address(EXTERNAL)
    if str(wallet.peek_address(EXTERNAL, info.index).address) != str(info.address):
        raise WalletError(DAMAGED)
    return info


def change_indices(wallet: BdkWallet, draft_psbt: bytes) -> list[int]:
    """Which change addresses a draft pays to."""
    unsigned = Transaction.parse(PsbtMaps.parse(draft_psbt).unsigned_tx)
    scripts = [bdk.Script(output.script_pubkey) for output in unsigned.outputs]
    places = [wallet.derivation_of_spk(script) for script in scripts]
    return [place.index for place in places if place and place.keychain is INTERNAL]


def forget_derived(path: Path) -> None:
    """Let all scripts be derived again when that file is read the next time. Raises WalletError."""
    with storage_errors.named_reason(path, DAMAGED), closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM bdk_descriptor_derived_spks")


DAMAGED = (
    "The file with what the chain says is damaged, or of another wallet. No coins are lost:"
    " move coins.sqlite away and it is made again from the chain."
)


def drop_lost_blocks(path: Path) -> bool:
    """Whether BDK's file said of a transaction that a block has it which lost; now it does not.

    BDK would believe such a transaction whatever is said against it, and no method takes it back.
    Raises WalletError. The wallet is to be loaded again.
    """
    with storage_errors.named_reason(path, DAMAGED), closing(sqlite3.connect(path)) as db, db:
        if not db.execute(_LOST).fetchone():
            return False  # who only reads needs no right to write
        db.execute(_DROP_LOST)
        return True


_LOST = """
    SELECT 1 FROM bdk_anchors
    WHERE (block_height, block_hash) NOT IN (SELECT block_height, block_hash FROM bdk_blocks)
"""
_DROP_LOST = """
    DELETE FROM bdk_anchors
    WHERE (block_height, block_hash) NOT IN (SELECT block_height, block_hash FROM bdk_blocks)
"""


def in_no_block(path: Path, records: Iterable[PaymentRecord]) -> list[PaymentRecord]:
    """Those that BDK's file has in no block that counts: sooner known than by asking BDK.

    Raises WalletError.
    """
    with storage_errors.named_reason(path, DAMAGED), closing(sqlite3.connect(path)) as db:
        mined = frozenset(txid for (txid,) in db.execute(_MINED))
    return [record for record in records if record.payment.txid not in mined]


_MINED = """
    SELECT txid FROM bdk_anchors
    JOIN bdk_blocks USING (block_height, block_hash)
"""


@contextmanager
def named_reason(path: Path) -> Iterator[None]:
    """What BDK says of its file, raised as WalletError with the true reason."""
    try:
        yield
    except (
        bdk.PersistenceError.Reason,
        bdk.CreateWithPersistError.Persist,
        bdk.LoadWithPersistError.Persist,
    ) as error:
        raise storage_errors.engine_error(error.error_message, path, DAMAGED) from error


def height(position: "bdk.ChainPosition") -> int | None:
    """None while it waits for its first block."""
    if position.is_unconfirmed():
        return None
    return int(position.confirmation_block_time.block_id.height)


def height_of(wallet: BdkWallet, txid: str) -> int | None:
    """None while it waits for its first block, or does not count."""
    canonical = wallet.canonical.get(txid)
    return height(canonical.chain_position) if canonical else None


def seen_at(position: "bdk.ChainPosition") -> int | None:
    """The time of its block, or when it was first seen, in seconds since 1970."""
    if position.is_unconfirmed():
        return None if position.timestamp is None else int(position.timestamp)
    return int(position.confirmation_block_time.confirmation_time)


def can_finalize(collected: PsbtMaps) -> bool:
    """Whether the signatures that are there are right, and enough."""
    text = base64.b64encode(collected.encode()).decode()
    try:
        return bool(bdk.Psbt(text).finalize().could_finalize)
    except bdk.PsbtParseError:
        return False


def finalized(signed: PsbtMaps) -> bytes:
    """The transaction for the network. BDK checks each signature on the way (BIP174, Finalizer).

    Raises WalletError: a wrong signature, a fee that nobody can mean.
    """
    text = base64.b64encode(signed.encode()).decode()
    try:
        finalized_psbt = bdk.Psbt(text).finalize()
    except bdk.PsbtParseError as error:
        raise WalletError(f"A signature came back broken. {_SAFE}") from error
    if not finalized_psbt.could_finalize:
        raise WalletError(f"A signature came back that is not right. {_SAFE}")
    try:
        return bytes(finalized_psbt.psbt.extract_tx().serialize())
    except bdk.ExtractTxError as error:
        raise WalletError(f"The fee is absurdly high. {_SAFE}") from error


_SAFE = "Nothing was paid. Discard the payment and make it again."


def outpoint_text(outpoint: bdk.OutPoint) -> str:
    """As people read it: "txid:vout"."""
    return f"{outpoint.txid}:{outpoint.vout}"


def outpoint_name(outpoint: bdk.OutPoint) -> tuple[bytes, int]:
    """The txid in the order of the wire, and the index."""
    return bytes(outpoint.txid.serialize()), int(outpoint.vout)


def spenders(wallet: BdkWallet) -> dict[Coin, Spender]:
    """Coins that blocks have spent, by `outpoint_name`, and by what."""
    tip = wallet.latest_checkpoint().height
    mined = (
        (txid, canonical.transaction, block)
        for txid, canonical in wallet.canonical.items()
        if (block := height(canonical.chain_position)) is not None
    )
    return {
        coin: spender
        for txid, transaction, block in mined
        for spender in [_spender(txid, transaction, tip - block + 1)]
        for coin in wallet.spent_by(txid)
    }


def _spender(txid: str, transaction: "bdk.Transaction", depth: int) -> Spender:
    return Spender(bytes.fromhex(txid)[::-1], len(transaction.output()), depth)


def rows(wallet: BdkWallet, newest: int | None = None) -> list[HistoryRow]:
    """The transactions as the history has them, newest first, not more than `newest`.

    What waits for its first block is before all others.
    """
    if newest is None:
        chosen = list(wallet.canonical.items())
    else:
        canonical = nsmallest(newest, wallet.transactions(), key=_place)
        chosen = [(str(tx.transaction.compute_txid()), tx) for tx in canonical]
    tip = wallet.latest_checkpoint().height
    chosen.sort(key=lambda named: (*_place(named[1]), named[0]))
    return [_row(wallet, tip, txid, canonical) for txid, canonical in chosen]


def _place(canonical: "bdk.CanonicalTx") -> tuple[int, int]:
    position = canonical.chain_position
    return -(height(position) or _WAITING), -(seen_at(position) or 0)


_WAITING = 1 << 32  # sorts what has no block yet above every block


def _row(wallet: BdkWallet, tip: int, txid: str, canonical: "bdk.CanonicalTx") -> HistoryRow:
    net_sats, fee_sats = wallet.flow(txid, canonical.transaction)
    block = height(canonical.chain_position)
    depth = tip - block + 1 if block is not None else 0
    return HistoryRow(txid, net_sats, fee_sats, block, depth, seen_at(canonical.chain_position))
