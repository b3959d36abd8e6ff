"""A payment on its way that another one takes the place of: a higher fee, or back to yourself.

Both spend a coin of the first, so only one of the two can ever be in a block (BIP125).
"""

import base64
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import bdkpython as bdk

from host import psbt
from host.config import grouped
from host.errors import WalletError
from host.wallet import bdk_adapter, payment_request, spending_path
from host.wallet.bdk_adapter import INTERNAL
from host.wallet.bdk_wallet import BdkWallet
from host.wallet.payment_request import Funds

_RELAY_SATS_PER_VBYTE = 1  # what a replacement pays for its own way, at least (BIP125, rule 4)


def with_higher_fee(
    wallet: BdkWallet,
    txid: str,
    rate: "bdk.FeeRate",
    kept: Iterable["bdk.OutPoint"],
    funds: Funds,
) -> "bdk.Psbt":
    """The same recipients at a higher fee, out of the change or of further coins, not of `kept`.

    `funds` are what there is to pay all of it with. Raises WalletError: the rate is not higher, or
    there is nothing to pay it with.
    """
    with _locked(wallet, kept):
        try:
            return bdk.BumpFeeTxBuilder(bdk.Txid.from_string(txid), rate).finish(wallet)
        except bdk.CreateTxError.FeeRateTooLow as error:
            raise _too_low(error.required) from error
        except bdk.CreateTxError.FeeTooLow as error:
            raise _too_low(error.required) from error
        except bdk.CreateTxError.SpendingPolicyRequired:
            return _made_again(wallet, txid, rate, kept, funds)
        except bdk.CreateTxError.CoinSelection as error:
            raise WalletError(
                "The fee cannot be raised: the coins do not pay for it. Nothing was changed."
                f" {funds.aside or 'Receive coins first, or call the payment off.'}"
            ) from error
        except bdk.CreateTxError as error:
            raise WalletError(f"The fee cannot be raised: {error}. Nothing was changed.") from error


def _made_again(
    wallet: BdkWallet,
    txid: str,
    rate: "bdk.FeeRate",
    kept: Iterable["bdk.OutPoint"],
    funds: Funds,
) -> "bdk.Psbt":
    """The same by hand: BDK's own way cannot be told which conditions of a policy are met."""
    canonical = wallet.get_tx(bdk.Txid.from_string(txid))
    if canonical is None:
        raise WalletError(f"No payment {txid} is known here. Nothing was changed.")
    transaction = canonical.transaction
    least_sats = wallet.fee_sats(transaction) or 0
    least_sats += _RELAY_SATS_PER_VBYTE * transaction.vsize()
    with _absent(wallet, transaction):
        builder = bdk.TxBuilder().add_utxos([txin.previous_output for txin in transaction.input()])
        for output in transaction.output():
            if not _is_change(wallet, output):
                builder = builder.add_recipient(output.script_pubkey, output.value)
        path = spending_path.number_of(wallet, transaction)
        builder = spending_path.chosen(builder.unspendable(list(kept)), wallet, path)
        bumped = payment_request.built(builder.fee_rate(rate), wallet, funds)
    if bumped.fee() < least_sats:
        raise _too_low(str(least_sats))
    return bumped


def is_calling_off(wallet: BdkWallet, raw_tx: bytes) -> bool:
    """Whether all of it comes back: what raises its fee is the same again, not a larger sum."""
    return all(_is_change(wallet, output) for output in bdk.Transaction(raw_tx).output())


def _is_change(wallet: BdkWallet, output: "bdk.TxOut") -> bool:
    place = wallet.derivation_of_spk(output.script_pubkey)
    return place is not None and place.keychain is INTERNAL


def back_to_yourself(wallet: BdkWallet, raw_tx: bytes, rate: "bdk.FeeRate") -> "bdk.Psbt":
    """All coins of a payment of ours to a change address, at a fee that replaces it.

    Raises WalletError when they do not pay for it.
    """
    transaction = bdk.Transaction(raw_tx)
    script = wallet.next_unused_address(INTERNAL).address.script_pubkey()
    old_fee_sats = wallet.fee_sats(transaction) or 0
    sats = old_fee_sats + sum(output.value.to_sat() for output in transaction.output())
    funds = Funds(sats, f"The coins of the payment have {grouped(sats)} sats. Choose a lower rate.")
    with _absent(wallet, transaction):
        outpoints = [txin.previous_output for txin in transaction.input()]
        builder = bdk.TxBuilder().add_utxos(outpoints).manually_selected_only().drain_to(script)
        path = spending_path.number_of(wallet, transaction)
        builder = spending_path.chosen(builder, wallet, path)
        wanted = payment_request.built(builder.fee_rate(rate), wallet, funds)
        least_sats = old_fee_sats + _RELAY_SATS_PER_VBYTE * _vbytes(wanted, rate)
        if wanted.fee() >= least_sats:
            return wanted
        fee = bdk.Amount.from_sat(least_sats)
        return payment_request.built(builder.fee_absolute(fee), wallet, funds)


def forget(wallet: BdkWallet, txids: Collection[str], now: int) -> None:
    """Let the coins of these be free again, unless a block brings them.

    One that goes lets another be there that it ruled out; and BDK keeps one on which another is
    built.
    """
    earlier: list[str] = []
    for _ in txids:
        there = [txid for txid in txids if _evict(wallet, txid, now)]
        if there == earlier:
            return
        earlier = there


def _evict(wallet: BdkWallet, txid: str, now: int) -> bool:
    """Whether it was there, and in no block."""
    canonical = wallet.get_tx(bdk.Txid.from_string(txid))
    if canonical is None or bdk_adapter.height(canonical.chain_position) is not None:
        return False
    seen = bdk_adapter.seen_at(canonical.chain_position) or 0
    evicted = bdk.EvictedTx(txid=bdk.Txid.from_string(txid), evicted_at=max(now, seen + 1))
    wallet.apply_evicted_txs([evicted])
    return True


@contextmanager
def _absent(wallet: BdkWallet, transaction: "bdk.Transaction") -> Iterator[None]:
    """As if that unconfirmed transaction were not there: BDK offers only unspent coins."""
    txid = transaction.compute_txid()
    canonical = wallet.get_tx(txid)
    seen = (bdk_adapter.seen_at(canonical.chain_position) or 0) if canonical else 0
    wallet.apply_evicted_txs([bdk.EvictedTx(txid=txid, evicted_at=seen + 1)])
    try:
        yield
    finally:
        again = bdk.UnconfirmedTx(tx=transaction, last_seen=seen + 2)
        wallet.apply_unconfirmed_txs([again])


@contextmanager
def _locked(wallet: BdkWallet, outpoints: Iterable["bdk.OutPoint"]) -> Iterator[None]:
    """BDK's fee bumping takes a list of coins to leave alone in no other way."""
    locked = list(outpoints)
    for outpoint in locked:
        wallet.lock_outpoint(outpoint)
    try:
        yield
    finally:
        for outpoint in locked:
            wallet.unlock_outpoint(outpoint)


def _vbytes(draft: "bdk.Psbt", rate: "bdk.FeeRate") -> int:
    """The size that BDK expects of the signed transaction, from the fee it reckoned with."""
    unsigned = psbt.PsbtMaps.parse(base64.b64decode(draft.serialize())).unsigned_tx
    return max(len(unsigned), int(-(-draft.fee() * 250 // rate.to_sat_per_kwu())))


def _too_low(required: str) -> WalletError:
    return WalletError(
        f"That does not replace it: {_plain(required)} is needed at least. Nothing was changed."
    )


def _plain(required: str) -> str:
    return f"{grouped(int(required))} sats" if required.isdecimal() else required
