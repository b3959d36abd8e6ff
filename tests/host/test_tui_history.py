"""The history of the app: what became of each payment, and what can still be done about it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from host.demo import opening as demo_opening
from host.demo.finger import ScriptedFinger
from host.demo.parts import Parts
from host.demo.session import DemoSession
from host.errors import WalletError
from host.session import endings
from host.session.endings import WayOut
from host.session.state import AppState, Stage
from host.tui.app import QuietkeyApp
from host.tui.screens.page import paid_to
from host.values import (
    HistoryEntry,
    HistoryRow,
    PaymentRecord,
    PaymentRequest,
    SignedPayment,
    Status,
)
from host.wallet.ended import check_revivable
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_session import FakeSession, opening_of
from tests.gallery.app_shots import APPROVED, BUMP, OPENED, PASTE, SENT
from tests.host.pilots import Reviewer, Watcher, past, shows
from tests.host.test_tui_records import at_the
from tests.nights import AT_NIGHT

PIN = "274186"
TXID = app_session.TXID
BOTH = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


def entry(status: Status, refusal: str = "", **fields: object) -> HistoryEntry:
    record = PaymentRecord(SignedPayment(b"", TXID, 141), "bc1", 5, 0, status, refusal)
    row = HistoryRow(TXID, 0, 141, None, 0, 0)
    return replace(HistoryEntry(row, record, vbytes=141), **fields)  # type: ignore[arg-type]


@asynccontextmanager
async def app_on(session: FakeSession, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Watcher]:
    app = QuietkeyApp(opening_of(session), clock=FedClock())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Watcher(pilot, app)


def funded() -> FakeSession:
    return FakeSession(app_session.HOME, funded=True)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (entry("signed"), "not sent"),
        (entry("sent"), "waiting"),
        (entry("sent", "No peer has shown it."), "forgotten"),
        (entry("sent", is_possible=False), "impossible"),
        (entry("given up", is_possible=False), "given up"),
        (entry("replaced", is_possible=False), "replaced"),
        (entry("sent", row=HistoryRow(TXID, -5, 1, 7, 3, 0)), "confirmed"),
    ],
)
def test_each_status_has_its_words_and_its_ways_out(told: HistoryEntry, status: str) -> None:
    assert told.status == status
    sentences = endings.status_sentences(told)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert bool(endings.ways_out(told)) is (status in {"not sent", "waiting", "forgotten"})
    assert (WayOut.GIVE_UP in endings.ways_out(told)) is (status in {"not sent", "forgotten"})


def test_a_payment_whose_change_is_spent_can_only_be_sent_again() -> None:
    for told in (entry("signed", spent_by="ab"), entry("sent", spent_by="ab")):
        assert endings.ways_out(told) == (WayOut.SEND_AGAIN,)
    assert endings.ways_out(entry("sent", spent_by="ab", is_possible=False)) == ()


def test_what_somebody_else_pays_can_be_lifted_until_a_block_has_it() -> None:
    coming = HistoryEntry(HistoryRow(TXID, 40_000, None, None, 0, None))
    assert endings.ways_out(coming) == (WayOut.LIFT,)
    assert endings.ways_out(replace(coming, spent_by="ab")) == (), "it is being lifted"
    for row in (HistoryRow(TXID, 40_000, None, 7, 1, 0), HistoryRow(TXID, -5, None, None, 0, None)):
        assert endings.ways_out(replace(coming, row=row)) == ()
    assert endings.proposed_rate(coming) == endings.LEAST_STEP, "its own fee is not known"


async def test_a_payment_that_is_coming_is_lifted_from_its_page() -> None:
    session = FakeSession(app_session.HOME, funded=True)
    session.hear_of(TXID, 40_000)
    async with at_the(session) as person:
        page = await person.does("h", "enter")
        assert "v lifts it: you spend its coin, at a fee that is enough for both (CPFP)." in page
        assert "Raise fee" not in page
        assert "Both together pay this rate." in await person.does("v")
        bill = await person.does("enter")
        assert "both pay 2 sat/vB together" in bill
        payment = person.state.payment
        assert payment is not None
        assert payment.draft.request == PaymentRequest((), 2.0, child_of=TXID)


async def test_a_payment_of_ones_own_is_not_lifted_but_raised() -> None:
    async with at_the(FakeSession(app_session.HOME, funded=True)) as person:
        page = await person.does(*SENT, "escape", "h", "enter", "v")
        assert "raise its fee with +" in page


def test_what_a_reorg_could_revive_is_said_until_six_confirmations() -> None:
    young, old = (entry("sent", is_possible=False, conflict_depth=depth) for depth in (5, 6))
    assert "now 5" in " ".join(endings.status_sentences(young))
    assert endings.short_status(young) == "impossible, 5 of 6"
    assert "reorg" not in " ".join(endings.status_sentences(old))
    assert endings.short_status(old) == "impossible"


@pytest.mark.parametrize("address", ["bc1", "bc2"])
def test_none_of_several_is_paid_again_while_a_reorg_could_revive_it(address: str) -> None:
    record = entry("sent").record
    assert record is not None
    several = replace(record, recipient="bc1 bc2")
    with pytest.raises(WalletError, match="now 5"):
        check_revivable(address, [several], {TXID: 5})
    check_revivable(address, [several], {TXID: 6})
    check_revivable("bc3", [several], {TXID: 5})


def test_each_of_several_recipients_has_a_line_of_its_own() -> None:
    lines = [line.plain for line in paid_to("bcrt1q00 bcrt1q11")]
    assert lines == ["To       bcrt 1q00\n", "         bcrt 1q11\n"]


def test_the_proposed_rate_takes_its_place() -> None:
    fees = {141: 3, 282: 4, 1410: 15}
    for fee, rate in fees.items():
        row = HistoryRow(TXID, 0, fee, None, 0, 0)
        assert endings.proposed_rate(entry("sent", row=row)) == rate


@BOTH
async def test_a_payment_is_opened_and_its_fee_raised(size: tuple[int, int]) -> None:
    session = funded()
    async with app_on(session, size) as person:
        await person.presses(*SENT, *OPENED)
        assert f"Txid {TXID}" in await person.reads()
        assert "seen by 2 of 3 peers" in await person.reads()
        await person.presses("plus", "enter")
        assert "Replaces" in await person.reads()
        await person.presses("enter", *APPROVED)
        state = await person.sees(lambda state: past(state, Stage.SPREAD))
        assert state.wallet is not None
        assert [each.status for each in state.wallet.history[:2]] == ["waiting", "replaced"]


async def test_a_refused_payment_is_given_up_and_the_next_one_is_free() -> None:
    session = funded()
    async with app_on(session) as person:
        await person.presses(*SENT)
        session.refuse(TXID, "Below 1 sat/vB.")
        await person.presses("m", "escape", "h", "enter", "g")
        text = await person.reads()
        assert "Given up" in text
        assert "g gives it up" not in text
        await person.presses("p")
        assert "The address you were given" in await person.reads()


async def test_the_foot_of_a_payment_has_only_keys_that_do_something() -> None:
    session = funded()
    async with app_on(session, (120, 40)) as person:
        await person.presses(*SENT, *OPENED)
        assert "+ Raise fee x Call off s Send again" in await person.reads()
        session.refuse(TXID, "Below 1 sat/vB.")
        await person.presses("m", "escape", "h", "enter")
        assert "+ Raise fee x Call off g Give up s Send again" in await person.reads()
        await person.presses("g")
        assert "Give up s" not in await person.reads()


async def test_a_payment_is_sent_again_from_the_history() -> None:
    session = funded()
    async with app_on(session) as person:
        await person.presses(*SENT)
        session.refuse(TXID, "Below 1 sat/vB.")
        await person.presses("m", "escape", "h", "enter", "s")
        assert "seen by 2 of 3" in await person.reads()


async def test_what_cannot_be_done_is_said() -> None:
    async with app_on(funded()) as person:
        await person.presses(*SENT, *OPENED, "g")
        assert "A payment that peers have shown is called off" in await person.reads()


async def test_nothing_takes_the_place_of_a_payment_that_is_under_way() -> None:
    async with app_on(funded()) as person:
        await person.presses(*BUMP, "escape", *OPENED[1:], "x", "enter")
        state = await person.sees(lambda state: state.payment is not None)
        assert state.payment is not None
        assert state.payment.draft.replaces == TXID  # the first draft was left, not lost
        await person.presses("h", "enter", "plus", "enter")
        assert "Another payment is under way" in await person.reads()


async def test_a_second_payment_is_written_while_the_first_waits_for_a_block() -> None:
    async with app_on(funded()) as person:
        await person.presses(*SENT, "escape", "p")
        assert "The address you were given" in await person.reads()


async def test_the_picked_payment_stays_picked_while_others_come_in() -> None:
    session = funded()
    session.live_long()
    async with app_on(session) as person:
        await person.presses("h", *["down"] * 25)
        text = await person.reads()
        assert "▸ - 25 025 sats" in text
        await session.fund(app_session.OURS)
        await session.mine()
        await person.sees(lambda state: state.height == 144)
        await person.presses("enter")
        assert "25 025" in await person.reads()
        await person.presses("escape")
        assert "▸ - 25 025 sats" in await person.reads()


@pytest.mark.timeout(240)
@AT_NIGHT
async def test_a_life_of_payments_on_real_parts(tmp_path: Path) -> None:
    """Sent, replaced, in a block, called off; and the device is killed while it asks."""
    parts = await Parts.start(tmp_path, "tcp")

    async def start(_: Callable[[str], None]) -> DemoSession:
        return DemoSession(parts)

    app = QuietkeyApp(replace(demo_opening(tmp_path, "tcp"), start=start), clock=FedClock())
    async with app.run_test(size=(120, 40)) as pilot:
        person = Reviewer(pilot, app)
        person.control = parts.control
        await person.sees(lambda state: shows(state, "menu") and len(state.nodes) == 3)
        await ScriptedFinger(parts.control).set_up(PIN)
        await person.sees(lambda state: state.wallet is not None and state.synced)
        await person.presses("f")
        await person.sees(lambda state: spendable(state) > 0 and not state.busy)
        await person.presses("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}25000", "enter")
        await person.sees(lambda state: state.payment is not None)
        await person.presses("enter")
        await person.reviews()
        await person.sees(lambda state: past(state, Stage.SPREAD))

        await person.presses("escape", "h", "enter")
        assert "seen by" in await person.reads()
        await person.presses("plus", "enter")
        await person.sees(lambda state: state.payment is not None and state.payment.draft.replaces)
        await person.presses("enter")
        await person.reviews()
        await person.sees(lambda state: statuses(state) == ["waiting", "replaced", "confirmed"])

        await person.presses("escape", "h", "enter", "x", "enter")
        await person.sees(lambda state: state.payment is not None and not state.payment.sent)
        await person.presses("enter")
        await person.sees(lambda state: shows(state, "confirm"))
        parts.device_process.process.kill()
        await person.sees(lambda state: state.broken and not state.asking and not state.busy)
        await pilot.pause(0.5)
        await Watcher.presses(person, "m", "h", "enter")  # nobody is left to let time pass on it
        await person.sees(lambda state: statuses(state)[0] == "confirmed")
        assert "1 confirmation" in await person.reads()


def spendable(state: AppState) -> int:
    return state.wallet.balance.spendable_sats if state.wallet else 0


def statuses(state: AppState) -> list[str]:
    return [each.status for each in state.wallet.history] if state.wallet else []
