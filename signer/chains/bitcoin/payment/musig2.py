"""Coins that several keys open with one signature made together (MuSig2: BIP327, BIP373, BIP390).

Two rounds, and for each of them a person reads and approves the whole payment: in the first only a
public nonce leaves, in the second our part of the signature. Who signs with us is what was
registered; the request can only agree with that (T25, T41).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from signer.chains.bitcoin.descriptors.musig_key import MusigKey
from signer.chains.bitcoin.payment import signatures
from signer.chains.bitcoin.payment.partial_signer import PartialSigner
from signer.chains.bitcoin.payment.signing import SigningTask
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.maps import Map, Record
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason, CrossCheckFailed, Refused
from signer.keys import musig
from signer.keys.keyring import Keyring
from signer.keys.musig import Session

# --- what a request says


def named_aggregates(records: Map) -> dict[bytes, frozenset[bytes]]:
    """The aggregates whose participants are named: those are asked to sign (BIP373, Updater)."""
    return {key: frozenset() for key, _ in records.all(fields.MUSIG2_PARTICIPANT_PUBKEYS)}


def check_participants(joints: Iterable[MusigKey], records: Map, where: str) -> None:
    """Refused where a request names other participants than the registered account has (T41)."""
    known = {(one.aggregate, b"".join(one.participants)) for one in joints}
    if not known.issuperset(records.all(fields.MUSIG2_PARTICIPANT_PUBKEYS)):
        raise Refused(BitcoinReason.JOINT_KEYS_DIFFER, where)


def check_foreign_parts(jobs: Iterable[SigningTask], records: Map, where: str) -> None:
    """Refused for a nonce or part of our keys that belongs to none of the jobs.

    Under another name it would be passed over here, and the first round begun again and again.
    """
    shares = [(job.partial_signer, job.leaf_hash) for job in jobs if job.partial_signer]
    if not shares:
        return
    names = {one.public_key + one.aggregate + leaf for one, leaf in shares}
    ours = {one.public_key for one, _ in shares}
    for kind in (fields.MUSIG2_PUB_NONCE, fields.MUSIG2_PARTIAL_SIG):
        if any(key[:33] in ours and key not in names for key, _ in records.all(kind)):
            raise Refused(CommonReason.NONCE_ELSEWHERE, where)


def tasks_of_this_round(
    jobs: Iterable[SigningTask], records: Map, keyring: Keyring, where: str
) -> Iterator[SigningTask]:
    """The jobs that this round has for us: without those whose part of ours is there already.

    Raises Refused where a first round is missing, forgotten or was for something else, and where
    a part is wrong; Malformed, naming the signer, for a nonce that is none.
    """
    for job in jobs:
        if job.partial_signer is None:
            yield job
        else:
            yield from _due(job, job.partial_signer, records, keyring, where)


def _due(
    job: SigningTask, own: PartialSigner, records: Map, keyring: Keyring, where: str
) -> Iterator[SigningTask]:
    nonces = _values(job, own, records.fields, fields.MUSIG2_PUB_NONCE)
    mine = nonces[own.position]
    if mine is None:
        yield job
        return
    found = tuple(nonce for nonce in nonces if nonce is not None)
    if len(found) != len(nonces):
        raise Refused(BitcoinReason.NONCES_MISSING, where)
    session = Session(own.group, found, job.digest)
    parts = _values(job, own, records.fields, fields.MUSIG2_PARTIAL_SIG)
    if not musig.check(session, parts):
        raise Refused(BitcoinReason.JOINT_PART_WRONG, where)
    if parts[own.position] is None:
        musig.check_begun(keyring, job.path, session, mine)
        yield replace(job, partial_signer=replace(own, session=session))


def check_room(jobs: Iterable[SigningTask], keyring: Keyring) -> None:
    """Refused if the first rounds among these jobs would leave too many nonces open."""
    begun = sum(
        job.partial_signer is not None and job.partial_signer.session is None for job in jobs
    )
    musig.check_room(keyring, begun)


# --- what leaves


def make(
    keyring: Keyring, job: SigningTask, own: PartialSigner, draws: Iterator[bytearray]
) -> Record:
    """The record to add (BIP373): in the first round a public nonce, in the second our part."""
    name = own.public_key + own.aggregate + job.leaf_hash
    if own.session is None:
        nonce = musig.begin(keyring, job.path, own.group, job.digest, next(draws))
        return bytes((fields.MUSIG2_PUB_NONCE,)) + name, nonce
    part = musig.sign(keyring, job.path, own.session)
    return bytes((fields.MUSIG2_PARTIAL_SIG,)) + name, part


def completed(
    tasks: Iterable[SigningTask], field_values: Mapping[bytes, bytes]
) -> Iterator[Record]:
    """The record of each joint signature that has all its parts among those of its input.

    Raises CrossCheckFailed if the signature does not hold under the key of the task.
    """
    for task in tasks:
        signature = combined(task, field_values)
        if signature is not None:
            record = signatures.record(task, signature)
            if not signatures.holds(task, task.digest, record[1]):
                raise CrossCheckFailed("A joint signature did not verify.")
            yield record


def combined(task: SigningTask, field_values: Mapping[bytes, bytes]) -> bytes | None:
    """The signature (64 bytes), if all parts of it are there."""
    signer = task.partial_signer
    if signer is None or signer.session is None:
        return None
    parts = _values(task, signer, field_values, fields.MUSIG2_PARTIAL_SIG)
    present = [part for part in parts if part is not None]
    return musig.combine(signer.session, present) if len(present) == len(parts) else None


def is_confirmed(task: SigningTask, digest: bytes, records: Map) -> bool:
    """Whether what leaves has all nonces of this digest, and our part of it; read anew."""
    signer = task.partial_signer
    if signer is None or signer.session is None:
        # A nonce is no signature: that it is there is compared elsewhere. But it is for a digest.
        return signatures.find(task, records) is None and digest == task.digest
    if not holds(task, signer, digest, records.fields):
        return False
    signature = signatures.find(task, records)
    if signature is None:
        return True  # others' parts are missing
    return signatures.holds(task, digest, signature, signatures.SECOND)


def holds(
    job: SigningTask, own: PartialSigner, digest: bytes, field_values: Mapping[bytes, bytes]
) -> bool:
    """Whether these records have all nonces of this digest, and our part of it; read anew."""
    nonces = _values(job, own, field_values, fields.MUSIG2_PUB_NONCE)
    part = _values(job, own, field_values, fields.MUSIG2_PARTIAL_SIG)[own.position]
    session = Session(own.group, tuple(nonce or b"" for nonce in nonces), digest)
    return musig.verify(session, own.position, part or b"")


def _values(
    job: SigningTask, own: PartialSigner, field_values: Mapping[bytes, bytes], kind: int
) -> list[bytes | None]:
    """The nonces or parts that are there, by the group's keys."""
    below, head = own.aggregate + job.leaf_hash, bytes((kind,))
    return [field_values.get(head + key + below) for key in own.group.public_keys]
