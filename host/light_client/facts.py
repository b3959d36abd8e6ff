"""What the light client and the peers are told of a wallet, and what it knows by itself."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

import bdkpython as bdk

from host.p2p.evidence import Scripts
from host.p2p.headers import Anchor, HeaderChain
from host.transactions import Outpoint
from host.wallet.scanned import ScannedWallet

# Addresses behind the last used one whose filters are looked at while coins are looked for.
RECOVERY_WINDOW = 1_000


class Checkpoints(Mapping[int, bytes]):
    """The hashes of the blocks that a wallet knows, by height. Each costs a call to BDK."""

    def __init__(self, wallet: ScannedWallet) -> None:
        self._hashes = {block.height: block.hash for block in wallet.engine.checkpoints()}

    def __getitem__(self, height: int) -> bytes:
        return bytes(self._hashes[height].serialize())

    def __iter__(self) -> Iterator[int]:
        return iter(self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)


def tip(wallet: ScannedWallet) -> bytes:
    """The hash of the last block it knows, in the order of the wire."""
    return bytes(wallet.engine.latest_checkpoint().hash.serialize())


def coin_scripts(wallet: ScannedWallet) -> Scripts:
    """The script of every coin it has or had: a filter must show where one is spent."""
    return {
        Outpoint(
            output.outpoint.txid.serialize(), output.outpoint.vout
        ): output.txout.script_pubkey.to_bytes()
        for output in wallet.engine.list_output()
    }


def first_news(wallet: ScannedWallet, earlier: Collection[str]) -> "bdk.BlockId | None":
    """The first block with a transaction that is not among `earlier`; None if it is the tip."""
    news = [
        canonical.chain_position.confirmation_block_time.block_id
        for txid, canonical in wallet.engine.canonical.items()
        if txid not in earlier and canonical.chain_position.is_confirmed()
    ]
    first = min(news, key=lambda block: block.height, default=None)
    return None if first is None or first.height >= wallet.tip_height else first


def scan(
    wallet: ScannedWallet,
    chain: HeaderChain | None = None,
    rescan_from: "bdk.BlockId | None" = None,
) -> "bdk.ScanType":
    """From where the wallet stands; from the seed's birthday while its coins are looked for.

    From behind the block `rescan_from` when what came in it is to be followed. When the wallet's
    last blocks are not on the best `chain`, from the last one that is: the light client by itself
    goes back a few blocks only.
    """
    search = wallet.search
    window = max(search.gap, RECOVERY_WINDOW) + 1
    if not search.complete and rescan_from is None:
        return bdk.ScanType.RECOVERY(window, _start(wallet))
    fork = None if chain is None else _fork(wallet, chain)
    start = rescan_from
    if fork is not None and (rescan_from is None or fork.height < rescan_from.height):
        start = bdk.BlockId(height=fork.height, hash=bdk.BlockHash.from_bytes(fork.hash))
    if start is None:
        return bdk.ScanType.SYNC()
    looked_for = max(wallet.watched()) if search.complete else max(window, *wallet.watched())
    return bdk.ScanType.RECOVERY(looked_for, bdk.RecoveryPoint.OTHER(start))


def _fork(wallet: ScannedWallet, chain: HeaderChain) -> Anchor | None:
    """The last block of the wallet's that is on the chain; None when its tip is, or may be."""
    on_chain = dict(enumerate((chain.anchor.hash, *chain.hashes), chain.anchor.height))
    last = wallet.tip_height
    if last > chain.height or on_chain.get(last) == tip(wallet):
        return None
    known = Checkpoints(wallet)
    common = [height for height in known.keys() & on_chain if known[height] == on_chain[height]]
    return Anchor(max(common), known[max(common)]) if common else None


def _start(wallet: ScannedWallet) -> "bdk.RecoveryPoint":
    """The last known block before the seed can have received anything."""
    birthday = wallet.search.birthday
    if wallet.network != "mainnet":
        return bdk.RecoveryPoint.GENESIS_BLOCK()
    for day, height, block_hash in _MAINNET_BLOCKS:
        if birthday is not None and birthday >= day:
            known = bdk.BlockId(height=height, hash=bdk.BlockHash.from_string(block_hash))
            return bdk.RecoveryPoint.OTHER(known)
    expression = wallet.pairing.descriptor or f"{wallet.pairing.script}("
    if expression.startswith(("pkh(", "sh(")):
        return bdk.RecoveryPoint.GENESIS_BLOCK()
    if expression.startswith("tr("):
        return bdk.RecoveryPoint.TAPROOT_ACTIVATION()
    return bdk.RecoveryPoint.SEGWIT_ACTIVATION()


# A day after each block, and the block: those that Bitcoin Core names for its snapshots.
_MAINNET_BLOCKS = (
    (date(2025, 9, 1), 910_000, "0000000000000000000108970acb9522ffd516eae17acddcb1bd16469194a821"),
    (date(2025, 2, 1), 880_000, "000000000000000000010b17283c3c400507969a9c2afd1dcf2082ec5cca2880"),
    (date(2024, 5, 1), 840_000, "0000000000000000000320283a032748cef8227873ff4872689bf23f1cda83a5"),
)
