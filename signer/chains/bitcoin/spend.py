"""A checked payment. What passes here may be shown; what was shown may be signed; nothing else.

The rules about coins are in `proof`, `ours` and `coins`, those about outputs in `targets`; here are
those about the whole. One function per rule, and a Reason for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from signer.chains.bitcoin import coins, sighash, targets
from signer.chains.bitcoin.coins import Coin
from signer.chains.bitcoin.network import MAX_SATS, Network
from signer.chains.bitcoin.psbt import Psbt
from signer.chains.bitcoin.targets import Target
from signer.chains.bitcoin.tx import Output, Tx
from signer.errors import Reason, Refused
from signer.keys.keyring import Keyring
from signer.keys.path import Path

ABSURD_FEE_PERCENT = 25  # of the coins spent
_NULL_TXID = bytes(32)
# Witness bytes of one coin. P2WPKH: two items, a 71-byte signature (low R) and a 33-byte key.
_P2WPKH_WITNESS = 107
_P2TR_WITNESS = 66  # one item of 64 bytes, or 65 where the hash type is written out


@dataclass(frozen=True, slots=True)
class Spend:
    """One payment from one account, every amount proven; immutable to the core. Sums are sats."""

    psbt: Psbt = field(repr=False)
    network: Network
    coins: tuple[Coin, ...]
    targets: tuple[Target, ...]

    @property
    def tx(self) -> Tx:
        return self.psbt.tx

    @property
    def account(self) -> Path:
        return self.coins[0].key.account

    @property
    def spent_sats(self) -> int:
        return sum(coin.spent.sats for coin in self.coins)

    @property
    def paid_sats(self) -> int:
        """What leaves us besides the fee."""
        return sum(target.output.sats for target in self.targets if target.path is None)

    @property
    def fee_sats(self) -> int:
        return self.spent_sats - sum(target.output.sats for target in self.targets)

    @property
    def vbytes(self) -> int:
        """The size of the transaction once it is signed (BIP141, Transaction size calculations)."""
        witness = 2 + sum(_witness_bytes(coin) for coin in self.coins)
        return (4 * len(self.psbt.unsigned_tx) + witness + 3) // 4


def check(request: Psbt, keyring: Keyring, network: Network) -> Spend:
    """The payment a PSBT asks for, if it passes every rule. Raises Malformed or Refused."""
    _check_shape(request.tx)
    spent = coins.check(request, keyring, network)
    _check_sums([coin.spent for coin in spent], request.tx.outputs)
    return Spend(request, network, spent, targets.judge(request, spent, keyring, network))


def _check_shape(tx: Tx) -> None:
    if not tx.inputs:
        raise Refused(Reason.NO_INPUTS)
    if not tx.outputs:
        raise Refused(Reason.NO_OUTPUTS)
    outpoints = [one.outpoint for one in tx.inputs]
    # The network would drop it, but the sums on screen would count one coin twice (T14).
    if len(set(outpoints)) != len(outpoints):
        raise Refused(Reason.DUPLICATE_INPUT)
    if any(one.txid == _NULL_TXID for one in tx.inputs):
        raise Refused(Reason.COINBASE_INPUT)


def _check_sums(spent: Sequence[Output], paid: Sequence[Output]) -> None:
    coming, going = (sum(output.sats for output in side) for side in (spent, paid))
    # Amounts have no sign here: a sum within range holds only amounts within range (T17).
    if max(coming, going) > MAX_SATS:
        raise Refused(Reason.AMOUNT_OUT_OF_RANGE)
    if going > coming:
        raise Refused(Reason.OUTPUTS_EXCEED_INPUTS)
    fee = coming - going
    # A miner who runs the host is paid by the fee (T19). A small payment may cost a large share of
    # what it pays, which is a warning's matter; a quarter of the coins is nobody's wish.
    if fee and fee * 100 >= ABSURD_FEE_PERCENT * coming:
        raise Refused(Reason.FEE_ABSURD, f"{fee} of {coming} sats.")


def _witness_bytes(coin: Coin) -> int:
    if not coin.key.is_taproot:
        return _P2WPKH_WITNESS
    return _P2TR_WITNESS + (coin.hash_type != sighash.DEFAULT)
