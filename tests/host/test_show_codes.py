"""`quietkey qr`: a file as codes in a terminal, or as pictures that scanners read."""

from pathlib import Path

import pytest
from PIL import Image

from firmware_emu.scanner import reader as pictures
from host import optics
from host.__main__ import main
from host.app import code_pictures
from host.app.show_codes import message_for
from host.errors import BadInput, HostError
from host.links.keys import keys_of
from signer.formats.payload import reader
from signer.formats.payload.reader import Collector
from signer.formats.payload.values import Form, Payment
from signer.formats.qr.parts import Progress
from signer.formats.qr.peers import NAMES, peer
from signer.formats.qr.shower import Shower
from tests import psbts
from tests.panes import pane

PAYMENT = psbts.build(psbts.keyring(), 6)
SEED = "abandon " * 11 + "about"
DESCRIPTOR = (
    "wpkh([73c5da0a/84h/1h/0h]tpubDC8msFGeGuwnKG9Upg7DM2b4DaRqg3CUZa5g8v2SRQ6K4NSkxUgd7HsL2XVWbVm39"
    "yBA4LAxysQAm397zwQSQoQgewGiYZqrA9DsP4zbQ1M/<0;1>/*)"
)


@pytest.fixture
def psbt(tmp_path: Path) -> Path:
    path = tmp_path / "pay.psbt"
    path.write_bytes(PAYMENT)
    return path


def read(codes: list[bytes]) -> object:
    """What a device makes of these codes."""
    collector = Collector()
    for code in codes:
        whole = collector.add(code)
        if not isinstance(whole, Progress):
            return reader.read(whole)
    return None


def codes_in(data: bytes) -> list[bytes]:
    """What the scanner sees in a picture, or in each frame of one that moves."""
    return [code for frame in pictures.frames(data) for code in pictures.codes(frame)]


@pytest.mark.parametrize("name", NAMES)
def test_a_moving_picture_is_read_whole_and_at_the_speed_of_its_reader(
    name: str, psbt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = psbt.with_name("pay.gif")
    assert main(["qr", str(psbt), "--peer", name, "--out", str(target)]) == 0
    said = capsys.readouterr().out
    payment = read(codes_in(target.read_bytes()))
    assert isinstance(payment, Payment)
    assert payment.psbt == PAYMENT
    shower = Shower(message_for(PAYMENT, peer(name)), peer(name), peer(name).version)
    count = shower.series.count
    assert said == f"{shower.announcement()}: {target}\n"
    assert f"{count} code{'s' * (count > 1)} of version" in said
    with Image.open(target) as picture:
        frames = getattr(picture, "n_frames", 1)
        if frames > 1:
            assert picture.info["duration"] == pytest.approx(1000 * shower.code_s, rel=0.2)
    assert frames == (1 if count == 1 else min(shower.length, 2 * count))


@pytest.mark.parametrize("form", [".png", ".svg"])
def test_pictures_of_each_code_are_read_whole(form: str, psbt: Path) -> None:
    target = psbt.with_name(f"pay{form}")
    assert main(["qr", str(psbt), "--form", "bbqr", "--version", "8", "--out", str(target)]) == 0
    written = sorted(psbt.parent.glob(f"pay-*{form}"))
    assert len(written) > 5
    payment = read([code for path in written for code in codes_in(as_png(path))])
    assert isinstance(payment, Payment)
    assert payment.psbt == PAYMENT
    assert not target.exists()


def as_png(path: Path) -> bytes:
    if path.suffix == ".png":
        return path.read_bytes()
    cairosvg = pytest.importorskip("cairosvg")
    drawn: bytes = cairosvg.svg2png(path.read_bytes())
    return drawn


def test_a_text_is_one_code_where_one_holds_it_and_a_file_where_not() -> None:
    any_reader = peer("any")
    assert message_for(DESCRIPTOR.encode(), any_reader) == (DESCRIPTOR,)
    labels = '{"type":"tx","ref":"00","label":"Rent"}\n' * 40
    for form in (Form.UR, Form.BBQR):
        shower = Shower(message_for(labels.encode(), any_reader, form), any_reader, 12)
        texts = [shower.series.text(n).encode() for n in range(shower.series.count)]
        assert len(texts) > 2 or form is Form.BBQR  # deflated
        assert read(texts) == reader.read(labels)


@pytest.mark.parametrize("seed", [SEED, "0000" * 11 + "0003", SEED.upper()])
def test_a_seed_is_never_drawn(seed: str, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text(seed)
    target = tmp_path / "words.png"
    assert main(["qr", str(words), "--out", str(target)]) != 0
    assert not target.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"--peer": "nobody"}, "the programs are"),
        ({"--form": "morse"}, "The forms are binary, hex"),
        ({"--version": "41"}, "from 4 to 40"),
        ({"--out": "pay.jpeg"}, ".png, .svg, .gif"),
        ({"--out": "no/such/folder.png"}, "cannot be written: No such file"),
        ({}, "--out FILE.gif"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    changes: dict[str, str], sentence: str, psbt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for pair in changes.items() for word in pair]
    assert main(["qr", str(psbt), *words]) != 0
    assert sentence in capsys.readouterr().err


def test_what_is_no_payload_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for data in (b"", b"hello", b"\xff\x00" * 40, PAYMENT[:-1].hex()[:-1].encode()):
        (tmp_path / "x").write_bytes(data)
        assert main(["qr", str(tmp_path / "x"), "--out", str(tmp_path / "x.png")]) != 0
        assert "Nothing was shown." in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()


def test_too_many_codes_for_one_picture_are_refused(tmp_path: Path) -> None:
    shower = Shower(message_for(psbts.build(psbts.keyring(), 120), peer("krux")), room=4)
    assert shower.series.count > code_pictures.MOST_FRAMES
    with pytest.raises(BadInput, match="larger --version"):
        code_pictures.write(shower, tmp_path / "pay.gif")
    with pytest.raises(HostError):
        code_pictures.write(Shower(("A",)), tmp_path)


def test_keys_of_a_terminal() -> None:
    assert keys_of("+-") == ["+", "-"]
    assert keys_of("\x1b[C\x1bOD\x1b[5~q") == ["right", "left", "q"]
    assert keys_of("\x1b") == ["\x1b"]
    assert keys_of("") == []


def test_a_window_that_holds_no_code_is_said(psbt: Path) -> None:
    command = f"bash -c '.venv/bin/quietkey qr {psbt}; echo done'"
    with pane("small-qr", command, 36, 12) as terminal:
        assert "37 columns" in " ".join(terminal.sees("done").split())


def test_codes_in_a_real_terminal_obey_their_keys_and_leave_it_as_it_was(psbt: Path) -> None:
    command = f"stty -a | grep -o -- '.\\?icanon'; .venv/bin/quietkey qr {psbt}; stty -a | grep -o"
    with pane("qr", f"bash -c \"{command} -- '.\\?icanon'; echo done\"") as terminal:
        terminal.sees("1/", "+- size")
        assert terminal.press_until("Space", "paused")
        picture = terminal.picture()
        assert picture is not None
        [code] = optics.read(picture)
        assert code.startswith(b"UR:CRYPTO-PSBT/1-") or b"/2-" in code
        count = int(code.split(b"/")[1].split(b"-")[1])
        terminal.press("-")
        terminal.press("-")
        larger = terminal.sees("paused, 1/").partition("paused, 1/")[2].partition(",")[0]
        assert int(larger) >= count
        terminal.press("Right")
        terminal.sees("paused, 2/")
        terminal.press("f")
        terminal.press("q")
        assert " icanon" in terminal.sees("done").replace("\n", " ")
        assert "-icanon" not in terminal.text()
