"""What is asked for, checked before it becomes a payment; each refusal says how to go on."""

import re
from decimal import Decimal

import bdkpython as bdk

from host.config import grouped
from host.errors import BadInput, TooFewCoins, WalletError
from host.payees import Payee, read_payee
from host.payees.amounts import LEAST_RATE, MAX_SATS, MOST_RATE

NETWORKS = {
    "mainnet": bdk.Network.BITCOIN,
    "testnet": bdk.Network.TESTNET,
    "regtest": bdk.Network.REGTEST,
}
# BDK says this as text only.
_INSUFFICIENT = re.compile(r"([\d.]+) BTC available of ([\d.]+) BTC needed")


def payable(text: str, sats: int, network: str) -> Payee:
    """Whom `text` means. Raises BadInput: nobody, another network's, dust, not what it asks for."""
    payee = read_payee(text, network)
    if payee.sats not in {None, sats}:
        raise BadInput(
            f"The request asks for {grouped(payee.sats or 0)} sats, and this is {grouped(sats)}."
            " No payment was created. Leave the amount out, or pay to the address alone."
        )
    if not 0 < sats <= MAX_SATS:
        raise BadInput(
            "An amount is 1 sat or more, and not more than all bitcoin there can be."
            " No payment was created."
        )
    dust_sats = dust_limit(payee.script_pubkey)
    if sats < dust_sats:
        raise BadInput(
            f"{grouped(sats)} sats is too little: the network passes on"
            f" {grouped(dust_sats)} sats or more to this address. No payment was created."
        )
    return payee


def dust_limit(script_pubkey: bytes) -> int:
    """The smallest amount in sats that nodes pass on to a script (Bitcoin Core, policy.cpp)."""
    is_witness = 4 <= len(script_pubkey) <= 42 and script_pubkey[1] == len(script_pubkey) - 2
    to_spend = 67 if is_witness else 148
    return 3 * (8 + 1 + len(script_pubkey) + to_spend)


def rate(sats_per_vbyte: float) -> "bdk.FeeRate":
    """Raises BadInput for a rate nobody can mean; also for one that is no number."""
    if not LEAST_RATE <= sats_per_vbyte <= MOST_RATE:
        raise BadInput(
            f"A fee rate is between {LEAST_RATE} and {grouped(MOST_RATE)} sat/vB."
            " No payment was created."
        )
    return bdk.FeeRate.from_sat_per_kwu(round(sats_per_vbyte * 250))


def built(builder: "bdk.TxBuilder", wallet: "bdk.Wallet") -> "bdk.Psbt":
    """What the builder makes. Raises TooFewCoins, WalletError."""
    try:
        return builder.finish(wallet)
    except bdk.CreateTxError.CoinSelection as error:
        raise _too_few(error.error_message, wallet.balance().confirmed.to_sat()) from error
    except bdk.CreateTxError as error:
        raise WalletError(
            f"The payment cannot be made: {error}. No payment was created."
        ) from error


def _too_few(text: str, confirmed_sats: int) -> WalletError:
    """BDK leaves coins out that cost more to spend than they hold: they are there all the same."""
    amounts = _INSUFFICIENT.search(text)
    if amounts is None:
        return WalletError(f"The payment cannot be made: {text}. No payment was created.")
    have, need = (int(Decimal(amount) * 100_000_000) for amount in amounts.groups())
    have = max(have, confirmed_sats)
    if have >= need:
        return WalletError(
            "At this fee rate your coins cost more to spend than they hold. No payment was created."
            " Choose a lower rate."
        )
    return TooFewCoins(
        f"{grouped(need - have)} sats are missing: this payment needs {grouped(need)} sats with"
        f" its fee, and there are {grouped(have)}. No payment was created."
        " Choose a smaller amount, or receive coins first.",
        missing_sats=need - have,
    )
