"""What is kept for a night: long, and shown of its kind by day already."""

import os
from collections.abc import Container, Iterable

import pytest

IS_NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
AT_NIGHT = pytest.mark.skipif(not IS_NIGHT, reason="for a night: HYPOTHESIS_PROFILE=night")


def cases(names: Iterable[str], by_day: Container[str]) -> list[object]:
    """The parameters of a test; those that are not for a day wait for a night."""
    return [name if name in by_day else pytest.param(name, marks=AT_NIGHT) for name in names]
