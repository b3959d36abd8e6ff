"""The device for other people's tests: `Emulator` in memory, `EmulatorProcess` on its own.

Nothing here waits for a time to pass: every call returns when the device has settled.
"""

from firmware_emu.emulator.memory import Asked, DeviceError, Emulator, MemoryFlash, Unanswered
from firmware_emu.emulator.presets import MNEMONIC, PIN, Seen, sealed_record
from firmware_emu.emulator.process import EmulatorProcess

__all__ = [
    "MNEMONIC",
    "PIN",
    "Asked",
    "DeviceError",
    "Emulator",
    "EmulatorProcess",
    "MemoryFlash",
    "Seen",
    "Unanswered",
    "sealed_record",
]
