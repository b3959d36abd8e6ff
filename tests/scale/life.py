"""The years of a wallet as blocks: it is paid, it pays, and every signature is valid.

Payments are signed here by keys of the seed that everybody knows, because a device would be asked
thousands of times. The engine of a devnet's node judges each block.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

from coincurve import PrivateKey

from host.config import account_path, wall_clock
from host.devnet import blocks
from host.devnet.chain import NodeChain
from host.transactions import Outpoint, Transaction, TxIn, TxOut, double_sha256
from signer.hashes import hash160
from signer.keys.seeds.mnemonic import seed_from_words
from tests.memory import child, master
from tests.wallets import WORDS

MATURED = 110  # blocks, whose rewards pay the wallet
DAYS = 700  # from the first payment to the last
FEE = 300
RECEIVED, PAID = 50_000, 20_000  # sats, and some more each time
REPLACEABLE = 0xFFFFFFFD
PAYER = sha256(b"quietkey tests: who pays the wallet").digest()


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment of the wallet to somebody. `time` is that of its block, in seconds since 1970."""

    transaction: Transaction
    payee: bytes
    sats: int
    time: int


@dataclass(slots=True)
class Life:
    """What became of it: `received` and `change` are how many addresses of each branch are used."""

    received: int = 0
    change: int = 0
    payments: list[Payment] = field(default_factory=list)
    coins: deque[tuple[Outpoint, int, bytes]] = field(default_factory=deque)


def live(file: Path, transactions: int, coins: int, a_block: int = 50) -> Life:
    """A chain in `file` with so many transactions of the wallet, that leave it so many coins.

    Each received one brings a coin, each paid one spends two and leaves change.
    """
    life, chain = Life(), NodeChain(file, "node 0")
    try:
        _mature(chain)
        waiting = _transactions(chain, life, transactions, coins)
        count = -(-transactions // a_block)
        step = DAYS * 86_400 // count
        start = wall_clock() - DAYS * 86_400
        for number in range(count):
            time = start + number * step
            listed = [next(waiting) for _ in range(min(a_block, transactions - number * a_block))]
            _mine(chain, time, [transaction for transaction, _ in listed])
            life.payments += [
                Payment(transaction, paid.script_pubkey, paid.sats, time)
                for transaction, paid in listed
                if paid is not None
            ]
    finally:
        chain.close()
    return life


def _mature(chain: NodeChain) -> None:
    first = wall_clock() - (DAYS + 10) * 86_400
    for number in range(MATURED):
        _mine(chain, first + number * 600, ())


def _mine(chain: NodeChain, time: int, listed: "list[Transaction] | tuple[()]") -> None:
    height = chain.height + 1
    reward = TxOut(blocks.subsidy(height) + FEE * len(listed), _script(PAYER))
    chain.submit(blocks.build(chain.tip, height, time, reward, listed).encode())


def _transactions(
    chain: NodeChain, life: Life, count: int, coins: int
) -> Iterator[tuple[Transaction, TxOut | None]]:
    """By turns received and paid; a paid one comes with what it pays."""
    purses = deque(
        (outpoint, coin.sats)
        for outpoint, coin in chain.coins.items()
        if coin.script_pubkey == _script(PAYER) and coin.height <= MATURED - 100
    )
    received = (count + coins) // 2
    for number in range(count):
        # Receiving runs ahead, evenly: there are always two coins to pay from.
        if received * number // count >= life.received or len(life.coins) < 3:
            yield _receive(life, purses), None
        else:
            yield _pay(life, number)


def _receive(life: Life, purses: deque[tuple[Outpoint, int]]) -> Transaction:
    source, available = purses.popleft()
    sats = RECEIVED + 97 * life.received
    key = key_at(0, life.received)
    life.received += 1
    outputs = (
        TxOut(sats, _script(key)),
        TxOut(available - sats - FEE, _script(PAYER)),
    )
    transaction = _signed(((source, available, PAYER),), outputs)
    life.coins.append((Outpoint(transaction.txid, 0), sats, key))
    purses.append((Outpoint(transaction.txid, 1), outputs[1].sats))
    return transaction


def _pay(life: Life, number: int) -> tuple[Transaction, TxOut]:
    spent = (life.coins.popleft(), life.coins.popleft())
    paid = TxOut(PAID + number, b"\0\x14" + sha256(b"payee %d" % number).digest()[:20])
    change = sum(sats for _, sats, _ in spent) - paid.sats - FEE
    key = key_at(1, life.change)
    life.change += 1
    transaction = _signed(spent, (paid, TxOut(change, _script(key))))
    life.coins.append((Outpoint(transaction.txid, 1), change, key))
    return transaction, paid


@cache
def _branch(branch: int) -> tuple[bytes, bytes]:
    node = master(seed_from_words(WORDS))
    for step in (*account_path("regtest", "wpkh"), branch):
        node = child(*node, step)
    return node


def key_at(branch: int, index: int) -> bytes:
    """The secret of the wallet's address: branch 0 receives, 1 is change."""
    return child(*_branch(branch), index)[0]


@cache
def _script(key: bytes) -> bytes:
    return b"\0\x14" + hash160(PrivateKey(key).public_key.format())


def _signed(
    spent: tuple[tuple[Outpoint, int, bytes], ...], outputs: tuple[TxOut, ...]
) -> Transaction:
    """All inputs by one key each, segwit version 0 (BIP143, SIGHASH_ALL)."""
    points = b"".join(outpoint.encode() for outpoint, _, _ in spent)
    sequences = REPLACEABLE.to_bytes(4, "little") * len(spent)
    head = (2).to_bytes(4, "little") + double_sha256(points) + double_sha256(sequences)
    tail = double_sha256(b"".join(output.encode() for output in outputs)) + bytes(4)
    inputs = []
    for outpoint, sats, key in spent:
        code = b"\x19\x76\xa9\x14" + _script(key)[2:] + b"\x88\xac" + sats.to_bytes(8, "little")
        middle = outpoint.encode() + code + REPLACEABLE.to_bytes(4, "little")
        digest = double_sha256(head + middle + tail + (1).to_bytes(4, "little"))
        secret = PrivateKey(key)
        signature = secret.sign(digest, hasher=None) + b"\x01"
        witness = (signature, secret.public_key.format())
        inputs.append(TxIn(outpoint, b"", REPLACEABLE, witness))
    return Transaction(2, tuple(inputs), outputs, 0)
