from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from host.devnet import faucet
from host.devnet.chain import NodeChain
from host.devnet.mempool import Mempool, NotTaken
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from tests.devnets import ANYBODY, clock, grow, payment, wrongly_signed

FINAL = 0xFFFFFFFF
SMALL = 100_000
Change = Callable[[Transaction], Transaction]


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[NodeChain]:
    """Two old coins of the faucet, then old coins that anybody can spend without a signature."""
    chain = NodeChain(tmp_path / "blocks.sqlite3")
    grow(chain, 2, faucet.script_pubkey())
    grow(chain, 110, ANYBODY)
    yield chain
    chain.close()


@pytest.fixture
def pool(chain: NodeChain) -> Mempool:
    return Mempool(chain)


def _coin(chain: NodeChain, height: int = 3) -> Outpoint:
    return next(point for point, coin in chain.coins.items() if coin.height == height)


def _spend(
    chain: NodeChain, height: int = 3, fee: int = 1_000, sequence: int = FINAL, lock_time: int = 0
) -> Transaction:
    """Anybody's spend of the coin mined at `height`."""
    point = _coin(chain, height)
    sats = chain.coins[point].sats - fee
    source = TxIn(point, b"", sequence)
    return Transaction(2, (source,), (TxOut(sats, ANYBODY),), lock_time)


def _child(parent: Transaction, fee: int = 1_000) -> Transaction:
    source = TxIn(Outpoint(parent.txid, 0), b"", FINAL)
    return Transaction(2, (source,), (TxOut(parent.outputs[0].sats - fee, ANYBODY),), 0)


def test_a_good_payment_is_taken_with_its_fee(chain: NodeChain, pool: Mempool) -> None:
    transaction = payment(chain, pool)
    entry = pool.accept(transaction.encode())
    spent = sum(chain.coins[each.outpoint].sats for each in transaction.inputs)
    assert entry.fee_sats == spent - sum(out.sats for out in transaction.outputs)
    assert entry.fee_sats >= entry.vsize
    assert pool.get(transaction.txid) == pool.get(transaction.wtxid) == transaction


def _twice(spend: Transaction) -> Transaction:
    return replace(spend, inputs=spend.inputs * 2)


def _stealing(spend: Transaction) -> Transaction:
    (out,) = spend.outputs
    return replace(spend, outputs=(replace(out, sats=out.sats + 1_001),))


def _from_nowhere(spend: Transaction) -> Transaction:
    return replace(spend, inputs=(TxIn(Outpoint(b"\7" * 32, 0), b"", FINAL),))


def _coinbase(spend: Transaction) -> Transaction:
    return replace(spend, inputs=(TxIn(Outpoint(bytes(32), FINAL), b"\0\0", FINAL),))


def _more_than_there_is(spend: Transaction) -> Transaction:
    return replace(spend, outputs=(TxOut(2**63, ANYBODY),) * 3)


REFUSALS = [
    (_twice, "same coin"),
    (_stealing, "hold more than"),
    (_from_nowhere, "does not exist"),
    (_coinbase, "Only a miner"),
    (_more_than_there_is, "than there are"),
    (lambda spend: replace(spend, outputs=()), "an output"),
    (lambda spend: replace(spend, outputs=spend.outputs * 12_000), "weight"),
    (lambda spend: replace(spend, lock_time=500), "lock time is not reached"),
]


@pytest.mark.parametrize(("change", "why"), REFUSALS)
def test_a_bad_transaction_is_refused_with_the_reason(
    chain: NodeChain, pool: Mempool, change: Change, why: str
) -> None:
    good = _spend(chain, sequence=FINAL - 1)
    with pytest.raises(NotTaken, match=why):
        pool.accept(change(good).encode())
    assert len(pool) == 0
    pool.accept(good.encode())


def test_a_wrong_signature_is_refused(chain: NodeChain, pool: Mempool) -> None:
    with pytest.raises(NotTaken, match="does not satisfy the script"):
        pool.accept(wrongly_signed(payment(chain, pool)).encode())


def test_a_fee_of_one_sat_a_vbyte_is_enough_and_less_is_not(
    chain: NodeChain, pool: Mempool
) -> None:
    vsize = _spend(chain).vsize
    with pytest.raises(NotTaken, match="below 1 sat/vB"):
        pool.accept(_spend(chain, fee=vsize - 1).encode())
    pool.accept(_spend(chain, fee=vsize).encode())


def test_a_mined_coin_is_too_young_for_99_blocks(chain: NodeChain, pool: Mempool) -> None:
    ripe = chain.height + 1 - 100
    with pytest.raises(NotTaken, match="younger than 100"):
        pool.accept(_spend(chain, height=ripe + 1).encode())
    pool.accept(_spend(chain, height=ripe).encode())


def test_a_child_of_a_waiting_transaction_is_taken_and_mined_after_it(
    chain: NodeChain, pool: Mempool
) -> None:
    parent = _spend(chain)
    child = _child(parent)
    with pytest.raises(NotTaken, match="does not exist"):
        pool.accept(child.encode())
    pool.accept(parent.encode())
    pool.accept(child.encode())
    block = pool.next_block(ANYBODY, clock())
    assert block.transactions[1:] == (parent, child)
    pool.block_connected(*chain.submit(block.encode()).connected)
    assert len(pool) == 0
    assert Outpoint(child.txid, 0) in chain.coins


def test_the_miner_takes_the_fees(chain: NodeChain, pool: Mempool) -> None:
    pool.accept(_spend(chain, fee=1_234).encode())
    block = pool.next_block(ANYBODY, clock())
    chain.submit(block.encode())
    assert block.transactions[0].outputs[0].sats == 50 * 100_000_000 + 1_234


def test_the_same_transaction_twice_is_refused(chain: NodeChain, pool: Mempool) -> None:
    pool.accept(_spend(chain).encode())
    with pytest.raises(NotTaken, match="here already"):
        pool.accept(_spend(chain).encode())


def test_a_rival_of_a_final_transaction_is_refused(chain: NodeChain, pool: Mempool) -> None:
    pool.accept(_spend(chain, fee=1_000).encode())
    with pytest.raises(NotTaken, match="waiting already"):
        pool.accept(_spend(chain, fee=50_000).encode())


def test_a_replacement_pays_for_what_it_pushes_out(chain: NodeChain, pool: Mempool) -> None:
    first = _spend(chain, fee=1_000, sequence=0xFFFFFFFD)
    child = _child(first, fee=2_000)
    pool.accept(first.encode())
    pool.accept(child.encode())
    bid = 3_000 + first.vsize
    with pytest.raises(NotTaken, match=f"{bid} sats or more"):
        pool.accept(_spend(chain, fee=bid - 1).encode())
    second = _spend(chain, fee=bid)
    pool.accept(second.encode())
    assert [entry.transaction for entry in pool] == [second]
    assert pool.get(first.wtxid) is None


def test_a_replacement_with_a_bad_signature_pushes_nothing_out(
    chain: NodeChain, pool: Mempool
) -> None:
    first = payment(chain, pool)
    pool.accept(first.encode())
    (out, *rest) = first.outputs
    better = replace(first, outputs=(replace(out, sats=out.sats - 100_000), *rest))
    with pytest.raises(NotTaken, match="does not satisfy"):
        pool.accept(better.encode())
    assert [entry.transaction for entry in pool] == [first]


def test_a_replacement_may_not_spend_what_it_replaces(chain: NodeChain, pool: Mempool) -> None:
    first = _spend(chain, fee=1_000, sequence=0xFFFFFFFD)
    pool.accept(first.encode())
    child = TxIn(Outpoint(first.txid, 0), b"", FINAL)
    both = replace(_spend(chain, fee=90_000), inputs=(*first.inputs, child))
    with pytest.raises(NotTaken, match="would replace"):
        pool.accept(both.encode())


def test_a_mined_rival_takes_a_whole_family_out(chain: NodeChain, pool: Mempool) -> None:
    parent = _spend(chain)
    family = [parent, _child(parent)]
    for each in family:
        pool.accept(each.encode())
    rival = _spend(chain, fee=SMALL)
    (block,) = grow(chain, 1, transactions=[rival], fees=SMALL)
    pool.block_connected(block)
    assert len(pool) == 0
    assert not pool.spends(_coin(chain, 4))


def test_a_lock_by_height_ends_with_the_block_before(chain: NodeChain, pool: Mempool) -> None:
    pool.accept(_spend(chain, sequence=FINAL - 1, lock_time=chain.height).encode())
    with pytest.raises(NotTaken, match="lock time"):
        pool.accept(
            _spend(chain, height=4, sequence=FINAL - 1, lock_time=chain.height + 1).encode()
        )


def test_a_lock_by_time_asks_the_median_of_the_chain(chain: NodeChain, pool: Mempool) -> None:
    median = chain.median_time(chain.height)
    with pytest.raises(NotTaken, match="lock time"):
        pool.accept(_spend(chain, sequence=FINAL - 1, lock_time=median).encode())
    pool.accept(_spend(chain, sequence=FINAL - 1, lock_time=median - 1).encode())


def test_a_lock_of_an_input_counts_from_its_coin(chain: NodeChain, pool: Mempool) -> None:
    age = chain.height + 1 - 3
    with pytest.raises(NotTaken, match="relative"):
        pool.accept(_spend(chain, sequence=age + 1).encode())
    pool.accept(_spend(chain, sequence=age).encode())


def test_a_lock_of_an_input_in_seconds_counts_in_steps_of_512(
    chain: NodeChain, pool: Mempool
) -> None:
    passed = chain.median_time(chain.height) - chain.median_time(2)
    steps = passed // 512
    with pytest.raises(NotTaken, match="relative"):
        pool.accept(_spend(chain, sequence=1 << 22 | steps + 1).encode())
    pool.accept(_spend(chain, sequence=1 << 22 | steps).encode())


def test_what_the_pool_takes_the_engine_takes(chain: NodeChain, pool: Mempool) -> None:
    # The pool's own rules (locks, maturity, amounts) must never let in what no block can hold.
    edge = chain.height + 1
    for each in (
        _spend(chain, height=edge - 100),
        _spend(chain, height=4, sequence=FINAL - 1, lock_time=chain.height),
        _spend(chain, height=5, sequence=edge - 5),
        _spend(
            chain,
            height=6,
            sequence=FINAL - 1,
            lock_time=chain.median_time(chain.height) - 1,
        ),
        payment(chain, pool),
    ):
        pool.accept(each.encode())
    block = pool.next_block(ANYBODY, clock())
    assert len(chain.submit(block.encode()).connected[0].transactions) == 6
