"""What is kept of a node's blocks and mempool for one wallet, compared with all that there is."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host.p2p.blocks import Block
from host.servers.core_index import CoreIndex, Sighting
from host.servers.core_rpc import NOT_FOUND, Call, CoreRpc, RpcRefused
from host.servers.polling import ServerLost
from host.transactions import NULL_TXID, Outpoint, Transaction, TxIn, TxOut
from host.wallet import Wallet
from tests.wallets import paired

GAP = 4
FOREIGN = b"\x51"


def pays(*scripts: bytes, spends: Sequence[Outpoint] = (), number: int = 0) -> Transaction:
    inputs = tuple(TxIn(outpoint, b"", 0) for outpoint in spends) or (
        TxIn(Outpoint(sha256(number.to_bytes(4)).digest(), 0), b"", 0),
    )
    return Transaction(2, inputs, tuple(TxOut(1_000, script) for script in scripts), number)


class Node:
    """As a CoreRpc, with a chain that is an argument of nobody but the test."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, Block]] = {}
        self.chain: list[str] = []
        self.mempool: list[Transaction] = []
        self.hidden: set[str] = set()  # listed, and gone when they are asked for
        self.asked: list[str] = []
        self._number = 0
        self.mine([])

    def mine(self, transactions: Sequence[Transaction]) -> None:
        self._number += 1
        coinbase = Transaction(
            2,
            (TxIn(Outpoint(NULL_TXID, 0xFFFFFFFF), self._number.to_bytes(4), 0),),
            (TxOut(1, FOREIGN),),
            0,
        )
        previous = bytes.fromhex(self.chain[-1])[::-1] if self.chain else bytes(32)
        header = bytes(4) + previous + self._number.to_bytes(32) + bytes(12)
        whole = Block(header, (coinbase, *transactions), b"")
        block = Block.parse(whole.encode())
        name = block.hash[::-1].hex()
        self.known[name] = (len(self.chain), block)
        self.chain.append(name)
        mined = {transaction.txid for transaction in transactions}
        self.mempool = [entry for entry in self.mempool if entry.txid not in mined]

    def undo(self, depth: int) -> None:
        for _ in range(min(depth, len(self.chain) - 1)):
            _, block = self.known[self.chain.pop()]
            self.mempool = [*block.transactions[1:], *self.mempool]

    def call(self, method: str, *given: Any) -> Any:  # noqa: ANN401 - JSON
        (result,) = self.batch([(method, given)])
        if isinstance(result, RpcRefused):
            raise result
        return result

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        return [self._answer(method, *given) for method, given in calls]

    def _answer(self, method: str, *given: Any) -> Any:  # noqa: ANN401 - JSON
        self.asked.append(method)
        match method:
            case "getbestblockhash":
                return self.chain[-1]
            case "getblockhash":
                return self.chain[given[0]]
            case "getblockheader":
                return self._header(given[0])
            case "getblock":
                return self.known[given[0]][1].encode().hex()
            case "getrawmempool":
                return [entry.name for entry in self.mempool]
            case "getrawtransaction":
                waiting = {entry.name: entry for entry in self.mempool}
                if given[0] in self.hidden:
                    return RpcRefused("No such mempool transaction", NOT_FOUND)
                return waiting[given[0]].encode().hex()
            case "getindexinfo":
                return {given[0]: {"best_block_height": len(self.chain) - 1}}
            case "scanblocks":
                return self._scan(*given[1:])
        raise AssertionError(method)

    def _header(self, name: str) -> Any:  # noqa: ANN401 - JSON
        if name not in self.known:
            return RpcRefused("Block not found", NOT_FOUND)
        height, block = self.known[name]
        is_on = len(self.chain) > height and self.chain[height] == name
        return {
            "hash": name,
            "height": height,
            "confirmations": len(self.chain) - height if is_on else -1,
            "previousblockhash": block.previous[::-1].hex(),
            "mediantime": height * 600,
        }

    def _scan(self, descriptors: list[str], first: int, last: int) -> Any:  # noqa: ANN401 - JSON
        scripts = {bytes.fromhex(text[4:-1]) for text in descriptors}
        paid = {
            Outpoint(entry.txid, index)
            for _, block in self.known.values()
            for entry in (*block.transactions, *self.mempool)
            for index, out in enumerate(entry.outputs)
            if out.script_pubkey in scripts
        }
        relevant = [
            name
            for name in self.chain[first : last + 1]
            if any(
                any(out.script_pubkey in scripts for out in entry.outputs)
                or any(txin.outpoint in paid for txin in entry.inputs)
                for entry in self.known[name][1].transactions
            )
        ]
        return {"relevant_blocks": relevant, "completed": True}

    def truth(self, scripts: Sequence[bytes]) -> dict[str, int]:
        """The height of every transaction that touches a script; 0 while it waits."""
        heights, ours = {}, set()
        rows = [(entry, height) for height, name in enumerate(self.chain)
                for entry in self.known[name][1].transactions]  # fmt: skip
        waiting = [(entry, 0) for entry in self.mempool if entry.name not in self.hidden]
        for _ in range(len(waiting) + 1):  # children may stand before their parents
            for entry, height in (*rows, *waiting):
                outputs = {
                    Outpoint(entry.txid, index)
                    for index, out in enumerate(entry.outputs)
                    if out.script_pubkey in scripts
                }
                if outputs or any(txin.outpoint in ours for txin in entry.inputs):
                    heights[entry.name] = height
                ours |= outputs
        return heights


@pytest.fixture(scope="module")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Wallet:
    return paired(tmp_path_factory.mktemp("wallet") / "wallet")


def scripts_of(wallet: Wallet, count: int) -> list[bytes]:
    addresses = [wallet.address_at(index).address for index in range(count)]
    return [bytes.fromhex("0014") + _program(address) for address in addresses]


def _program(address: str) -> bytes:
    from host.devnet import faucet  # noqa: PLC0415 - a parser of addresses

    return faucet.script_of(address)[2:]


def index_of(node: Node) -> CoreIndex:
    return CoreIndex(cast(CoreRpc, node), lambda _: None)


def kept(index: CoreIndex, scripts: Sequence[bytes]) -> dict[str, int]:
    sightings: list[Sighting] = []
    for script in scripts:
        sightings += index.history(sha256(script).digest())
    return {sighting.transaction.name: sighting.height for sighting in sightings}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(0, 5)),
        st.tuples(st.just("spend"), st.integers(0, 20)),
        st.tuples(st.just("mine"), st.integers(0, 3)),
        st.tuples(st.just("undo"), st.integers(1, 4)),
        st.tuples(st.just("follow"), st.just(0)),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happens_all_that_touches_the_wallet_is_kept_and_nothing_else(
    wallet: Wallet, steps: list[tuple[str, int]]
) -> None:
    node, scripts = Node(), scripts_of(wallet, GAP)
    index, coins = index_of(node), []
    for number, (step, value) in enumerate(steps):
        if step in {"pay", "spend"}:
            spends = [coins[value % len(coins)]] if step == "spend" and coins else []
            spent = {txin.outpoint for entry in node.mempool for txin in entry.inputs}
            script = (*scripts, FOREIGN, FOREIGN)[value] if step == "pay" else FOREIGN
            payment = pays(script, spends=spends, number=number)
            if not spent & set(spends):
                node.mempool.append(payment)
                coins += [Outpoint(payment.txid, 0)] * (script in scripts)
        elif step == "mine":
            node.mine(node.mempool[:value])
        elif step == "undo":
            node.undo(value)
            node.mine([])
        else:
            index.follow(wallet, GAP)
    index.follow(wallet, GAP)
    assert kept(index, scripts) == node.truth(scripts)
    assert index.tip_height == len(node.chain) - 1


def test_children_that_come_before_their_parents_are_ours(wallet: Wallet) -> None:
    node, (script, *_) = Node(), scripts_of(wallet, 1)
    parent = pays(script, number=1)
    child = pays(FOREIGN, spends=[Outpoint(parent.txid, 0)], number=2)
    node.mempool = [child, parent]
    index = index_of(node)
    index.follow(wallet, GAP)
    assert index.sighting(parent.name)
    assert index.sighting(child.name)


def test_what_leaves_the_mempool_is_forgotten_and_what_vanishes_meanwhile_is_passed_over(
    wallet: Wallet,
) -> None:
    node, (script, *_) = Node(), scripts_of(wallet, 1)
    stays, leaves = pays(script, number=1), pays(script, number=2)
    node.mempool = [stays, leaves]
    index = index_of(node)
    index.follow(wallet, GAP)
    node.mempool = [stays, vanished := pays(script, number=3)]
    node.hidden = {vanished.name}
    index.follow(wallet, GAP)
    assert kept(index, [script]) == {stays.name: 0}


def test_each_transaction_of_the_mempool_is_read_once(wallet: Wallet) -> None:
    node = Node()
    node.mempool = [pays(FOREIGN, number=number) for number in range(50)]
    index = index_of(node)
    index.follow(wallet, GAP)
    index.follow(wallet, GAP)
    assert node.asked.count("getrawtransaction") == 50


def test_a_large_mempool_is_read_in_parts(wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.servers.core_index.MOST_NEW", 20)
    node, (script, *_) = Node(), scripts_of(wallet, 1)
    ours = pays(script, number=99)
    node.mempool = [*(pays(FOREIGN, number=number) for number in range(50)), ours]
    index = index_of(node)
    seen = []
    for _ in range(3):
        index.follow(wallet, GAP)
        seen.append(index.sighting(ours.name) is not None)
    assert seen == [False, False, True]


def test_a_used_address_moves_the_window(wallet: Wallet) -> None:
    node, scripts = Node(), scripts_of(wallet, 3 * GAP)
    for number in (GAP - 1, 2 * GAP - 1, 3 * GAP - 1):
        node.mine([pays(scripts[number], number=number)])
    index = index_of(node)
    assert index.follow(wallet, GAP) == 4 * GAP
    assert len(kept(index, scripts)) == 3


def test_only_new_blocks_are_read_afterwards(wallet: Wallet) -> None:
    node, (script, *_) = Node(), scripts_of(wallet, 1)
    for number in range(20):
        node.mine([pays(script, number=number)])
    index = index_of(node)
    index.follow(wallet, GAP)
    node.asked.clear()
    node.mine([pays(script, number=21)])
    index.follow(wallet, GAP)
    assert node.asked.count("getblock") <= 2  # once for the chain, once for a moved window


def test_a_block_that_is_another_than_its_name_is_not_believed(wallet: Wallet) -> None:
    node, (script, *_) = Node(), scripts_of(wallet, 1)
    node.mine([pays(script, number=1)])
    node.mine([])
    first, second = node.chain[1:3]
    node.known[first] = node.known[second]
    with pytest.raises(ServerLost):
        index_of(node).follow(wallet, GAP)


def test_a_scan_that_was_broken_off_is_not_taken_for_whole(
    wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = Node()
    for _ in range(20):
        node.mine([])
    monkeypatch.setattr(node, "_scan", lambda *_: {"relevant_blocks": [], "completed": False})
    with pytest.raises(ServerLost):
        index_of(node).follow(wallet, GAP)


def test_a_long_scan_tells_how_far_it_is(wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.servers.core_index.SCAN_STEP", 10)
    node, sentences = Node(), list[str]()
    for _ in range(30):
        node.mine([])
    index = CoreIndex(cast(CoreRpc, node), sentences.append)
    index.follow(wallet, GAP)
    assert sentences == [
        "Block 1 of 30 is looked at.",
        "Block 11 of 30 is looked at.",
        "",
    ]
