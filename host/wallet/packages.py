"""A child pays for its parent (CPFP): a payment to yourself whose fee is enough for both.

A block takes the child only with its parents, so miners look at what they pay together (Bitcoin
Core, node/miner.cpp: "ancestor feerate").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import bdkpython as bdk

from host.config import grouped
from host.errors import BadInput, WalletError
from host.wallet import bdk_adapter, payment_request, spending_path
from host.wallet.bdk_adapter import INTERNAL
from host.wallet.bdk_wallet import BdkWallet
from host.wallet.payment_request import Funds
from host.wallet.spending_path import PathLocks


@dataclass(frozen=True, slots=True)
class Package:
    """An unconfirmed transaction with its unconfirmed parents, in vB and sats.

    A fee that is not known, of what others paid, counts as nothing.
    """

    vbytes: int
    fee_sats: int

    @property
    def sats_per_vbyte(self) -> float:
        return self.fee_sats / self.vbytes


def with_parents(wallet: BdkWallet, txid: str) -> Package:
    """Raises WalletError: the wallet does not know it, or a block has it."""
    vbytes = fee_sats = 0
    waiting, counted = [txid], set()
    while waiting:
        name = waiting.pop()
        canonical = wallet.get_tx(bdk.Txid.from_string(name))
        is_mined = canonical and bdk_adapter.height(canonical.chain_position) is not None
        if canonical is None or is_mined or name in counted:
            continue
        counted.add(name)
        transaction = canonical.transaction
        vbytes += transaction.vsize()
        fee_sats += wallet.fee_sats(transaction) or 0
        waiting += [str(txin.previous_output.txid) for txin in transaction.input()]
    if txid not in counted:
        raise WalletError(
            f"No payment {txid} waits for a block in this wallet. Nothing was changed. The history"
            " has those that do."
        )
    return Package(vbytes, fee_sats)


def child_fee(parents: Package, child_vbytes: int, sats_per_vbyte: float) -> int:
    """The fee of a child in sats, so that all together pay that rate, and the child no less."""
    together = ceil(sats_per_vbyte * (parents.vbytes + child_vbytes)) - parents.fee_sats
    return max(together, ceil(sats_per_vbyte * child_vbytes))


def check_age(path: int, locks: PathLocks) -> None:
    """Raises BadInput for a path whose coins have to be in a block for some time (BIP68)."""
    if locks.blocks or locks.seconds:
        raise BadInput(
            f"Path {path} takes only coins that have been in a block for some time, and the coin of"
            " a payment that waits is in none. No payment was created. Choose another path:"
            " `quietkey wallet paths` lists them."
        )


def child(
    wallet: BdkWallet,
    coins: "Sequence[bdk.LocalOutput]",
    parents: Package,
    sats_per_vbyte: float,
    coin_weight: int,
    path: int = 0,
) -> "bdk.Psbt":
    """All of `coins` to a change address; to sign one takes `coin_weight` units (BIP141).

    `path` is the number of the spending path, 0 for the one with the fewest locks. Raises BadInput
    for a rate that the parents pay already, TooFewCoins.
    """
    rate = payment_request.rate(sats_per_vbyte)
    if parents.sats_per_vbyte >= sats_per_vbyte:
        raise BadInput(
            f"It pays {parents.sats_per_vbyte:.1f} sat/vB already. Nothing was changed. Choose a"
            " higher rate."
        )
    to_self = wallet.next_unused_address(INTERNAL).address.script_pubkey()
    builder = bdk.TxBuilder().add_utxos([coin.outpoint for coin in coins])
    builder = builder.manually_selected_only().drain_to(to_self)
    builder = spending_path.chosen(builder, wallet, path)
    have_sats = sum(coin.txout.value.to_sat() for coin in coins)
    aside = f"The coin of this payment has {grouped(have_sats)} sats. Choose a lower rate."
    funds = Funds(have_sats, aside)
    alone = payment_request.built(builder.fee_rate(rate), wallet, funds)
    vbytes = payment_request.vbytes(payment_request.unsigned(alone), coin_weight)
    fee = bdk.Amount.from_sat(child_fee(parents, vbytes, sats_per_vbyte))
    return payment_request.built(builder.fee_absolute(fee), wallet, funds)
