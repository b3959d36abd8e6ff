"""What is kept for a night: long, and shown of its kind by day already."""

import os
from collections.abc import Container, Iterable

import pytest

IS_NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
AT_NIGHT = pytest.mark.skipif(not IS_NIGHT, reason="for a night: HYPOTHESIS_PROFILE=night")


def cases(parameters: Iterable[object], by_day: Container[object]) -> list[object]:
    """The parameters of a test; those that are not for a day wait for a night."""
    return [each if each in by_day else pytest.param(each, marks=AT_NIGHT) for each in parameters]
