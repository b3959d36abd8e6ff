"""What a person does on a desk with two screens and two cameras: hold one up to the other.

The wallet's frames go to the device's camera as pixels, the device's panel comes back as pixels.
Nothing but pixels passes here.
"""

import asyncio

from host.demo.control import PanelClient
from host.errors import LinkLost
from host.values import Frame

COVERED = "The camera sees nothing. Nothing was signed. Point the two at each other and try again."


class FrontCamera:
    """The device's camera and its panel, as the wallet's two ends of an air gap."""

    def __init__(self, writer: asyncio.StreamWriter, panel: PanelClient) -> None:
        self._writer = writer
        self._panel = panel

    @classmethod
    async def point(cls, camera: str, panel: PanelClient) -> "FrontCamera":
        """Set up both at "host:port" of the device's camera. Raises LinkLost."""
        host, port = camera.rsplit(":", 1)
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError as error:
            raise LinkLost(COVERED) from error
        return cls(writer, panel)

    async def show(self, frame: Frame) -> None:
        """Hold the wallet's screen up to the device. Raises LinkLost."""
        try:
            self._writer.write(frame.pgm())
            await self._writer.drain()
        except OSError as error:
            raise LinkLost(COVERED) from error

    async def look(self) -> Frame:
        """Look at the device's panel."""
        return await self._panel.pixels()

    async def close(self) -> None:
        self._writer.close()
