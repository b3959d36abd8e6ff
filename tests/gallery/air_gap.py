"""`python -m tests.gallery.air_gap [FILE]`: a payment by QR, and pictures of its real terminals.

A device and a wallet in terminals of their own (tmux), each before the other's camera, a network
of three nodes. What is drawn are the cells of these terminals at four moments.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI

from host.devnet.network import Devnet
from tests.devnets import clock
from tests.journeys.light import read_through, shows_code, unlocked_device
from tests.journeys.test_air_gap import Table, pair
from tests.panes import Pane
from tests.wallets import STRANGER

PICTURE = Path(__file__).parents[1] / "golden" / "pictures" / "by_qr.png"
WIDE, HIGH = 10, 20  # pixels of a letter
MARGIN, CAPTION = 20, 40
GROUND, INK = "white", "black"
FONTS = ("DejaVuSansMono.ttf", "Menlo.ttc", "consola.ttf")
# What of a letter is ink: parts of its height.
BLOCKS = {"█": (0.0, 1.0), "▀": (0.0, 0.5), "▄": (0.5, 1.0)}


@dataclass(frozen=True, slots=True)
class Shot:
    """The cells of a terminal, with the codes of their colours."""

    caption: str
    lines: tuple[str, ...]
    columns: int
    rows: int


def shot(terminal: Pane, caption: str) -> Shot:
    cells = terminal.run("capture-pane", "-e", "-N", "-p", "-t", "pane").splitlines()
    return Shot(caption, tuple(cells), terminal.columns, terminal.rows)


async def journey(home: Path) -> list[Shot]:
    """Pair and pay; what was on the screens on the way."""
    shots: list[Shot] = []
    table = Table(home)
    async with Devnet(clock, 3, home / "net") as devnet:
        network = [word for peer in devnet.peers for word in ("--peer", peer)]
        with unlocked_device(home, "--network regtest", size=(80, 24)) as device:
            device.press_until("Enter", "Show account")
            device.press_until("Right", "▸ Show account")
            device.press_until("Enter", "█")
            shots.append(shot(device, "1  The device: its account, for the wallet's camera"))
            await asyncio.to_thread(pair, table, device)
            device.press_until("x", "Unlocked.")
            (received,) = await asyncio.to_thread(table.told, "receive")
            await devnet.fund(received["address"], 5_000_000)
            await asyncio.to_thread(pay, table, device, network, shots.append)
    return shots


def pay(table: Table, device: Pane, network: list[str], keep: Callable[[Shot], None]) -> None:
    with table.wallet(device, "pay", STRANGER, "25000", *network) as wallet:
        wallet.sees("█▀▀▀▀▀█")
        keep(shot(wallet, "2  The wallet: a payment, for the device's camera"))
        device.sees("Pay 25 000 sats", seconds=90)
        keep(shot(device, "3  The device asks, page by page"))
        read_through(device, shows_code)
        keep(shot(device, "4  The device: its signatures, for the wallet's camera"))
        wallet.sees("Sent: ")


def at_home(taken: Shot, folder: str) -> Shot:
    """The same with `~` for the folder of this run."""
    short = "~" + " " * (len(folder) - 1)
    lines = tuple(
        line.replace(folder, "~") + short[1:] * line.count(folder) for line in taken.lines
    )
    return replace(taken, lines=lines)


def draw(shots: list[Shot]) -> Image.Image:
    """All of them, two beside each other, under their captions."""
    width, height = shots[0].columns * WIDE, shots[0].rows * HIGH + CAPTION
    rows = (len(shots) + 1) // 2
    sheet = Image.new("RGB", (2 * width + 3 * MARGIN, rows * (height + MARGIN) + MARGIN), GROUND)
    pen = ImageDraw.Draw(sheet)
    for number, taken in enumerate(shots):
        left = MARGIN + number % 2 * (width + MARGIN)
        top = MARGIN + number // 2 * (height + MARGIN)
        pen.text((left, top), taken.caption, INK, _font(18))
        sheet.paste(terminal_picture(taken), (left, top + CAPTION))
    return sheet


def terminal_picture(taken: Shot) -> Image.Image:
    """The cells as pixels: blocks fill their letters, so that codes are whole."""
    picture = Image.new("RGB", (taken.columns * WIDE, taken.rows * HIGH), "black")
    pen, console, font = ImageDraw.Draw(picture), Console(), _font(16)
    # A colour holds beyond the end of a line, until another one is named.
    for row, text in enumerate(AnsiDecoder().decode("\n".join(taken.lines[: taken.rows]))):
        for column, letter in enumerate(text.plain[: taken.columns]):
            ink, ground = _colours(text.get_style_at_offset(console, column))
            left, top = column * WIDE, row * HIGH
            pen.rectangle((left, top, left + WIDE - 1, top + HIGH - 1), ground)
            if letter in BLOCKS:
                first, last = (round(HIGH * part) for part in BLOCKS[letter])
                pen.rectangle((left, top + first, left + WIDE - 1, top + last - 1), ink)
            elif letter != " ":
                pen.text((left, top), letter, ink, font)
    return picture


def _colours(style: Style) -> tuple[tuple[int, ...], tuple[int, ...]]:
    colours = [
        tuple(colour.get_truecolor(MONOKAI, foreground=is_ink)) if colour else usual
        for colour, is_ink, usual in (
            (style.color, True, (220, 220, 220)),
            (style.bgcolor, False, (0, 0, 0)),
        )
    ]
    ink, ground = reversed(colours) if style.reverse else colours
    return ink, ground


def _font(size: int) -> ImageFont.FreeTypeFont:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    raise SystemExit(f"None of these fonts is here: {', '.join(FONTS)}.")


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shots = [at_home(taken, folder) for taken in asyncio.run(journey(Path(folder)))]
    draw(shots).quantize(64).save(target, optimize=True)
    sys.stdout.write(f"{len(shots)} terminals: {target}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PICTURE)
