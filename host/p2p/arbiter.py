"""When peers name different filters of one block, the block says which of them lie."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from host.p2p.blocks import Block
from host.p2p.evidence import Scripts, ScriptSource, authentic, check_filter
from host.p2p.filters import NO_HEADER, basic_filter, filter_hash, filter_header
from host.p2p.headers import Anchor, HeaderChain
from host.p2p.interview import Interview, Testimony, chained
from host.p2p.messages import MAX_FILTER_HEADERS, FilterHeaders
from host.p2p.peer import STRAIGHT, Address, PeerGone, Way
from signer.errors import Malformed

MAX_DISPUTES = 10  # blocks that are looked at before it is given up
MAX_WINDOWS = 500  # of two thousand filter hashes each
PATIENCE_S = 30.0
GENESIS_SCRIPT = bytes.fromhex(
    "4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb6"
    "49f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac"
)
TESTNET4_GENESIS_SCRIPT = b"\x21" + bytes(33) + b"\xac"  # BIP94


@dataclass(frozen=True, slots=True)
class Dispute:
    """A block of which peers name different filters: each peer's filter hash."""

    height: int
    block_hash: bytes
    filter_hashes: dict[Address, bytes]


@dataclass(slots=True)
class Judgement:
    """Who lied about which block, who did not show what it named, and what stays open.

    `open_at` is the height of the first block about which nothing could be proven.
    """

    lies: dict[Address, int] = field(default_factory=dict)
    absent: set[Address] = field(default_factory=set)
    open_at: int | None = None


async def judge(
    testimonies: Sequence[Testimony],
    checkpoints: Mapping[int, bytes],
    network: str,
    coins: ScriptSource,
    way: Way = STRAIGHT,
) -> Judgement:
    """Who of the peers that tell of one chain lies about its filters; nobody when all agree.

    The chain that counts is the first one's; each testimony has the same anchor, and blocks.
    `coins` gives the scripts of coins that the wallet has, which the blocks may spend.
    """
    judgement = Judgement()
    if _agree(testimonies):
        return judgement
    arbiter = _Arbiter(testimonies, network, coins, judgement, way)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(way.dialer.patience(PATIENCE_S)):
                await arbiter.work(checkpoints)
    finally:
        arbiter.close()
    return judgement


def _agree(testimonies: Sequence[Testimony]) -> bool:
    """Whether all name the same filter at the anchor, and behind it for each block they share."""
    return len(_filter_headers_at_anchor(testimonies)) <= 1 and not _disputes(testimonies)


def _filter_headers_at_anchor(testimonies: Sequence[Testimony]) -> set[bytes]:
    return {testimony.filter_headers[0] for testimony in testimonies}


def _disputes(testimonies: Sequence[Testimony]) -> list[Dispute]:
    """The blocks of the first one's chain of which different filters are named."""
    disputes = []
    chain = testimonies[0].chain if testimonies else HeaderChain(Anchor(0, b""))
    for position, block_hash in enumerate(chain.hashes):
        claims = {
            testimony.peer: testimony.filter_hashes[position]
            for testimony in testimonies
            if testimony.chain.hashes[position : position + 1] == (block_hash,)
        }
        if len(set(claims.values())) > 1:
            disputes.append(Dispute(chain.anchor.height + 1 + position, block_hash, claims))
    return disputes


class _Arbiter:
    def __init__(
        self,
        testimonies: Sequence[Testimony],
        network: str,
        coins: ScriptSource,
        judgement: Judgement,
        way: Way,
    ) -> None:
        self._testimonies = {testimony.peer: testimony for testimony in testimonies}
        self._network = network
        self._way = way
        self._coins = coins
        self._judgement = judgement
        self._interviews: dict[Address, Interview] = {}

    def close(self) -> None:
        for interview in self._interviews.values():
            interview.end()

    async def work(self, checkpoints: Mapping[int, bytes]) -> None:
        self._judgement.open_at = self._anchor_height()  # until it is proven otherwise
        disputes = []
        if len(_filter_headers_at_anchor(self._standing())) > 1:
            disputes = await self._earlier_disputes(checkpoints)
        disputes += _disputes(self._standing())
        if disputes:
            self._judgement.open_at = disputes[0].height
        for dispute in disputes[:MAX_DISPUTES]:
            if not _agree(self._standing()):
                await self._settle(dispute)
        if _agree(self._standing()):
            self._judgement.open_at = None

    def _anchor_height(self) -> int:
        return next(iter(self._testimonies.values())).chain.anchor.height

    def _standing(self) -> list[Testimony]:
        """Who was not caught, and is still there."""
        fallen = self._judgement.lies.keys() | self._judgement.absent
        return [testimony for peer, testimony in self._testimonies.items() if peer not in fallen]

    async def _earlier_disputes(self, checkpoints: Mapping[int, bytes]) -> list[Dispute]:
        """Those in the first window of blocks, up to the anchor, where the peers differ."""
        latest = {0: _genesis_filter_header(checkpoints[0], self._network)}
        reached: dict[Address, bytes] = {}
        for first, last in _windows(checkpoints, self._anchor_height()):
            answers = await self._window(first, last, checkpoints[last])
            for peer, answer in answers.items():
                expected_header = reached.get(peer) or latest.get(first - 1, answer.previous)
                if answer.previous != expected_header:
                    self._judgement.lies[peer] = first - 1
                reached[peer] = chained(answer)[-1]
            if disputes := _differences(first, checkpoints, answers):
                return disputes
        for testimony in self._standing():
            if reached.get(testimony.peer) != testimony.filter_headers[0]:
                self._judgement.lies[testimony.peer] = self._anchor_height()
        return []

    async def _window(self, first: int, last: int, stop: bytes) -> dict[Address, FilterHeaders]:
        answers = {}
        for peer in [testimony.peer for testimony in self._standing()]:
            with self._absence(peer):
                interview = await self._interview(peer)
                answers[peer] = await interview.filter_hashes(first, stop, last - first + 1)
        return answers

    async def _settle(self, dispute: Dispute) -> None:
        """Compare each filter that is named with the block itself."""
        claims = {
            testimony.peer: dispute.filter_hashes[testimony.peer]
            for testimony in self._standing()
            if testimony.peer in dispute.filter_hashes
        }
        block = await self._block(dispute.block_hash, claims)
        if block is None:
            return
        for expected in set(claims.values()):
            peers = [peer for peer, named_hash in claims.items() if named_hash == expected]
            data = await self._filter(dispute, expected, peers)
            if data is not None and not _fits(data, block, self._coins()):
                for peer in peers:
                    self._judgement.lies[peer] = dispute.height

    async def _block(self, block_hash: bytes, peers: Iterable[Address]) -> Block | None:
        """From the first who has it."""
        for peer in peers:
            with self._absence(peer):
                raw = await (await self._interview(peer)).block(block_hash)
                return authentic(raw, block_hash)
        return None

    async def _filter(
        self, dispute: Dispute, expected: bytes, peers: Iterable[Address]
    ) -> bytes | None:
        """The filter of that hash, from the first of those who named it and can show it."""
        for peer in peers:
            with self._absence(peer):
                interview = await self._interview(peer)
                data = await interview.filter(dispute.height, dispute.block_hash)
                if filter_hash(data) == expected:
                    return data
                self._judgement.lies[peer] = dispute.height
        return None

    async def _interview(self, peer: Address) -> Interview:
        if peer not in self._interviews:
            self._interviews[peer] = await Interview.begin(peer, self._network, self._way)
        return self._interviews[peer]

    @contextmanager
    def _absence(self, peer: Address) -> Iterator[None]:
        """A peer that goes away, or does not show what it named, is out of the dispute."""
        try:
            yield
        except PeerGone:
            self._judgement.absent.add(peer)


def _windows(heights: Iterable[int], limit: int) -> list[tuple[int, int]]:
    """The first and the last height of neighbouring ranges, as long as one question allows.

    Where the wallet knows no blocks it looks for no coins: there is nothing to compare.
    """
    ascending = sorted(height for height in heights if height <= limit)
    windows = []
    start = end = ascending[0]
    for height in ascending[1:]:
        if height - start > MAX_FILTER_HEADERS:
            windows.append((start + 1, end))
            start = end if height - end <= MAX_FILTER_HEADERS else height
        end = height
    windows.append((start + 1, end))
    return [(first, last) for first, last in windows if first <= last][:MAX_WINDOWS]


def _differences(
    first: int, checkpoints: Mapping[int, bytes], answers: Mapping[Address, FilterHeaders]
) -> list[Dispute]:
    """The blocks of a window for which not all peers name the same filter."""
    rows = zip(*(answer.hashes for answer in answers.values()), strict=True)
    return [
        Dispute(height, checkpoints[height], dict(zip(answers, row, strict=True)))
        for height, row in enumerate(rows, first)
        if len(set(row)) > 1 and height in checkpoints
    ]


def _genesis_filter_header(genesis: bytes, network: str) -> bytes:
    """Of the first block, which has one output."""
    script = TESTNET4_GENESIS_SCRIPT if network == "testnet4" else GENESIS_SCRIPT
    return filter_header(basic_filter(genesis, [script], ()), NO_HEADER)


def _fits(data: bytes, block: Block, coins: Scripts) -> bool:
    try:
        check_filter(data, block, coins)
    except Malformed:
        return False
    return True
