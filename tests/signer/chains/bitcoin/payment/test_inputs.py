"""Coins: as many as can be signed in time, and no more."""

import pytest

from signer.chains.bitcoin.network import NETWORKS
from signer.chains.bitcoin.payment import inputs
from signer.chains.bitcoin.payment.ownership import OwnedKeys
from signer.chains.bitcoin.psbt import container
from signer.errors import CommonReason, Refused
from tests import psbts
from tests.psbts import PAYEE, Draft, Out, keyring

COINS = 1_000


def crowd(length: int) -> container.Psbt:
    """A payment of a thousand coins without segwit, in a transaction of so many bytes."""
    where = psbts.path("pkh")
    made = Draft([psbts.coin(keyring(), where, 10_000, salt) for salt in range(COINS)], [])
    each = len(psbts.output(0, PAYEE))
    count, left = divmod(length - len(made.unsigned_tx()) - 2, each)  # their number takes two more
    made.outs = [Out([], 300, PAYEE) for _ in range(count)]
    made.outs[-1].script += bytes(left)
    assert len(made.unsigned_tx()) == length
    return container.parse(made.encode())


def check(request: container.Psbt) -> tuple[inputs.SpentInput, ...]:
    found = inputs.locate_inputs(request, OwnedKeys(keyring(), NETWORKS["regtest"]))
    return inputs.check_inputs(request, found, keyring(), expert=False)


def test_signatures_without_segwit_hash_256_megabytes_at_most() -> None:
    """Each of them hashes the whole transaction (T75): here a thousand times as much."""
    most = (256 << 20) // COINS
    assert sum(len(coin.tasks) for coin in check(crowd(most))) == COINS
    with pytest.raises(Refused) as refused:
        check(crowd(most + 1))
    assert refused.value.reason is CommonReason.TOO_LARGE
