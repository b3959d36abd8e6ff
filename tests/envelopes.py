"""Encrypted seeds (KEF) to hold up to a device, of little work."""

from firmware_emu.events import BytesIn, Port
from signer.formats.payload import envelopes
from signer.keys.backups import kef

CAMERA = Port("air", "camera")
PASSWORD = "a long password"


def held_up(data: bytes) -> BytesIn:
    """Bytes of nobody else: they are erased where they come in."""
    return BytesIn(CAMERA, bytes(bytearray(data)))


def sealed(entropy: bytes, label: bytes = b"73c5da0a", password: str = PASSWORD) -> bytes:
    envelope = kef.encrypt(bytearray(entropy), password.encode(), label, bytes(12), 10_000)
    return envelopes.encoded(envelope)
