"""Peers that a network's DNS seeds name. They learn that somebody looks for peers.

Through a proxy, this machine asks nobody for a name: the proxy calls whichever node a seed's name
stands for (as Bitcoin Core does, net.cpp). These are peers, and are asked for some others.
"""

import asyncio
from functools import partial
from ipaddress import ip_address
from secrets import SystemRandom

from host.config import DNS_SEEDS, PEER_PORTS
from host.dialer import DIRECT, Dialer
from host.errors import NetworkError
from host.p2p.address_messages import parse_addresses
from host.p2p.broadcast import ANONYMOUS, CONNECT_S
from host.p2p.messages import NODE_COMPACT_FILTERS, NODE_NETWORK
from host.p2p.peer import Address, Peer, PeerGone, Way
from signer.errors import Malformed

MOST = 10
PATIENCE_S = 10.0
NEEDED = NODE_NETWORK | NODE_COMPACT_FILTERS


async def find_peers(network: str, dialer: Dialer = DIRECT) -> tuple[Address, ...]:
    """Where a few nodes are, chosen by chance. Raises NetworkError."""
    if dialer.proxy:
        return await _through_proxy(network, dialer)
    names = await asyncio.gather(*(_addresses(seed) for seed in DNS_SEEDS[network]))
    candidates = sorted({address for addresses in names for address in addresses})
    if not candidates:
        raise NetworkError(
            f"No DNS seed of {network} answers, so no node is known. Nothing was lost."
            " Check the connection, or name a node: p2p:HOST:PORT."
        )
    chosen = SystemRandom().sample(candidates, min(MOST, len(candidates)))
    return tuple(Address(host, PEER_PORTS[network]) for host in chosen)


async def _through_proxy(network: str, dialer: Dialer) -> tuple[Address, ...]:
    """The seeds by their names, and as many others from each, drawn from those it tells of."""
    seeds = [Address(seed, PEER_PORTS[network]) for seed in DNS_SEEDS[network]]
    lists = await asyncio.gather(*(_neighbours(seed, network, dialer) for seed in seeds))
    share = (MOST - len(seeds)) // max(len(seeds), 1)
    others = [
        address
        for addresses in lists
        for address in SystemRandom().sample(addresses, min(share, len(addresses)))
    ]
    return tuple(dict.fromkeys([*seeds, *others]))


async def _neighbours(seed: Address, network: str, dialer: Dialer) -> tuple[Address, ...]:
    """Nodes with filters that the one behind this name tells of; none when it does not answer."""
    try:
        peer = await Peer.connect(seed, network, ANONYMOUS, CONNECT_S, Way(dialer))
    except PeerGone:
        return ()
    try:
        peer.send("getaddr")
        async with asyncio.timeout(dialer.patience(CONNECT_S)):
            while True:
                message = await peer.receive()
                is_v2 = message.command == "addrv2"
                if is_v2 or message.command == "addr":
                    addresses = parse_addresses(message.payload, v2=is_v2, services=NEEDED)
                    if len(addresses) > 1:  # one alone is the node's own
                        return tuple(filter(partial(is_public, network), addresses))
    except (PeerGone, Malformed, TimeoutError):
        return ()
    finally:
        peer.hang_up()


def is_public(network: str, address: Address) -> bool:
    """Whether it can be a node's: a stranger must not have a proxy call what is beside it."""
    return network == "regtest" or ip_address(address.host).is_global


async def _addresses(seed: str) -> set[str]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            answers = await asyncio.get_running_loop().getaddrinfo(seed, None)
    except (OSError, TimeoutError):
        return set()
    return {str(answer[4][0]) for answer in answers}
