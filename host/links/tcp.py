"""A device at a TCP port: an emulator, usually on this machine."""

import asyncio

from host.errors import LinkLost

CHUNK = 1 << 16
_LOST = (
    "The connection to the device was lost. Nothing was paid."
    " See that the device is running and try again."
)


class TcpLink:
    """One connection. Made by `open`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, host: str, port: int, timeout_s: float = 5) -> "TcpLink":
        """Raises LinkLost when nothing answers at `host`:`port` within `timeout_s` seconds."""
        try:
            async with asyncio.timeout(timeout_s):
                return cls(*await asyncio.open_connection(host, port))
        except (OSError, TimeoutError) as error:
            raise LinkLost(
                f"No device answers at {host}:{port}. Start it, or check the port, and try again."
            ) from error

    async def send(self, data: bytes) -> None:
        """Raises LinkLost."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise LinkLost(_LOST) from error

    async def receive(self) -> bytes:
        """What arrived. Raises LinkLost when the other end is gone."""
        try:
            data = await self._reader.read(CHUNK)
        except OSError as error:
            raise LinkLost(_LOST) from error
        if not data:
            raise LinkLost(_LOST)
        return data

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return  # the other end was faster
