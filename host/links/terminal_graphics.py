"""Whether the terminal of a command draws pictures: it is asked, and has a fifth of a second.

`QUIETKEY_GRAPHICS=off` asks nothing and draws codes in letters. Through tmux and screen, which
swallow pictures, it is off by itself; `on` asks there, too.
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

SETTING: Final = "QUIETKEY_GRAPHICS"
_MOST_S: Final = 0.2
_MOST: Final = 4096  # bytes of an answer


def is_wanted() -> bool:
    """Whether the terminal should be asked at all."""
    setting = os.environ.get(SETTING, "auto").lower()
    is_passed_on = "TMUX" in os.environ or os.environ.get("TERM", "").startswith(("screen", "tmux"))
    return setting == "on" or (setting != "off" and not is_passed_on)


def ask() -> Graphics | None:
    """What the terminal draws; None for letters alone. Call it before keys are taken."""
    if sys.platform == "win32" or not is_wanted():
        return None
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    usual = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        sys.stderr.write(graphics.QUESTIONS)
        sys.stderr.flush()
        return graphics.graphics_of(_answer())
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, usual)


def _answer() -> str:
    """What comes back up to the last answer; what else was typed meanwhile is lost."""
    answer = ""
    if sys.platform != "win32":
        while not graphics.is_answered(answer) and len(answer) < _MOST:
            is_ready, _, _ = select.select([sys.stdin], [], [], _MOST_S)
            if not is_ready:
                break
            answer += os.read(sys.stdin.fileno(), _MOST).decode("ascii", "replace")
    return answer
