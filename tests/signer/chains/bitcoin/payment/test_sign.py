"""Signing: how many of the signatures that leave are looked at by other code."""

import pytest

from signer.chains.bitcoin.payment import signatures
from signer.errors import CrossCheckFailed
from tests import psbts
from tests.psbts import build, draft, keyring


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
        job.digest for coin in psbts.review(raw, keyring()).subject.inputs for job in coin.tasks
    ]
    psbts.sign(raw, keyring())
    assert asked == (digests if coins == opinions else sorted(digests)[:opinions])


def test_what_would_be_too_large_to_be_read_again_does_not_leave() -> None:
    made = draft(keyring())
    made.ins[0].put(0xF0, b"")
    made.ins[0].put(0xF0, bytes((8 << 20) - len(made.encode()) - 4))  # its size takes 4 bytes more
    assert len(made.encode()) == 8 << 20
    with pytest.raises(CrossCheckFailed, match="What was signed cannot be read"):
        psbts.sign(made.encode(), keyring())
