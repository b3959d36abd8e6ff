"""One transaction of all that a key has: made, signed, and judged before it goes."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

import bdkpython as bdk

from host import consensus, psbt
from host.config import grouped
from host.errors import BadInput, TooFewCoins
from host.psbt import Map, PsbtMaps
from host.sweep.key_wallet import TITLES, KeyCoin, KeyWallet, descriptor
from host.sweep.private_key import PrivateKey
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from host.wallet import bdk_adapter
from host.wallet.payment_request import NETWORKS, dust_limit

MOST_COINS = 500  # a transaction of more than 100 000 vB is passed on by nobody
SEQUENCE = 0xFFFFFFFD  # may be replaced (BIP125)
_NON_WITNESS_UTXO, _WITNESS_UTXO, _REDEEM_SCRIPT = b"\x00", b"\x01", b"\x04"  # BIP174
_EMPTY_WITNESS = b"\x00"  # a witness without anything in it: BDK signs no coin that has one


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is swept: `coins` to `address`, which gets `sats`; `left_sats` stay where they are.

    Those left are in no block yet, or more than go into one transaction.
    """

    address: str
    coins: tuple[KeyCoin, ...]
    sats: int
    fee_sats: int
    left_sats: int
    unsigned: PsbtMaps = field(repr=False)

    @property
    def taken_sats(self) -> int:
        """What the coins hold together."""
        return self.sats + self.fee_sats

    @property
    def by_kind(self) -> dict[str, tuple[int, int]]:
        """How many coins of each kind, and what they hold in sats."""
        sums: dict[str, tuple[int, int]] = {}
        for coin in self.coins:
            title = TITLES[coin.script.kind]
            count, sats = sums.get(title, (0, 0))
            sums[title] = count + 1, sats + coin.output.sats
        return sums


def plan(wallets: Sequence[KeyWallet], address: str, sats_per_vbyte: float) -> Sweep:
    """All coins of the wallets in one transaction at that rate, unsigned.

    Raises BadInput when nothing is there, TooFewCoins when it is less than its fee.
    """
    network = wallets[0].network
    script = bdk.Address(address, NETWORKS[network]).script_pubkey().to_bytes()
    unspent = [coin for wallet in wallets for coin in wallet.coins()]
    mined = [coin for coin in unspent if coin.height is not None]
    coins = tuple(sorted(mined, key=lambda coin: -coin.output.sats)[:MOST_COINS])
    if not coins:
        raise BadInput(_empty_sentence(wallets, _sum(unspent)))
    inputs = tuple(TxIn(Outpoint(coin.source.txid, coin.index), b"", SEQUENCE) for coin in coins)
    lock_time = max(wallet.tip_height for wallet in wallets)  # against fee sniping
    total = _sum(coins)
    fee = ceil(sats_per_vbyte * _vbytes(Transaction(2, inputs, (TxOut(0, script),), 0), coins))
    if total - fee < dust_limit(script):
        raise TooFewCoins(
            f"The key has {grouped(total)} sats, and to send them costs {grouped(fee)} at this"
            " rate: nothing worth sending is left. Nothing was sent. Choose a lower rate, or wait.",
            missing_sats=dust_limit(script) + fee - total,
        )
    transaction = Transaction(2, inputs, (TxOut(total - fee, script),), lock_time)
    records = tuple(_record(coin) for coin in coins)
    maps = PsbtMaps({psbt.UNSIGNED_TX: transaction.encode()}, records, ({},))
    return Sweep(address, coins, total - fee, fee, _sum(unspent) - total, maps)


def signed(sweep: Sweep, key: PrivateKey, network: str) -> bytes:
    """The transaction for the network. Raises WalletError, ScriptsRefused."""
    inputs = list(sweep.unsigned.inputs)
    for kind in {coin.script.kind for coin in sweep.coins}:
        places = [place for place, coin in enumerate(sweep.coins) if coin.script.kind == kind]
        for place, records in _signatures(sweep.unsigned, places, key, kind, network).items():
            inputs[place] = inputs[place] | records
    raw_tx = bdk_adapter.finalized(PsbtMaps(sweep.unsigned.top, tuple(inputs), ({},)))
    consensus.verify(raw_tx, [coin.output for coin in sweep.coins])
    return raw_tx


def _signatures(
    unsigned: PsbtMaps, places: Sequence[int], key: PrivateKey, kind: str, network: str
) -> dict[int, Map]:
    """Those of the coins at these places, made by BDK.

    One key signs every kind of coin, each by another digest: BDK is shown the others as done.
    """
    inputs = tuple(
        records if place in places else records | {psbt.FINAL_WITNESS: _EMPTY_WITNESS}
        for place, records in enumerate(unsigned.inputs)
    )
    text = base64.b64encode(PsbtMaps(unsigned.top, inputs, unsigned.outputs).encode()).decode()
    request = bdk.Psbt(text)
    memory = bdk.Persister.new_in_memory()
    secret = descriptor(key, kind, network)
    signer = bdk.Wallet.create_single(secret, NETWORKS[network], memory, 1)
    signer.sign(request, _OPTIONS)
    returned = PsbtMaps.parse(base64.b64decode(request.serialize())).inputs
    return {
        place: {name: value for name, value in returned[place].items() if psbt.is_signature(name)}
        for place in places
    }


_OPTIONS = bdk.SignOptions(
    trust_witness_utxo=False,
    assume_height=None,
    allow_all_sighashes=False,
    try_finalize=False,
    sign_with_tap_internal_key=True,
    allow_grinding=True,
)


def _record(coin: KeyCoin) -> Map:
    """What a signer wants to know of it (BIP174, BIP371)."""
    script = coin.script
    previous = {_NON_WITNESS_UTXO: coin.source.encode()}
    output = {_WITNESS_UTXO: coin.output.encode()}
    match script.kind:
        case "pkh({})":
            return previous
        case "tr({})":
            return output | {psbt.TAP_INTERNAL_KEY: script.public_key[1:]}
        case "sh(wpkh({}))":
            return previous | output | {_REDEEM_SCRIPT: script.redeem_script}
        case _:
            return previous | output


def _vbytes(unsigned: Transaction, coins: Sequence[KeyCoin]) -> int:
    """The size once all is signed; each coin, and how many there are, counts at its most."""
    weight = 4 * len(unsigned.encode(witness=False)) + 2 + len(coins)
    return ceil((weight + sum(coin.script.weight for coin in coins)) / 4)


def _sum(coins: Sequence[KeyCoin]) -> int:
    return sum(coin.output.sats for coin in coins)


def _empty_sentence(wallets: Sequence[KeyWallet], waiting_sats: int) -> str:
    if waiting_sats:
        return (
            f"{grouped(waiting_sats)} sats come to this key, and are in no block yet. Nothing was"
            " sent. Sweep it once they are."
        )
    addresses = ", ".join(script.address for wallet in wallets for script in wallet.scripts)
    return f"There is nothing at the addresses of this key: {addresses}. Nothing was sent."
