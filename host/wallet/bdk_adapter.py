"""BDK's wallet, loaded and saved, and its answers in plain values."""

import base64
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import bdkpython as bdk

from host import storage_errors
from host.config import HARDENED
from host.errors import WalletError
from host.psbt import PsbtMaps
from host.store import Pairing
from host.values import HistoryRow
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
    network, persister = NETWORKS[pairing.network], bdk.Persister.new_in_memory()
    two_path = descriptor(pairing)
    wallet = bdk.Wallet.create_from_two_path_descriptor(two_path, network, persister, 1)
    return str(wallet.peek_address(EXTERNAL, 0).address)


def load(pairing: Pairing, persister: "bdk.Persister", lookahead: int) -> "bdk.Wallet":
    """What is kept there, or a new wallet when nothing is: a crash may have come before BDK.

    `lookahead` is how many addresses behind the last used one it recognises, on each branch.
    Raises WalletError when the file is damaged, or of another wallet.
    """
    two_path = descriptor(pairing)
    try:
        return bdk.Wallet.load_from_two_path_descriptor(two_path, persister, lookahead)
    except bdk.LoadWithPersistError.CouldNotLoad:
        network = NETWORKS[pairing.network]
        return bdk.Wallet.create_from_two_path_descriptor(two_path, network, persister, lookahead)
    except bdk.LoadWithPersistError.InvalidChangeSet as error:
        raise WalletError(_DAMAGED) from error


_DAMAGED = (
    "The file with what the chain says is damaged, or of another wallet. No coins are lost:"
    " move coins.sqlite away and it is made again from the chain."
)


def drop_lost_blocks(path: Path) -> bool:
    """Whether BDK's file said of a transaction that a block has it which lost; now it does not.

    BDK would believe such a transaction whatever is said against it, and no method takes it back.
    Raises WalletError. The wallet is to be loaded again.
    """
    with storage_errors.named_reason(path, _DAMAGED), closing(sqlite3.connect(path)) as db, db:
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
        raise storage_errors.engine_error(error.error_message, path, _DAMAGED) from error


def height(position: "bdk.ChainPosition") -> int | None:
    """None while it waits for its first block."""
    if position.is_unconfirmed():
        return None
    return int(position.confirmation_block_time.block_id.height)


def seen_at(position: "bdk.ChainPosition") -> int | None:
    """The time of its block, or when it was first seen, in seconds since 1970."""
    if position.is_unconfirmed():
        return None if position.timestamp is None else int(position.timestamp)
    return int(position.confirmation_block_time.confirmation_time)


def fee_sats(wallet: "bdk.Wallet", transaction: "bdk.Transaction") -> int | None:
    """None when it spends coins that are not ours, whose amounts we do not know."""
    try:
        return int(wallet.calculate_fee(transaction).to_sat())
    except bdk.CalculateFeeError:
        return None


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


def spenders(wallet: bdk.Wallet) -> dict[Coin, Spender]:
    """Coins that blocks have spent, by `outpoint_name`, and by what."""
    tip = wallet.latest_checkpoint().height
    return {
        outpoint_name(txin.previous_output): Spender(
            bytes(canonical.transaction.compute_txid().serialize()),
            len(canonical.transaction.output()),
            tip - block + 1,
        )
        for canonical in wallet.transactions()
        if (block := height(canonical.chain_position)) is not None
        for txin in canonical.transaction.input()
    }


def row(wallet: bdk.Wallet, canonical: bdk.CanonicalTx) -> HistoryRow:
    """A transaction as the history has it."""
    transaction = canonical.transaction
    flow = wallet.sent_and_received(transaction)
    block = height(canonical.chain_position)
    return HistoryRow(
        str(transaction.compute_txid()),
        flow.received.to_sat() - flow.sent.to_sat(),
        fee_sats(wallet, transaction),
        block,
        wallet.latest_checkpoint().height - block + 1 if block is not None else 0,
        seen_at(canonical.chain_position),
    )
