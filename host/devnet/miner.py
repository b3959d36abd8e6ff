"""Blocks out of a node's chain and mempool."""

from host.devnet import blocks
from host.devnet.blocks import Block
from host.devnet.chain import NodeChain
from host.devnet.mempool import Mempool
from host.transactions import Transaction, TxOut

MAX_WEIGHT = 3_990_000  # of 4,000,000: the rest is for the header and the coinbase


def next_block(
    chain: NodeChain, mempool: Mempool, script_pubkey: bytes, now: int, name: str = ""
) -> Block:
    """A mined block on the tip, holding what waits. Subsidy and fees go to `script_pubkey`.

    `name` is the miner's. `now` is in seconds since 1970; the block is later when the chain's own
    time asks for it.
    """
    transactions, fees = _choose(mempool)
    height = chain.height + 1
    reward = TxOut(blocks.subsidy(height) + fees, script_pubkey)
    time = max(now, chain.median_time(chain.height) + 1)
    return blocks.build(chain.tip, height, time, reward, transactions, name.encode())


def _choose(mempool: Mempool) -> tuple[list[Transaction], int]:
    # In the order of arrival: parents come before children, and nobody bids on play money.
    chosen, fees, weight = [], 0, 0
    for entry in mempool:
        weight += entry.transaction.weight
        if weight > MAX_WEIGHT:
            break
        chosen.append(entry.transaction)
        fees += entry.fee_sats
    return chosen, fees
