"""Play money for everybody: pays from what the devnet's own miner earned.

The faucet's key is written below for all to see. It is no secret, because these coins have no
value; nothing of a real wallet is ever signed here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from coincurve import PrivateKey, PublicKeyXOnly

from host import consensus
from host.devnet.chain import NodeChain
from host.devnet.ledger import Coin
from host.devnet.mempool import MATURITY, Mempool
from host.errors import NetworkError
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from signer.errors import Malformed
from signer.formats import base58, bech32

PLAY_MONEY_KEY = sha256(b"quietkey devnet faucet: play money").digest()
SATS_PER_VBYTE = 2
INPUT_VBYTES, REST_VBYTES = 58, 110  # a taproot input; everything else of a payment
DUST = 546
REPLACEABLE = 0xFFFFFFFD
BECH32_HRP = "bcrt"
P2PKH, P2SH = 0x6F, 0xC4  # base58 versions of regtest


@dataclass(frozen=True, slots=True)
class _FaucetCoin:
    outpoint: Outpoint
    coin: Coin


def script_pubkey() -> bytes:
    """Where the miner's earnings go: the bare key as a taproot output (BIP341)."""
    return b"\x51\x20" + PublicKeyXOnly.from_secret(PLAY_MONEY_KEY).format()


def script_of(address: str) -> bytes:
    """The script an address of this network stands for. Raises NetworkError."""
    try:
        if address.lower().startswith(BECH32_HRP + "1"):
            version, program = bech32.decode(BECH32_HRP, address)
            opcode = version + 0x50 if version else 0
            return bytes([opcode, len(program)]) + program
        return _base58_script(base58.decode_check(address))
    except Malformed as error:
        raise NetworkError(
            f"{address} is not an address of the devnet (regtest). Nothing was sent. "
            "Ask the wallet for a new address: it begins with bcrt1."
        ) from error


def pay(chain: NodeChain, mempool: Mempool, address: str, sats: int) -> Transaction:
    """A signed payment of `sats` to `address`, checked by the engine. Raises NetworkError."""
    if sats < DUST:
        raise NetworkError(f"{sats} sats are too few to send. Ask for {DUST} sats or more.")
    recipient = TxOut(sats, script_of(address))
    rate = max(SATS_PER_VBYTE, math.ceil(mempool.floor))
    chosen = _choose(chain, mempool, sats, rate)
    fee = rate * (REST_VBYTES + INPUT_VBYTES * len(chosen))
    change = sum(source.coin.sats for source in chosen) - sats - fee
    outputs = [recipient, TxOut(change, script_pubkey())] if change >= DUST else [recipient]
    return _sign(chosen, outputs)


def _choose(chain: NodeChain, mempool: Mempool, sats: int, rate: int) -> list[_FaucetCoin]:
    chosen: list[_FaucetCoin] = []
    missing = sats + rate * REST_VBYTES
    for source in _spendable(chain, mempool):
        if missing <= 0:
            break
        chosen.append(source)
        missing += rate * INPUT_VBYTES - source.coin.sats
    if missing > 0:
        raise NetworkError(
            f"The faucet holds too few coins to send {sats} sats now. Nothing was sent. "
            "Ask for less, or mine some blocks first: mined coins can be spent after 100 blocks."
        )
    return chosen


def _spendable(chain: NodeChain, mempool: Mempool) -> list[_FaucetCoin]:
    """The faucet's coins, largest first: own change that still waits in the mempool, too."""
    faucet_script, ready = script_pubkey(), chain.height + 1 - MATURITY
    unspent = [
        _FaucetCoin(outpoint, coin)
        for outpoint, coin in chain.coins.items()
        if coin.script_pubkey == faucet_script and (not coin.is_coinbase or coin.height <= ready)
    ]
    unspent += [
        _FaucetCoin(
            Outpoint(entry.transaction.txid, index), Coin(out.sats, faucet_script, -1, False)
        )
        for entry in mempool
        for index, out in enumerate(entry.transaction.outputs)
        if out.script_pubkey == faucet_script
    ]
    free = [source for source in unspent if not mempool.spends(source.outpoint)]
    return sorted(free, key=lambda source: -source.coin.sats)


def _sign(chosen: Sequence[_FaucetCoin], outputs: Sequence[TxOut]) -> Transaction:
    unsigned_inputs = [TxIn(source.outpoint, b"", REPLACEABLE) for source in chosen]
    unsigned = Transaction(2, tuple(unsigned_inputs), tuple(outputs), 0)
    spent = [TxOut(source.coin.sats, source.coin.script_pubkey) for source in chosen]
    key = PrivateKey(PLAY_MONEY_KEY)
    signatures = [key.sign_schnorr(digest) for digest in _digests(unsigned, spent)]
    inputs = [
        TxIn(txin.outpoint, b"", txin.sequence, (signature,))
        for txin, signature in zip(unsigned_inputs, signatures, strict=True)
    ]
    signed = Transaction(2, tuple(inputs), tuple(outputs), 0)
    consensus.verify(signed.encode(), spent)
    return signed


def _digests(transaction: Transaction, spent: Sequence[TxOut]) -> list[bytes]:
    """What each input signs: BIP341, SIGHASH_DEFAULT, key path."""
    parts = (
        b"".join(txin.outpoint.encode() for txin in transaction.inputs),
        b"".join(output.sats.to_bytes(8, "little") for output in spent),
        b"".join(output.encode()[8:] for output in spent),
        b"".join(txin.sequence.to_bytes(4, "little") for txin in transaction.inputs),
        b"".join(output.encode() for output in transaction.outputs),
    )
    shared = b"\0\0" + transaction.version.to_bytes(4, "little")
    shared += transaction.lock_time.to_bytes(4, "little")
    shared += b"".join(sha256(part).digest() for part in parts) + b"\0"
    tag = sha256(b"TapSighash").digest()
    indexes = range(len(transaction.inputs))
    return [sha256(tag + tag + shared + i.to_bytes(4, "little")).digest() for i in indexes]


def _base58_script(payload: bytes) -> bytes:
    if len(payload) == 21 and payload[0] == P2PKH:
        return b"\x76\xa9\x14" + payload[1:] + b"\x88\xac"
    if len(payload) == 21 and payload[0] == P2SH:
        return b"\xa9\x14" + payload[1:] + b"\x87"
    raise Malformed("A base58 address of regtest has 20 bytes and version 111 or 196.")
