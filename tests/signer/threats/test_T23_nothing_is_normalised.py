"""Version, sequences and locktime are signed as they came, even where they are strange."""

import pytest

from signer.chains.bitcoin.psbt import container as psbt_container
from tests.psbts import draft, keyring, review, sign, text


@pytest.mark.parametrize("script", ["wpkh", "tr"])
@pytest.mark.parametrize("version", [0, 1, 2, 3, 2**31, 2**32 - 1])
@pytest.mark.parametrize("sequence", [0x80000000, 0xFFFFFFFF, 0xFFFFFFFE])
@pytest.mark.parametrize("container", [0, 2])
def test_what_is_committed_to_is_what_came_in(
    container: int, script: str, version: int, sequence: int
) -> None:
    made = draft(keyring(), 2, script)
    made.psbt_version = container
    made.version, made.locktime = version, 77
    made.ins[1].sequence = sequence
    raw = made.encode()
    assert psbt_container.parse(raw).encode() == raw
    signed = psbt_container.parse(sign(raw, keyring()))  # judged by Bitcoin Core's engine
    assert signed.unsigned_tx == made.unsigned_tx()


def test_an_unusual_version_is_shown() -> None:
    made = draft(keyring())
    made.version = 3
    assert "Version 3" in text(review(made.encode(), keyring()).pages)
