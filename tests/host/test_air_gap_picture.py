"""The README's picture of a payment by QR: the codes in it are those of the product."""

from PIL import Image

from firmware_emu.scanner import reader
from signer.formats.qr import ur
from signer.formats.qr.ur import UrPart
from tests.gallery.air_gap import Shot, at_home, terminal_picture
from tests.panes import ROOT

PICTURE = ROOT / "tests" / "golden" / "pictures" / "by_qr.png"


def test_a_scanner_reads_the_account_the_payment_and_its_answer_from_the_readme() -> None:
    assert PICTURE.relative_to(ROOT).as_posix() in (ROOT / "README.md").read_text("utf-8")
    with Image.open(PICTURE) as picture:
        texts = [code.decode("ascii") for code in reader.look(picture.convert("L"))]
    parts = [ur.parse(text) for text in texts]
    kinds = sorted(part.type for part in parts if isinstance(part, UrPart))
    assert kinds == ["crypto-account", "crypto-psbt", "crypto-psbt"]


def test_cells_are_drawn_in_their_colours_and_a_colour_goes_on_in_the_next_row() -> None:
    taken = Shot("", ("\x1b[38;2;1;2;3;48;2;250;251;252m▀ ", "█"), 2, 2)
    picture = terminal_picture(taken)
    ink, ground = (1, 2, 3), (250, 251, 252)
    assert [picture.getpixel((5, row)) for row in (0, 9, 10, 19)] == [ink, ink, ground, ground]
    assert picture.getpixel((15, 5)) == ground
    assert picture.getpixel((5, 30)) == ink


def test_the_folder_of_a_run_is_written_as_a_home() -> None:
    taken = at_home(Shot("", ("camera  /run/a1/eye  |",), 30, 1), "/run/a1")
    assert taken.lines == ("camera  ~/eye  |      ",)
