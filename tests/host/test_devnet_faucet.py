from collections.abc import Iterator
from pathlib import Path

import pytest

from host.devnet import faucet
from host.devnet.chain import NodeChain
from host.devnet.mempool import Mempool
from host.errors import NetworkError
from tests.devnets import STRANGER, grow

# Addresses of one program, in every form: the examples of BIP173, BIP350 and base58's two kinds.
SCRIPTS = {
    STRANGER: "0014751e76e8199196d454941c45d1b3a323f1433bd6",
    STRANGER.upper(): "0014751e76e8199196d454941c45d1b3a323f1433bd6",
    "mrCDrCybB6J1vRfbwM5hemdJz73FwDBC8r": "76a914751e76e8199196d454941c45d1b3a323f1433bd688ac",
    "2NByiBUaEXrhmqAsg7BbLpcQSAQs1EDwt5w": "a914cd7b44d0b03f2d026d1e586d7ae18903b0d385f687",
}


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[NodeChain]:
    chain = NodeChain(tmp_path / "blocks.sqlite3")
    grow(chain, 103, faucet.script_pubkey())
    yield chain
    chain.close()


@pytest.mark.parametrize(("address", "script"), SCRIPTS.items())
def test_an_address_stands_for_its_script(address: str, script: str) -> None:
    assert faucet.script_of(address).hex() == script


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",  # mainnet
        "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",  # testnet
        "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",  # mainnet, base58
        STRANGER[:-1] + "q",
    ],
)
def test_an_address_of_another_network_is_refused_and_the_way_out_named(address: str) -> None:
    with pytest.raises(NetworkError, match="begins with bcrt1"):
        faucet.script_of(address)


def test_payments_follow_each_other_without_a_block_between(chain: NodeChain) -> None:
    pool = Mempool(chain)
    for _ in range(10):
        pool.accept(faucet.pay(chain, pool, STRANGER, 1_000_000_000).encode())
    paid = [entry.transaction.outputs[0].sats for entry in pool]
    assert paid == [1_000_000_000] * 10


def test_a_payment_larger_than_any_coin_takes_several(chain: NodeChain) -> None:
    pool = Mempool(chain)
    transaction = faucet.pay(chain, pool, STRANGER, 12_000_000_000)
    assert len(transaction.inputs) == 3
    pool.accept(transaction.encode())


@pytest.mark.parametrize("sats", [0, -5, 545])
def test_dust_is_refused(chain: NodeChain, sats: int) -> None:
    with pytest.raises(NetworkError, match="too few"):
        faucet.pay(chain, Mempool(chain), STRANGER, sats)


def test_more_than_the_faucet_holds_is_refused_and_young_coins_do_not_count(
    chain: NodeChain,
) -> None:
    four = 4 * 50 * 100_000_000  # of 103 coins, four are a hundred blocks old
    pool = Mempool(chain)
    with pytest.raises(NetworkError, match="mine some blocks first"):
        faucet.pay(chain, pool, STRANGER, four)
    assert len(faucet.pay(chain, pool, STRANGER, four - 10_000).inputs) == 4
