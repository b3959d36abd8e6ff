"""What a face has running, on a session in memory: what is drawn in which order, how it ends."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from host.session import record_tasks, tasks, wording
from host.session.api import LieOutcome, UnfinishedPayment
from host.session.state import AttackBoard, IssuedAddress, PaymentProgress, Stage, board_of
from host.values import Balance, Draft, PaymentRequest, ReceiveAddress
from tests.gallery import app_session
from tests.gallery.app_liar import FakeAttacks, lying
from tests.gallery.app_session import FakeSession
from tests.host.faces import Face

REQUEST = PaymentRequest.to(app_session.THEIRS, 25_000, 1.0)


def funded() -> FakeSession:
    return FakeSession(app_session.HOME, funded=True)


async def face_with_wallet(session: FakeSession | None = None) -> Face:
    session = session or funded()
    return Face(session, wallet=await session.snapshot())


async def face_with_draft(session: FakeSession | None = None) -> Face:
    face = await face_with_wallet(session)
    await tasks.draft_payment(face, REQUEST)
    return face


def payment_of(face: Face) -> PaymentProgress:
    assert face.state.payment is not None
    return face.state.payment


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> "AsyncIterator[asyncio.Task[None]]":
    """A task in the background, ended at the end."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_face_needs_no_textual() -> None:
    code = "import sys, host.session.tasks; print({m.split('.')[0] for m in sys.modules})"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"'textual'", "'bdkpython'", "'pbk'", "'serial'"} & set(
        run.stdout.strip("{}\n").split(", ")
    )


# ---- the wallet


async def test_the_wallet_used_last_is_drawn_before_it_is_up_to_date() -> None:
    face = Face(funded())
    await tasks.open_wallet(face)
    assert face.state.synced
    first = next(state for state in face.states if state.wallet)
    assert not first.synced, "the balance is there before the network was asked"


async def test_no_wallet_yet_draws_none() -> None:
    face = Face(FakeSession(app_session.NEW))
    await tasks.open_wallet(face)
    assert face.state.wallet is None
    assert not face.state.problem


async def test_a_network_that_does_not_answer_leaves_the_wallet_and_a_sentence() -> None:
    session = funded()
    session.trouble["sync"] = "None of the 3 peers answers."
    face = Face(session)
    await tasks.open_wallet(face)
    assert face.state.wallet is not None
    assert face.state.problem == "None of the 3 peers answers."
    assert not face.state.synced


async def test_pairing_says_what_it_does_and_brings_the_wallet_to_the_front() -> None:
    face = Face(FakeSession(app_session.HOME), issued=IssuedAddress(ReceiveAddress("x", 0, ())))
    await tasks.pair(face)
    assert face.ever(lambda state: state.busy == wording.PAIRING)
    assert face.opened == 1
    assert face.state.issued is None, "an address of another wallet is not shown"
    assert (face.state.busy, face.state.asking) == ("", "")


async def test_pairing_by_qr_leads_to_the_device_first() -> None:
    session = FakeSession(app_session.HOME)
    session.link = "qr"
    face = Face(session)
    await tasks.pair(face)
    assert face.asked == [wording.ASKS_KEYS, ""]


async def test_pairing_that_fails_leaves_a_sentence_and_nothing_under_way() -> None:
    session = FakeSession(app_session.HOME)
    session.trouble["pair"] = "The device stayed locked."
    face = Face(session)
    await tasks.pair(face)
    assert face.state.problem == "The device stayed locked."
    assert (face.state.busy, face.state.wallet, face.opened) == ("", None, 0)


async def test_a_payment_of_an_earlier_run_waits_on_its_page() -> None:
    draft = Draft(b"psbt", app_session.THEIRS, 25_000, 141)
    for payment, stage in ((None, Stage.WRITTEN), (app_session.PAYMENT, Stage.SIGNED)):
        session = funded()
        session.left_over = UnfinishedPayment(draft, payment)
        face = Face(session)
        await tasks.open_wallet(face)
        assert payment_of(face).stage is stage
        assert payment_of(face).unfinished == session.left_over


# ---- the network and the device


async def test_the_wallet_looks_again_whenever_the_chain_grew() -> None:
    session = funded()
    face = await face_with_wallet(session)
    async with running(tasks.follow_network(face)):
        await face.comes_to(lambda state: state.nodes)
        await session.mine()
        await face.comes_to(lambda state: state.wallet and state.wallet.height == 144)
    assert face.state.synced


async def test_blocks_without_a_wallet_ask_for_nothing() -> None:
    session = FakeSession(app_session.NEW)
    session.trouble["sync"] = "There is no wallet."
    face = Face(session)
    async with running(tasks.follow_network(face)):
        await session.mine()
        await face.comes_to(lambda state: state.height == 144)
    assert not face.state.problem


class Alone(FakeSession):
    """An ordinary wallet: no panel, no playground."""

    panel = None  # type: ignore[assignment]
    playground = None  # type: ignore[assignment]


async def test_without_a_playground_the_chain_is_followed() -> None:
    face = Face(Alone(app_session.HOME, funded=True))
    async with running(tasks.follow_network(face)):
        await face.comes_to(lambda state: state.synced)
    assert face.state.height == 143
    assert face.state.nodes == ()


async def test_without_a_panel_nothing_is_followed_and_play_does_nothing() -> None:
    session = Alone(app_session.HOME, funded=True)
    face = await face_with_wallet(session)
    await tasks.follow_device(face)
    await tasks.fund(face)
    await tasks.mine(face)
    await tasks.toggle_node(face, 0)
    assert face.state.view is None
    assert face.state.wallet == await session.snapshot()
    assert not face.state.problem


async def test_the_panel_is_drawn_as_it_changes() -> None:
    session = FakeSession(app_session.NEW)
    face = Face(session)
    async with running(tasks.follow_device(face)):
        await face.comes_to(lambda state: state.view)
        session.show(app_session.LETTERS)
        await face.comes_to(lambda state: state.view and state.view.kind == "letters")


async def test_the_faucet_pays_and_a_dry_one_is_a_sentence() -> None:
    session = FakeSession(app_session.HOME, paired=True)
    face = await face_with_wallet(session)
    await tasks.fund(face)
    assert face.ever(lambda state: state.busy == wording.FUNDING)
    assert face.state.wallet is not None
    assert face.state.wallet.balance == Balance(5_000_000, 0)
    session.trouble["fund"] = "The faucet holds too few coins."
    await tasks.fund(face)
    assert (face.state.problem, face.state.busy) == ("The faucet holds too few coins.", "")


async def test_a_node_is_stopped_and_started_by_the_same_task() -> None:
    session = funded()
    face = Face(session)
    async with running(tasks.follow_network(face)):
        await face.comes_to(lambda state: state.peers == 3)
        await tasks.toggle_node(face, 1)
        await face.comes_to(lambda state: state.peers == 2)
        assert not face.state.nodes[1].alive
        await tasks.toggle_node(face, 1)
        await face.comes_to(lambda state: state.peers == 3)


async def test_a_miner_that_cannot_is_a_sentence() -> None:
    session = funded()
    session.trouble["mine"] = "Every node is dead. Revive one first."
    face = Face(session)
    await tasks.mine(face)
    assert face.state.problem == "Every node is dead. Revive one first."


# ---- the cable


async def test_the_cable_is_pulled_and_plugged_by_the_same_task() -> None:
    session = funded()
    face = await face_with_wallet(session)
    await tasks.move_cable(face)
    assert (session.plugged, face.state.plugged) == (False, False)
    await tasks.move_cable(face)
    assert (session.plugged, face.state.plugged) == (True, True)


async def test_a_stopped_payment_says_that_the_cable_is_back() -> None:
    session = funded()
    face = await face_with_draft(session)
    session.trouble["sign"] = "The cable was pulled."
    await tasks.resume_payment(face)
    await session.unplug()
    await tasks.move_cable(face)
    assert payment_of(face).problem == wording.PLUGGED_AGAIN


async def test_a_payment_that_did_not_stop_says_nothing_of_the_cable() -> None:
    session = funded()
    face = await face_with_draft(session)
    await session.unplug()
    await tasks.move_cable(face)
    assert payment_of(face).problem == ""


async def test_a_device_without_a_panel_is_paired_when_it_is_plugged_in() -> None:
    session = Alone(app_session.HOME)
    session.plugged = False
    face = Face(session)
    await tasks.move_cable(face)
    assert face.opened == 1


# ---- addresses


async def test_an_address_is_verified_by_the_device_and_drawn_so() -> None:
    session = funded()
    face = await face_with_wallet(session)
    await tasks.issue_address(face)
    async with running(record_tasks.verify(face)) as verifying:
        await face.comes_to(lambda state: state.asking == wording.ASKS_ADDRESS)
        await session.press("ok")
        await verifying
    assert face.state.issued is not None
    assert (face.state.issued.verified, face.state.issued.problem) == (True, "")
    assert face.asked[-1] == "", "the keyboard comes back"


async def test_a_no_to_an_address_is_an_alarm_and_it_is_not_asked_about_again() -> None:
    session = funded()
    face = await face_with_wallet(session)
    await tasks.issue_address(face)
    async with running(record_tasks.verify(face)) as verifying:
        await face.comes_to(lambda state: state.asking == wording.ASKS_ADDRESS)
        await session.press("stop")
        await verifying
    assert face.state.issued is not None
    assert face.state.issued.alarm.startswith("Do not use this address.")
    assert not face.state.issued.verified
    await record_tasks.verify(face)
    assert len(session.verified) == 1


async def test_a_problem_stands_beside_the_address_and_takes_the_verdict_back() -> None:
    session = funded()
    face = await face_with_wallet(session)
    await tasks.issue_address(face)
    assert face.state.issued is not None
    face.change(issued=replace(face.state.issued, verified=True))
    session.trouble["verify"] = "The device cannot show addresses."
    await record_tasks.verify(face)
    assert face.state.issued is not None
    assert not face.state.issued.verified
    assert face.state.issued.problem == "The device cannot show addresses."


async def test_without_an_address_there_is_nothing_to_verify() -> None:
    face = await face_with_wallet()
    await record_tasks.verify(face)
    assert face.states == []


async def test_a_device_that_cannot_be_unlocked_is_said_beside_the_address() -> None:
    session = funded()
    session.trouble["unlock"] = "The device stayed locked."
    face = await face_with_wallet(session)
    await tasks.issue_address(face)
    await record_tasks.verify(face)
    assert face.state.issued is not None
    assert face.state.issued.problem == "The device stayed locked."
    assert session.verified == []


# ---- a payment


async def test_a_payment_is_drawn_stage_by_stage() -> None:
    session = funded()
    face = await face_with_draft(session)
    async with running(tasks.resume_payment(face)) as paying:
        await face.comes_to(lambda state: state.asking == wording.ASKS_PAYMENT)
        assert payment_of(face).stage is Stage.ASKED
        assert payment_of(face).working
        await session.approve()
        await paying
    stages = [state.payment.stage for state in face.states if state.payment]
    assert list(dict.fromkeys(stages)) == [Stage.WRITTEN, Stage.ASKED, Stage.SIGNED, Stage.SPREAD]
    assert payment_of(face).sent == app_session.sent(2)
    assert not payment_of(face).working
    assert face.ever(lambda state: state.busy == wording.SENDING)
    assert (face.state.busy, face.state.asking) == ("", "")
    assert face.state.wallet is not None
    assert face.state.wallet.balance.confirmed_sats == 5_000_000 - 25_000 - 141


async def test_each_bit_of_progress_is_drawn_while_it_spreads() -> None:
    session = funded()
    face = await face_with_draft(session)
    async with running(tasks.resume_payment(face)) as paying:
        await face.comes_to(lambda state: state.asking)
        await session.approve()
        await paying
    seen = [state.payment.sent for state in face.states if state.payment and state.payment.sent]
    assert seen[0] == app_session.sent(0)
    assert seen[-1] == app_session.sent(2)


async def test_a_locked_device_is_asked_for_its_pin_first() -> None:
    session = FakeSession(app_session.LOCKED, funded=True)
    face = await face_with_draft(session)
    face.change(view=app_session.LOCKED)
    async with running(tasks.resume_payment(face)):
        await face.comes_to(lambda state: state.asking == wording.ASKS_PAYMENT)
    assert face.asked[:2] == [wording.ASKS_PIN, wording.ASKS_PAYMENT]


async def test_without_a_panel_a_person_is_told_that_the_device_may_ask() -> None:
    face = await face_with_draft(Alone(app_session.HOME, funded=True))
    async with running(tasks.resume_payment(face)):
        await face.comes_to(lambda state: state.asking == wording.ASKS_PAYMENT)
    assert face.asked[0] == wording.MAY_ASK_PIN


@pytest.mark.parametrize("method", ["unlock", "sign"])
async def test_a_device_that_fails_stops_the_payment_before_it_is_signed(method: str) -> None:
    session = funded()
    session.trouble[method] = "The device refused. Nothing was paid."
    face = await face_with_draft(session)
    await tasks.resume_payment(face)
    assert payment_of(face).stage is Stage.ASKED
    assert payment_of(face).problem == "The device refused. Nothing was paid."
    assert payment_of(face).signed is None
    assert not payment_of(face).working


async def test_a_payment_that_was_not_sent_is_sent_without_the_device() -> None:
    session = funded()
    session.trouble["send"] = "None of the 3 peers answers."
    face = await face_with_draft(session)
    async with running(tasks.resume_payment(face)) as paying:
        await face.comes_to(lambda state: state.asking)
        await session.approve()
        await paying
    assert payment_of(face).stage is Stage.SIGNED
    assert payment_of(face).problem == "None of the 3 peers answers."
    asked_before = len(session.signed)
    await tasks.resume_payment(face)
    assert payment_of(face).stage is Stage.SPREAD
    assert payment_of(face).problem == ""
    assert len(session.signed) == asked_before


async def test_who_stops_waiting_is_told_that_nothing_was_signed() -> None:
    face = await face_with_draft()
    async with running(tasks.resume_payment(face)) as paying:
        await face.comes_to(lambda state: state.asking == wording.ASKS_PAYMENT)
        paying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await paying
    assert payment_of(face).problem == wording.STOPPED_WAITING
    assert not payment_of(face).working
    assert face.state.asking == ""


async def test_without_a_payment_there_is_nothing_to_resume() -> None:
    face = await face_with_wallet()
    await tasks.resume_payment(face)
    assert face.states == []


async def test_a_draft_that_cannot_be_made_leaves_no_payment() -> None:
    session = funded()
    session.trouble["draft"] = "200 sats is too little. No payment was created."
    face = await face_with_draft(session)
    assert face.state.payment is None
    assert face.state.problem == "200 sats is too little. No payment was created."


async def test_a_discarded_draft_is_discarded_in_the_wallet_too() -> None:
    session = funded()
    face = await face_with_draft(session)
    await tasks.discard(face, payment_of(face).draft)
    assert session.discarded == [payment_of(face).draft]


async def test_a_payment_is_confirmed_by_what_the_chain_says() -> None:
    session = funded()
    face = await face_with_draft(session)
    async with running(tasks.resume_payment(face)) as paying:
        await face.comes_to(lambda state: state.asking)
        await session.approve()
        await paying
    await tasks.sync(face)
    assert payment_of(face).stage is Stage.SPREAD, "no block yet"
    await session.mine()
    await tasks.sync(face)
    assert (payment_of(face).stage, payment_of(face).height) == (Stage.CONFIRMED, 144)


async def lied_to(session: FakeSession, name: str = "address") -> Face:
    """A face at which this lie was chosen, and not told yet."""
    face = Face(session, wallet=await session.snapshot(), attack=board_of(session))
    await tasks.choose_lie(face, name)
    return face


def board(face: Face) -> AttackBoard:
    assert face.state.attack is not None
    return face.state.attack


async def test_a_lie_is_shown_first_and_told_then() -> None:
    session = lying()
    face = await lied_to(session)
    assert board(face).draft is not None
    assert not face.asked
    async with running(tasks.tell_lie(face)) as task:
        await face.comes_to(lambda state: state.asking)
        await session.press("stop")
        await task
    assert face.asked == [wording.ASKS_PAYMENT, ""]
    assert board(face).draft is None
    (outcome,) = board(face).outcomes
    assert (outcome.name, outcome.caught) == ("address", True)


async def test_another_lie_takes_the_place_of_the_chosen_one() -> None:
    session = lying()
    face = await lied_to(session)
    await tasks.choose_lie(face, "fee")
    assert board(face).current == board(face).lies[1]
    assert board(face).outcomes == ()


async def test_a_lie_that_fails_is_a_sentence_and_can_be_told_again() -> None:
    session = lying()
    face = await lied_to(session)
    session.trouble["sign"] = "The cable was pulled."
    await tasks.tell_lie(face)
    assert face.state.problem == "The cable was pulled."
    assert face.state.asking == ""
    assert board(face).outcomes == ()
    assert board(face).current is not None


async def test_what_was_not_chosen_is_not_told() -> None:
    face = Face(lying(), attack=board_of(lying()))
    await tasks.tell_lie(face)
    assert not face.states


async def test_an_honest_session_tells_no_lie() -> None:
    face = await face_with_wallet()
    assert board_of(face.session) is None
    await tasks.choose_lie(face, "address")
    await tasks.tell_lie(face)
    assert not face.states


def test_the_score_is_of_the_latest_try_of_each_lie() -> None:
    empty = AttackBoard(FakeAttacks.lies, "1")
    believed = empty.ended(LieOutcome("fee", False, 7, "")).ended(
        LieOutcome("address", True, 5, "")
    )
    assert (believed.lost_sats, believed.stake_sats) == (7, 12)
    caught = believed.ended(LieOutcome("fee", True, 8, ""))
    assert (caught.lost_sats, caught.stake_sats) == (0, 13)
    assert [entry.name for entry in caught.outcomes] == ["address", "fee"]
    assert caught.outcome(empty.lies[5]) is None
