"""An approved payment, signed. What leaves is first checked once more, as a stranger would."""

from signer.chains.bitcoin import psbt, sighash, signatures
from signer.chains.bitcoin.psbt import Map, Psbt, Record
from signer.chains.bitcoin.spend import Spend
from signer.errors import CrossCheckFailed, Malformed
from signer.keys.keyring import Keyring

# python-ecdsa takes some 2 ms for each; an ordinary payment is checked in full, a huge one by lot.
SECOND_OPINIONS = 25


def sign(spend: Spend, keyring: Keyring) -> bytes:
    """The PSBT with a signature added to each coin that lacks one. Raises CrossCheckFailed.

    libsecp256k1 has verified each signature before `Keyring` let it out (T52).
    """
    made = {
        index: signatures.make(keyring, coin.key, coin.digest, coin.hash_type)
        for index, coin in enumerate(spend.coins)
        if not coin.done
    }
    emitted = psbt.add(spend.psbt, made).encode()
    _closing_check(spend, made, emitted)
    return emitted


def _closing_check(spend: Spend, made: dict[int, Record], emitted: bytes) -> None:
    """Read what is about to leave from its bytes alone, and compare it with what was approved."""
    again = _read(emitted)
    if again.tx != spend.tx:
        raise CrossCheckFailed("The transaction changed while it was signed.")
    for index, (before, after) in enumerate(zip(_maps(spend.psbt), _maps(again), strict=True)):
        # The maps are global, inputs, outputs: input i is map i + 1.
        added = [made[index - 1]] if index - 1 in made else []
        if sorted(after.records) != sorted([*before.records, *added]):
            raise CrossCheckFailed("A signature did not land where it belongs.")
    spent = [coin.spent for coin in spend.coins]
    shared = sighash.midstates(again.tx, spent)
    for index in _drawn(spend, made):
        coin = spend.coins[index]
        digest = sighash.digest(again.tx, shared, index, coin.spent, coin.hash_type)
        found = signatures.find(coin.key, again.inputs[index]) or b""
        if not signatures.holds(coin.key, digest, coin.hash_type, found, signatures.SECOND):
            raise CrossCheckFailed("A second opinion on a signature disagrees.")


def _read(emitted: bytes) -> Psbt:
    try:
        return psbt.parse(emitted)
    except Malformed as error:
        raise CrossCheckFailed("What was signed cannot be read.") from error


def _maps(one: Psbt) -> tuple[Map, ...]:
    return (one.globals, *one.inputs, *one.outputs)


def _drawn(spend: Spend, made: dict[int, Record]) -> list[int]:
    """The inputs to check: those with the smallest digests, a lot the host can hardly steer."""
    return sorted(made, key=lambda index: spend.coins[index].digest)[:SECOND_OPINIONS]
