"""The demo's session on its real parts: what only it has, and what stays when it ends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from host import demo
from host.demo.finger import ScriptedFinger
from host.demo.parts import Parts
from host.demo.session import FAUCET_SATS, DemoSession
from host.errors import LinkLost, NetworkError, WalletError
from host.session.api import Opening
from host.values import NodeStatus
from tests.nights import AT_NIGHT

PIN = "274186"
PATIENCE_S = 20


async def opened(home: Path) -> DemoSession:
    return DemoSession(await Parts.start(home, "tcp"))


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[DemoSession]:
    """A demo whose device was set up and paired."""
    session = await opened(tmp_path / "home")
    await ScriptedFinger(session._parts.control).set_up(PIN)
    await session.pair()
    yield session
    await session.close()


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith("quietkey-")]


async def nodes_of(session: DemoSession) -> tuple[NodeStatus, ...]:
    networks = session.playground.nodes()
    try:
        return await anext(networks)
    finally:
        await networks.aclose()  # type: ignore[attr-defined]


async def test_it_has_all_three_parts_and_says_what_it_is(session: DemoSession) -> None:
    opening = demo.opening(None, "tcp")
    assert isinstance(opening, Opening)
    assert (session.title, session.link) == (opening.title, opening.link)
    assert session.network == "regtest"
    assert session.panel is not None
    assert session.playground is not None
    assert session.plugged


async def test_the_faucet_pays_what_it_says_and_the_miner_finds_blocks(
    session: DemoSession,
) -> None:
    before = (await session.sync()).height
    address = await session.next_address()
    await session.playground.fund(address.address)
    snapshot = await session.sync()
    assert snapshot.balance.confirmed_sats == FAUCET_SATS
    assert [utxo.address for utxo in snapshot.utxos] == [address.address]
    assert snapshot.height == before + 1
    await session.playground.mine()
    assert (await session.sync()).height == before + 2


async def test_the_panel_fits_its_codes_to_the_room_that_it_is_told(session: DemoSession) -> None:
    await session.panel.fit(5)
    await ScriptedFinger(session._parts.control).show_account()
    assert len(session._parts.control.view.code) == 17 + 4 * 5
    await session.panel.fit(4)
    view = await session._parts.control.wait_for(lambda view: len(view.code) < 37)
    assert len(view.code) == 17 + 4 * 4


async def test_a_node_can_be_killed_and_brought_back(session: DemoSession) -> None:
    await session.playground.kill(1)
    assert [node.alive for node in await nodes_of(session)] == [True, False, True]
    with pytest.raises(NetworkError, match="dead already"):
        await session.playground.kill(1)
    await session.playground.mine()
    await session.playground.revive(1)
    nodes = await nodes_of(session)
    assert len({node.tip for node in nodes}) == 1


async def test_the_panel_is_the_devices_own_and_works_while_the_cable_is_out(
    session: DemoSession,
) -> None:
    await session.unplug()
    assert not session.plugged
    views = session.panel.views()
    home = await anext(views)
    assert (home.kind, home.state) == ("home", "unlocked")
    await session._parts.control.press_at_once("ok")
    async with asyncio.timeout(PATIENCE_S):
        assert (await anext(views)).kind == "menu"
    await views.aclose()  # type: ignore[attr-defined]
    frame = await session.panel.pixels()
    assert len(frame.pixels) == frame.width * frame.height
    with pytest.raises(LinkLost, match="not plugged in"):
        await session.unlock()
    await session.plug()
    await session.unlock()


@AT_NIGHT
async def test_characters_typed_on_the_panel_reach_the_device(session: DemoSession) -> None:
    finger = ScriptedFinger(session._parts.control)
    await finger.open_menu("Lock")
    unlocking = asyncio.ensure_future(session.unlock())
    await session._parts.control.wait_for(lambda view: view.kind == "pinpad")
    await session.panel.type(PIN)
    assert "* * *" in " ".join(session._parts.control.view.lines)
    await session._parts.control.press_at_once("ok")
    await unlocking


@AT_NIGHT
async def test_the_wallet_is_there_again_in_a_later_run(tmp_path: Path) -> None:
    home = tmp_path / "home"
    session = await opened(home)
    assert not await session.open_wallet(), "nothing was paired yet"
    with pytest.raises(WalletError, match="no wallet yet"):
        await session.snapshot()
    await ScriptedFinger(session._parts.control).set_up(PIN)
    await session.pair()
    await session.playground.fund((await session.next_address()).address)
    first = await session.sync()
    await session.close()

    later = await opened(home)
    assert await later.open_wallet()
    assert (await later.snapshot()).balance == first.balance, "before anybody was asked"
    assert (await later.sync()).fingerprint == first.fingerprint
    await later.close()


@AT_NIGHT
async def test_a_new_seed_gets_a_folder_of_its_own(session: DemoSession, tmp_path: Path) -> None:
    old = session.wallet.fingerprint
    await session.close()
    for name in ("device.flash", "device.flash.copy"):
        (tmp_path / "home" / name).unlink()
    fresh = await opened(tmp_path / "home")
    await ScriptedFinger(fresh._parts.control).set_up(PIN)
    assert await fresh.open_wallet()
    assert fresh.wallet.fingerprint == old, "the one used last, until the device is asked"
    await fresh.pair()
    assert fresh.wallet.fingerprint != old
    folders = {path.name for path in (tmp_path / "home" / "wallets").iterdir()}
    assert folders == {old, fresh.wallet.fingerprint}
    await fresh.close()


async def test_without_a_home_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said: list[str] = []
    session = await DemoSession.start(None, "tcp", said.append)
    assert said == ["Starting the device and three Bitcoin nodes."]
    assert left_in(tmp_path)
    await session.close()
    assert not left_in(tmp_path)
