"""What the digest of a payment's review stands for: all that a signature of it commits to."""

from collections.abc import Iterator

from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.formats.cursor import blobs


def payment_commitment(payment: CheckedPayment) -> bytes:
    """Everything a signature of this payment commits to, and what is signed with which key."""
    utxos = b"".join([utxo.encode() for utxo in payment.utxos])
    name, unsigned_tx = payment.network.name.encode(), payment.psbt.unsigned_tx
    accounts = [account.id for account in payment.accounts]
    return blobs((name, *accounts, unsigned_tx, utxos, *_tasks(payment)))


def _tasks(payment: CheckedPayment) -> Iterator[bytes]:
    for spent in payment.inputs:
        yield spent.index.to_bytes(4, "big") + spent.hash_type.to_bytes(4, "big")
        for task in spent.tasks:
            steps = b"".join(step.to_bytes(4, "big") for step in task.path)
            signer = (task.partial_signer.encode(),) if task.partial_signer else ()
            yield blobs((steps, task.public_key, task.tree, task.digest, *signer))
