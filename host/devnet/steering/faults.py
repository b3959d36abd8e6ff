"""The bad days of a network, on command: what a wallet must live through."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from host.devnet import blocks, faucet
from host.devnet.network import Devnet
from host.devnet.node import NETWORK
from host.devnet.peering.lies import LIES, Conduct
from host.errors import NetworkError
from host.p2p.messages import MSG_WITNESS_BLOCK, Item, Version, encode_items
from host.p2p.peer import Peer
from host.transactions import TxOut

MAX_REORG = 100
MAX_DELAY_MS = 60_000
LOWEST_RATE, HIGHEST_RATE = 0.1, 100_000.0
NOBODY = Version(0, 0, 0, "", 0)
ANSWER_S = 5.0


async def partition(devnet: Devnet, groups: Iterable[Iterable[int]]) -> None:
    """Let these groups of nodes not reach each other; who is left out is one more group.

    Raises NetworkError.
    """
    count = len(devnet.status())
    parts = [frozenset(group) for group in groups]
    members = [index for part in parts for index in part]
    if len(set(members)) != len(members) or not all(0 <= index < count for index in members):
        raise NetworkError(f"Name each of the nodes 0 to {count - 1} once, as in partition 0|1,2.")
    parts = [part for part in (*parts, frozenset(range(count)) - set(members)) if part]
    if len(parts) < 2:
        raise NetworkError("A partition has two sides, as in partition 0|1,2. Nothing was changed.")
    async with devnet.undisturbed():
        await devnet.split(parts)


async def heal(devnet: Devnet) -> bool:
    """Let all nodes reach each other again. False: equal branches, which the next block decides.

    Raises NetworkError.
    """
    async with devnet.undisturbed():
        await devnet.split(())
        tops: dict[int, set[bytes]] = {}
        for node in devnet.living():
            if node.conduct.follows:
                tops.setdefault(node.chain.height, set()).add(node.chain.tip)
        if tops and len(tops[max(tops)]) > 1:
            return False
        await devnet.agree()
        return True


async def reorg(devnet: Devnet, depth: int) -> None:
    """Replace the last `depth` blocks by one block more. Their payments wait again.

    Raises NetworkError.
    """
    async with devnet.undisturbed():
        node = devnet.miner()
        chain = node.chain
        if not 1 <= depth <= min(MAX_REORG, chain.height - 1):
            raise NetworkError(f"Between 1 and {MAX_REORG} blocks can be undone.")
        fork = chain.height - depth
        undone = range(fork + 1, chain.height + 1)
        # Later than what it replaces, or an empty block could be the very same.
        time = max(devnet.now(), *(blocks.timestamp(chain.header(height)) for height in undone))
        parent = chain.hash_at(fork)
        for number in range(1, depth + 2):
            reward = TxOut(blocks.subsidy(fork + number), faucet.script_pubkey())
            block = blocks.build(parent, fork + number, time + number, reward, ())
            node.submit_block(block.encode())
            parent = block.hash
        await devnet.agree()


async def stale(devnet: Devnet, index: int) -> None:
    """From now on node `index` takes no new block. Raises NetworkError."""
    await _behave(devnet, index, replace(devnet.node(index).conduct, is_stale=True))


async def slow(devnet: Devnet, index: int, delay_ms: int) -> None:
    """Node `index` hears every message so much later. Raises NetworkError."""
    if not 0 <= delay_ms <= MAX_DELAY_MS:
        raise NetworkError(f"A delay has between 0 and {MAX_DELAY_MS} ms.")
    conduct = replace(devnet.node(index).conduct, delay_s=delay_ms / 1000)
    await _behave(devnet, index, conduct)


async def lie(devnet: Devnet, index: int, kind: str) -> None:
    """Node `index` tells one of LIES. Raises NetworkError."""
    if kind not in LIES:
        listed = "; ".join(f"{name}: {meaning}" for name, meaning in LIES.items())
        raise NetworkError(f"A node can lie about one of these. {listed}.")
    await _behave(devnet, index, replace(devnet.node(index).conduct, lie=kind))


async def honest(devnet: Devnet, index: int) -> None:
    """Node `index` is quick and true again, and catches up. Raises NetworkError."""
    await _behave(devnet, index, Conduct())
    async with devnet.undisturbed():
        await devnet.connect()
        devnet.node(index).catch_up()
        await devnet.agree()


async def tamper(devnet: Devnet, index: int, height: int) -> None:
    """Turn one bit in a block that this node keeps, and ask it for that block as a peer would.

    Returns when the node has healed it from the others, or has stopped. Raises NetworkError.
    """
    node = devnet.node(index)
    if not 1 <= height <= node.chain.height:
        raise NetworkError(f"There are blocks 1 to {node.chain.height}, and no {height}.")
    block_hash = node.chain.damage(height)
    peer = await Peer.connect(node.address, NETWORK, NOBODY, ANSWER_S)
    peer.send("getdata", encode_items([Item(MSG_WITNESS_BLOCK, block_hash)]))
    try:
        async with asyncio.timeout(ANSWER_S + node.conduct.delay_s * 10):
            while (await peer.receive()).command not in ("block", "notfound"):
                pass
    except TimeoutError:
        node.chain.raw(block_hash)  # it answers nobody: then it looks by itself
    finally:
        peer.hang_up()
    await devnet.until(lambda: node not in devnet.living() or not node.chain.wants(block_hash))


async def fees(devnet: Devnet, sats_per_vbyte: float) -> None:
    """No node takes or keeps what pays less, and all say so. Raises NetworkError."""
    if not LOWEST_RATE <= sats_per_vbyte <= HIGHEST_RATE:
        raise NetworkError(f"A rate has between {LOWEST_RATE} and {HIGHEST_RATE:.0f} sat/vB.")
    for node in devnet.living():
        node.set_fee_floor(sats_per_vbyte)


async def forget(devnet: Devnet) -> None:
    """All mempools lose what waits in them."""
    for node in devnet.living():
        node.forget()


async def _behave(devnet: Devnet, index: int, conduct: Conduct) -> None:
    async with devnet.undisturbed():
        devnet.node(index).behave(conduct)
        devnet.changed()
