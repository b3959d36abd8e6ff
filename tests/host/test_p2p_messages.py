from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.p2p.blocks import Block
from host.p2p.messages import (
    MAGIC,
    MAX_HEADERS,
    MAX_ITEMS,
    MAX_LOCATOR,
    MAX_PAYLOAD,
    FilterRange,
    GetHeaders,
    Item,
    MessageDecoder,
    PeerMessage,
    Reject,
    Version,
    encode_headers,
    encode_items,
    parse_checkpoint_request,
    parse_headers,
    parse_items,
)
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from signer.errors import Malformed
from signer.formats.cursor import compact_size

Parse = Callable[[bytes], object]
REGTEST = MAGIC["regtest"]
hashes = st.binary(min_size=32, max_size=32)
u32, u64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
scripts = st.binary(max_size=80)
items = st.lists(st.builds(Item, u32, hashes), max_size=5)
commands = st.from_regex(r"[a-z]{1,12}", fullmatch=True)
messages = st.builds(PeerMessage, commands, st.binary(max_size=200))
inputs = st.builds(
    TxIn, st.builds(Outpoint, hashes, u32), scripts, u32, st.lists(scripts).map(tuple)
)
outputs = st.builds(TxOut, u64, scripts)
transactions = st.builds(
    Transaction,
    u32,
    st.lists(inputs, min_size=1, max_size=3).map(tuple),
    st.lists(outputs, max_size=3).map(tuple),
    u32,
)
PARSERS = (
    Version.parse,
    GetHeaders.parse,
    FilterRange.parse,
    Reject.parse,
    Transaction.parse,
    Block.parse,
    parse_items,
    parse_headers,
    parse_checkpoint_request,
)
NO_LEFTOVERS = tuple(each for each in PARSERS if each not in (Version.parse, Reject.parse))


@given(st.lists(messages, max_size=4), st.lists(st.integers(0, 900), max_size=6))
def test_messages_come_out_whole_however_the_stream_is_cut(
    sent: list[PeerMessage], cuts: list[int]
) -> None:
    stream = b"".join(message.encode(REGTEST) for message in sent)
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    decoder, heard = MessageDecoder(REGTEST), []
    for start, end in pairwise(edges):
        heard += decoder.feed(stream[start:end])
    assert heard == sent


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    for start in (b"", REGTEST, REGTEST + b"inv".ljust(12, b"\0")):
        with suppress(Malformed):
            list(MessageDecoder(REGTEST).feed(start + data))


@pytest.mark.parametrize("parse", PARSERS)
@given(data=st.binary(max_size=300))
def test_no_bytes_break_a_parser(parse: Parse, data: bytes) -> None:
    with suppress(Malformed):
        parse(data)


@given(transactions)
def test_a_transaction_reads_back(transaction: Transaction) -> None:
    assert Transaction.parse(transaction.encode()) == transaction


@given(items)
def test_a_list_of_items_reads_back(listed: list[Item]) -> None:
    assert parse_items(encode_items(listed)) == tuple(listed)


@given(st.lists(st.binary(min_size=80, max_size=80), max_size=4))
def test_headers_read_back(headers: list[bytes]) -> None:
    assert parse_headers(encode_headers(headers)) == tuple(headers)


@given(st.lists(hashes, max_size=4).map(tuple), hashes)
def test_a_question_for_headers_reads_back(locator: tuple[bytes, ...], stop: bytes) -> None:
    asked = GetHeaders(locator, stop)
    assert GetHeaders.parse(asked.encode()) == asked


@given(u32, hashes)
def test_a_question_for_filters_reads_back(start: int, stop: bytes) -> None:
    asked = FilterRange(start, stop)
    assert FilterRange.parse(asked.encode()) == asked


@given(u64, st.integers(0, 2**40), st.from_regex(r"[ -~]{0,40}", fullmatch=True), st.booleans())
def test_a_version_reads_back(services: int, time: int, agent: str, relay: bool) -> None:
    version = Version(services, time, 7, agent, -1, relay)
    assert Version.parse(version.encode()) == version


@given(hashes, st.from_regex(r"[ -~]{1,111}", fullmatch=True))
def test_a_reject_reads_back(about: bytes, reason: str) -> None:
    assert Reject.parse(Reject(reason, about).encode()) == Reject(reason, about)


@pytest.mark.parametrize("parse", NO_LEFTOVERS)
def test_bytes_left_over_are_refused(parse: Parse) -> None:
    good = {
        GetHeaders.parse: GetHeaders(()).encode(),
        FilterRange.parse: FilterRange(0, bytes(32)).encode(),
        Transaction.parse: _smallest().encode(),
        Block.parse: Block(bytes(80), (_smallest(),), b"").encode(),
        parse_items: encode_items([Item(1, bytes(32))]),
        parse_headers: encode_headers([bytes(80)]),
        parse_checkpoint_request: bytes(33),
    }[parse]
    parse(good)
    with pytest.raises(Malformed):
        parse(good + b"\0")


def _smallest() -> Transaction:
    return Transaction(1, (TxIn(Outpoint(bytes(32), 0), b"", 0),), (TxOut(0, b""),), 0)


def test_another_networks_magic_is_refused_at_its_first_bytes() -> None:
    with pytest.raises(Malformed, match="magic"):
        list(MessageDecoder(REGTEST).feed(MAGIC["mainnet"][:2]))


def test_a_wrong_checksum_is_refused() -> None:
    raw = bytearray(PeerMessage("ping", bytes(8)).encode(REGTEST))
    raw[-1] ^= 1
    with pytest.raises(Malformed, match="checksum"):
        list(MessageDecoder(REGTEST).feed(bytes(raw)))


def test_a_message_that_is_too_long_is_refused_before_it_has_arrived() -> None:
    length = (MAX_PAYLOAD + 1).to_bytes(4, "little")
    with pytest.raises(Malformed, match="more than"):
        list(MessageDecoder(REGTEST).feed(REGTEST + b"block".ljust(12, b"\0") + length + bytes(4)))


@pytest.mark.parametrize("name", [b"", b"pi\0ng", b"\xff", b"ping\n"])
def test_a_command_that_is_no_word_is_refused(name: bytes) -> None:
    raw = bytearray(PeerMessage("x").encode(REGTEST))
    raw[4:16] = name.ljust(12, b"\0")
    with pytest.raises(Malformed, match="command"):
        list(MessageDecoder(REGTEST).feed(bytes(raw)))


@pytest.mark.parametrize(
    ("parse", "count", "each"),
    [(parse_items, MAX_ITEMS, 36), (parse_headers, MAX_HEADERS, 81)],
)
def test_longer_lists_than_the_protocol_allows_are_refused(
    parse: Parse, count: int, each: int
) -> None:
    assert len(parse(compact_size(count) + bytes(count * each))) == count
    with pytest.raises(Malformed):
        parse(compact_size(count + 1) + bytes((count + 1) * each))


def test_a_longer_locator_than_the_protocol_allows_is_refused() -> None:
    GetHeaders.parse(GetHeaders((bytes(32),) * MAX_LOCATOR).encode())
    with pytest.raises(Malformed):
        GetHeaders.parse(GetHeaders((bytes(32),) * (MAX_LOCATOR + 1)).encode())


def test_a_strangers_reason_cannot_steer_our_terminal() -> None:
    payload = Reject("x", bytes(32)).encode().replace(b"\x01x", b"\x06\x1b[2J\x07\n")
    assert Reject.parse(payload).reason == "?[2J??"


def test_a_version_may_say_more_than_we_know() -> None:
    version = Version(9, 1, 2, "/somebody:1/", 3, relay=False)
    assert Version.parse(version.encode() + b"news of 2040") == version


def test_a_version_without_a_relay_flag_wants_to_be_told_everything() -> None:
    assert Version.parse(Version(9, 1, 2, "", 3, relay=False).encode()[:-1]).relay


def test_a_transaction_marked_as_having_a_witness_must_have_one() -> None:
    bare = _smallest().encode()
    with pytest.raises(Malformed, match="has none"):
        Transaction.parse(bare[:4] + b"\0\1" + bare[4:-4] + b"\0" + bare[-4:])
