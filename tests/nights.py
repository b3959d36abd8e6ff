"""What is kept for a night: long, and shown of its kind by day already."""

import os

import pytest

IS_NIGHT = os.environ.get("HYPOTHESIS_PROFILE") == "night"
AT_NIGHT = pytest.mark.skipif(not IS_NIGHT, reason="for a night: HYPOTHESIS_PROFILE=night")
