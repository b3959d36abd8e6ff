"""How a node can be made to misbehave, so that a wallet can be watched beside it."""

from collections.abc import Iterator
from dataclasses import dataclass

from host.devnet.chain import NodeChain
from host.devnet.mempool import Mempool
from host.devnet.peering.queries import ANSWERS
from host.p2p.filters import NO_HEADER, filter_hash, filter_header
from host.p2p.messages import (
    CHECKPOINT_EVERY,
    MSG_BLOCK,
    MSG_WITNESS_BLOCK,
    FilterRange,
    PeerMessage,
    encode_checkpoints,
    encode_filter,
    encode_filter_headers,
    encode_items,
    parse_checkpoint_request,
    parse_items,
)

BOAST = 1_000_000
EMPTY_FILTER = b"\x00"
LIES = {
    "filters": "its filters say that every block is empty",
    "blocks": "it announces blocks and never hands one over",
    "heights": "it says it has a million blocks",
    "payments": "it takes payments and keeps them to itself",
    "silent": "it shakes hands and says nothing more",
}
_FILTERS = {"getcfilters", "getcfheaders", "getcfcheckpt"}
_WITHHELD = {"blocks": (MSG_BLOCK, MSG_WITNESS_BLOCK)}


@dataclass(slots=True)
class Conduct:
    """How a node behaves. `lie` is one of LIES or "", `delay_s` passes before it hears anything."""

    is_stale: bool = False
    delay_s: float = 0.0
    lie: str = ""

    @property
    def follows(self) -> bool:
        """Whether it takes the blocks that others find."""
        return not self.is_stale and self.lie != "silent"

    @property
    def takes_payments(self) -> bool:
        return self.follows and self.lie != "payments"

    def __str__(self) -> str:
        parts = ["stale"] * self.is_stale
        parts += [f"{self.delay_s * 1000:.0f} ms late"] * bool(self.delay_s)
        parts += [f"lies: {self.lie}"] * bool(self.lie)
        return ", ".join(parts)

    def ignores(self, command: str) -> bool:
        """Whether a message is not heard at all."""
        if self.lie == "silent":
            return True
        if self.lie == "payments" and command == "tx":
            return True
        return self.is_stale and command in ("headers", "block")


def answer(
    lie: str, command: str, chain: NodeChain, mempool: Mempool, payload: bytes
) -> Iterator[PeerMessage]:
    """What a node answers that tells this lie; the truth, where the lie is about something else.

    Raises Malformed.
    """
    if lie == "filters" and command in _FILTERS:
        return _empty_filters(command, chain, payload)
    if lie == "blocks" and command == "getdata":
        items = [i for i in parse_items(payload) if i.kind not in _WITHHELD["blocks"]]
        payload = encode_items(items)
    return ANSWERS[command](chain, mempool, payload)


def _empty_filters(command: str, chain: NodeChain, payload: bytes) -> Iterator[PeerMessage]:
    """Filters without anything in them, and headers that fit: only another node's tell."""
    if command == "getcfcheckpt":
        stop = parse_checkpoint_request(payload)
        heights = range(CHECKPOINT_EVERY, (chain.height_of(stop) or 0) + 1, CHECKPOINT_EVERY)
        checkpoints = [_header_at(height) for height in heights]
        yield PeerMessage("cfcheckpt", encode_checkpoints(stop, checkpoints))
        return
    request = FilterRange.parse(payload)
    last = chain.height_of(request.stop)
    heights = range(request.start, last + 1) if last is not None else range(0)
    if command == "getcfilters":
        for height in heights:
            yield PeerMessage("cfilter", encode_filter(chain.hash_at(height), EMPTY_FILTER))
    elif heights:
        hashes = [filter_hash(EMPTY_FILTER)] * len(heights)
        previous = _header_at(request.start - 1)
        yield PeerMessage("cfheaders", encode_filter_headers(request.stop, previous, hashes))


def _header_at(height: int) -> bytes:
    header = NO_HEADER
    for _ in range(height + 1):
        header = filter_header(EMPTY_FILTER, header)
    return header
