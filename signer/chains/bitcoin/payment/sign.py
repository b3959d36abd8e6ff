"""An approved payment, signed. What leaves is first checked once more, as a stranger would."""

from collections.abc import Iterator, Mapping, Sequence

from signer.chains.bitcoin.payment import signatures
from signer.chains.bitcoin.payment.inputs import SpentInput
from signer.chains.bitcoin.payment.joint import musig2
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

AddedRecords = Mapping[int, Sequence[Record]]


def sign(payment: CheckedPayment, keyring: Keyring, randomness: bytearray) -> bytes:
    """The PSBT with every signature of ours that it lacks. Raises CrossCheckFailed.

    libsecp256k1 has verified each signature before `Keyring` let it out (T52).
    `randomness` are 32 fresh bytes for joint signatures; without them none begins: Malformed.
    """
    is_joint = any(spent.is_joint for spent in payment.inputs)
    draws = musig.draws(randomness) if is_joint else iter(())
    added = {
        coin.index: _records_of_input(coin, payment.psbt.inputs[coin.index], keyring, draws)
        for coin in payment.inputs
        if coin.tasks
    }
    emitted = container.add(payment.psbt, added).encode()
    _closing_check(payment, added, emitted)
    return emitted


def _records_of_input(
    coin: SpentInput, records: Map, keyring: Keyring, draws: Iterator[bytearray]
) -> Sequence[Record]:
    signed_records = dict(
        musig2.make(keyring, task, task.partial_signer, draws)
        if task.partial_signer
        else signatures.make(keyring, task)
        for task in coin.tasks
    )
    if coin.is_joint:
        signed_records |= musig2.completed(coin.tasks, {**records.fields, **signed_records})
    return tuple(signed_records.items())


def _closing_check(payment: CheckedPayment, added: AddedRecords, emitted: bytes) -> None:
    """Read what is about to leave from its bytes alone, and compare it with what was approved."""
    emitted_psbt = _read(emitted)
    if emitted_psbt.tx != payment.tx:
        raise CrossCheckFailed("The transaction changed while it was signed.")
    for index, (received, signed) in enumerate(
        zip(_maps(payment.psbt), _maps(emitted_psbt), strict=True)
    ):
        # The maps are global, inputs, outputs: input i is map i + 1.
        if sorted(signed.records) != sorted([*received.records, *added.get(index - 1, ())]):
            raise CrossCheckFailed("A signature did not land where it belongs.")
    context = sighash_context(emitted_psbt.tx, payment.utxos)
    for coin, task in _checked_tasks(payment):
        spend_data = coin.location.spend_data
        digest = context.digest(coin.index, spend_data, task.hash_type, task.leaf_hash)
        if not _holds(task, digest, emitted_psbt.inputs[coin.index]):
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


def _maps(psbt: Psbt) -> tuple[Map, ...]:
    return (psbt.globals, *psbt.inputs, *psbt.outputs)


def _checked_tasks(payment: CheckedPayment) -> list[tuple[SpentInput, SigningTask]]:
    """The signatures to check: those of the smallest digests, a lot the host can hardly steer."""
    tasks = [(coin, task) for coin in payment.inputs for task in coin.tasks]
    if len(tasks) <= ORDINARY:
        return tasks
    return sorted(tasks, key=lambda pair: pair[1].digest)[:LOT]
