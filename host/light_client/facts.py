"""What the light client and the peers are told of a wallet, and what it knows by itself."""

from collections.abc import Iterator, Mapping
from datetime import date

import bdkpython as bdk

from host.p2p.evidence import Scripts
from host.p2p.headers import Anchor, HeaderChain
from host.transactions import Outpoint
from host.wallet import Wallet

# Addresses behind the last used one whose filters are looked at while coins are looked for.
RECOVERY_WINDOW = 1_000


class Checkpoints(Mapping[int, bytes]):
    """The hashes of the blocks that a wallet knows, by height. Each costs a call to BDK."""

    def __init__(self, wallet: Wallet) -> None:
        self._hashes = {block.height: block.hash for block in wallet.engine.checkpoints()}

    def __getitem__(self, height: int) -> bytes:
        return bytes(self._hashes[height].serialize())

    def __iter__(self) -> Iterator[int]:
        return iter(self._hashes)

    def __len__(self) -> int:
        return len(self._hashes)


def tip(wallet: Wallet) -> bytes:
    """The hash of the last block it knows, in the order of the wire."""
    return bytes(wallet.engine.latest_checkpoint().hash.serialize())


def coin_scripts(wallet: Wallet) -> Scripts:
    """The script of every coin it has or had: a filter must show where one is spent."""
    return {
        Outpoint(
            output.outpoint.txid.serialize(), output.outpoint.vout
        ): output.txout.script_pubkey.to_bytes()
        for output in wallet.engine.list_output()
    }


def scan(wallet: Wallet, chain: HeaderChain | None = None) -> "bdk.ScanType":
    """From where the wallet stands; from the seed's birthday while its coins are looked for.

    When the wallet's last blocks are not on the best `chain`, from the last one that is: the light
    client by itself goes back a few blocks only.
    """
    search = wallet.search
    if search.complete:
        fork = None if chain is None else _fork(wallet, chain)
        if fork is None:
            return bdk.ScanType.SYNC()
        block = bdk.BlockId(height=fork.height, hash=bdk.BlockHash.from_bytes(fork.hash))
        return bdk.ScanType.RECOVERY(max(wallet.watched()), bdk.RecoveryPoint.OTHER(block))
    return bdk.ScanType.RECOVERY(max(search.gap, RECOVERY_WINDOW) + 1, _start(wallet))


def _fork(wallet: Wallet, chain: HeaderChain) -> Anchor | None:
    """The last block of the wallet's that is on the chain; None when its tip is, or may be."""
    on_chain = dict(enumerate((chain.anchor.hash, *chain.hashes), chain.anchor.height))
    last = wallet.tip_height
    if last > chain.height or on_chain.get(last) == tip(wallet):
        return None
    known = Checkpoints(wallet)
    common = [height for height in known.keys() & on_chain if known[height] == on_chain[height]]
    return Anchor(max(common), known[max(common)]) if common else None


def _start(wallet: Wallet) -> "bdk.RecoveryPoint":
    """The last known block before the seed can have received anything."""
    birthday = wallet.search.birthday
    if wallet.network != "mainnet":
        return bdk.RecoveryPoint.GENESIS_BLOCK()
    for day, height, block_hash in _MAINNET_BLOCKS:
        if birthday is not None and birthday >= day:
            known = bdk.BlockId(height=height, hash=bdk.BlockHash.from_string(block_hash))
            return bdk.RecoveryPoint.OTHER(known)
    expression = wallet.pairing.descriptor or f"{wallet.script}("
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
