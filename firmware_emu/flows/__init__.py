"""One file per conversation: a generator that yields screens and is sent answers."""

from collections.abc import Generator
from typing import TypeVar

from firmware_emu.screens import Answer, Screen

Result = TypeVar("Result")
Flow = Generator[Screen, Answer, Result]


class Declined(Exception):
    """The person said no. Not an error: nothing was signed, nothing was lost."""
