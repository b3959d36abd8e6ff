"""What a scanner process sees: codes as text, from pictures, a folder, a camera or typed lines.

It is a process of its own and shares no code with us: what it opens may be hostile.
"""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

from host.errors import LinkLost

_ENDED = "The scanner has ended. Nothing was signed. Start again with another source."
_NAMED = ("-", "screen", "clipboard")
_CAMERA = "/dev/video"  # with a size behind it, it is no path
_LONGEST = 1 << 20  # bytes of a line


class Scanner:
    """The codes that were seen since they were last asked for. `say` is for a person."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        lines: asyncio.StreamReader,
        say: Callable[[str], None],
    ) -> None:
        self._process = process
        self._lines = lines
        self._say = say

    @classmethod
    async def open(cls, source: str, say: Callable[[str], None]) -> Self:
        """Look at `source` from now on: a picture, a folder, /dev/videoN, "-". Raises LinkLost."""
        if (
            source not in _NAMED
            and ":" not in source
            and not source.startswith(_CAMERA)
            and not await asyncio.to_thread(Path(source).exists)
        ):
            raise LinkLost(f"There is no {source} to look at. Nothing was changed.")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "firmware_emu.scanner",
            source,
            str(time.time_ns()),
            stdout=PIPE,
            limit=_LONGEST,
        )
        if process.stdout is None:
            raise LinkLost(_ENDED)
        return cls(process, process.stdout, say)

    async def look(self) -> tuple[bytes, ...]:
        """The next code, once there is one. Raises LinkLost where none can come any more."""
        while line := await self._lines.readline():
            item = json.loads(line)
            if "code" in item:
                return (bytes.fromhex(item["code"]),)
            self._say(item["say"])
        raise LinkLost(_ENDED)

    async def close(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
