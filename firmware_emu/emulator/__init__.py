"""The device for other people's tests: `Emulator` in memory, `EmulatorProcess` on its own.

Nothing here waits for a time to pass: every call returns when the device has settled.
"""

from firmware_emu.emulator.memory import DeviceError, Emulator, MemoryFlash, SentRequest, Unanswered
from firmware_emu.emulator.presets import MNEMONIC, PIN, ScreenView, sealed_record
from firmware_emu.emulator.process import EmulatorProcess, NoReview

__all__ = [
    "MNEMONIC",
    "PIN",
    "DeviceError",
    "Emulator",
    "EmulatorProcess",
    "MemoryFlash",
    "NoReview",
    "ScreenView",
    "SentRequest",
    "Unanswered",
    "sealed_record",
]
