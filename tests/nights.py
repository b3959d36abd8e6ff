"""What is kept for a night: long, and shown of its kind by day already."""

import os

import pytest

AT_NIGHT = pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "night", reason="for a night: HYPOTHESIS_PROFILE=night"
)
