"""T138: a copy that is taken for a backup, and is of another seed, or of none."""

import pytest

from firmware_emu.effects import Save
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Notice
from firmware_emu.screens.paper.grid import Grid
from firmware_emu.screens.paper.read_back import ReadBack
from firmware_emu.screens.qr import Qr
from firmware_emu.screens.text_pad import TextPad
from signer.formats.payload import envelopes
from signer.keys.backups import kef
from signer.keys.seeds import mnemonic
from tests.desk import Desk, unlocked_desk
from tests.envelopes import PASSWORD, held_up, sealed
from tests.firmware_emu.threats.test_T133_seeds_in_memory import Stateless
from tests.small_codes import read

ZOO = ("zoo",) * 11 + ("wrong",)
SEED, ZEROS = b"\xff" * 16, bytes(16)
DIGITS = b"2047" * 11 + b"2037"


def asked(backup: str, words: tuple[str, ...] = ZOO) -> Desk:
    desk = unlocked_desk(words)
    desk.press("ok")
    desk.choose("Backup")
    desk.enter_pin()
    desk.choose(backup)
    return desk


def drawn(desk: Desk, form: str) -> bytes:
    """What a camera reads of the squares that all zones say are filled."""
    desk.choose(form)
    desk.press("ok")
    assert "Draw it?" in desk.text  # a tap shows nothing
    desk.press("hold")
    zones: list[list[str]] = []
    while isinstance(desk.screen, Grid):
        rows = [line[2:22].rstrip() for line in desk.screen.lines()[2:-1] if line[:1].isdigit()]
        zones.append(rows)
        desk.press("ok")
    assert isinstance(desk.screen, ReadBack)
    return read(zones)


@pytest.mark.parametrize(
    ("form", "data"), [("Compact SeedQR", SEED), ("SeedQR (digits)", DIGITS)], ids=["bytes", "0-9"]
)
def test_what_the_zones_say_is_the_code_of_the_seed(form: str, data: bytes) -> None:
    desk = asked("SeedQR to draw")
    assert drawn(desk, form) == data
    desk.happen(held_up(data))
    assert "It is right" in desk.text


@pytest.mark.parametrize("words", [24, 21, 18, 15])
def test_seeds_of_every_length(words: int) -> None:
    entropy = bytes(range(words // 3 * 4))
    desk = asked("SeedQR to draw", mnemonic.words_from_entropy(entropy))
    assert drawn(desk, "Compact SeedQR") == entropy


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (ZEROS, "another seed: its fingerprint is 73c5da0a"),
        (b"0000" * 11 + b"0003", "another seed: its fingerprint is 73c5da0a"),
        (DIGITS[:-1] + b"8", "The checksum does not fit"),
        (b"https://example.org", "holds no seed"),
    ],
)
def test_a_drawing_of_another_seed_is_not_right(data: bytes, sentence: str) -> None:
    desk = asked("SeedQR to draw")
    drawn(desk, "Compact SeedQR")
    desk.happen(held_up(data))
    assert "Not this seed" in desk.text
    assert sentence in " ".join(desk.text.split())
    desk.happen(held_up(SEED))  # behind the notice nothing is read
    assert "Not this seed" in desk.text
    desk.dismiss()
    desk.happen(held_up(SEED))
    assert "It is right" in desk.text


def test_who_skips_is_told_that_nobody_knows() -> None:
    desk = asked("SeedQR to draw")
    drawn(desk, "Compact SeedQR")
    desk.press("ok")
    assert isinstance(desk.screen, Grid)  # shown again
    desk.press(*["ok"] * 9, "stop")
    assert "Not checked" in desk.text


def encrypted() -> tuple[Desk, bytes]:
    """After the code was shown; and what it says."""
    desk = asked("Encrypted code (KEF)")
    desk.press("hold")
    for _ in range(2):
        assert isinstance(desk.screen, TextPad)
        desk.type(PASSWORD)
        desk.press("ok")
    shown = desk.screen
    assert isinstance(shown, Qr)
    desk.press("ok")
    assert isinstance(desk.screen, ReadBack)
    return desk, shown.frame.encode()


def test_an_encrypted_code_is_opened_before_it_is_called_right() -> None:
    desk, code = encrypted()
    envelope = envelopes.of_code(code)
    assert envelope
    assert (envelope.label, envelope.version, envelope.iterations) == ("3f635a63", 20, 200_000)
    assert kef.decrypt(envelope, PASSWORD.encode()) == SEED
    desk.happen(held_up(code))
    assert "It is right" in desk.text
    records = [effect.record for effect in desk.log if isinstance(effect, Save)]
    assert not [1 for record in records if PASSWORD.encode() in record or SEED in record]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (sealed(ZEROS), 'another encrypted seed, called "73c5da0a"'),
        (sealed(SEED), 'another encrypted seed, called "73c5da0a"'),
        (SEED, "holds no encrypted seed"),
        (b"\x08abcdefgh\x14\xff\xff\xff" + bytes(32), "rounds of work"),
    ],
)
def test_another_envelope_is_not_right(data: bytes, sentence: str) -> None:
    desk, _ = encrypted()
    desk.happen(held_up(data))
    assert "Not this seed" in desk.text
    assert sentence in " ".join(desk.text.split())


def test_each_code_has_a_nonce_of_its_own() -> None:
    desk, code = encrypted()
    desk.happen(held_up(code))
    desk.dismiss()
    desk.press("ok")
    desk.choose("Backup")
    desk.enter_pin()
    desk.choose("Encrypted code (KEF)")
    desk.press("hold")
    for _ in range(2):
        desk.type(PASSWORD)
        desk.press("ok")
    assert isinstance(desk.screen, Qr)
    other, one = envelopes.of_code(desk.screen.frame.encode()), envelopes.of_code(code)
    assert other
    assert one
    assert other.payload[:12] != one.payload[:12]


@pytest.mark.parametrize(
    ("typed", "title"),
    [(("eleven char",), "Too short"), ((PASSWORD, "a long passwort"), "Not the same")],
)
def test_a_password_is_long_and_typed_twice(typed: tuple[str, ...], title: str) -> None:
    desk = asked("Encrypted code (KEF)")
    desk.press("hold")
    for password in typed:
        desk.type(password)
        desk.press("ok")
    assert isinstance(desk.screen, Notice)
    assert title in desk.text
    desk.press("ok")
    assert "New password" in desk.text


def test_a_seed_that_nothing_keeps_is_backed_up_before_it_is_used() -> None:
    desk = Stateless()
    desk.happen(held_up(SEED))
    desk.press("hold")
    desk.choose("Back it up")
    desk.choose("SeedQR to draw")
    assert drawn(desk, "Compact SeedQR") == SEED
    desk.happen(held_up(SEED))
    desk.dismiss()
    assert isinstance(desk.screen, Menu)
    desk.choose("Back it up")
    desk.press("stop")
    desk.choose("Use it")
    assert desk.fingerprint
