"""The only code in the device that opens anything."""


class LinkError(Exception):
    """A link cannot be opened. The text is for a person."""
