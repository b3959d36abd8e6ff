"""A part of the demo that is a process of its own: started, announced, ended. It dies with us."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host.errors import HostError

START_SECONDS = 15.0
END_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class ChildProcess:
    """A running child and what it announced when it was ready.

    The child's standard input is a pipe that we hold: when we end, however we end, it closes, and
    the child ends too.
    """

    name: str
    process: asyncio.subprocess.Process
    announced: dict[str, Any]

    async def end(self) -> None:
        """Close its standard input and wait; be firmer only when that is not enough."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        for harder in (self.process.terminate, self.process.kill, None):
            try:
                await asyncio.wait_for(self.process.wait(), END_SECONDS)
            except TimeoutError:
                if harder is not None:
                    harder()
            else:
                return


async def start(name: str, arguments: Sequence[str], log: Path) -> ChildProcess:
    """Run `python -m ARGUMENTS` until it announces itself with one JSON line.

    What it says on standard error goes to the file `log`. Raises HostError when it ends or stays
    silent instead.
    """
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    part = ChildProcess(name, process, {})
    try:
        line = await asyncio.wait_for(_first_line(process), START_SECONDS)
        part.announced.update(json.loads(line))
    except (TimeoutError, ValueError) as error:
        await part.end()
        raise HostError(
            f"The {name} did not start. Nothing was lost. What it said last is in {log}."
        ) from error
    return part


async def _first_line(process: asyncio.subprocess.Process) -> bytes:
    if process.stdout is None:
        raise ValueError("no standard output")
    return await process.stdout.readline()
