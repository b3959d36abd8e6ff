"""A person's backups on a machine without a network: each is read back from the terminal itself."""

import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from host import optics
from host.values import Frame
from signer.formats.payload import envelopes, radix
from signer.keys.backups import kef
from tests import envelopes as sealed_ones
from tests.envelopes import PASSWORD
from tests.nights import AT_NIGHT
from tests.panes import Pane, pane
from tests.small_codes import read

pytestmark = AT_NIGHT
ZEROS = bytes(16)


def hold_up(folder: Path, name: str, picture: Frame) -> None:
    image = Image.frombytes("L", (picture.width, picture.height), bytes(picture.pixels))
    image.save(folder.parent / name)
    (folder.parent / name).rename(folder / name)


def type_password(terminal: Pane, title: str, password: str, *following: str) -> None:
    terminal.sees(title)
    terminal.run("send-keys", "-t", "pane", "-l", password)
    terminal.sees(f"{'*' * (len(password) - 1)}{password[-1]}")
    terminal.press_until("Enter", *following)


def hold_until(terminal: Pane, *following: str) -> None:
    """Hold OK, and once more where a busy machine has let go of it."""
    for _ in range(8):
        terminal.hold("Enter", 2.5)
        time.sleep(0.5)
        if all(text in terminal.text() for text in following):
            return
    terminal.sees(*following, seconds=1)


def choose(terminal: Pane, item: str) -> None:
    while f"▸ {item}" not in terminal.text():
        terminal.press("Right")
        time.sleep(0.3)
    time.sleep(0.5)
    terminal.press("Enter")


def drawn(terminal: Pane) -> list[list[str]]:
    """What a person draws, zone by zone."""
    zones: list[list[str]] = []
    while True:
        text = terminal.sees("Zone", f"{len(zones) + 1} of 9")
        panel = [line.partition("│ ")[2].partition("│")[0] for line in text.split("\n")]
        zones.append([line[2:22].rstrip() for line in panel if line[:1].isdigit()])
        if len(zones) == 9:
            terminal.press_until("Enter", "Read it back")
            return zones
        terminal.press_until("Enter", f"{len(zones) + 1} of 9")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40)])
def test_an_encrypted_seed_is_loaded_and_backed_up_twice(
    tmp_path: Path, columns: int, rows: int
) -> None:
    folder = tmp_path / "camera"
    folder.mkdir()
    command = (
        f"QUIETKEY_HOME={tmp_path}/home {sys.executable} -m host device --air --stateless"
        f" --network regtest --camera {folder}"
    )
    with pane(f"backups{columns}", command, columns, rows) as terminal:
        terminal.sees("New wallet")
        text = radix.encode(sealed_ones.sealed(ZEROS), radix.BASE43)
        hold_up(folder, "sealed.png", optics.draw(text))
        type_password(terminal, "Encrypted seed", "a wrong one", "Not opened")
        terminal.press_until("Enter", "Password of")
        type_password(terminal, "Encrypted seed", PASSWORD, "Fingerprint 73c5da0a")
        hold_until(terminal, "Seed 73c5da0a")
        choose(terminal, "Back it up")
        terminal.sees("SeedQR to draw")
        choose(terminal, "Encrypted code (KEF)")
        terminal.sees("Encrypt the seed?")
        hold_until(terminal, "New password")
        type_password(terminal, "New password", "another long one", "Once more")
        type_password(terminal, "Once more", "another long one", "Encrypted seed", "1 code")
        picture = terminal.pixels(terminal.cells()[1:])
        [code] = optics.read(picture)
        envelope = envelopes.of_code(code)
        assert envelope
        assert kef.decrypt(envelope, b"another long one") == ZEROS
        terminal.press_until("Enter", "Read it back")
        hold_up(folder, "copy.png", picture)
        terminal.sees("It is right")
        terminal.press_until("Enter", "Seed 73c5da0a")
        choose(terminal, "Back it up")
        terminal.sees("SeedQR to draw")
        choose(terminal, "SeedQR to draw")
        terminal.sees("Code to draw")
        terminal.press_until("Enter", "Draw it?")
        hold_until(terminal, "Zone A1")
        squares = read(drawn(terminal))
        assert squares == ZEROS
        hold_up(folder, "stranger.png", optics.draw("0001" * 11 + "0006"))
        terminal.sees("Not this seed")
        terminal.press_until("Enter", "Read it back")
        hold_up(folder, "drawing.png", optics.draw("0000" * 11 + "0003"))
        terminal.sees("It is right")
