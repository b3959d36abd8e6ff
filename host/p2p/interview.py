"""One peer, asked for all that its word can be checked by: headers, filter headers, a block."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

from host.p2p import headers
from host.p2p.broadcast import ANONYMOUS
from host.p2p.evidence import authentic, check_filter
from host.p2p.headers import Anchor, HeaderChain
from host.p2p.messages import (
    MSG_WITNESS_BLOCK,
    NODE_COMPACT_FILTERS,
    NODE_NETWORK,
    FilterHeaders,
    FilterRange,
    GetHeaders,
    Item,
    encode_items,
    parse_filter,
    parse_headers,
)
from host.p2p.peer import STRAIGHT, Address, Peer, PeerGone, Way
from host.transactions import double_sha256
from signer.errors import Malformed

CONNECT_S = 3.0
ANSWER_S = 4.0
# What may come unasked beside one answer, an announcement for example, and how much of it.
MAX_UNASKED = 100
MAX_UNASKED_BYTES = 5_000_000
# The first block behind the genesis block: every full node has it, and asking tells nothing.
FIRST_BLOCK = {
    "mainnet": "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048",
    "testnet": "00000000b873e79784647a6c82962c70d228557d24a747ea4d1b8bbe878e1206",
}
Answer = TypeVar("Answer")


class Misconduct(PeerGone):
    """The peer proved to lie: no honest one can have sent this."""


class ServesNoFilters(PeerGone):
    """The peer says itself that it has no blocks, or no compact filters of them."""


@dataclass(frozen=True, slots=True)
class Testimony:
    """What one peer says of the chain.

    `filter_headers` has that of the anchor, then one for each header; `filter_hashes` begins
    behind the anchor. Both are empty when the peer has no block behind it.
    """

    peer: Address
    chain: HeaderChain
    filter_headers: tuple[bytes, ...] = ()
    filter_hashes: tuple[bytes, ...] = ()


class Interview:
    """A connection to one peer, on which questions are asked one after the other.

    Every question raises PeerGone when it is not answered in time, Misconduct for a proven lie.
    """

    def __init__(
        self, address: Address, peer: Peer, network: str, answer_s: float = ANSWER_S
    ) -> None:
        self.address = address
        self._peer = peer
        self._network = network
        self._answer_s = answer_s
        self._unasked = self._unasked_bytes = 0

    @classmethod
    async def begin(cls, address: Address, network: str, way: Way = STRAIGHT) -> Self:
        """Call a peer. Raises PeerGone; ServesNoFilters when it cannot help."""
        peer = await Peer.connect(address, network, ANONYMOUS, CONNECT_S, way)
        needed = NODE_NETWORK | NODE_COMPACT_FILTERS
        if peer.version.services & needed != needed:
            peer.hang_up()
            raise ServesNoFilters("It serves no compact block filters (BIP157).")
        return cls(address, peer, network, way.dialer.patience(ANSWER_S))

    def end(self) -> None:
        self._peer.hang_up()

    async def testify(self, anchors: Sequence[Anchor]) -> Testimony:
        """Its chain behind the best of `anchors` that it knows, with the filter headers."""
        chain = await self._chain(anchors)
        if not chain.hashes:
            return Testimony(self.address, chain)
        first = chain.anchor.height + 1
        answer = await self.filter_hashes(first, chain.tip, len(chain.hashes))
        return Testimony(self.address, chain, chained(answer), answer.hashes)

    async def filter_hashes(self, first: int, stop: bytes, count: int) -> FilterHeaders:
        """The hashes of `count` filters, from the height `first` to the block `stop`."""

        def accept(payload: bytes) -> FilterHeaders | None:
            answer = FilterHeaders.parse(payload)
            return answer if answer.stop == stop and len(answer.hashes) == count else None

        request = FilterRange(first, stop).encode()
        return await self._ask("getcfheaders", request, "cfheaders", accept)

    async def filter(self, height: int, block_hash: bytes) -> bytes:
        def accept(payload: bytes) -> bytes | None:
            owner, data = parse_filter(payload)
            return data if owner == block_hash else None

        request = FilterRange(height, block_hash).encode()
        return await self._ask("getcfilters", request, "cfilter", accept)

    async def block(self, block_hash: bytes) -> bytes:
        """The bytes of that block. Raises Misconduct when it is another one, or was changed."""

        def accept(payload: bytes) -> bytes:
            authentic(payload, block_hash)
            return payload

        request = encode_items([Item(MSG_WITNESS_BLOCK, block_hash)])
        return await self._ask("getdata", request, "block", accept)

    async def try_out(self, chain: HeaderChain) -> None:
        """Have it show a small old block and the filter of it: what it must do later, too."""
        name = FIRST_BLOCK.get(self._network)
        height = 1 if name else chain.anchor.height + 1
        block_hash = bytes.fromhex(name)[::-1] if name else chain.hashes[0]
        data = await self.filter(height, block_hash)
        raw = await self.block(block_hash)
        try:
            check_filter(data, authentic(raw, block_hash), {})
        except Malformed as error:
            raise self._lie(f"Its filter of block {height} is wrong. {error}") from error

    async def _chain(self, anchors: Sequence[Anchor]) -> HeaderChain:
        # Blocks that come meanwhile are announced by name: we did not ask for headers (BIP130).
        def accept(payload: bytes) -> HeaderChain:
            return headers.chain(anchors, parse_headers(payload), self._network)

        request = GetHeaders(tuple(anchor.hash for anchor in anchors)).encode()
        return await self._ask("getheaders", request, "headers", accept)

    async def _ask(
        self, command: str, request: bytes, reply: str, accept: Callable[[bytes], Answer | None]
    ) -> Answer:
        """The first message `reply` that `accept` takes; others came unasked."""
        self._peer.send(command, request)
        try:
            async with asyncio.timeout(self._answer_s):
                while True:
                    message = await self._peer.receive()
                    if message.command == reply:
                        answer = accept(message.payload)
                        if answer is not None:
                            return answer
                    elif message.command == "notfound" and command == "getdata":
                        raise PeerGone("It does not give its blocks.")
                    self._count(len(message.payload))
        except TimeoutError as error:
            raise PeerGone(f"It does not answer {command}.") from error
        except Malformed as error:
            raise self._lie(f"It answers {command} with what cannot be. {error}") from error

    def _count(self, length: int) -> None:
        self._unasked += 1
        self._unasked_bytes += length
        if self._unasked > MAX_UNASKED or self._unasked_bytes > MAX_UNASKED_BYTES:
            raise PeerGone("It sends too much that nobody asked for.")

    def _lie(self, reason: str) -> Misconduct:
        self.end()
        return Misconduct(reason)


def chained(answer: FilterHeaders) -> tuple[bytes, ...]:
    """BIP157: each filter header is the hash of its filter's hash and the header before."""
    chained = [answer.previous]
    for hashed in answer.hashes:
        chained.append(double_sha256(hashed + chained[-1]))
    return tuple(chained)
