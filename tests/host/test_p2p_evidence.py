"""Headers and filters of strangers: what holds, and what is proven to be wrong."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from host.devnet.chain import NodeChain
from host.p2p import blocks, filters
from host.p2p.arbiter import GENESIS_SCRIPT, TESTNET4_GENESIS_SCRIPT, _windows
from host.p2p.blocks import Block
from host.p2p.evidence import authentic, check_filter
from host.p2p.filters import BasicFilter, basic_filter
from host.p2p.headers import DEPTH, Anchor, HeaderChain, chain, heaviest, locator
from host.transactions import Outpoint, TxOut, double_sha256
from signer.errors import Malformed
from tests.devnets import ANYBODY, grow
from tests.hostile_peers.kinds import _mined

GENESIS = Anchor(0, bytes(32))
SCRIPTS = [bytes([0, 20, number]) + bytes(19) for number in range(1, 200)]
BLOCK_HASH = bytes(range(32))


def mined(count: int, previous: bytes = GENESIS.hash) -> list[bytes]:
    headers = []
    for number in range(count):
        bits = blocks_bits()
        header = bytes(4) + previous + bytes(32) + number.to_bytes(4, "little") + bits + bytes(4)
        headers.append(_mined(header))
        previous = filters.filter_hash(headers[-1])  # the double SHA256 of anything
    return headers


def blocks_bits() -> bytes:
    return (0x207FFFFF).to_bytes(4, "little")


def test_headers_that_follow_each_other_are_a_chain_with_its_work() -> None:
    headers = mined(5)
    told = chain([GENESIS], headers, "regtest")
    assert (told.height, len(told.hashes)) == (5, 5)
    assert told.work == sum(map(blocks.work, headers)) == 10
    assert told.tip == told.hashes[-1]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda headers: headers[1:], "no block that is known"),
        (lambda headers: [headers[0], *headers[2:]], "do not follow"),
        (lambda headers: headers[:1] * 3, "do not follow"),
        (lambda headers: [*headers[:-1], _mined(headers[-1], works=False)], "no work"),
        (lambda headers: [headers[0][:72] + b"\xff\xff\x7f\x22" + bytes(4)], "no work"),
        (lambda headers: [headers[0][:72] + b"\xff\xff\x00\x1d" + bytes(4)], "no work"),
    ],
)
def test_headers_that_no_honest_peer_sends_are_refused(spoil: object, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        chain([GENESIS], spoil(mined(5)), "regtest")  # type: ignore[operator]


def test_the_difficulty_of_mainnet_is_not_met_by_easy_headers() -> None:
    with pytest.raises(Malformed, match="no work"):
        chain([GENESIS], mined(3), "mainnet")


_TIMES = b"The Times 03/Jan/2009 Chancellor on brink of second bailout for banks"
_MAY = b"03/May/2024 000000000000000000001ebd58c244970b3aa9d783bb001011fbe8ea8e98e00e"


@pytest.mark.parametrize(
    ("network", "text", "script", "time", "bits", "nonce", "name"),
    [
        ("mainnet", _TIMES, GENESIS_SCRIPT, 1231006505, 0x1D00FFFF, 2083236893,
         "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"),
        ("testnet", _TIMES, GENESIS_SCRIPT, 1296688602, 0x1D00FFFF, 414098458,
         "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943"),
        ("testnet4", _MAY, TESTNET4_GENESIS_SCRIPT, 1714777860, 0x1D00FFFF, 393743547,
         "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043"),
        ("signet", _TIMES, GENESIS_SCRIPT, 1598918400, 0x1E0377AE, 52613770,
         "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6"),
    ],
)  # fmt: skip
def test_the_first_block_of_each_network_is_as_easy_as_any_and_has_the_known_output(
    network: str, text: bytes, script: bytes, time: int, bits: int, nonce: int, name: str
) -> None:
    push = bytes([len(text)]) if len(text) < 76 else bytes([76, len(text)])
    words = bytes.fromhex("04ffff001d0104") + push + text
    coinbase = (
        bytes.fromhex("0100000001") + bytes(32) + b"\xff" * 4 + bytes([len(words)]) + words
        + b"\xff" * 4 + b"\x01" + (50 * 100_000_000).to_bytes(8, "little")
        + bytes([len(script)]) + script + bytes(4)
    )  # fmt: skip
    numbers = b"".join(number.to_bytes(4, "little") for number in (time, bits, nonce))
    header = bytes.fromhex("01000000") + bytes(32) + double_sha256(coinbase) + numbers
    assert chain([GENESIS], [header], network).tip[::-1].hex() == name


def test_the_first_blocks_that_peers_are_tried_out_with_are_those_of_the_networks() -> None:
    parts = (
        "01000000" + "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000"
        "982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e"
        "61bc6649ffff001d01e36299"
    )
    assert chain_tip(parts) == "00000000839a8e6886ab5951d76f411475428afc90947ee320161bbf18eb6048"


def chain_tip(header: str) -> str:
    raw = bytes.fromhex(header)
    return chain([Anchor(0, raw[4:36])], [raw], "mainnet").tip[::-1].hex()


def test_most_work_wins_and_not_most_headers() -> None:
    high, low = Anchor(100, b"h" * 32), Anchor(0, b"l" * 32)
    header = mined(1)
    long = HeaderChain(low, tuple(header * 90), tuple([bytes(32)] * 90), 180)
    short = HeaderChain(high, tuple(header * 2), tuple([bytes(32)] * 2), 4)
    assert heaviest([long, short]) == 1, "what lies below the higher anchor counts, too"
    longer = replace(long, work=2 * 103)
    assert heaviest([longer, short]) == 0


def test_chains_are_compared_from_a_hundred_blocks_below_the_tip() -> None:
    known = {height: bytes([height % 256]) * 32 for height in range(1_000)}
    anchors = locator(known)
    heights = [anchor.height for anchor in anchors]
    assert all(anchor.hash == known[anchor.height] for anchor in anchors)
    assert heights[0] == 999 - DEPTH
    assert heights[-1] == 0
    assert len(heights) < 20
    assert heights == sorted(heights, reverse=True)
    assert [anchor.height for anchor in locator({0: bytes(32)})] == [0]
    sparse = {0: bytes(32)} | {910_000 + step: bytes(32) for step in range(50)}
    assert [anchor.height for anchor in locator(sparse)] == [910_000, 0]


def test_windows_of_filters_meet_and_leave_out_what_the_wallet_never_looked_at() -> None:
    dense = range(5_001)
    assert _windows(dense, 4_500) == [(1, 2_000), (2_001, 4_000), (4_001, 4_500)]
    assert _windows([0, *range(910_000, 913_000)], 912_500) == [
        (910_001, 912_000),
        (912_001, 912_500),
    ]
    assert _windows([0], 0) == []


# Filters


@pytest.mark.parametrize("count", [0, 1, 2, 100, 199])
def test_a_filter_read_back_holds_what_was_put_in_and_nothing_else(count: int) -> None:
    data = basic_filter(BLOCK_HASH, SCRIPTS[:count], ())
    read = BasicFilter(data, BLOCK_HASH)
    assert read.count == count
    assert [read.holds(script) for script in SCRIPTS] == [True] * count + [False] * (199 - count)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data + b"\0",
        lambda data: data[:-1],
        lambda data: data[:-1] + b"\xff",
        lambda data: b"\xfd\xff\xff" + data[1:],
        lambda _: b"",
    ],
)
def test_a_filter_with_a_bit_too_many_or_too_few_is_refused(
    spoil: Callable[[bytes], bytes],
) -> None:
    data = basic_filter(BLOCK_HASH, SCRIPTS[:9], ())
    with pytest.raises(Malformed):
        BasicFilter(spoil(data), BLOCK_HASH)


@pytest.fixture
def block(tmp_path: Path) -> Block:
    node = NodeChain(tmp_path / "node.sqlite3")
    (mined_block,) = grow(node, 1)
    node.close()
    return mined_block


def _paying(block: Block, *scripts: bytes) -> Block:
    coinbase = block.transactions[0]
    outputs = tuple(TxOut(1, script) for script in scripts)
    return replace(block, transactions=(replace(coinbase, outputs=outputs),))


def _spending(block: Block, script: bytes) -> tuple[Block, Outpoint]:
    """The block with a second transaction, which spends somebody's coin."""
    coin = Outpoint(b"\7" * 32, 0)
    coinbase = block.transactions[0]
    (entry,) = coinbase.inputs
    spend = replace(coinbase, inputs=(replace(entry, outpoint=coin),), outputs=(TxOut(1, script),))
    return replace(block, transactions=(coinbase, spend)), coin


def test_a_filter_that_leaves_out_a_payee_is_proven_wrong(block: Block) -> None:
    paid = _paying(block, *SCRIPTS[:5], b"\x6a\x01\x01")
    check_filter(basic_filter(block.hash, SCRIPTS[:5], ()), paid, {})
    for wrong in (SCRIPTS[:4], SCRIPTS[1:6], SCRIPTS[:6], []):
        with pytest.raises(Malformed):
            check_filter(basic_filter(block.hash, wrong, ()), paid, {})


def test_a_filter_that_leaves_out_that_our_coin_is_spent_is_proven_wrong(block: Block) -> None:
    ours, theirs, payee = SCRIPTS[:3]
    spent, coin = _spending(block, payee)
    true_filter = basic_filter(block.hash, [ANYBODY, payee], [ours])
    false_filter = basic_filter(block.hash, [ANYBODY, payee], [theirs])
    check_filter(true_filter, spent, {coin: ours})
    with pytest.raises(Malformed, match="leaves out"):
        check_filter(false_filter, spent, {coin: ours})
    check_filter(true_filter, spent, {})
    check_filter(false_filter, spent, {})  # of strangers' coins the scripts are not known


def test_a_block_is_taken_as_it_was_mined_only(block: Block) -> None:
    raw = block.encode()
    assert authentic(raw, block.hash) == block
    with pytest.raises(Malformed):
        authentic(raw, bytes(32))
    for position in (85, len(raw) - 60, len(raw) - 20):
        turned = raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :]
        with pytest.raises(Malformed):
            authentic(turned, block.hash)
