"""Draw every screen of the app at both sizes: `python -m host.tui.gallery FOLDER`."""

import argparse
import asyncio
import sys
from pathlib import Path

from host.tui.app import QuietkeyApp
from host.tui.gallery import pictures
from host.tui.gallery.scenes import SHOTS, SIZES, take


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m host.tui.gallery", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="the screens whose name begins with this")
    parser.add_argument("--svg", action="store_true", help="no PNGs beside the SVGs")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_draw(asked.folder, asked.only, with_png=not asked.svg))
    return 0


async def _draw(folder: Path, only: str, *, with_png: bool) -> None:
    for shot in SHOTS:
        for width, height in SIZES if shot.name.startswith(only) else ():
            svg = pictures.own_fonts(
                await take(shot, (width, height), QuietkeyApp.export_screenshot)
            )
            name = f"{shot.name}-{width}x{height}"
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
            if with_png:
                (folder / f"{name}.png").write_bytes(pictures.png(svg))
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    raise SystemExit(main())
