"""One order of a payment for every face, on a real device and a real network; how it can end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess
from host.app.connect import connect
from host.backends import Backend
from host.backends.p2p import P2pBackend
from host.devnet.network import Devnet
from host.errors import DeclinedOnDevice, LinkLost, NetworkError, WalletError
from host.session.api import UnfinishedPayment
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.payment import (
    Announced,
    Drafted,
    PaymentStep,
    ReviewAwaited,
    UnlockAwaited,
    Verified,
    finish_payment,
    pay,
    verify_address,
)
from host.values import Acceptance, Draft, PaymentRequest, Sent
from tests.devnets import STRANGER
from tests.people import Person
from tests.wallets import OTHER_WORDS, fund, paired

REQUEST = PaymentRequest.to(STRANGER, 25_000, 1)


class Nowhere(P2pBackend):
    """No network: what is sent here is our mistake."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__([("127.0.0.1", 1)], "regtest", tmp_path / "nowhere")


def cable_to(emulator: EmulatorProcess) -> Cable:
    return Cable(lambda: connect("tcp:{}:{}".format(*emulator.address)))


async def session_at(
    emulator: EmulatorProcess, path: Path, backend: Backend | None, script: str = "wpkh"
) -> LocalSession:
    folder = WalletFolder(path, "regtest", script)
    session = LocalSession(folder, cable_to(emulator), backend, "tcp")
    await session.plug()
    await session.open_wallet()
    return session


@pytest.fixture
async def session(
    emulator: EmulatorProcess, backend: P2pBackend, devnet: Devnet, tmp_path: Path
) -> AsyncIterator[LocalSession]:
    """A wallet with coins, its device plugged in."""
    session = await session_at(emulator, tmp_path / "wallet", backend)
    await session.pair()
    await devnet.fund((await session.next_address()).address, 5_000_000)
    await session.sync()
    yield session
    await session.close()


# ---- the whole way


@pytest.mark.parametrize("script", ["wpkh", "tr"])
async def test_a_payment_goes_all_the_way_and_reports_each_step(
    emulator: EmulatorProcess,
    person: Person,
    devnet: Devnet,
    backend: P2pBackend,
    tmp_path: Path,
    script: str,
) -> None:
    session = await session_at(emulator, tmp_path / "new", backend, script)
    await session.pair()
    await devnet.fund((await session.next_address()).address, 5_000_000)
    await session.sync()
    steps: list[PaymentStep] = []
    reading = person.accept()
    sent = await pay(session, REQUEST, steps.append)
    await reading
    kinds = list(dict.fromkeys(type(step) for step in steps))
    assert kinds == [Drafted, UnlockAwaited, ReviewAwaited, Verified, Announced]
    assert all(step.sentence.endswith(".") for step in steps)
    drafted = next(step.draft for step in steps if isinstance(step, Drafted))
    assert " ".join(drafted.words) in " ".join(person.read[-1].split()), "before the last yes"
    await devnet.mine(1)
    snapshot = await session.sync()
    assert snapshot.balance.confirmed_sats == drafted.change_sats
    assert [each.row.txid for each in snapshot.history if each.record] == [sent.txid]
    await session.close()


async def test_no_on_the_device_leaves_nothing_behind(
    session: LocalSession, person: Person
) -> None:
    saying_no = person.refuse()
    with pytest.raises(DeclinedOnDevice):
        await pay(session, REQUEST)
    await saying_no
    assert await session.unfinished() is None
    assert (await session.snapshot()).balance.confirmed_sats == 5_000_000


async def test_a_device_that_dies_keeps_the_draft_and_it_is_finished_with_the_next(
    session: LocalSession, emulator: EmulatorProcess, flash: Path
) -> None:
    pulling = Person(emulator).pull_the_plug()
    with pytest.raises(LinkLost, match="Nothing was paid"):
        await pay(session, REQUEST)
    await pulling
    await session.unplug()
    unfinished = await session.unfinished()
    assert unfinished is not None
    assert unfinished.payment is None
    with EmulatorProcess(flash) as again:
        again.unlock()
        session.cable = cable_to(again)
        await session.plug()
        reading = Person(again).accept()
        await finish_payment(session, unfinished)
        await reading
        await session.unplug()
    assert await session.unfinished() is None


async def test_what_the_network_did_not_take_is_sent_by_a_later_run_without_the_device(
    session: LocalSession, emulator: EmulatorProcess, person: Person, tmp_path: Path
) -> None:
    await session.close()
    nowhere = await session_at(emulator, tmp_path / "wallet", Nowhere(tmp_path))
    reading = person.accept()
    with pytest.raises(NetworkError):
        await pay(nowhere, REQUEST)
    await reading
    await nowhere.close()
    later = await session_at(emulator, tmp_path / "wallet", session._backend)
    await later.unplug()
    unfinished = await later.unfinished()
    assert unfinished is not None
    assert unfinished.payment is not None
    assert (unfinished.draft.recipient, unfinished.draft.sats) == (STRANGER, 25_000)
    sent = await finish_payment(later, unfinished)
    assert sent.txid == unfinished.payment.txid
    assert await later.unfinished() is None
    await later.close()


async def test_a_signed_payment_is_sent_before_a_new_one_is_made(
    session: LocalSession, person: Person, devnet: Devnet
) -> None:
    draft = await session.draft(REQUEST)
    reading = person.accept()
    payment = await session.sign(draft)
    await reading
    newer = await session.draft(PaymentRequest.to(STRANGER, 30_000, 1))
    assert all(payment.txid in node.mempool for node in devnet.status())
    assert await session.unfinished() == UnfinishedPayment(newer)


# ---- drafts


async def test_a_draft_that_is_still_kept_is_renewed_as_it_is(session: LocalSession) -> None:
    draft = await session.draft(REQUEST)
    assert await session.renew(draft) == draft
    other = await session.draft(PaymentRequest.to(STRANGER, 30_000, 1))
    again = await session.renew(draft)
    assert (again.recipient, again.sats) == (draft.recipient, draft.sats)
    assert await session.unfinished() == UnfinishedPayment(again)
    await session.discard(other)  # late news of another one
    assert await session.unfinished() == UnfinishedPayment(again)
    await session.discard(again)
    assert await session.unfinished() is None


async def test_an_amount_that_cannot_be_paid_makes_no_draft(session: LocalSession) -> None:
    with pytest.raises(WalletError, match="No payment was created"):
        await pay(session, PaymentRequest.to(STRANGER, 50_000_000, 1))
    assert await session.unfinished() is None


# ---- the device


async def test_another_device_is_found_out_when_it_is_unlocked(
    emulator: EmulatorProcess, tmp_path: Path
) -> None:
    strange = paired(tmp_path / "strange", words=OTHER_WORDS)
    fund(strange, 100_000)
    strange.close()
    session = await session_at(emulator, tmp_path / "strange", None)
    with pytest.raises(WalletError, match="belongs to the device"):
        await session.unlock()
    await session.close()


async def test_an_address_is_announced_before_the_device_shows_it(
    session: LocalSession, person: Person
) -> None:
    address = await session.next_address()
    said: list[str] = []
    looking = person.accept()
    await verify_address(session, address, lambda: said.append(address.address))
    await looking
    assert said == [address.address]


async def test_a_pulled_cable_is_said_before_anything_is_asked(session: LocalSession) -> None:
    await session.unplug()
    assert not session.plugged
    with pytest.raises(LinkLost, match="not plugged in"):
        await session.unlock()
    await session.plug()
    await session.unlock()


# ---- without parts


async def test_a_session_without_a_network_says_so(
    emulator: EmulatorProcess, tmp_path: Path
) -> None:
    session = await session_at(emulator, tmp_path / "wallet", None)
    await session.pair()
    with pytest.raises(NetworkError, match="no network"):
        await session.sync()
    assert (await session.snapshot()).fingerprint == "73c5da0a"
    await session.close()


async def test_without_a_wallet_there_is_a_sentence(tmp_path: Path) -> None:
    async def nothing() -> None:
        raise LinkLost("No device answers.")

    session = LocalSession(WalletFolder(tmp_path / "new", "testnet"), Cable(nothing), None, "tcp")
    assert not await session.open_wallet()
    with pytest.raises(WalletError, match="no wallet yet"):
        await session.snapshot()
    with pytest.raises(LinkLost):
        await session.plug()
    assert not session.plugged
    await session.close()


async def test_the_chain_is_followed_once_there_is_a_wallet(
    session: LocalSession, devnet: Devnet
) -> None:
    heights = session.follow()
    first = await anext(heights)
    await devnet.mine(1)
    async for height in heights:
        if height > first:
            break
    assert (await session.snapshot()).height == first + 1


# ---- sentences


def test_a_server_and_peers_are_told_apart() -> None:
    taken = Announced(Sent("ab" * 32, Acceptance("electrum.example:50002")))
    assert taken.sentence == "Taken by electrum.example:50002."


def test_a_draft_is_said_with_its_fee_and_rate() -> None:
    draft = Draft(b"", STRANGER, 25_000, 141, 1.5, 1, ("a", "b", "c", "d"))
    assert Drafted(draft).sentence == f"Pay 25 000 sats to {STRANGER}, fee 141 sats (1.5 sat/vB)."
    assert ReviewAwaited(draft).sentence == (
        "Check the payment on the device. It must show the same four words: a b c d."
    )
