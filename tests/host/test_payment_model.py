"""Random histories of payments against a model of the network, and what they have taught."""

from pathlib import Path

import pytest

from host.app import spend
from host.app.history import history
from host.errors import WalletError
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from host.values import Balance, PaymentRecord, SignedPayment, Status
from host.wallet import ended
from tests.model.history import Fault, History, Wish, play, taken_back, template
from tests.wallets import NOW, STRANGER, sign

HISTORIES = 12
LENGTH = 20
PAID = 50_000


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("model") / "start")


@pytest.fixture
async def story(start: Path, tmp_path: Path) -> History:
    """Two coins in a block, and a network that takes what it can."""
    story = History(start, tmp_path / "wallet", 0)
    story.nodes.moods = ["taken"]
    for _ in range(2):
        await story._receive()
    story.network.mine()
    story._sync()
    return story


def signed(
    story: History, address: str = STRANGER, rate: float = 1, sats: int = PAID
) -> SignedPayment:
    draft = story.wallet.draft(address, sats, rate)
    return story.wallet.finish(draft, sign(draft.psbt))


async def status(story: History, payment: SignedPayment) -> str:
    return {e.row.txid: e.status for e in await history(story.wallet)}[payment.txid]


def test_random_histories_end_well(start: Path, tmp_path: Path) -> None:
    for number in range(HISTORIES):
        story, fault = play(start, tmp_path / str(number), number, LENGTH)
        assert fault is None, "\n".join([f"history {number}: {fault}", *story.log])


async def test_the_model_sees_who_is_paid_twice(story: History) -> None:
    wish = Wish(0, PAID)
    story.wishes.append(wish)
    for number in range(2):
        source = TxIn(Outpoint(bytes([number]) * 32, 0), b"", 0)
        story.network.mine([Transaction(2, (source,), (TxOut(PAID, wish.script),), 0)])
    with pytest.raises(Fault, match="paid 2 times"):
        story._check()


async def test_the_model_sees_a_coin_that_the_wallet_does_not(story: History) -> None:
    story._check()
    await story._receive()
    story.network.mine()
    with pytest.raises(Fault, match="unaccounted"):
        story._check()


async def test_a_shown_payment_that_is_refused_since_can_be_given_up(story: History) -> None:
    payment = signed(story)
    await spend.send(story.wallet, story.nodes, payment)
    with pytest.raises(WalletError, match="call it off"):
        story.wallet.give_up(payment.txid)
    story.nodes.moods = ["refused"]
    await spend.send_again(story.wallet, story.nodes)
    story.wallet.give_up(payment.txid)
    assert await status(story, payment) == "given up"


async def test_what_a_block_had_is_on_its_way_after_a_reorg(story: History) -> None:
    payment = signed(story)
    story.wallet.give_up(payment.txid)
    story.network.mine([Transaction.parse(payment.raw_tx)])  # somebody had it all the same
    story._sync()
    assert await status(story, payment) == "confirmed"
    story.network.reorganize(1, ())
    story.network.forget()
    story._sync()
    assert [record.payment for record in story.wallet.waiting()] == [payment]
    await spend.send_again(story.wallet, story.nodes)
    assert list(story.network.mempool) == [Transaction.parse(payment.raw_tx).txid]


async def test_a_payee_is_not_paid_again_beside_an_ended_payment(story: History) -> None:
    first = signed(story)
    story.wallet.give_up(first.txid)
    other = signed(story, Wish(0, PAID).address)
    await spend.send(story.wallet, story.nodes, other)
    with pytest.raises(WalletError, match=rf"(?s){first.txid}.*paid twice.*next block"):
        signed(story)
    story.network.mine()
    story._sync()
    again = signed(story)  # the other one has ruled the first out
    await spend.send(story.wallet, story.nodes, again)


async def test_the_coin_of_a_given_up_payment_that_a_reorg_took_is_waited_for(
    story: History,
) -> None:
    first = signed(story)
    story.wallet.give_up(first.txid)
    story.network.reorganize(1, ())
    await story._receive()
    story.network.mine(list(story.network.mempool.values())[-1:])
    story._sync()
    with pytest.raises(WalletError, match="paid twice"):
        signed(story, sats=10_000)
    signed(story, Wish(0, PAID).address, sats=10_000)


async def test_a_coin_that_its_sender_took_back_is_not_shown(story: History) -> None:
    coins = list(story.network.chain[-1].transactions)
    story.network.reorganize(1, [taken_back(coin) for coin in coins])
    story._sync()
    assert story.wallet.balance() == Balance(0, 0)
    assert await history(story.wallet) == ()


@pytest.mark.parametrize(
    ("status", "is_ended"),
    [("given up", True), ("replaced", True), ("signed", False), ("sent", False)],
)
async def test_what_a_person_ended_is_ruled_out(
    story: History, status: Status, is_ended: bool
) -> None:
    payment = signed(story)
    record = PaymentRecord(payment, STRANGER, PAID, NOW, status)
    coins = ended.coins_of(payment.raw_tx)
    possible = ended.still_possible([record], ())
    assert ended.ruling_out(possible, coins) == (coins if is_ended else set())
    assert ended.still_possible([record], coins) == []
