"""Pictures to a process of its own, which has no key, and what it saw back (threat T135)."""

import asyncio
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from firmware_emu.links.pgm import GreyPicture

Item = dict[str, str]
COMMAND: Final = (sys.executable, "-m", "firmware_emu.scanner", "pictures")
LOOKED: Final = "looked"  # the item behind all that was seen in a picture
_GONE: Final = "What reads the pictures has ended. Start the device again."


class PictureReader:
    """Started before the seal: afterwards no process could be. Its children are its own to start.

    `hear` is called in the loop with each item that the process says: see `firmware_emu.scanner`.
    """

    def __init__(self, hear: Callable[[Item], None]) -> None:
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._pictures: queue.SimpleQueue[GreyPicture | None] = queue.SimpleQueue()
        self._child = subprocess.Popen(  # noqa: S603 - no shell, and all of it is ours
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._thread = threading.Thread(target=self._work, daemon=True)

    def look(self, picture: GreyPicture) -> None:
        """Look for codes in it. What was seen is heard later, and LOOKED behind it."""
        self._pictures.put(picture)
        if not self._thread.ident:
            self._thread.start()  # behind the seal, which a thread from before would not be

    def close(self) -> None:
        """No more pictures: the process ends by itself."""
        if self._thread.ident:
            self._pictures.put(None)
        else:
            self._end()

    def _work(self) -> None:
        with suppress(OSError, ValueError):
            while picture := self._pictures.get():
                self._give(picture)
                del picture  # a large one is not kept until the next comes
        self._end()

    def _end(self) -> None:
        # The seal leaves us no other way to end a process than that it sees nobody is there.
        for pipe in (self._child.stdin, self._child.stdout):
            with suppress(OSError):
                if pipe:
                    pipe.close()
        with suppress(OSError):
            self._child.wait()

    def _give(self, picture: GreyPicture) -> None:
        """Raises OSError or ValueError when the process is gone, after that was said."""
        if self._child.stdin is None or self._child.stdout is None:
            return
        try:
            head = picture.header()
            length = len(head) + len(picture.pixels)
            self._child.stdin.write(length.to_bytes(4, "big") + head)
            self._child.stdin.write(picture.pixels)
            self._child.stdin.flush()
            item: Item = {}
            while LOOKED not in item:
                item = json.loads(self._child.stdout.readline())
                self._say(item)
        except (OSError, ValueError):
            self._say({"say": _GONE})
            raise

    def _say(self, item: Item) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is there any more
            self._loop.call_soon_threadsafe(self._hear, item)
