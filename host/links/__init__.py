"""Byte pipes and frame pipes to a device."""

from typing import Protocol


class Link(Protocol):
    """A byte pipe. Raises LinkLost when the other end is gone."""

    async def send(self, data: bytes) -> None: ...

    async def receive(self) -> bytes:
        """At least one byte, as soon as there is one."""
        ...

    async def close(self) -> None: ...
