"""Draw every screen of the app at each size: `python -m tests.gallery.app FOLDER`."""

import argparse
import asyncio
import sys
from pathlib import Path

from host.settings import THEMES
from host.tui.app import QuietkeyApp
from tests.gallery import app_pictures
from tests.gallery.app_shots import SHOTS, sizes, take


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gallery.app", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="the screens whose name begins with this")
    parser.add_argument("--svg", action="store_true", help="no PNGs beside the SVGs")
    parser.add_argument("--theme", choices=THEMES, default="")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_draw(options.folder, options))
    return 0


async def _draw(folder: Path, options: argparse.Namespace) -> None:
    for shot in SHOTS:
        for width, height in sizes(shot) if shot.name.startswith(options.only) else ():
            svg = app_pictures.own_fonts(
                await take(shot, (width, height), QuietkeyApp.export_screenshot, options.theme)
            )
            name = f"{shot.name}-{width}x{height}"
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
            if not options.svg:
                (folder / f"{name}.png").write_bytes(app_pictures.png(svg))
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    raise SystemExit(main())
