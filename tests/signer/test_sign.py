"""Signing: how many of the signatures that leave are looked at by other code."""

import pytest

from signer.chains.bitcoin import signatures
from tests import psbts
from tests.psbts import build, keyring


@pytest.mark.parametrize("kind", ["wpkh", "tr"])
@pytest.mark.parametrize(("coins", "opinions"), [(1, 1), (25, 25), (26, 5), (40, 5)])
def test_all_signatures_of_an_ordinary_payment_get_a_second_opinion_and_some_of_a_large_one(
    coins: int, opinions: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    def opinion(_public: bytes, digest: bytes, _signature: bytes) -> bool:
        asked.append(digest)
        return True

    monkeypatch.setattr(signatures, "SECOND", (opinion, opinion))
    raw = build(keyring(), coins, kind)
    digests = [
        job.digest for coin in psbts.review(raw, keyring()).subject.coins for job in coin.jobs
    ]
    psbts.sign(raw, keyring())
    assert asked == (digests if coins == opinions else sorted(digests)[:opinions])
