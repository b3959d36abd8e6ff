"""Every payment has an ending: sent, in a block, replaced, given up, forgotten, impossible."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import bdkpython as bdk
import pytest

from host.app import spend
from host.app.history import history
from host.backends.p2p import P2pBackend
from host.cli.status import exit_code
from host.config import grouped, wall_clock
from host.devnet.network import Devnet
from host.errors import NetworkError, TooFewCoins, WalletError
from host.session.payment import Drafted
from host.transactions import Transaction
from host.values import Balance, Draft, PaymentRequest, SignedPayment
from host.wallet import Wallet, replacing
from tests.devnets import STRANGER, branch
from tests.wallets import fund, opened, paired, sign

COIN = 1_000_000  # sats
PAID = 50_000
OTHER = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry"  # BIP173


@pytest.fixture
async def wallet(devnet: Devnet, backend: P2pBackend, tmp_path: Path) -> AsyncIterator[Wallet]:
    """One coin in a block."""
    wallet = paired(tmp_path / "wallet")
    await devnet.fund(wallet.next_address().address, COIN)
    await backend.sync(wallet)
    yield wallet
    wallet.close()


def signed(wallet: Wallet, draft: Draft) -> SignedPayment:
    return wallet.finish(draft, sign(draft.psbt))


def pays(raw_tx: bytes) -> int:
    """What a transaction pays the stranger."""
    script = bytes.fromhex("0014751e76e8199196d454941c45d1b3a323f1433bd6")
    outputs = Transaction.parse(raw_tx).outputs
    return sum(output.sats for output in outputs if output.script_pubkey == script)


async def statuses(wallet: Wallet) -> dict[str, str]:
    return {entry.row.txid: entry.status for entry in await history(wallet)}


async def mined(devnet: Devnet, backend: P2pBackend, wallet: Wallet, blocks: int = 1) -> None:
    await devnet.mine(blocks)
    await backend.sync(wallet)


async def test_a_refused_payment_is_given_up_and_its_coins_are_free(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet, tmp_path: Path
) -> None:
    cheap = signed(wallet, wallet.draft(STRANGER, PAID, 0.5))
    with pytest.raises(NetworkError, match="below 1 sat/vB"):
        await spend.send(wallet, backend, cheap)
    assert "below 1 sat/vB" in wallet.store.payments()[0].refusal
    with pytest.raises(TooFewCoins):
        wallet.draft(STRANGER, PAID, 1)  # its change was shown by nobody
    wallet.give_up(cheap.txid)
    assert wallet.balance() == Balance(COIN, 0)
    wallet.close()
    again = opened(tmp_path / "wallet")
    assert again.balance() == Balance(COIN, 0)
    paid = signed(again, again.draft(STRANGER, PAID, 1))
    await spend.send(again, backend, paid)
    await mined(devnet, backend, again)
    assert again.balance() == Balance(COIN - PAID - paid.fee_sats, 0)
    assert await statuses(again) | {cheap.txid: "given up", paid.txid: "confirmed"} == (
        await statuses(again)
    )


async def test_the_payment_after_a_given_up_one_rules_it_out(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    await devnet.fund(wallet.next_address().address, 2 * COIN)
    await backend.sync(wallet)
    first = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    wallet.give_up(first.txid)
    second = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    inputs = [
        {txin.outpoint for txin in Transaction.parse(each.raw_tx).inputs}
        for each in (first, second)
    ]
    assert inputs[0] & inputs[1]
    wallet.store.mark_sent(second.txid)
    third = signed(wallet, wallet.draft(STRANGER, PAID, 1))  # nothing is left to rule out
    assert third.txid != second.txid


async def test_a_given_up_payment_that_a_block_brings_is_known_again(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    payment = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    wallet.give_up(payment.txid)
    await backend.broadcast(payment.raw_tx)  # somebody had it all the same
    await mined(devnet, backend, wallet)
    assert wallet.balance() == Balance(COIN - PAID - payment.fee_sats, 0)
    assert (await statuses(wallet))[payment.txid] == "confirmed"


async def test_what_waits_is_sent_before_anything_new(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    first = signed(wallet, wallet.draft(STRANGER, PAID, 1))  # killed before it was sent
    with pytest.raises(TooFewCoins):
        wallet.draft(STRANGER, 2 * PAID, 1)
    await spend.send_waiting(wallet, backend)
    second = signed(wallet, wallet.draft(STRANGER, 2 * PAID, 1))
    await spend.send(wallet, backend, second)
    await mined(devnet, backend, wallet)
    assert {first.txid, second.txid} <= {
        txid for txid, status in (await statuses(wallet)).items() if status == "confirmed"
    }
    assert wallet.balance() == Balance(COIN - 3 * PAID - first.fee_sats - second.fee_sats, 0)


async def test_what_cannot_be_sent_stops_the_next_payment_with_its_name(
    backend: P2pBackend, wallet: Wallet
) -> None:
    cheap = signed(wallet, wallet.draft(STRANGER, PAID, 0.5))
    says = rf"(?s)not sent \({cheap.txid}\).*give it up"
    with pytest.raises(NetworkError, match=says) as raised:
        await spend.send_waiting(wallet, backend)
    assert exit_code(raised.value).code == "no_network"


async def test_own_change_is_mine_before_a_block_and_can_be_paid_on(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    first = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    change = COIN - PAID - first.fee_sats
    assert wallet.balance() == Balance(0, change, 0)
    await spend.send(wallet, backend, first)
    assert wallet.balance() == Balance(0, 0, change)
    second = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, second)
    await mined(devnet, backend, wallet)
    assert wallet.balance() == Balance(change - PAID - second.fee_sats, 0)


async def test_a_payment_that_every_mempool_forgot_is_sent_again(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    payment = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, payment)
    for index in range(3):
        await devnet.kill(index)
    for index in range(3):
        await devnet.revive(index)
    assert not any(node.mempool for node in devnet.status())
    await spend.send_again(wallet, backend)
    assert all(payment.txid in node.mempool for node in devnet.status())


async def test_a_payment_whose_block_lost_is_on_its_way_again(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    payment = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, payment)
    await mined(devnet, backend, wallet)
    for block in branch(devnet.node(0).chain, depth=1, length=2):
        for index in range(len(devnet.status())):
            devnet.node(index).submit_block(block.encode())
    await backend.sync(wallet)
    assert [record.payment for record in wallet.waiting()] == [payment]
    await spend.send_again(wallet, backend)
    await mined(devnet, backend, wallet)
    assert (await statuses(wallet))[payment.txid] == "confirmed"
    assert wallet.balance() == Balance(COIN - PAID - payment.fee_sats, 0)


async def test_a_higher_fee_takes_the_place_of_a_payment(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    slow = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, slow)
    with pytest.raises(WalletError, match="is needed at least"):
        wallet.draft_bump(slow.txid, 1)
    draft = wallet.draft_bump(slow.txid, 20)
    assert (draft.recipient, draft.sats, draft.replaces) == (STRANGER, PAID, slow.txid)
    quick = signed(wallet, draft)
    await spend.send(wallet, backend, quick)
    assert all(node.mempool == (quick.txid,) for node in devnet.status())
    assert wallet.balance() == Balance(0, 0, COIN - PAID - quick.fee_sats)
    await mined(devnet, backend, wallet)
    assert wallet.balance() == Balance(COIN - PAID - quick.fee_sats, 0)
    assert (await statuses(wallet))[slow.txid] == "replaced"
    assert pays(quick.raw_tx) == PAID


async def test_a_payment_is_called_off_to_yourself(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet, tmp_path: Path
) -> None:
    payment = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, payment)
    kept = wallet.draft_call_off(payment.txid, 1)
    assert wallet.balance().change_sats == COIN - PAID - payment.fee_sats, "not before the yes"
    wallet.close()
    wallet = opened(tmp_path / "wallet")
    assert wallet.store.draft() == kept
    sentence = Drafted(kept).sentence
    assert sentence.startswith(
        f"Pay back to yourself {grouped(kept.sats)} sats to {kept.recipient},"
    )
    assert f"It replaces {payment.txid}: only one" in sentence
    back = signed(wallet, kept)
    assert pays(back.raw_tx) == 0
    await spend.send(wallet, backend, back)
    await mined(devnet, backend, wallet)
    assert wallet.balance() == Balance(COIN - back.fee_sats, 0)
    assert (await statuses(wallet))[payment.txid] == "replaced"
    wallet.close()


async def test_a_calling_off_takes_a_higher_fee_too(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    payment = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, payment)
    slow = signed(wallet, wallet.draft_call_off(payment.txid, 2))
    await spend.send(wallet, backend, slow)
    draft = wallet.draft_bump(slow.txid, 9)
    quick = signed(wallet, draft)
    assert draft.sats == COIN - quick.fee_sats
    await spend.send(wallet, backend, quick)
    await mined(devnet, backend, wallet)
    assert wallet.balance() == Balance(COIN - quick.fee_sats, 0)
    assert (await statuses(wallet))[slow.txid] == "replaced"


async def test_a_payee_is_paid_again_only_with_what_a_reorg_of_the_calling_off_takes_back(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    """A reorg that undoes the calling off undoes the new payment, too: nobody is paid twice."""
    await devnet.fund(wallet.next_address().address, 2 * COIN)
    await mined(devnet, backend, wallet)
    first = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, first)
    taken_back = signed(wallet, wallet.draft_call_off(first.txid, 5))
    await spend.send(wallet, backend, taken_back)
    await mined(devnet, backend, wallet)
    other = next(coin for coin in wallet.utxos() if not coin.outpoint.startswith(taken_back.txid))
    request = replace(PaymentRequest.to(STRANGER, PAID, 1), coins=(other.outpoint,))
    with pytest.raises(WalletError, match=rf"{first.txid}.*could still revive.*\(now 1\)"):
        wallet.draft_request(request)
    again = Transaction.parse(signed(wallet, wallet.draft(STRANGER, PAID, 1)).raw_tx)
    assert taken_back.txid in {txin.outpoint.txid[::-1].hex() for txin in again.inputs}


async def test_a_draft_that_would_replace_is_discarded_without_a_trace(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    payment = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, payment)
    before = wallet.balance()
    for draft in (wallet.draft_bump(payment.txid, 5), wallet.draft_call_off(payment.txid, 5)):
        wallet.discard(draft)
        assert wallet.balance() == before
    await mined(devnet, backend, wallet)
    assert (await statuses(wallet))[payment.txid] == "confirmed"


async def test_a_payment_whose_change_is_spent_is_not_replaced(
    backend: P2pBackend, wallet: Wallet
) -> None:
    first = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, first)
    second = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    for replacement in (wallet.draft_bump, wallet.draft_call_off):
        with pytest.raises(WalletError, match=second.txid):
            replacement(first.txid, 10)
    spenders = {entry.row.txid: entry.spent_by for entry in await history(wallet)}
    assert spenders[first.txid] == second.txid
    assert not spenders[second.txid]


def test_what_is_built_on_an_ended_payment_waits_until_a_person_ends_it(tmp_path: Path) -> None:
    """BDK counts them no more, and would again after the next start."""
    wallet = paired(tmp_path)
    fund(wallet, COIN)
    payments = []
    for _ in range(3):
        payments.append(signed(wallet, wallet.draft(STRANGER, PAID, 1)))
        wallet.store.mark_sent(payments[-1].txid)
    for payment in payments:
        wallet.store.mark_refused(payment.txid, "Every peer refused it.")
    for payment in payments[:2]:  # for BDK they are there while something is built on them
        replacing.forget(wallet.engine, [payment.txid], wall_clock())
    wallet.give_up(payments[2].txid)
    assert wallet.engine.get_tx(bdk.Txid.from_string(payments[1].txid)) is None
    assert [record.payment for record in wallet.waiting()] == payments[:2]
    with pytest.raises(WalletError, match=payments[1].txid):
        wallet.give_up(payments[0].txid)
    wallet.give_up(payments[1].txid)
    wallet.give_up(payments[0].txid)
    assert wallet.waiting() == ()
    assert wallet.balance() == opened(tmp_path).balance() == Balance(COIN, 0)


async def test_what_the_network_has_shown_is_not_given_up(
    backend: P2pBackend, wallet: Wallet
) -> None:
    payment = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, payment)
    with pytest.raises(WalletError, match="call it off"):
        wallet.give_up(payment.txid)
    with pytest.raises(WalletError, match="on its way"):
        wallet.give_up("00" * 32)


async def test_a_twin_that_spends_the_coin_makes_a_payment_impossible(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet, tmp_path: Path
) -> None:
    twin = paired(tmp_path / "twin")
    await backend.sync(twin)
    mine = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    theirs = signed(twin, twin.draft(STRANGER, 2 * PAID, 1))
    await spend.send(twin, backend, theirs)
    await mined(devnet, backend, wallet)
    assert (await statuses(wallet))[mine.txid] == "impossible"
    assert spend.unsent(wallet) == ()
    assert wallet.balance() == Balance(COIN - 2 * PAID - theirs.fee_sats, 0)
    twin.close()


def test_a_coin_of_others_that_is_in_no_block_is_not_spent(tmp_path: Path) -> None:
    wallet = paired(tmp_path)
    fund(wallet, COIN, in_block=False)
    assert wallet.balance() == Balance(0, COIN)
    with pytest.raises(TooFewCoins):
        wallet.draft(STRANGER, PAID, 1)


def test_a_draft_is_kept_when_the_next_one_cannot_be_made(tmp_path: Path) -> None:
    wallet = paired(tmp_path)
    fund(wallet, COIN)
    kept = wallet.draft(STRANGER, PAID, 1)
    with pytest.raises(TooFewCoins):
        wallet.draft(STRANGER, 2 * COIN, 1)
    assert wallet.store.draft() == kept


async def test_a_fee_that_no_peer_passes_on_is_said_before_the_device_is_asked(
    backend: P2pBackend,
) -> None:
    assert await backend.fee_floor() == 1
    await spend.check_rate(backend, 1)
    with pytest.raises(WalletError, match=r"from 1 sat/vB on, and this is 0\.5 sat/vB"):
        await spend.check_rate(backend, 0.5)


async def undo_the_last_blocks(devnet: Devnet, depth: int) -> None:
    """A longer branch of empty blocks; what was in them is gone from all mempools."""
    for block in branch(devnet.node(0).chain, depth, depth + 1):
        for index in range(len(devnet.status())):
            devnet.node(index).submit_block(block.encode())
    for change in (devnet.kill, devnet.revive):
        for index in range(3):
            await change(index)


async def test_an_impossible_payment_is_revived_by_a_reorg(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet, tmp_path: Path
) -> None:
    """The twin's block is undone, and its payment is forgotten: the first one is on its way."""
    twin = paired(tmp_path / "twin")
    await backend.sync(twin)
    mine = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    theirs = signed(twin, twin.draft(STRANGER, 2 * PAID, 1))
    await spend.send(twin, backend, theirs)
    twin.close()
    await mined(devnet, backend, wallet)
    (entry,) = [each for each in await history(wallet) if each.row.txid == mine.txid]
    assert (entry.status, entry.conflict_depth) == ("impossible", 1)
    await mined(devnet, backend, wallet)
    assert wallet.conflict_depths() == {mine.txid: 2}
    with pytest.raises(WalletError, match=r"could still revive it.*has 6 confirmations \(now 2\)"):
        wallet.draft(STRANGER, PAID, 1)
    await undo_the_last_blocks(devnet, depth=2)
    await backend.sync(wallet)
    assert (await statuses(wallet))[mine.txid] == "not sent"
    assert [record.payment for record in wallet.waiting()] == [mine]
    await spend.send_waiting(wallet, backend)
    await mined(devnet, backend, wallet)
    assert (await statuses(wallet))[mine.txid] == "confirmed"


async def test_what_was_given_up_stays_ended_when_what_it_is_built_on_comes_back(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    """It was not there to be forgotten while another one had the place of its parent."""
    first = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    wallet.store.mark_sent(first.txid)
    parent = signed(wallet, wallet.draft_call_off(first.txid, 5))
    wallet.store.mark_sent(parent.txid)
    child = signed(wallet, wallet.draft(OTHER, PAID, 1))
    wallet.store.mark_refused(child.txid, "Every peer refused it.")
    wallet.store.mark_sent(first.txid)  # a block had shown it that lost
    late = bdk.UnconfirmedTx(tx=bdk.Transaction(first.raw_tx), last_seen=wall_clock() + 9)
    wallet.engine.apply_unconfirmed_txs([late])
    assert wallet.engine.get_tx(bdk.Txid.from_string(parent.txid)) is None
    wallet.give_up(child.txid)
    await spend.send(wallet, backend, parent)
    await mined(devnet, backend, wallet)
    assert wallet.balance() == Balance(COIN - parent.fee_sats, 0)


async def test_the_payee_is_paid_again_once_six_confirmations_rule_the_payment_out(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet, tmp_path: Path
) -> None:
    twin = paired(tmp_path / "twin")
    await backend.sync(twin)
    mine = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(twin, backend, signed(twin, twin.draft(OTHER, 2 * PAID, 1)))
    twin.close()
    await mined(devnet, backend, wallet, 5)
    with pytest.raises(WalletError, match="now 5"):
        wallet.draft(STRANGER, PAID, 1)
    await mined(devnet, backend, wallet)
    assert wallet.conflict_depths() == {mine.txid: 6}
    assert wallet.draft(STRANGER, PAID, 1).recipient == STRANGER


async def test_peers_that_cannot_be_reached_have_refused_nothing(
    devnet: Devnet, backend: P2pBackend, wallet: Wallet
) -> None:
    payment = signed(wallet, wallet.draft(STRANGER, PAID, 1))
    await spend.send(wallet, backend, payment)
    (record,) = wallet.store.payments()
    assert 0 < record.seen_by <= record.peers
    for index in range(3):
        await devnet.kill(index)
    await spend.send_again(wallet, backend)
    assert (await statuses(wallet))[payment.txid] == "waiting"
    with pytest.raises(WalletError, match="cannot be given up"):
        wallet.give_up(payment.txid)
    wallet.store.mark_refused(payment.txid, "No peer asked for it.")
    assert (await statuses(wallet))[payment.txid] == "forgotten"
    wallet.give_up(payment.txid)
