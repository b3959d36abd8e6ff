"""What all tests share: how hard hypothesis tries, and where strangers' vectors are."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("desk", max_examples=100, deadline=None)
settings.register_profile(
    "night", max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "desk"))


@pytest.fixture(scope="session")
def strangers_vectors() -> Path:
    """The folder of other people's vectors that lies beside the project, if it does."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "vectors"
    if not folder.is_dir():
        pytest.skip("The folder shared/vectors is not beside the project.")
    return folder
