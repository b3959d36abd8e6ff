"""Across the air gap: QR codes in by the camera, QR codes out on the screen (see README.md)."""

from firmware_emu.personalities.air.air import Air

PERSONALITY = Air

__all__ = ["PERSONALITY", "Air"]
