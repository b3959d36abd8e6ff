"""Chains of headers as a peer tells them: whether they hold, and how much work is in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from host.p2p import blocks
from host.p2p.messages import MAX_HEADERS
from host.transactions import double_sha256
from signer.errors import Malformed

# What a header may at most make easy (Core: powLimit), and how often difficulty changes.
EASIEST = {
    "mainnet": 0xFFFF << 208,
    "testnet": 0xFFFF << 208,
    "testnet4": 0xFFFF << 208,
    "signet": 0x0377AE << 216,  # BIP325
    "regtest": 0x7FFFFF << 232,
}
_EASY_BLOCKS = ("testnet", "testnet4")  # where a block that is late may be easy
RETARGET_EVERY = 2016
# So far below the wallet's tip chains are compared: deeper reorganisations do not happen.
DEPTH = 100


@dataclass(frozen=True, slots=True)
class Anchor:
    """A block that the wallet knows already; `hash` is in the order of the wire."""

    height: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class HeaderChain:
    """Headers that follow each other behind an anchor, each with the work it claims."""

    anchor: Anchor
    headers: tuple[bytes, ...] = ()
    hashes: tuple[bytes, ...] = ()
    work: int = 0

    @property
    def height(self) -> int:
        return self.anchor.height + len(self.hashes)

    @property
    def tip(self) -> bytes:
        return self.hashes[-1] if self.hashes else self.anchor.hash

    @property
    def tip_time(self) -> int | None:
        """In seconds since 1970, as the miner says; None when its header is not known."""
        return int.from_bytes(self.headers[-1][68:72], "little") if self.headers else None

    @property
    def goes_on(self) -> bool:
        """Whether there may be more than one message could hold."""
        return len(self.headers) == MAX_HEADERS


def locator(checkpoints: Mapping[int, bytes]) -> tuple[Anchor, ...]:
    """Where chains are compared from: a few blocks below the tip, ever farther apart.

    `checkpoints` are the hashes of the blocks that the wallet knows, by their height, 0 among them.
    """
    descending = sorted(checkpoints, reverse=True)
    deep = [height for height in descending if height <= descending[0] - DEPTH]
    chosen = deep if len(deep) > 1 else descending[-2:]
    steps = [0, *(2**power for power in range(len(chosen).bit_length()))]
    picked = [chosen[step] for step in steps if step < len(chosen) - 1]
    return tuple(Anchor(height, checkpoints[height]) for height in (*picked, chosen[-1]))


def chain(anchors: Sequence[Anchor], headers: Sequence[bytes], network: str) -> HeaderChain:
    """The headers of one message as a chain. Without any, the peer has the first anchor at most.

    Raises Malformed: they follow no anchor or not each other, or one lacks the work it claims.
    """
    if not headers:
        return HeaderChain(anchors[-1])
    by_hash: Mapping[bytes, Anchor] = {anchor.hash: anchor for anchor in anchors}
    anchor = by_hash.get(headers[0][4:36])
    if anchor is None:
        raise Malformed("Its headers follow no block that is known.")
    previous, hashes = anchor.hash, []
    for position, header in enumerate(headers):
        if header[4:36] != previous:
            raise Malformed("Its headers do not follow each other.")
        _check_work(header, network)
        if position and network not in _EASY_BLOCKS:
            _check_bits(header, headers[position - 1], anchor.height + position + 1, network)
        previous = double_sha256(header)
        hashes.append(previous)
    return HeaderChain(anchor, tuple(headers), tuple(hashes), sum(map(blocks.work, headers)))


def heaviest(chains: Sequence[HeaderChain]) -> int:
    """The position of the chain with the most work.

    Below the highest anchor, blocks are counted with the most work that any behind it has.
    """
    top = max(candidate.anchor.height for candidate in chains)
    highest = [candidate for candidate in chains if candidate.anchor.height == top]
    first = [candidate.headers[0] for candidate in highest if candidate.headers]
    unit = max(map(blocks.work, first), default=1)
    totals = [candidate.work - (top - candidate.anchor.height) * unit for candidate in chains]
    return totals.index(max(totals))


def _check_work(header: bytes, network: str) -> None:
    if not 0 < blocks.target(header) <= EASIEST[network] or not blocks.meets_target(header):
        raise Malformed("A header of it has no work.")


def _check_bits(header: bytes, previous: bytes, height: int, network: str) -> None:
    """Difficulty changes every 2016 blocks; testnet's rules allow more."""
    changes = network in {"mainnet", "signet"} and height % RETARGET_EVERY == 0
    if not changes and header[72:76] != previous[72:76]:
        raise Malformed("A header of it has another difficulty than the chain.")
