"""An approved payment, signed. What leaves is first checked once more, as a stranger would."""

from collections.abc import Iterator, Mapping, Sequence

from signer.chains.bitcoin.payment import musig2, signatures
from signer.chains.bitcoin.payment.inputs import SpentInput
from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.chains.bitcoin.payment.signing import SigningTask, sighash_context
from signer.chains.bitcoin.psbt import container
from signer.chains.bitcoin.psbt.container import Psbt
from signer.chains.bitcoin.psbt.maps import Map, Record
from signer.errors import CrossCheckFailed, Malformed, Refused
from signer.keys import musig
from signer.keys.keyring import Keyring

# python-ecdsa takes some 2 ms for each: an ordinary payment is checked in full, a larger one by
# lot. A fault that comes once escapes the lot, but not libsecp256k1, which verifies all of them.
ORDINARY = 25
LOT = 5

Made = Mapping[int, Sequence[Record]]


def sign(spend: CheckedPayment, keyring: Keyring, randomness: bytearray) -> bytes:
    """The PSBT with every signature of ours that it lacks. Raises CrossCheckFailed.

    libsecp256k1 has verified each signature before `Keyring` let it out (T52).
    `randomness` are 32 fresh bytes for joint signatures; without them none begins: Malformed.
    """
    is_joint = any(spent.is_joint for spent in spend.inputs)
    draws = musig.draws(randomness) if is_joint else iter(())
    made = {
        index: _made(coin, spend.psbt.inputs[index], keyring, draws)
        for index, coin in enumerate(spend.inputs)
        if coin.tasks
    }
    emitted = container.add(spend.psbt, made).encode()
    _closing_check(spend, made, emitted)
    return emitted


def _made(
    coin: SpentInput, records: Map, keyring: Keyring, draws: Iterator[bytearray]
) -> Sequence[Record]:
    made = dict(
        musig2.make(keyring, job, job.partial_signer, draws)
        if job.partial_signer
        else signatures.make(keyring, job)
        for job in coin.tasks
    )
    if coin.is_joint:
        made |= musig2.completed(coin.tasks, {**records.fields, **made})
    return tuple(made.items())


def _closing_check(spend: CheckedPayment, made: Made, emitted: bytes) -> None:
    """Read what is about to leave from its bytes alone, and compare it with what was approved."""
    again = _read(emitted)
    if again.tx != spend.tx:
        raise CrossCheckFailed("The transaction changed while it was signed.")
    for index, (before, after) in enumerate(zip(_maps(spend.psbt), _maps(again), strict=True)):
        # The maps are global, inputs, outputs: input i is map i + 1.
        if sorted(after.records) != sorted([*before.records, *made.get(index - 1, ())]):
            raise CrossCheckFailed("A signature did not land where it belongs.")
    whole = sighash_context(again.tx, tuple(coin.utxo for coin in spend.inputs))
    for index, job in _drawn(spend):
        lock = spend.inputs[index].location.spend_data
        digest = whole.digest(index, lock, job.hash_type, job.leaf_hash)
        if not _holds(job, digest, again.inputs[index]):
            raise CrossCheckFailed("A second opinion on a signature disagrees.")


def _holds(task: SigningTask, digest: bytes, records: Map) -> bool:
    if task.partial_signer is not None:
        return musig2.is_confirmed(task, digest, records)
    signature = signatures.find(task, records) or b""
    return signatures.holds(task, digest, signature, signatures.SECOND)


def _read(emitted: bytes) -> Psbt:
    try:
        return container.parse(emitted)
    except (Malformed, Refused) as error:
        raise CrossCheckFailed("What was signed cannot be read.") from error


def _maps(one: Psbt) -> tuple[Map, ...]:
    return (one.globals, *one.inputs, *one.outputs)


def _drawn(spend: CheckedPayment) -> list[tuple[int, SigningTask]]:
    """The signatures to check: those of the smallest digests, a lot the host can hardly steer."""
    every = [(index, job) for index, coin in enumerate(spend.inputs) for job in coin.tasks]
    if len(every) <= ORDINARY:
        return every
    return sorted(every, key=lambda each: each[1].digest)[:LOT]
