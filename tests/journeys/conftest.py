"""Journeys are about what is done with a device, not about its start."""

from tests.forked import devices_start_soon

__all__ = ["devices_start_soon"]
