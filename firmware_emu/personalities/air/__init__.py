"""Across the air gap: QR codes in by the camera, QR codes out on the screen (see README.md)."""

from firmware_emu.personalities import PersonalityFactory
from firmware_emu.personalities.air.air import Air

PERSONALITY: PersonalityFactory = Air

__all__ = ["PERSONALITY", "Air"]
