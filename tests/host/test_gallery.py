"""The gallery of the app is a command, and what it draws can be looked at."""

import subprocess
import sys
from pathlib import Path

from host.session import wording
from tests.gallery import app_pictures, app_session, app_views
from tests.gallery.app_shots import SHOTS, SIZES
from tests.nights import AT_NIGHT

ROOT = Path(__file__).parents[2]


@AT_NIGHT
def test_the_gallery_is_a_command(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.gallery.app", str(tmp_path), "--only", "home-btc"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    names = [f"home-btc-{wide}x{high}" for wide, high in SIZES]
    assert run.stdout.split() == names
    for name in names:
        svg = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        assert "0.05000000" in svg
        assert "@font-face" not in svg, "no font is fetched"
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_names_of_shots_are_names_of_files() -> None:
    names = [shot.name for shot in SHOTS]
    assert len(set(names)) == len(names)
    assert all(name.replace("-", "").isalpha() and name.islower() for name in names)


def test_a_pictures_fonts_are_on_the_machine() -> None:
    svg = "<style>@font-face { src: url('https://x'); }\n.a { font-family: Fira Code; }</style>"
    own = app_pictures.own_fonts(svg)
    assert "url(" not in own
    assert app_pictures.FONTS in own


def test_what_the_sample_wallet_says_of_its_payment_is_what_a_device_reviewed() -> None:
    recipient, details, total = (" ".join(page.lines) for page in app_views.PAYMENT_PAGES)

    def amount(sats: int) -> str:
        return wording.amount(sats).replace("\N{NO-BREAK SPACE}", " ")

    left = app_views.FUNDED_SATS - app_views.PAID_SATS - app_views.FEE_SATS
    assert " ".join(wording.fours(app_session.THEIRS)) in recipient
    assert amount(app_views.PAID_SATS) in recipient
    assert amount(left) in details
    assert amount(app_views.FEE_SATS) in total
    assert " ".join(app_session.WORDS) in total
    assert "hold: sign" in total
