"""`--device qr:SOURCE`: our codes in the terminal, the device's from files that come."""

import asyncio
import io
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from host import optics
from host.app.connect import connect
from host.errors import DeviceError, LinkLost
from host.links import shower
from signer.formats import account
from signer.formats.account import HARDENED
from signer.formats.qr import parts
from tests import psbts

INK = {"█": (0, 0), "▀": (0, 255), "▄": (255, 0), " ": (255, 255)}
TPUB = (  # BIP84's first test account of the words "abandon ... about"
    "tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39yBA4LAxysQAm397zwQSQo"
    "QgewGiYZqrA9DsP4zbQ1M"
)
PATH = (84 + HARDENED, 1 + HARDENED, HARDENED)


def read(rows: list[str]) -> str:
    """What a camera reads of these rows on a dark screen."""
    bare = [row.removeprefix(shower.INK).removesuffix("\x1b[0m") for row in rows]
    halves = [[INK[sign][half] for sign in row] for row in bare for half in (0, 1)]
    picture = Image.frombytes("L", (len(halves[0]), len(halves)), b"".join(map(bytes, halves)))
    picture = picture.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST)
    room = Image.new("L", (picture.width + 40, picture.height + 40), 0)
    room.paste(picture, (20, 20))
    return str(zxingcpp.read_barcodes(room)[0].text)


@pytest.mark.parametrize("length", [20, 150, 500])
def test_a_code_in_the_terminal_is_read_by_a_camera(length: int) -> None:
    text = "UR:" + "A" * length
    assert read(shower.rows(optics.draw(text))) == text


def test_the_room_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, lines, version in ((80, 24, 6), (120, 40, 14), (160, 50, 19)):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", str(lines))
        assert shower.version_in_terminal() == version


def on_screen(written: str) -> list[str]:
    """The lines that stand in the terminal after all that was written to it."""
    rows = written.rpartition("\x1b[H\x1b[2J")[2].split("\n")
    return [row.rpartition("\r\x1b[K")[2] for row in rows]


async def test_what_the_scanner_says_stays_under_the_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    terminal = shower.TerminalShower()
    terminal.say("The device's codes are looked for in: shots")
    assert capsys.readouterr().err == "The device's codes are looked for in: shots\n"
    code = optics.draw("A" * 100, version=shower.version_in_terminal())
    await terminal.show(code)
    terminal.say("No QR code was seen in a\x1b[2J.png.")
    for _ in range(3):
        await terminal.show(code)
        rows = on_screen(capsys.readouterr().err)
        assert rows[-1] == "No QR code was seen in a?[2J.png."
        assert len(rows) <= 24
    terminal.say("x" * 300)
    assert len(on_screen(capsys.readouterr().err)[-1]) == 79
    terminal.end()
    assert on_screen(capsys.readouterr().err) == [""]


async def test_a_picture_without_a_code_is_said_while_a_payment_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device = await connect(f"qr:{tmp_path}")
    paying = asyncio.create_task(device.sign("regtest", psbts.build(psbts.keyring(), 3)))
    try:
        Image.new("L", (50, 50)).save(tmp_path / "blank.png")
        drawn = 0
        async with asyncio.timeout(20):
            while drawn < 3:
                await asyncio.sleep(0.05)
                *_, last = on_screen(capsys.readouterr().err)
                drawn += last.endswith("No QR code was seen in blank.png.")
    finally:
        paying.cancel()
        await asyncio.gather(paying, return_exceptions=True)
        await device.close()


async def test_a_wallet_is_paired_by_pictures_that_come_into_a_folder(tmp_path: Path) -> None:
    key = account.key("wpkh", PATH, TPUB)
    exported = account.Account(psbts.keyring().fingerprint, (key,))
    device = await connect(f"qr:{tmp_path}")
    try:
        pairing = asyncio.create_task(device.account_key("regtest", PATH))
        for number, text in enumerate(parts.split(account.render(exported), 60)):
            frame = optics.draw(text)
            buffer = io.BytesIO()
            Image.frombytes("L", (frame.width, frame.height), frame.pixels).save(buffer, "PNG")
            (tmp_path / f"{number}.png").write_bytes(buffer.getvalue())
        answer = await asyncio.wait_for(pairing, 30)
    finally:
        await device.close()
    assert answer.xpub == TPUB


async def test_a_source_that_ends_without_a_code_is_said(tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    Image.new("L", (50, 50)).save(blank)
    device = await connect(f"qr:{blank}")
    try:
        with pytest.raises((DeviceError, LinkLost), match="The scanner has ended"):
            await asyncio.wait_for(device.account_key("regtest", PATH), 30)
    finally:
        await device.close()
