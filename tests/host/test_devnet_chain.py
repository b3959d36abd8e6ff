import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from host.devnet import blocks, faucet
from host.devnet.chain import NodeChain
from host.devnet.kernel import BadBlock
from host.devnet.mempool import Mempool
from host.devnet.storage.block_store import StoreUnusable
from host.p2p.blocks import Block
from host.p2p.filters import NO_HEADER, filter_header
from host.transactions import Outpoint, Transaction, TxOut
from signer.errors import Malformed
from tests.devnets import branch, clock, grow, payment, wrongly_signed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "blocks.sqlite3"


@pytest.fixture
def chain(file: Path) -> Iterator[NodeChain]:
    chain = NodeChain(file)
    yield chain
    chain.close()


@pytest.fixture
def rich(chain: NodeChain) -> NodeChain:
    """A chain whose faucet has coins old enough to spend."""
    grow(chain, 102, faucet.script_pubkey())
    return chain


def _next(
    chain: NodeChain, reward: int, listed: Sequence[Transaction] = (), script: bytes = b"\x51"
) -> Block:
    height = chain.height + 1
    sats = blocks.subsidy(height) + reward
    time = chain.median_time(chain.height) + 1
    return blocks.build(chain.tip, height, time, TxOut(sats, script), listed)


def _facts(chain: NodeChain) -> tuple:
    heights = range(chain.height + 1)
    return (
        chain.tip,
        chain.coins,
        [chain.filter(height) for height in heights],
        [chain.filter_header(height) for height in heights],
    )


def test_a_new_chain_begins_with_regtests_first_block(chain: NodeChain) -> None:
    assert chain.tip[::-1].hex().startswith("0f9188f13cb7b2c71f2a335e3a4fc328")
    assert chain.height == 0
    assert chain.coins == {}  # the first block's coin can never be spent


def test_a_mined_block_moves_the_tip_and_makes_a_coin(chain: NodeChain) -> None:
    block = _next(chain, reward=0)
    change = chain.submit(block.encode())
    assert change.connected == (block,)
    assert chain.tip == block.hash
    assert [coin.sats for coin in chain.coins.values()] == [50 * 100_000_000]


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda chain: _next(chain, reward=1), id="reward too high"),
        pytest.param(
            lambda chain: _next(
                chain, 0, [wrongly_signed(payment(chain, Mempool(chain)))], faucet.script_pubkey()
            ),
            id="wrong signature",
        ),
        pytest.param(
            lambda chain: _next(chain, 0, [payment(chain, Mempool(chain))] * 2),
            id="same transaction twice",
        ),
    ],
)
def test_a_block_that_breaks_a_rule_changes_nothing(
    rich: NodeChain, build: Callable[[NodeChain], Block]
) -> None:
    # The engine's own process_block says True to the first two of these.
    before = _facts(rich)
    bad = build(rich)
    with pytest.raises(BadBlock):
        rich.submit(bad.encode())
    assert _facts(rich) == before
    assert rich.raw(bad.hash) is None
    with pytest.raises(BadBlock):
        rich.submit(bad.encode())


def test_a_block_without_work_or_parent_is_refused(chain: NodeChain) -> None:
    block = _next(chain, reward=0)
    idle = next(
        header
        for nonce in range(1000)
        if not blocks.has_work(header := block.header[:76] + nonce.to_bytes(4, "little"))
    )
    with pytest.raises(BadBlock):
        chain.submit(idle + block.encode()[80:])
    orphan = blocks.build(bytes(32), 1, clock(), TxOut(0, b"\x51"), ())
    with pytest.raises(BadBlock, match="does not follow"):
        chain.submit(orphan.encode())


@pytest.mark.parametrize("raw", [b"", bytes(80), bytes(100), b"\xff" * 500])
def test_bytes_that_are_no_block_are_malformed(chain: NodeChain, raw: bytes) -> None:
    with pytest.raises(Malformed):
        chain.submit(raw)


def test_a_known_block_changes_nothing(chain: NodeChain) -> None:
    (block,) = grow(chain, 1)
    assert chain.submit(block.encode()).connected == ()


def test_a_longer_branch_wins_and_leaves_what_it_would_have_left_alone(
    rich: NodeChain, tmp_path: Path
) -> None:
    mempool = Mempool(rich)
    first = payment(rich, mempool, sats=14_000_000_000)  # all the coins that are old enough
    mempool.accept(first.encode())
    child = payment(rich, mempool, sats=1_000)  # spends what comes back from the first
    assert child.inputs[0].outpoint.txid == first.txid
    grow(rich, 1, transactions=[first, child])
    grow(rich, 2)
    fork = branch(rich, depth=3, length=4)
    changes = [rich.submit(block.encode()) for block in fork]
    assert [len(change.disconnected) for change in changes] == [0, 0, 0, 3]
    assert changes[-1].connected == tuple(fork)

    never_saw_the_other = NodeChain(tmp_path / "other.sqlite3")
    for height in range(1, rich.height + 1):
        never_saw_the_other.submit(rich.raw(rich.hash_at(height)))
    assert _facts(rich) == _facts(never_saw_the_other)
    never_saw_the_other.close()


def test_a_branch_of_the_same_length_does_not_win(chain: NodeChain) -> None:
    grow(chain, 3)
    tip = chain.tip
    for block in branch(chain, depth=3, length=3):
        chain.submit(block.encode())
    assert chain.tip == tip


def test_a_longer_branch_that_is_bad_at_its_end_leaves_the_old_tip(chain: NodeChain) -> None:
    grow(chain, 3)
    before = _facts(chain)
    *good, last = branch(chain, depth=2, length=3)
    for block in good:
        chain.submit(block.encode())
    greedy = TxOut(blocks.subsidy(chain.height + 1) + 1, b"\x52")
    bad = blocks.build(last.previous, chain.height + 1, clock() + 100, greedy, ())
    with pytest.raises(BadBlock):
        chain.submit(bad.encode())
    assert _facts(chain) == before


def spent_by(chain: NodeChain, height: int) -> tuple[tuple[int, bytes, int], ...]:
    """(sats, script, height) of every coin that a block spends, as the engine wrote it down."""
    manager = chain._engine._manager
    entry = manager.get_active_chain().block_tree_entries[height]
    return tuple(
        (coin.output.amount, bytes(coin.output.script_pubkey), coin.confirmation_height)
        for transaction in manager.block_spent_outputs[entry].transactions
        for coin in transaction.coins
    )


def test_the_coins_a_block_spends_are_those_the_engine_wrote_down(rich: NodeChain) -> None:
    transaction = payment(rich, Mempool(rich), sats=7_000_000_000)  # two coins, and change
    spent = [rich.coins[each.outpoint] for each in transaction.inputs]
    grow(rich, 1, transactions=[transaction])
    theirs = spent_by(rich, rich.height)
    assert theirs == tuple((coin.sats, coin.script_pubkey, coin.height) for coin in spent)
    assert Outpoint(transaction.txid, 0) in rich.coins
    assert all(each.outpoint not in rich.coins for each in transaction.inputs)


def test_filter_headers_are_a_chain(rich: NodeChain) -> None:
    previous = NO_HEADER
    for height in range(rich.height + 1):
        previous = filter_header(rich.filter(height), previous)
        assert rich.filter_header(height) == previous


def test_an_opened_file_gives_the_same_chain_again(file: Path) -> None:
    chain = NodeChain(file)
    grow(chain, 20)
    for block in branch(chain, depth=3, length=4):
        chain.submit(block.encode())
    before = _facts(chain)
    chain.close()
    again = NodeChain(file)
    assert _facts(again) == before
    again.close()


KILLED = """
import os, sys
from pathlib import Path
from host.devnet.chain import NodeChain
from host.devnet.storage.block_store import StoreUnusable
from tests.devnets import grow
chain = NodeChain(Path(sys.argv[1]))
while True:
    grow(chain, 1)
    print(chain.height, chain.tip.hex(), flush=True)
"""


def test_a_process_killed_at_work_loses_no_block_it_spoke_of(file: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(file)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as process:
        told = [process.stdout.readline().split() for _ in range(25)][-1]
        process.send_signal(signal.SIGKILL)
    chain = NodeChain(file)
    assert chain.height >= 25
    assert chain.hash_at(int(told[0])).hex() == told[1]
    chain.close()


def test_a_locator_finds_the_fork_from_any_height(chain: NodeChain) -> None:
    grow(chain, 60)
    locator = chain.locator()
    assert locator[0] == chain.tip
    assert locator[-1] == chain.hash_at(0)
    assert len(locator) < 20
    following = chain.headers_after([b"unknown".ljust(32), chain.hash_at(57)], bytes(32), 2000)
    assert following == [chain.header(height) for height in (58, 59, 60)]
    assert chain.headers_after([chain.tip], bytes(32), 2000) == []
    assert len(chain.headers_after([], bytes(32), 5)) == 5
    assert len(chain.headers_after([], chain.hash_at(9), 2000)) == 9


def test_two_chains_in_one_process_do_not_hear_each_other(chain: NodeChain, tmp_path: Path) -> None:
    other = NodeChain(tmp_path / "other.sqlite3")
    grow(chain, 3)
    assert (chain.height, other.height) == (3, 0)
    other.close()


def test_two_devnets_cannot_share_a_folder_and_are_told_so(file: Path) -> None:
    first = NodeChain(file)
    with pytest.raises(StoreUnusable, match="Another devnet may be running"):
        NodeChain(file)
    grow(first, 1)
    first.close()
    again = NodeChain(file)
    assert again.height == 1
    again.close()


def test_a_file_that_is_something_else_is_left_as_it_was(file: Path) -> None:
    file.write_bytes(b"my diary, not blocks" * 100)
    with pytest.raises(StoreUnusable, match="Nothing was changed"):
        NodeChain(file)
    assert file.read_bytes() == b"my diary, not blocks" * 100


def test_what_a_killed_process_left_is_used_up_and_only_the_blocks_stay(file: Path) -> None:
    left = file.with_suffix(".engine") / "blocks"
    left.mkdir(parents=True)
    (left / "blk00000.dat").write_bytes(b"half a block")
    chain = NodeChain(file)
    grow(chain, 2)
    chain.close()
    assert list(file.parent.iterdir()) == [file]
