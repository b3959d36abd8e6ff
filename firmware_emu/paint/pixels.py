"""Whether the panel's terminal draws pictures (Kitty's protocol, sixel): it is asked beforehand.

`QUIETKEY_GRAPHICS=off` asks nothing. Through tmux and screen, which swallow pictures, it is off by
itself; `on` asks there, too.
"""

import os
import sys
from typing import Final

from signer.formats.qr import graphics
from signer.formats.qr.graphics import Graphics

if sys.platform != "win32":
    import select
    import termios
    import tty

_MOST_S: Final = 0.2
_MOST: Final = 4096  # bytes of an answer


def ask() -> Graphics | None:
    """What the terminal draws; None for letters alone, or for one that does not say in time."""
    if sys.platform == "win32" or not (_is_wanted() and os.isatty(0) and os.isatty(2)):
        return None
    usual = termios.tcgetattr(0)
    tty.setcbreak(0)
    try:
        os.write(2, graphics.QUESTIONS.encode("ascii"))
        return graphics.graphics_of(_answer())
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, usual)


def _is_wanted() -> bool:
    setting = os.environ.get("QUIETKEY_GRAPHICS", "auto").lower()
    is_passed_on = "TMUX" in os.environ or os.environ.get("TERM", "").startswith(("screen", "tmux"))
    return setting == "on" or (setting != "off" and not is_passed_on)


def _answer() -> str:
    answer = ""
    if sys.platform != "win32":
        while not graphics.is_answered(answer) and len(answer) < _MOST:
            is_ready, _, _ = select.select([0], [], [], _MOST_S)
            if not is_ready:
                break
            answer += os.read(0, _MOST).decode("ascii", "replace")
    return answer
