"""A wallet of several keys in the app: a real device for one key, a copy for another."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess
from host.app import cosigner
from host.app.connect import connect
from host.errors import MoreSignatures
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.state import Stage
from host.values import PaymentRequest
from tests.cosigners import shared, sign
from tests.devnets import STRANGER
from tests.gallery.app_shots import PASTE
from tests.host.pilots import Watcher
from tests.host.test_tui import FORM, at_the, funded
from tests.host.test_tui_session import OneServer, app_on, past
from tests.people import Person
from tests.wallets import fund, opened

SIGNED = "Signed key 1 (73c5da0a) one more is needed"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wallet = shared(tmp_path / "wallet")
    fund(wallet, 100_000)
    wallet.close()
    return tmp_path / "wallet"


def session_of(folder: Path, address: str, server: OneServer) -> LocalSession:
    cable = Cable(lambda: connect(address))
    return LocalSession(WalletFolder(folder, "regtest", "policy"), cable, server, "tcp")


@asynccontextmanager
async def drafted(
    session: LocalSession, size: tuple[int, int] = (120, 40), *, place: int | None = None
) -> AsyncIterator[Watcher]:
    """The app with a payment written down, signed with key `place` if that is said."""
    await session.open_wallet()
    draft = await session.draft(PaymentRequest.to(STRANGER, 25_000, 1))
    if place is not None:
        with pytest.raises(MoreSignatures):
            session.wallet.finish(draft, sign(draft.psbt, place))
    session.wallet.close()
    async with app_on(session, size, plugged=place is None) as watcher:
        await watcher.sees(lambda state: state.synced and not state.busy)
        await watcher.presses("p")
        yield watcher


async def known(emulator: EmulatorProcess, person: Person, folder: Path) -> str:
    """Have the device read the wallet; where it is."""
    address = "tcp:{}:{}".format(*emulator.address)
    device = await connect(address)
    reading = person.accept()
    await cosigner.register(opened(folder), device, "club")
    await reading
    await device.close()
    await asyncio.to_thread(emulator.wait_for, "notice")
    await asyncio.to_thread(emulator.press, "ok")
    return address


async def test_the_page_says_who_has_signed_and_a_copy_goes_to_the_next(
    emulator: EmulatorProcess, person: Person, folder: Path
) -> None:
    server = OneServer()
    address = await known(emulator, person, folder)
    session = session_of(folder, address, server)
    async with drafted(session, (80, 24)) as watcher:
        assert "Signed by none of 3 keys 2 more are needed" in await watcher.reads()
        reading = person.accept()
        await watcher.presses("enter")
        await watcher.sees(lambda state: state.payment.is_kept and not state.payment.working)
        await reading
        page = await watcher.reads()
        assert SIGNED in page
        assert "Connect the next signer with u, then press enter." in page

        await watcher.presses("enter")  # the same device once more
        await watcher.sees(lambda state: state.payment.problem)
        assert "key 1, which has signed already" in await watcher.reads()

        await watcher.presses("y")
        await watcher.sees(lambda state: state.payment.copied)
        assert "Copied, with the signatures it has." in await watcher.reads()
        copied = b64decode(watcher._app.clipboard)
        await watcher.presses("escape")
        assert "A payment was left half way." in await watcher.reads()
        answer = b64encode(sign(copied, 2)).decode()
        await watcher.presses(f"{PASTE}{answer}")
        await watcher.sees(lambda state: state.payment.stage is Stage.SIGNED)
        await watcher.presses("enter")
        await watcher.sees(lambda state: past(state, Stage.SPREAD))
    assert len(server.taken) == 1


async def test_a_paste_that_is_not_the_last_signature_is_kept_and_said(folder: Path) -> None:
    session = session_of(folder, "tcp:127.0.0.1:1", OneServer())
    async with drafted(session, place=1) as watcher:
        assert "Signed key 2 (3f635a63) one more is needed" in await watcher.reads()
        assert session.wallet.signatures((await session.unfinished()).draft).signed == (1,)
        await watcher.presses("escape")
        again = b64encode(session.wallet.collected((await session.unfinished()).draft)).decode()
        await watcher.presses(f"{PASTE}{again}")
        await watcher.sees(lambda state: state.problem)
        assert "nothing to sign" in await watcher.reads()


async def test_a_payment_that_others_may_have_is_left_on_a_page_and_given_up_on_a_key(
    folder: Path,
) -> None:
    session = session_of(folder, "tcp:127.0.0.1:1", OneServer())
    async with drafted(session, place=1) as watcher:
        await watcher.presses("escape")
        await watcher.sees(lambda state: not state.busy)
        assert await session.unfinished() is not None, "leaving the page forgets nothing"
        await watcher.presses("p", "x")
        await watcher.sees(lambda state: state.payment is None)
        assert await session.unfinished() is None
        assert [each.status for each in session.wallet.store.payments()] == ["given up"]
        await watcher.presses("h")
        assert "given up" in await watcher.reads()


async def test_a_payment_of_one_key_is_copied_kept_and_given_up_on_leaving_it_again() -> None:
    session = funded()
    async with at_the(session) as person:
        page = await person.does(*FORM, "enter")
        assert "y Copy" in page
        assert "x Give up" not in page
        page = await person.does("y")
        assert "Copied. Have it signed elsewhere, then paste the answer on page w." in page
        assert b64decode(person.app.clipboard) == b"psbt\xff"
        assert "A payment was left half way." in await person.does("escape")
        assert not session.discarded, "somebody may be signing it"
        await person.does("p", "escape")
        assert session.discarded
