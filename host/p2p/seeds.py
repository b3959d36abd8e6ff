"""Peers that a network's DNS seeds name. They learn that somebody looks for peers.

Through a proxy, this machine asks nobody for a name: the seeds' own names are the peers then, and
the proxy calls whichever node one of them stands for (as Bitcoin Core does, net.cpp).
"""

import asyncio
from secrets import SystemRandom

from host.config import DNS_SEEDS, PEER_PORTS
from host.dialer import DIRECT, Dialer
from host.errors import NetworkError
from host.p2p.peer import Address

MOST = 10
PATIENCE_S = 10.0


async def find_peers(network: str, dialer: Dialer = DIRECT) -> tuple[Address, ...]:
    """Where a few nodes are, chosen by chance. Raises NetworkError."""
    if dialer.proxy:
        return tuple(Address(seed, PEER_PORTS[network]) for seed in DNS_SEEDS[network])
    names = await asyncio.gather(*(_addresses(seed) for seed in DNS_SEEDS[network]))
    candidates = sorted({address for addresses in names for address in addresses})
    if not candidates:
        raise NetworkError(
            f"No DNS seed of {network} answers, so no node is known. Nothing was lost."
            " Check the connection, or name a node: p2p:HOST:PORT."
        )
    chosen = SystemRandom().sample(candidates, min(MOST, len(candidates)))
    return tuple(Address(host, PEER_PORTS[network]) for host in chosen)


async def _addresses(seed: str) -> set[str]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            answers = await asyncio.get_running_loop().getaddrinfo(seed, None)
    except (OSError, TimeoutError):
        return set()
    return {str(answer[4][0]) for answer in answers}
