"""The lowest fee that peers pass on: each says its own (BIP133)."""

import asyncio
from collections.abc import Sequence

from host.p2p.broadcast import ANONYMOUS, CONNECT_S
from host.p2p.messages import parse_fee_filter
from host.p2p.peer import STRAIGHT, Address, Peer, PeerGone, Way
from signer.errors import Malformed

SAY_S = 1.0  # Bitcoin Core says it right behind the handshake


async def fee_floor(peers: Sequence[tuple[str, int]], network: str, way: Way = STRAIGHT) -> float:
    """In sat/vB: what at least half of the peers that say something pass on; 0 if none does."""
    answers = await asyncio.gather(*(_floor(Address(*peer), network, way) for peer in peers))
    floors = sorted(floor for floor in answers if floor is not None)
    return floors[(len(floors) - 1) // 2] / 1000 if floors else 0.0


async def _floor(address: Address, network: str, way: Way) -> int | None:
    """What this peer says, in sats for 1,000 vB; None when it says nothing in time."""
    try:
        peer = await Peer.connect(address, network, ANONYMOUS, CONNECT_S, way)
    except PeerGone:
        return None
    try:
        async with asyncio.timeout(way.dialer.patience(SAY_S)):
            while True:
                message = await peer.receive()
                if message.command == "feefilter":
                    return parse_fee_filter(message.payload)
    except (PeerGone, Malformed, TimeoutError):
        return None
    finally:
        peer.hang_up()
