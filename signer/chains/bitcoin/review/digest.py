"""What the digest of a payment's review stands for: all that a signature of it commits to."""

from collections.abc import Iterator

from signer.chains.bitcoin.payment.payment import CheckedPayment
from signer.formats.cursor import blob


def payment_commitment(spend: CheckedPayment) -> bytes:
    """Everything a signature of this payment commits to, and what is signed with which key."""
    spent = b"".join(coin.spent.encode() for coin in spend.inputs)
    return b"".join(
        map(
            blob,
            (
                spend.network.name.encode(),
                spend.account.id,
                spend.psbt.unsigned_tx,
                spent,
                *_jobs(spend),
            ),
        )
    )


def _jobs(spend: CheckedPayment) -> Iterator[bytes]:
    for number, coin in enumerate(spend.inputs):
        yield number.to_bytes(4, "big") + coin.hash_type.to_bytes(4, "big")
        for job in coin.tasks:
            steps = b"".join(step.to_bytes(4, "big") for step in job.path)
            together = (job.partial_signer.encode(),) if job.partial_signer else ()
            yield b"".join(map(blob, (steps, job.public_key, job.tree, job.digest, *together)))
