"""What can go wrong in mid-payment: each ends in a sentence, and the next try works."""

import asyncio
from pathlib import Path

import pytest

from host.demo.auto import COINS_SATS, PIN, together
from host.errors import DeclinedOnDevice, LinkLost
from host.session import payment
from host.session.api import UnfinishedPayment
from host.values import PaymentRequest
from tests.journeys.desk import WRONG_PIN, Desk, desk
from tests.nights import AT_NIGHT

WISH_SATS = 25_000


def request(on: Desk) -> PaymentRequest:
    return PaymentRequest.to(on.recipient, WISH_SATS, 2.0)


async def pay(on: Desk) -> str:
    """A payment with every page accepted. Returns its txid."""
    sent, _ = await together(payment.pay(on.session, request(on)), on.finger.accept())
    await on.finger.dismiss()
    return sent.txid


async def test_a_payment_rejected_on_the_device_leaves_nothing_and_the_next_one_goes(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as on:
        with pytest.raises(DeclinedOnDevice, match="You said no on the device"):
            await together(payment.pay(on.session, request(on)), on.finger.reject())
        await on.finger.dismiss()
        assert await on.mempools() == set()
        assert await on.session.unfinished() is None
        assert on.wallet.balance().confirmed_sats == COINS_SATS
        txid = await pay(on)
        assert await on.mempools() == {txid}


@AT_NIGHT
async def test_a_wrong_pin_costs_a_try_and_the_right_one_goes_on(tmp_path: Path) -> None:
    async with desk(tmp_path) as on:
        await on.finger.open_menu("Lock")
        await on.parts.control.wait_for(lambda view: view.state == "locked")
        unlocking = asyncio.ensure_future(on.session.unlock())
        await on.parts.control.wait_for(lambda view: view.kind == "pinpad")
        await on.finger.unlock(WRONG_PIN)
        view = await on.parts.control.wait_for(lambda view: view.kind == "notice")
        assert "7 tries left." in " ".join(view.lines)
        assert not unlocking.done()
        await on.parts.control.press_at_once("ok")
        await on.finger.unlock(PIN)
        await unlocking
        assert await pay(on)


async def test_a_cable_pulled_in_mid_review_signs_nothing_and_the_draft_goes_on(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as on:
        draft = await on.session.draft(request(on))
        signing = asyncio.ensure_future(on.session.sign(draft))
        await on.parts.control.wait_for(lambda view: view.kind == "confirm")
        await on.session.unplug()
        with pytest.raises(LinkLost, match="Nothing was paid"):
            await signing
        view = await on.parts.control.wait_for(lambda view: view.kind == "notice")
        assert "Nothing was signed." in view.lines
        await on.finger.dismiss()
        unfinished = await on.session.unfinished()
        assert unfinished == UnfinishedPayment(draft)
        await on.session.plug()
        again = payment.finish_payment(on.session, unfinished)
        sent, _ = await together(again, on.finger.accept())
        assert await on.mempools() == {sent.txid}


async def test_a_killed_node_stops_no_payment_and_catches_up_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as on:
        await on.parts.devnet.kill(1)
        txid = await pay(on)
        await on.parts.devnet.mine(1)
        await on.parts.backend.sync(on.wallet)
        assert on.wallet.confirmations(txid) == 1
        await on.parts.devnet.revive(1)
        nodes = await on.parts.devnet.status()
        assert len({node.tip for node in nodes}) == 1
        assert all(node.alive for node in nodes)
