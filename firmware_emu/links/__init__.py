"""The only code in the device that opens anything."""


class LinkError(Exception):
    """A link cannot be opened. The text is for a person."""


PIECE = 128  # about one small request: what a device is handed of one port at a time (threat T97)


def pieces(data: bytes) -> list[bytes]:
    """The same bytes, in pieces of which each is dealt with quickly."""
    return [data[start : start + PIECE] for start in range(0, len(data), PIECE)]
