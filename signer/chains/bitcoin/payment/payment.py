"""A checked payment. What passes here may be shown; what was shown may be signed; nothing else.

The rules about coins are in `utxos`, `ownership`, `sighash_types` and `inputs`, those about outputs
in `outputs`; here are those about the whole. One function per rule, and a reason for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from signer.chains.bitcoin.accounts.account import Account
from signer.chains.bitcoin.network import MAX_SATS, Network
from signer.chains.bitcoin.payment import inputs, outputs, utxos
from signer.chains.bitcoin.payment.inputs import LocatedInputs, SpentInput
from signer.chains.bitcoin.payment.outputs import ReviewedOutput
from signer.chains.bitcoin.payment.ownership import OwnedKeys
from signer.chains.bitcoin.psbt import container, fields
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.chains.bitcoin.transactions import sighash
from signer.chains.bitcoin.transactions.tx import Tx, TxOutput
from signer.errors import Refused

if TYPE_CHECKING:
    from signer.chains.bitcoin.payment.foreign import ForeignInput

# Both together are refused. Blocks have never asked for more than some 2,500 sat/vB, and at more
# than twice that an ordinary payment still costs 0.007 bitcoin: a fee spike is never in the way.
# A thousand coins at 100 sat/vB cost more than 0.1 bitcoin: what is large, honestly, passes too.
ABSURD_FEE_SATS = 10_000_000
ABSURD_SATS_PER_VBYTE = 5_000
_NULL_TXID = bytes(32)


@dataclass(frozen=True)
class CheckedPayment:
    """One payment from accounts of ours, every amount judged; immutable to the core. In sats.

    `inputs` are ours; beside them `foreign` ones may stand, signed by others.
    """

    psbt: Psbt = field(repr=False)
    network: Network
    accounts: tuple[Account, ...]
    inputs: tuple[SpentInput, ...]
    outputs: tuple[ReviewedOutput, ...]
    foreign: tuple["ForeignInput", ...] = ()

    @property
    def tx(self) -> Tx:
        return self.psbt.tx

    @cached_property
    def utxos(self) -> tuple[TxOutput, ...]:
        """What every input spends, in the order of the transaction."""
        spent = {coin.index: coin.utxo for coin in self.inputs}
        spent |= {coin.index: coin.utxo for coin in self.foreign}
        return tuple(spent[index] for index in range(len(spent)))

    @cached_property
    def claimed(self) -> tuple[int, ...]:
        """Our inputs whose amounts are the host's claim, if their signatures commit to one each."""
        return utxos.claimed(self.psbt, {spent.index: spent.utxo for spent in self.inputs})

    @cached_property
    def spent_sats(self) -> int:
        """What our coins hold."""
        return sum(spent.utxo.sats for spent in self.inputs)

    @cached_property
    def foreign_sats(self) -> int:
        """What the coins of others hold."""
        return sum(spent.utxo.sats for spent in self.foreign)

    @cached_property
    def leaving_sats(self) -> int:
        """What leaves us in all, our part of the fee included; below 0, it is what we gain (T95).

        Of our inputs and outputs alone: what others put in, and take out, is theirs.
        """
        return self.spent_sats - sum(target.output.sats for target in self.outputs if target.stays)

    @cached_property
    def paid_sats(self) -> int:
        """What leaves us besides the fee, burned or not; 0 where others paid all of it."""
        return max(self.leaving_sats - self.fee_sats, 0)

    @cached_property
    def fee_sats(self) -> int:
        """The fee of the transaction, whoever pays it."""
        coming = self.spent_sats + self.foreign_sats
        return coming - sum(target.output.sats for target in self.outputs)

    @cached_property
    def vbytes(self) -> int:
        """The size of the transaction once it is signed (BIP141, Transaction size calculations).

        An upper bound where an account can be opened in several ways.
        """
        sizes = [(account.sizes, len(self.coins_of(account))) for account in self.accounts]
        script_sigs = sum(script_sig * count for (script_sig, _), count in sizes)
        witnesses = sum((witness or 1) * count for (_, witness), count in sizes)
        written_out = sum(coin.writes_type for coin in self.inputs)
        weight = 4 * (len(self.psbt.unsigned_tx) + script_sigs) + written_out
        # Two more bytes mark a transaction that has witnesses, and then each input has one.
        has_witness = self.foreign or any(witness for (_, witness), _ in sizes)
        weight += 2 + witnesses if has_witness else 0
        weight += sum(spent.weight for spent in self.foreign)
        return (weight + 3) // 4

    def coins_of(self, account: Account) -> tuple[SpentInput, ...]:
        """The coins of one of the accounts that pay."""
        if len(self.accounts) == 1:
            return self.inputs
        return tuple(coin for coin in self.inputs if coin.location.account == account)


def check_payment(request: Psbt, owner: OwnedKeys, *, expert: bool) -> CheckedPayment:
    """The payment a PSBT asks for, if it passes every rule. Raises Malformed or Refused."""
    check_shape(request.tx)
    located = inputs.locate_inputs(request, owner)
    check_filled(located.utxos)
    request, silent_addresses = _with_silent_payments(request, located, owner)
    marked, request = request, container.closed(request)
    spent = inputs.check_inputs(request, located, owner.keyring, expert=expert)
    foreign = inputs.check_foreign(request, located)
    _check_settled(marked, request, spent)
    check_sums(located.utxos, request.tx.outputs)
    judged = outputs.classify(request, spent, located.accounts, owner, silent_addresses)
    judged = with_names(request, judged, owner.network)
    payment = CheckedPayment(request, owner.network, located.accounts, spent, judged, foreign)
    _check_fee(payment)
    return payment


def with_names(
    request: Psbt, judged: tuple[ReviewedOutput, ...], network: Network
) -> tuple[ReviewedOutput, ...]:
    """The outputs, with the names that the request proves (T94). Raises Malformed or Refused."""
    kind = bytes((fields.OUT_DNSSEC_PROOF,))
    if not any(kind in records.fields for records in request.outputs):
        return judged
    from signer.chains.bitcoin.payment import payee_names  # noqa: PLC0415  seldom needed

    return payee_names.named(request, judged, network)


def _with_silent_payments(
    request: Psbt, located: LocatedInputs, owner: OwnedKeys
) -> tuple[Psbt, Mapping[int, str]]:
    """The request with every script in it, and the silent payment addresses, by output (T30).

    From here on it is an ordinary one: what is shown, signed and written is what came out here.
    """
    if not any(records.has_any(fields.OUT_SP_V0_INFO) for records in request.outputs):
        return request, {}
    from signer.chains.bitcoin.silent_payments import send  # noqa: PLC0415  seldom needed

    settled = send.prepare(request, located.utxos, located.locations, owner.keyring, owner.network)
    return settled.request, settled.addresses


def check_shape(tx: Tx) -> None:
    """Refused for a transaction that spends or pays nothing, or one coin twice."""
    if not tx.inputs:
        raise Refused(BitcoinReason.NO_INPUTS)
    if not tx.outputs:
        raise Refused(BitcoinReason.NO_OUTPUTS)
    outpoints = [tx_input.outpoint for tx_input in tx.inputs]
    # The network would drop it, but the sums on screen would count one coin twice (T14).
    if len(set(outpoints)) != len(outpoints):
        raise Refused(BitcoinReason.DUPLICATE_INPUT)
    if any(tx_input.txid == _NULL_TXID for tx_input in tx.inputs):
        raise Refused(BitcoinReason.COINBASE_INPUT)


def _check_settled(marked: Psbt, request: Psbt, spent: Sequence[SpentInput]) -> None:
    # Signed with ALL, a payment is closed to changes, and marked so. Signed with less it stays open
    # to inputs or outputs that nobody has seen: it is not what will be sent (T24).
    if marked is not request and any(coin.hash_type in sighash.OPEN_TYPES for coin in spent):
        raise Refused(BitcoinReason.MODIFIABLE)


def check_filled(spent: Sequence[TxOutput]) -> None:
    """Refused for a coin that holds nothing."""
    # Nobody has such coins, but a signed message spends one (BIP322): as a payment of nothing, the
    # words of the message would stay unread (T56).
    for index, output in enumerate(spent):
        if not output.sats:
            raise Refused(BitcoinReason.EMPTY_COIN, f"Input {index + 1}.")


def check_sums(spent: Sequence[TxOutput], paid: Sequence[TxOutput]) -> None:
    """Refused for amounts, in sats, that cannot be, or that are more than is spent."""
    coming, going = (sum(output.sats for output in side) for side in (spent, paid))
    # Amounts have no sign here: a sum within range holds only amounts within range (T17).
    if max(coming, going) > MAX_SATS:
        raise Refused(BitcoinReason.AMOUNT_OUT_OF_RANGE)
    if going > coming:
        raise Refused(BitcoinReason.OUTPUTS_EXCEED_INPUTS)


def _check_fee(payment: CheckedPayment) -> None:
    # A miner who runs the host is paid by the fee (T19). Of a small coin, or for a child that pays
    # for its parent, half may be meant, which is a warning's matter: no share is refused, only an
    # amount that hurts anybody, at a rate that no block asks for.
    fee = payment.fee_sats
    if fee >= ABSURD_FEE_SATS and fee >= ABSURD_SATS_PER_VBYTE * payment.vbytes:
        raise Refused(BitcoinReason.FEE_ABSURD, f"{fee} sats for {payment.vbytes} vbytes.")
