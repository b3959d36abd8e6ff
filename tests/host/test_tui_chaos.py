"""Random keys and pastes while the world changes: a short run of `-m tests.fuzz.app_keys`."""

import pytest

from tests.fuzz.app_keys import Step, key, lives, paste


@pytest.mark.parametrize("link", ["serial", "qr"])
@pytest.mark.parametrize(("step", "count"), [(key, 150), (paste, 40)])
async def test_no_key_and_no_paste_ends_the_app(step: Step, count: int, link: str) -> None:
    assert await lives(count, step, link) == []
