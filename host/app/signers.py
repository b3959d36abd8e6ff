"""Which signers are within reach, found by looking: nobody is asked to type a port."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

EMULATOR = "127.0.0.1", 30121  # where `quietkey device` listens unless it is told otherwise
PATIENCE_S = 0.5
CAMERAS = "video*"


@dataclass(frozen=True, slots=True)
class NearbySigner:
    """An address that `connect` takes, and what stands there as far as one can see."""

    address: str
    title: str


async def within_reach(
    emulator: tuple[str, int] = EMULATOR, cameras: Path = Path("/dev")
) -> tuple[NearbySigner, ...]:
    """A device emulated on this machine, what is at serial ports, cameras for codes (Linux).

    Nothing is said to any of them. Takes half a second at most.
    """
    emulated, ports = await asyncio.gather(_emulated(*emulator), asyncio.to_thread(_ports))
    return (*emulated, *ports, *_cameras(cameras))


async def _emulated(host: str, port: int) -> tuple[NearbySigner, ...]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return ()
    writer.close()
    return (NearbySigner(f"tcp:{host}:{port}", "The device emulated on this machine"),)


def _ports() -> tuple[NearbySigner, ...]:
    return tuple(
        NearbySigner(
            f"serial:{port.device}", f"A device at {port.device}{_named(port.description)}"
        )
        for port in sorted(list_ports.comports())
    )


def _named(description: str | None) -> str:
    plain = "".join(letter for letter in description or "" if letter.isprintable())[:40]
    return f" ({plain})" if plain and plain != "n/a" else ""


def _cameras(folder: Path) -> Iterator[NearbySigner]:
    if sys.platform == "linux":
        for path in sorted(folder.glob(CAMERAS)):
            yield NearbySigner(f"qr:{path}", f"By QR codes, seen by the camera {path}")
