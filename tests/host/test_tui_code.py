"""QR codes in the terminal: what the device's panel shows in pixels can be read off our screen."""

import io

import pytest
import zxingcpp
from PIL import Image
from textual.pilot import Pilot

from firmware_emu.paint.drawing import draw
from firmware_emu.screens.qr import animated
from host.values import PanelView
from signer.formats.qr import ur
from tests.gallery import app_pictures, app_session, app_views
from tests.gallery.app_session import FakeSession
from tests.gallery.app_shots import Shot, settle, take
from tests.goldens import screen_text

SHORT = "UR:CRYPTO-PSBT/1-2/LPADAOCFADGRCYHYHNRTRYHD"
LONGEST = "UR:CRYPTO-PSBT/1-9/" + "LPADAOCFADGRCYHYHNRTRYHD" * 18


def on_the_panel(text: str) -> PanelView:
    """The real device's view."""
    return app_views.view(
        draw(animated("Signed", (text, text))), "qr", "unlocked", app_session.FINGERPRINT
    )


async def picture_of(shot: Shot, size: tuple[int, int]) -> Image.Image:
    """The screen as a browser would draw it."""
    svg = app_pictures.own_fonts(await take(shot, size, lambda app: app.export_screenshot()))
    return Image.open(io.BytesIO(app_pictures.png(svg)))


@pytest.mark.parametrize("text", [SHORT, LONGEST], ids=["short", "longest"])
async def test_the_devices_code_can_be_read_from_the_app(text: str) -> None:
    session = FakeSession(app_session.HOME, paired=True)

    async def show(pilot: Pilot[int], world: FakeSession) -> None:
        world.show(on_the_panel(text))
        await pilot.pause()

    image = await picture_of(Shot("code", lambda: session, ("d",), show), (120, 40))
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [text]


SIZES = {(80, 24): 4, (100, 30): 7, (120, 40): 12, (160, 50): 12}


@pytest.mark.parametrize(("size", "version"), SIZES.items(), ids=str)
async def test_the_device_is_told_the_room_and_its_answer_can_be_read(
    size: tuple[int, int], version: int
) -> None:
    session = FakeSession(app_session.HOME, paired=True)
    payload = ur.from_psbt(bytes(range(256)) * 4)
    texts = []

    async def show(pilot: Pilot[int], world: FakeSession) -> None:
        await settle(pilot)
        assert world.rooms == [version]
        screen = animated("Signed", payload).fit(world.rooms[-1])
        texts.append(screen.frame)
        view = app_views.view(draw(screen), "qr", "unlocked", app_session.FINGERPRINT)
        world.show(view)
        await pilot.pause()

    image = await picture_of(Shot("code", lambda: session, ("d",), show), size)
    assert [found.text for found in zxingcpp.read_barcodes(image)] == texts


async def test_a_window_of_another_size_is_told_once() -> None:
    session = FakeSession(app_session.HOME, paired=True)

    async def show(pilot: Pilot[int], world: FakeSession) -> None:
        for size in ((100, 30), (100, 30), (30, 10)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
        assert world.rooms == [4, 7, 0]

    await take(Shot("code", lambda: session, ("d",), show), (80, 24), screen_text)


async def test_a_code_larger_than_the_window_is_no_dead_end() -> None:
    session = FakeSession(app_session.HOME, paired=True)

    async def show(pilot: Pilot[int], world: FakeSession) -> None:
        world.show(on_the_panel(LONGEST))
        await pilot.pause()

    drawn = await take(Shot("code", lambda: session, ("d",), show), (80, 24), screen_text)
    assert "This code is larger than the" in drawn
    assert "whole: go on as it says." in drawn


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_the_address_on_the_receive_page_can_be_scanned(size: tuple[int, int]) -> None:
    shot = Shot("receive", lambda: FakeSession(app_session.HOME, funded=True), ("r",))
    image = await picture_of(shot, size)
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [app_session.OURS.upper()]
