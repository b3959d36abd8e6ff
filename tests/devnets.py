"""A devnet for tests: the real one, with a few of the bad things that happen to networks."""

from collections.abc import Sequence

from host.config import wall_clock
from host.devnet import blocks, faucet
from host.devnet.chain import NodeChain
from host.devnet.mempool import Mempool
from host.p2p.blocks import Block
from host.p2p.messages import Version
from host.p2p.peer import Address, Peer
from host.transactions import Transaction, TxIn, TxOut

STRANGER = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"  # the key of BIP173's examples
ANYBODY = b"\x51"  # OP_TRUE
NOBODY = Version(0, 0, 0, "", 0)


def clock() -> int:
    """The engine looks at the real clock, so the blocks must, too."""
    return wall_clock()


def grow(
    chain: NodeChain,
    count: int,
    script: bytes = ANYBODY,
    transactions: Sequence[Transaction] = (),
    fees: int = 0,
) -> list[Block]:
    """Mine on the tip; all blocks but the last are a year old, ten minutes apart."""
    return [
        _add(chain, chain.tip, chain.height + 1, script, transactions if last else (), fees)
        for last in [False] * (count - 1) + [True]
    ]


def _add(
    chain: NodeChain,
    parent: bytes,
    height: int,
    script: bytes,
    listed: Sequence[Transaction],
    fees: int,
) -> Block:
    reward = TxOut(blocks.subsidy(height) + (fees if listed else 0), script)
    time = max(clock() - 365 * 86_400, chain.median_time(chain.height) + 600)
    block = blocks.build(parent, height, min(time, clock()), reward, listed)
    chain.submit(block.encode())
    return block


def branch(chain: NodeChain, depth: int, length: int, script: bytes = b"\x52") -> list[Block]:
    """Blocks that leave the best chain `depth` below its tip. They are not submitted."""
    start = chain.height - depth
    parent, made = chain.hash_at(start), []
    time = max(clock(), chain.median_time(chain.height) + 1)
    for height in range(start + 1, start + 1 + length):
        time += 1
        block = blocks.build(parent, height, time, TxOut(blocks.subsidy(height), script), ())
        made.append(block)
        parent = block.hash
    return made


def payment(chain: NodeChain, mempool: Mempool, sats: int = 1_000_000) -> Transaction:
    """A good payment by the faucet, told to nobody yet."""
    return faucet.pay(chain, mempool, STRANGER, sats)


def wrongly_signed(transaction: Transaction) -> Transaction:
    """The same payment with one bit of its first signature turned."""
    first, *rest = transaction.inputs
    signature = first.witness[0]
    turned = bytes([signature[0] ^ 1]) + signature[1:]
    forged = TxIn(first.outpoint, b"", first.sequence, (turned,))
    return Transaction(transaction.version, (forged, *rest), transaction.outputs, 0)


async def call(address: Address) -> Peer:
    """A stranger's connection to a node, after the handshake."""
    return await Peer.connect(address, "regtest", NOBODY, 5)
