"""What a node answers to questions about its chain and its mempool. No I/O."""

from collections.abc import Callable, Iterator

from host.devnet.chain import NodeChain
from host.devnet.mempool import Mempool
from host.p2p.blocks import Block
from host.p2p.filters import filter_hash
from host.p2p.messages import (
    CHECKPOINT_EVERY,
    MAX_FILTER_HEADERS,
    MAX_FILTERS,
    MAX_HEADERS,
    MSG_BLOCK,
    MSG_TX,
    MSG_WITNESS_BLOCK,
    MSG_WITNESS_TX,
    MSG_WTX,
    FilterRange,
    GetHeaders,
    Item,
    PeerMessage,
    encode_checkpoints,
    encode_filter,
    encode_filter_headers,
    encode_headers,
    encode_items,
    parse_checkpoint_request,
    parse_items,
)
from signer.errors import Malformed

Answer = Callable[[NodeChain, Mempool, bytes], Iterator[PeerMessage]]


def _headers(chain: NodeChain, _: Mempool, payload: bytes) -> Iterator[PeerMessage]:
    request = GetHeaders.parse(payload)
    # Light clients take an empty answer for "you have them all", so there is always one.
    headers = chain.headers_after(request.locator, request.stop, MAX_HEADERS)
    yield PeerMessage("headers", encode_headers(headers))


def _data(chain: NodeChain, mempool: Mempool, payload: bytes) -> Iterator[PeerMessage]:
    missing = []
    for item in parse_items(payload):
        if message := _find(chain, mempool, item):
            yield message
        else:
            missing.append(item)
    if missing:
        yield PeerMessage("notfound", encode_items(missing))


def _find(chain: NodeChain, mempool: Mempool, item: Item) -> PeerMessage | None:
    if item.kind in (MSG_TX, MSG_WITNESS_TX, MSG_WTX) and (transaction := mempool.get(item.hash)):
        return PeerMessage("tx", transaction.encode(witness=item.kind != MSG_TX))
    if item.kind in (MSG_BLOCK, MSG_WITNESS_BLOCK) and (raw := chain.raw(item.hash)):
        with_witness = item.kind == MSG_WITNESS_BLOCK
        return PeerMessage("block", raw if with_witness else Block.parse(raw).encode(witness=False))
    return None


def _filters(chain: NodeChain, _: Mempool, payload: bytes) -> Iterator[PeerMessage]:
    for height in _heights(chain, FilterRange.parse(payload), MAX_FILTERS):
        yield PeerMessage("cfilter", encode_filter(chain.hash_at(height), chain.filter(height)))


def _filter_headers(chain: NodeChain, _: Mempool, payload: bytes) -> Iterator[PeerMessage]:
    request = FilterRange.parse(payload)
    if heights := _heights(chain, request, MAX_FILTER_HEADERS):
        hashes = [filter_hash(chain.filter(height)) for height in heights]
        previous = chain.filter_header(request.start - 1)
        yield PeerMessage("cfheaders", encode_filter_headers(request.stop, previous, hashes))


def _checkpoints(chain: NodeChain, _: Mempool, payload: bytes) -> Iterator[PeerMessage]:
    stop = parse_checkpoint_request(payload)
    if (last := chain.height_of(stop)) is not None:
        heights = range(CHECKPOINT_EVERY, last + 1, CHECKPOINT_EVERY)
        headers = [chain.filter_header(height) for height in heights]
        yield PeerMessage("cfcheckpt", encode_checkpoints(stop, headers))


def _heights(chain: NodeChain, request: FilterRange, limit: int) -> range:
    """The heights a request names; none when its end left the best chain in the meantime."""
    last = chain.height_of(request.stop)
    if last is None:
        return range(0)
    if not last - limit < request.start <= last:
        raise Malformed(f"Filters from {request.start} to {last}: not more than {limit} at once.")
    return range(request.start, last + 1)


ANSWERS: dict[str, Answer] = {
    "getheaders": _headers,
    "getdata": _data,
    "getcfilters": _filters,
    "getcfheaders": _filter_headers,
    "getcfcheckpt": _checkpoints,
}
