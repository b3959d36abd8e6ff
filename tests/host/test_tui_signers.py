"""A wallet of several keys shows one address on each of its signers, one after the other."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.app.connect import connect
from host.demo.camera import FrontCamera
from host.demo.control import PanelClient
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.values import Frame
from host.wallet import Wallet
from tests.cosigners import SEEDS, shared
from tests.goldens import screen_text
from tests.host.pilots import Watcher
from tests.host.test_tui_session import OneServer, app_on
from tests.host.test_tui_shared import known
from tests.nights import AT_NIGHT
from tests.people import Person

FLAGS = ("--tcp", "0", "--camera", "0", "--network", "regtest")
INK = {"█": (0, 0), "▀": (0, 255), "▄": (255, 0), " ": (255, 255)}
DOT = 8  # pixels of a module
CODE_COLUMNS = 41  # of the page, in front of the address


@pytest.fixture
def signers(tmp_path: Path) -> Iterator[tuple[EmulatorProcess, ...]]:
    """Three devices that know the wallet."""
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(
                EmulatorProcess(tmp_path / f"{n}.flash", sealed_record(" ".join(words)), FLAGS)
            )
            for n, words in enumerate(SEEDS)
        )


@pytest.fixture
async def folder(tmp_path: Path, signers: tuple[EmulatorProcess, ...]) -> Path:
    shared(tmp_path / "wallet").close()
    for signer in signers:
        signer.unlock()
        await known(signer, Person(signer), tmp_path / "wallet")
    return tmp_path / "wallet"


def code_on(screen: str) -> Frame:
    """The code on a screen as a camera sees it: half blocks, dark on light."""
    rows = [row[3:CODE_COLUMNS].ljust(CODE_COLUMNS) for row in screen.splitlines()[2:-2]]
    rows = [row.replace("│", " ") for row in rows]
    lines = [
        bytes(INK.get(cell, INK[" "])[half] for cell in row) for row in rows for half in (0, 1)
    ]
    wide = [bytes(dot for dot in line for _ in range(DOT)) for line in lines]
    pixels = b"".join(line for line in wide for _ in range(DOT))
    return Frame(len(wide[0]), len(wide) * DOT, pixels)


@AT_NIGHT
@pytest.mark.timeout(120)
async def test_each_signer_confirms_the_address_by_cable_or_by_the_code_on_the_page(
    signers: tuple[EmulatorProcess, ...], folder: Path
) -> None:
    by_cable, next_one, by_code = signers
    plugged = [by_cable]
    cable = Cable(lambda: connect("tcp:{}:{}".format(*plugged[0].address)))
    session = LocalSession(WalletFolder(folder, "regtest", "policy"), cable, OneServer(), "tcp")
    async with app_on(session, (80, 24)) as watcher:
        await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        await watcher.presses("r")
        state = await watcher.sees(lambda state: state.issued)
        assert state.issued.signers == ("73c5da0a", "3f635a63", "b8688df1")
        for count, signer in enumerate((by_cable, next_one)):
            plugged[0] = signer
            if count:
                await watcher.presses("u", "u")
                await watcher.sees(lambda state: state.plugged)
            looking = Person(signer).accept()
            await watcher.presses("v")
            await watcher.sees(lambda state, count=count: len(state.issued.agreed) == count + 1)
            await looking
        page = await watcher.reads()
        assert "✓ key 1 73c5 da0a on its screen" in page
        assert "✓ key 2 3f63 5a63 on its screen" in page
        assert "· key 3 b868 8df1 not yet" in page
        assert "2 of 3 signers have this address." in page

        await reads_the_code(by_code, watcher)
        await watcher.presses("g")
        await watcher.sees(lambda state: state.issued.verified)
        page = await watcher.reads()
        assert "✓ key 3 b868 8df1 you read it there" in page
        assert "All 3 signers have this address." in page


async def reads_the_code(signer: EmulatorProcess, watcher: Watcher) -> None:
    """Its camera is held before the app's page, and its person agrees to what it says."""
    panel = await PanelClient.connect(signer.announcement["control"], signer.announcement["token"])
    camera = await FrontCamera.point(signer.announcement["camera"], panel)
    person = Person(signer)
    reading = person.accept()
    while not reading.done():
        await camera.show(code_on(screen_text(watcher._app)))
        await asyncio.wait({reading}, timeout=0.1)
    await reading
    await camera.close()
    await panel.close()
    assert "Yes: your address" in person.read[0]
    address = watcher.state.issued.receive.address
    assert address in "".join("".join(person.read).split())


async def test_a_no_on_one_signer_is_an_alarm_for_all(tmp_path: Path) -> None:
    shared(tmp_path).close()
    cable = Cable(lambda: connect("tcp:127.0.0.1:1"))
    session = LocalSession(WalletFolder(tmp_path, "regtest", "policy"), cable, OneServer(), "tcp")
    async with app_on(session, (120, 40), plugged=False) as watcher:
        await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        await watcher.presses("r")
        issued = (await watcher.sees(lambda state: state.issued)).issued
        await watcher.presses("down", "x")
        await watcher.sees(lambda state: state.issued.alarm)
        page = await watcher.reads()
        assert "Do not use this address." in page
        assert issued.receive.address[:20] not in page.replace(" ", "")
    with closing(Wallet.open(tmp_path)) as wallet:
        assert wallet.last_address() is None, "nor is it given again"
