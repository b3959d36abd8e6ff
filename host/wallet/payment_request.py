"""What is asked for, checked before it becomes a payment; each refusal says how to go on."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import bdkpython as bdk

from host import psbt
from host.config import grouped
from host.errors import BadInput, TooFewCoins, WalletError
from host.payees import read_payee
from host.payees.amounts import LEAST_RATE, MAX_SATS, MOST_RATE
from host.payees.names import NameProof
from host.transactions import Transaction
from host.values import PaymentRequest, Recipient
from host.wallet import silent_payments
from signer.formats.silent_address import SilentAddress

NETWORKS = {
    "mainnet": bdk.Network.BITCOIN,
    "testnet": bdk.Network.TESTNET,
    "testnet4": bdk.Network.TESTNET4,
    "signet": bdk.Network.SIGNET,
    "regtest": bdk.Network.REGTEST,
}
MOST_DATA_BYTES = 80
FIRST_TIME = 500_000_000  # BIP65
# BDK says this as text only.
_INSUFFICIENT = re.compile(r"([\d.]+) BTC available of ([\d.]+) BTC needed")


@dataclass(frozen=True, slots=True)
class Output:
    """What one recipient gets. `sats` is None for all that is left.

    The script that pays a `silent` address is not known yet: another one stands for it.
    """

    address: str
    script_pubkey: bytes
    sats: int | None
    silent: SilentAddress | None = None
    name_proof: bytes = b""


def outputs(request: PaymentRequest, network: str) -> tuple[Output, ...]:
    """What the request pays to whom. Raises BadInput: it says nobody, dust, or all twice."""
    if not request.recipients:
        raise BadInput("There is nobody to pay. No payment was created. Name a recipient.")
    if sum(recipient.sats is None for recipient in request.recipients) > 1:
        raise BadInput(
            "All that is left can go to one recipient only. No payment was created."
            " Say how much the others get."
        )
    recipients = enumerate(request.recipients)
    return tuple(payable(recipient, network, number) for number, recipient in recipients)


def payable(recipient: Recipient, network: str, number: int = 0) -> Output:
    """Whom the text means. Raises BadInput: nobody, another network's, dust, not what it asks.

    `number` is the recipient's place in the payment.
    """
    payee, sats = read_payee(recipient.address, network), recipient.sats
    if payee.sats not in {None, sats}:
        wanted = "all there is" if sats is None else grouped(sats)
        raise BadInput(
            f"The request asks for {grouped(payee.sats or 0)} sats, and this is {wanted}."
            " No payment was created. Leave the amount out, or pay to the address alone."
        )
    if payee.is_name:
        raise BadInput(f"{payee.address} was not looked up yet. No payment was created. Try again.")
    silent = payee.silent
    script = silent_payments.placeholder(silent, number) if silent else payee.script_pubkey
    if sats is not None:
        _check_amount(sats, dust_limit(script))
    return Output(payee.address, script, sats, silent, _name_proof(recipient))


def _name_proof(recipient: Recipient) -> bytes:
    """The name and its proof as a PSBT has them (BIP353, PSBT_OUT_DNSSEC_PROOF)."""
    if not recipient.proof:
        return b""
    proof = base64.b64decode(recipient.proof)
    return NameProof(0, recipient.name, proof, recipient.expires).record


def _check_amount(sats: int, dust_sats: int) -> None:
    if not 0 < sats <= MAX_SATS:
        raise BadInput(
            "An amount is 1 sat or more, and not more than all bitcoin there can be."
            " No payment was created."
        )
    if sats < dust_sats:
        raise BadInput(
            f"{grouped(sats)} sats is too little: the network passes on"
            f" {grouped(dust_sats)} sats or more to this address. No payment was created."
        )


def builder(request: PaymentRequest, paid: Iterable[Output]) -> "bdk.TxBuilder":
    """All of a request but its coins. Raises BadInput for a fee or data nobody can mean."""
    builder = bdk.TxBuilder()
    if request.fee_sats is None:
        builder = builder.fee_rate(rate(request.sats_per_vbyte))
    elif 0 < request.fee_sats <= MAX_SATS:
        builder = builder.fee_absolute(bdk.Amount.from_sat(request.fee_sats))
    else:
        raise BadInput("A fee is 1 sat or more. No payment was created.")
    for output in paid:
        script = bdk.Script(output.script_pubkey)
        if output.sats is None:
            builder = builder.drain_to(script)
        else:
            builder = builder.add_recipient(script, bdk.Amount.from_sat(output.sats))
    if len(request.data) > MOST_DATA_BYTES:
        raise BadInput(
            f"Many nodes pass on {MOST_DATA_BYTES} bytes of data at most, and this is"
            f" {len(request.data)}. No payment was created."
        )
    if request.data:
        builder = builder.add_data(request.data)
    return builder if request.lock_time is None else builder.nlocktime(_lock(request.lock_time))


def _lock(lock_time: int) -> "bdk.LockTime":
    """BIP65: below 500 million a height, above it seconds since 1970."""
    if not 0 <= lock_time < 1 << 32:
        raise BadInput("A lock time is a block height or a Unix time. No payment was created.")
    if lock_time < FIRST_TIME:
        return bdk.LockTime.BLOCKS(lock_time)
    return bdk.LockTime.SECONDS(lock_time)


def dust_limit(script_pubkey: bytes) -> int:
    """The smallest amount in sats that nodes pass on to a script (Bitcoin Core, policy.cpp)."""
    is_witness = 4 <= len(script_pubkey) <= 42 and script_pubkey[1] == len(script_pubkey) - 2
    to_spend = 67 if is_witness else 148
    return 3 * (8 + 1 + len(script_pubkey) + to_spend)


def unsigned(draft: "bdk.Psbt") -> Transaction:
    """The transaction that is to be signed."""
    raw = base64.b64decode(draft.serialize())
    return Transaction.parse(psbt.PsbtMaps.parse(raw).unsigned_tx)


def address(script_pubkey: bytes, network: str) -> str:
    """As its network writes it."""
    return str(bdk.Address.from_script(bdk.Script(script_pubkey), NETWORKS[network]))


def vbytes(transaction: Transaction, coin_weight: int) -> int:
    """The size of an unsigned transaction once every coin is signed, each by so many units.

    Those are weight units (BIP141): see host.wallet.bdk_adapter.coin_weight.
    """
    weight = 4 * len(transaction.encode(witness=False)) + 2 + coin_weight * len(transaction.inputs)
    return -(-weight // 4)


def rate(sats_per_vbyte: float) -> "bdk.FeeRate":
    """Raises BadInput for a rate nobody can mean; also for one that is no number."""
    if not LEAST_RATE <= sats_per_vbyte <= MOST_RATE:
        raise BadInput(
            f"A fee rate is between {LEAST_RATE} and {grouped(MOST_RATE)} sat/vB."
            " No payment was created."
        )
    return bdk.FeeRate.from_sat_per_kwu(round(sats_per_vbyte * 250))


@dataclass(frozen=True, slots=True)
class Funds:
    """What there is to spend, and what to say when it is not enough: sentences, or ""."""

    sats: int
    aside: str = ""


def built(builder: "bdk.TxBuilder", wallet: "bdk.Wallet", funds: Funds) -> "bdk.Psbt":
    """What the builder makes. Raises TooFewCoins, WalletError."""
    try:
        return builder.finish(wallet)
    except bdk.CreateTxError.CoinSelection as error:
        raise _unselected(error.error_message, funds) from error
    except bdk.CreateTxError.InsufficientFunds as error:
        raise _too_few(error.needed, funds) from error
    except (bdk.CreateTxError.OutputBelowDustLimit, bdk.CreateTxError.NoUtxosSelected) as error:
        raise _nothing_left(funds) from error
    except bdk.CreateTxError as error:
        raise WalletError(
            f"The payment cannot be made: {error}. No payment was created."
        ) from error


def _unselected(text: str, funds: Funds) -> WalletError:
    amounts = _INSUFFICIENT.search(text)
    if amounts is None:
        return WalletError(f"The payment cannot be made: {text}. No payment was created.")
    return _too_few(int(Decimal(amounts[2]) * 100_000_000), funds)


def _too_few(need: int, funds: Funds) -> TooFewCoins:
    """BDK leaves coins out that cost more to spend than they hold: they are there all the same."""
    if not funds.sats:
        return _nothing_there(funds, need)
    if funds.sats >= need:
        return TooFewCoins(
            "At this fee rate, coins of yours cost more to spend than they hold, and the others are"
            f" not enough. No payment was created. Choose a lower rate. {funds.aside}".rstrip(),
            missing_sats=1,
        )
    return TooFewCoins(
        f"{grouped(need - funds.sats)} sats are missing: this payment needs {grouped(need)} sats"
        f" with its fee, and there are {grouped(funds.sats)}. No payment was created."
        f" {funds.aside or 'Choose a smaller amount, or receive coins first.'}",
        missing_sats=need - funds.sats,
    )


def _nothing_left(funds: Funds) -> TooFewCoins:
    if not funds.sats:
        return _nothing_there(funds, 1)
    return TooFewCoins(
        f"There are {grouped(funds.sats)} sats to spend, and the fee leaves nothing to pay."
        f" No payment was created. {funds.aside}".rstrip(),
        missing_sats=1,
    )


def _nothing_there(funds: Funds, need: int) -> TooFewCoins:
    return TooFewCoins(
        "There is nothing to spend. No payment was created."
        f" {funds.aside or 'Receive coins first.'}",
        missing_sats=need,
    )
