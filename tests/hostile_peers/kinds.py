"""What hostile peers do. The first twenty are the measure; behind them stand a dozen more."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from host.devnet import blocks
from host.devnet.node import NODE_NETWORK, NODE_WITNESS
from host.p2p import filters
from host.p2p.blocks import Block, meets_target
from host.p2p.messages import (
    MAGIC,
    FilterRange,
    GetHeaders,
    Item,
    PeerMessage,
    encode_filter,
    encode_filter_headers,
    encode_headers,
    encode_items,
    parse_headers,
    parse_items,
)
from host.transactions import TxOut
from tests.hostile_peers.peer import Call, HangUp, Kind, Messages

FOREVER_S = 3_600
WITHHELD = 5  # blocks
MAINNET_BITS = bytes.fromhex("ffff001d")
# What the wallet of the trial waits for: filters leave it out.
OURS = bytes.fromhex("0014d0c4a3ef09e997b6e99e397e518fe3e41a118ca1")  # BIP84's first test address


async def honest(_: Call, __: str, ___: bytes, answer: Messages) -> Messages:
    return answer


async def _silent_on(
    commands: set[str], _: Call, command: str, __: bytes, answer: Messages
) -> Messages:
    return () if command in commands else answer


async def _hang_up_on(
    commands: set[str], _: Call, command: str, __: bytes, answer: Messages
) -> Messages:
    if command in commands:
        raise HangUp
    return answer


async def _raw(
    make: Callable[[bytes], bytes], call: Call, command: str, _: bytes, answer: Messages
) -> Messages:
    """Bytes instead of the answer to getheaders."""
    if command != "getheaders":
        return answer
    call.writer.write(make(answer[0].encode(MAGIC["regtest"])))
    await call.writer.drain()
    return ()


async def _cut(command: str, call: Call, asked: str, _: bytes, answer: Messages) -> Messages:
    """Half a message, and gone."""
    if asked != command or not answer:
        return answer
    whole = answer[0].encode(MAGIC["regtest"])
    call.writer.write(whole[: len(whole) // 2])
    await call.writer.drain()
    raise HangUp


async def _trickle(call: Call, _: str, __: bytes, answer: Messages) -> Messages:
    for message in answer:
        for byte in message.encode(MAGIC["regtest"]):
            call.writer.write(bytes([byte]))
            await call.writer.drain()
            await asyncio.sleep(1)
    return ()


async def _chatter(call: Call, command: str, _: bytes, answer: Messages) -> Messages:
    """Names that nobody asked for, without end, instead of an answer."""
    if command != "getheaders":
        return answer
    names = encode_items([Item(1, bytes([number]) * 32) for number in range(200)])
    while True:
        call.peer.send("inv", names)
        call.peer.send("addr", bytes([0]))
        await call.peer.drain()
        await asyncio.sleep(0)


async def _not_found(_: Call, command: str, payload: bytes, answer: Messages) -> Messages:
    if command != "getdata":
        return answer
    return [PeerMessage("notfound", encode_items(parse_items(payload)))]


def _mined(header: bytes, *, works: bool = True) -> bytes:
    """The header with a nonce that meets its target, or with one that does not."""
    nonce = 0
    while meets_target(header[:76] + nonce.to_bytes(4, "little")) is not works:
        nonce += 1
    return header[:76] + nonce.to_bytes(4, "little")


Headers = Callable[[tuple[bytes, ...]], tuple[bytes, ...]]


async def _other_headers(
    change: Headers, _: Call, command: str, __: bytes, answer: Messages
) -> Messages:
    if command != "getheaders":
        return answer
    return [PeerMessage("headers", encode_headers(change(parse_headers(answer[0].payload))))]


def _foreign_bits(headers: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(header[:72] + MAINNET_BITS + header[76:] for header in headers)


def _without_work(headers: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return (*headers[:-1], _mined(headers[-1], works=False)) if headers else ()


def _foreign_chain(headers: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(_mined(header[:4] + bytes(32) + header[36:]) for header in headers[:1])


def _in_circles(headers: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return (headers * 2000)[:2000]


def _stale(headers: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return headers[:-WITHHELD]


async def _promises(call: Call, command: str, payload: bytes, answer: Messages) -> Messages:
    """Headers of blocks that it has mined and never shows."""
    chain = call.node.chain
    if command == "getheaders":
        known = set(GetHeaders.parse(payload).locator)
        listed = parse_headers(answer[0].payload)
        more = _empty_blocks(chain.tip, chain.height + 1)
        if known & {block.hash for block in more}:
            return [PeerMessage("headers", encode_headers(()))]
        return [PeerMessage("headers", encode_headers((*listed, *(each.header for each in more))))]
    if command == "getcfheaders" and not answer:
        request = FilterRange.parse(payload)
        count = chain.height + WITHHELD - request.start + 1
        hashes = [_hash_at(chain, height) for height in range(request.start, request.start + count)]
        previous = chain.filter_header(request.start - 1)
        return [PeerMessage("cfheaders", encode_filter_headers(request.stop, previous, hashes))]
    return answer


def _hash_at(chain: object, height: int) -> bytes:
    return (
        filters.filter_hash(chain.filter(height))  # type: ignore[attr-defined]
        if height <= chain.height  # type: ignore[attr-defined]
        else bytes(32)
    )


def _empty_blocks(parent: bytes, first: int) -> list[Block]:
    mined = []
    for height in range(first, first + WITHHELD):
        reward = TxOut(blocks.subsidy(height), b"\x51")
        mined.append(blocks.build(parent, height, 1_700_000_000 + height, reward, ()))
        parent = mined[-1].hash
    return mined


Filter = Callable[[Block, bytes], bytes]


def _without_ours(block: Block, true_filter: bytes) -> bytes:
    """As if nobody had paid the wallet."""
    scripts = [out.script_pubkey for tx in block.transactions for out in tx.outputs]
    if OURS not in scripts:
        return true_filter
    return filters.basic_filter(block.hash, [each for each in scripts if each != OURS], ())


def _empty(_: Block, __: bytes) -> bytes:
    return b"\x00"


def _filter_of(call: Call, height: int, change: Filter) -> bytes:
    chain = call.node.chain
    raw = chain.raw(chain.hash_at(height))
    return change(Block.parse(raw), chain.filter(height)) if raw else chain.filter(height)


async def _lying_filters(
    change: Filter, commands: set[str], call: Call, command: str, payload: bytes, answer: Messages
) -> Messages:
    """Other filters, and the headers that commit to them when `commands` has getcfheaders."""
    if command not in commands or not answer:
        return answer
    request = FilterRange.parse(payload)
    last = call.node.chain.height_of(request.stop)
    assert last is not None
    forged = [_filter_of(call, height, change) for height in range(last + 1)]
    wanted = range(request.start, last + 1)
    if command == "getcfilters":
        chain = call.node.chain
        return [
            PeerMessage("cfilter", encode_filter(chain.hash_at(height), forged[height]))
            for height in wanted
        ]
    header = filters.NO_HEADER
    for data in forged[: request.start]:
        header = filters.filter_header(data, header)
    hashes = [filters.filter_hash(forged[height]) for height in wanted]
    return [PeerMessage("cfheaders", encode_filter_headers(request.stop, header, hashes))]


async def _two_faced(
    hostile: Callable[..., Awaitable[Messages]],
    call: Call,
    command: str,
    payload: bytes,
    answer: Messages,
) -> Messages:
    """Honest to whoever asks, hostile to the light client."""
    if call.by_light_client:
        return await hostile(call, command, payload, answer)
    return answer


async def _tampered(_: Call, command: str, __: bytes, answer: Messages) -> Messages:
    """One bit of each block's last bytes is turned."""
    if command != "getdata":
        return answer
    return [PeerMessage(each.command, _turned(each.payload)) for each in answer]


def _turned(payload: bytes) -> bytes:
    return payload[:-30] + bytes([payload[-30] ^ 1]) + payload[-29:]


async def _other_block(call: Call, command: str, __: bytes, answer: Messages) -> Messages:
    if command != "getdata":
        return answer
    raw = call.node.chain.raw(call.node.chain.hash_at(2)) or b""
    return [PeerMessage("block", raw) for each in answer if each.command == "block"]


async def _never(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(FOREVER_S)


FILTERS = {"getcfilters"}
FILTERS_AND_HEADERS = {"getcfilters", "getcfheaders"}
lying = partial(_lying_filters, _without_ours, FILTERS_AND_HEADERS)

TWENTY: dict[str, Kind] = {
    "bad checksum": Kind(partial(_raw, lambda whole: whole[:20] + b"\0\0\0\0" + whole[24:])),
    "wrong magic": Kind(partial(_raw, lambda whole: MAGIC["mainnet"] + whole[4:])),
    "oversized length": Kind(partial(_raw, lambda whole: whole[:16] + b"\xff" * 4 + whole[20:])),
    "33 MB promised": Kind(
        partial(_raw, lambda whole: whole[:16] + (33_000_000).to_bytes(4, "little") + whole[20:])
    ),
    "garbage": Kind(partial(_raw, lambda _: bytes(range(256)) * 4)),
    "closed in the middle of headers": Kind(partial(_cut, "getheaders")),
    "closed in the middle of a filter": Kind(partial(_cut, "getcfilters")),
    "silent on getheaders": Kind(partial(_silent_on, {"getheaders"})),
    "silent on getcfheaders": Kind(partial(_silent_on, {"getcfheaders"})),
    "silent on getcfilters": Kind(partial(_silent_on, {"getcfilters"})),
    "silent on getdata": Kind(partial(_silent_on, {"getdata"})),
    "notfound for everything": Kind(_not_found),
    "headers of a foreign difficulty": Kind(partial(_other_headers, _foreign_bits), lies=True),
    "headers without work": Kind(partial(_other_headers, _without_work), lies=True),
    "headers of another chain": Kind(partial(_other_headers, _foreign_chain), lies=True),
    "filters that omit our coin": Kind(partial(_lying_filters, _without_ours, FILTERS)),
    "the same with matching headers": Kind(lying, lies=True),
    "tampered blocks": Kind(_tampered, lies=True),
    "silent after the handshake": Kind(
        partial(_silent_on, {"getheaders", "getcfheaders", "getcfilters", "getdata", "ping"})
    ),
    "silent in the handshake": Kind(honest, greet=_never),
}
MORE: dict[str, Kind] = {
    "a byte a second": Kind(_trickle),
    "boasts of its height": Kind(partial(_silent_on, {"getheaders"}), boast=10**6),
    "headers in circles": Kind(partial(_other_headers, _in_circles), lies=True),
    "headers whose blocks it keeps": Kind(_promises),
    "a tip of yesterday": Kind(partial(_other_headers, _stale)),
    "names without end": Kind(_chatter),
    "empty filters with matching headers": Kind(
        partial(_lying_filters, _empty, FILTERS_AND_HEADERS), lies=True
    ),
    "another block": Kind(_other_block, lies=True),
    "hangs up after the handshake": Kind(partial(_hang_up_on, {"getheaders"})),
    "hangs up at filters": Kind(partial(_hang_up_on, {"getcfilters"})),
    "no filters at all": Kind(honest, services=NODE_NETWORK | NODE_WITNESS),
    "two-faced: lies to the light client": Kind(partial(_two_faced, lying), lies=True),
    "two-faced: keeps its blocks": Kind(partial(_two_faced, partial(_silent_on, {"getdata"}))),
    "two-faced: hangs up at filters": Kind(
        partial(_two_faced, partial(_hang_up_on, {"getcfilters"}))
    ),
}
KINDS = TWENTY | MORE
