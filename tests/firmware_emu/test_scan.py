"""The scan screen: what it says of the codes so far, and when it comes and goes."""

import pytest

from firmware_emu.events import BytesIn, Port, Remarked
from firmware_emu.screens import COLUMNS, ROWS
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.home import Home
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Acknowledged, Notice
from firmware_emu.screens.qr import Qr
from firmware_emu.screens.scan import GONE_S, STALLED_S, Scan, Sight
from signer.formats.qr import bbqr, numbered, parts, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.parts import Progress
from tests import psbts
from tests.desk import Desk, unlocked_desk

CAMERA = Port("air", "camera")
DRAFT = psbts.build(psbts.keyring(), 8)
CODES = parts.split(ur.from_psbt(DRAFT), 200)
COUNT = len(CODES) // 2
OTHER = parts.split(ur.from_psbt(psbts.build(psbts.keyring(), 5)), 200)


def hold_up(desk: Desk, *texts: str, seconds: float = 0.2) -> None:
    for text in texts:
        desk.happen(BytesIn(CAMERA, text.encode()))
        desk.tick(seconds)


def said(scan: Scan | Acknowledged) -> str:
    assert isinstance(scan, Scan)
    lines = scan.lines()
    assert len(lines) <= ROWS
    assert all(len(line) <= COLUMNS for line in lines)
    return " ".join(" ".join(lines).split())


def after(*sights: Sight, seconds: float = 0.0) -> str:
    scan = Scan(Progress(1, 4, new=True, parts=(True, False, False, False)))
    for sight in sights:
        scan = scan.misread(sight)
    return said(scan.tick(seconds))


@pytest.mark.parametrize(
    ("sight", "why"),
    [
        (Sight.AGAIN, "The same codes come again."),
        (Sight.FOREIGN, "Other codes are in view."),
        (Sight.DAMAGED, "Codes are misread."),
    ],
)
def test_why_it_stalls(sight: Sight, why: str) -> None:
    scan: Scan | Acknowledged = Scan(Progress(1, 4, new=True, parts=(True, False, False, False)))
    for _ in range(int(STALLED_S / 0.5)):
        assert isinstance(scan, Scan)
        assert why not in said(scan)
        scan = scan.misread(sight).tick(0.5)
    assert why in said(scan)
    assert f"6 {sight.value}" in said(scan)
    assert "No code is seen now." in after(sight, seconds=STALLED_S)


def test_it_ends_where_no_code_is_seen_for_long() -> None:
    scan = Scan(Progress(1, 4, new=True))
    assert isinstance(scan.tick(GONE_S - 0.1), Scan)
    assert isinstance(scan.tick(GONE_S), Acknowledged)


def test_the_map_has_a_sign_for_each_part_or_for_several() -> None:
    few = Scan(Progress(2, 4, new=True, parts=(True, False, True, False)))
    assert few.lines()[2] == "#.#."
    many = Scan(Progress(90, 120, new=True, parts=(True,) * 60 + (True, False) * 30))
    assert many.lines()[2:4] == ("#" * 30, "+" * 30)
    most = Scan(Progress(1, 2048, new=True, parts=(False,) * 2048), 0, (10**9,) * 4)
    said(most)


def test_the_seconds_left_are_those_that_it_takes() -> None:
    desk = unlocked_desk()
    taken = []
    for position, text in enumerate(CODES[: COUNT - 1]):
        hold_up(desk, text)
        assert isinstance(desk.screen, Scan)
        if position:
            left = desk.screen.seconds_left
            assert left is not None
            taken.append((left, 0.2 * (COUNT - position - 1)))
    assert all(abs(left - true) <= 1 for left, true in taken), taken


@pytest.mark.parametrize(
    "texts",
    [
        CODES[:COUNT],
        bbqr.split(BbqrFile("P", DRAFT), 12),
        numbered.split_psbt(DRAFT, 300),
        numbered.split_ur1(DRAFT, 300),
    ],
    ids=["ur", "bbqr", "pMofN", "ur1"],
)
def test_each_animation_fills_its_map_and_gives_way_to_the_payment(texts: tuple[str, ...]) -> None:
    desk = unlocked_desk()
    for position, text in enumerate(texts[:-1], 1):
        hold_up(desk, text, text)
        assert isinstance(desk.screen, Scan)
        lines = desk.screen.lines()
        assert lines[0].endswith(f"{position} of {len(texts)}")
        assert lines[2] == "#" * position + "." * (len(texts) - position)
        assert f"{position} new, {position} again" in lines[3]
    hold_up(desk, texts[-1])
    assert isinstance(desk.screen, Confirm)


def test_other_animations_and_damaged_codes_are_counted_beside_it() -> None:
    desk = unlocked_desk()
    damaged = CODES[3][:-1] + ("A" if CODES[3][-1] != "A" else "E")
    hold_up(desk, CODES[0], CODES[1], OTHER[0], damaged, "hello")
    assert isinstance(desk.screen, Scan)
    assert "2 new, 2 foreign, 1 damaged" in said(desk.screen)


def test_it_goes_when_the_codes_do_and_when_it_is_left() -> None:
    desk = unlocked_desk()
    hold_up(desk, CODES[0])
    for _ in range(int(GONE_S) + 1):
        desk.tick(1.0)
    assert isinstance(desk.screen, Home)
    hold_up(desk, CODES[1])
    assert isinstance(desk.screen, Scan)
    desk.press("ok")
    hold_up(desk, CODES[2])
    assert isinstance(desk.screen, Home)
    desk.press("ok")
    assert isinstance(desk.screen, Menu)
    hold_up(desk, CODES[3])
    assert isinstance(desk.screen, Menu)


def test_it_takes_away_neither_a_refusal_nor_a_remark_nor_an_answer() -> None:
    desk = unlocked_desk()
    hold_up(desk, "hello")
    hold_up(desk, CODES[0])
    assert isinstance(desk.screen, Notice)
    desk.press("ok")
    desk.happen(Remarked("No QR code was seen in a.png."))
    hold_up(desk, CODES[1])
    assert isinstance(desk.screen, Notice)
    hold_up(desk, *CODES[2:COUNT])
    assert desk.approve()
    hold_up(desk, *OTHER[:3])
    assert isinstance(desk.screen, Qr)


def test_a_payment_that_stays_in_view_after_it_was_dealt_with_is_no_scan() -> None:
    desk = unlocked_desk()
    hold_up(desk, *CODES[:COUNT])
    desk.press("stop")
    desk.dismiss()
    hold_up(desk, *CODES[: COUNT - 1])
    assert isinstance(desk.screen, Home)
