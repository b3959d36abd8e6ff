"""The cable to the device: plugged in, pulled, and whole again after a conversation broke off."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from host.devices import SigningDevice
from host.errors import LinkLost
from host.session import wording

Result = TypeVar("Result")


class Cable:
    """`connect` opens a link to the device; it may raise LinkLost, and is called again later."""

    def __init__(self, connect: Callable[[], Awaitable[SigningDevice]]) -> None:
        self._connect = connect
        self.device: SigningDevice | None = None

    @property
    def plugged(self) -> bool:
        return self.device is not None

    async def plug(self) -> SigningDevice:
        """Connect to the device, unless it is connected. Raises LinkLost."""
        if self.device is None:
            self.device = await self._connect()
        return self.device

    async def unplug(self) -> None:
        """Pull the cable, whatever goes over it just now."""
        device, self.device = self.device, None
        if device is not None:
            await device.close()

    async def ask(self, question: Callable[[SigningDevice], Awaitable[Result]]) -> Result:
        """Ask the device something. Raises LinkLost when the cable is out, or is pulled."""
        device = self.device
        if device is None:
            raise LinkLost(wording.PULLED)
        try:
            return await question(device)
        except (LinkLost, asyncio.CancelledError):
            # An answer that comes late must not be taken for the answer to the next question.
            if self.device is device:
                await self.unplug()
                with suppress(LinkLost):
                    await self.plug()
            raise
