"""Front panels: each shows the same screens and sends the same keys."""


class FaceError(Exception):
    """A front panel cannot be opened. The text is for a person."""
