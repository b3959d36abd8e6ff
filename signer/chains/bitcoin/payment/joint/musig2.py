"""Coins that several keys open with one signature made together (MuSig2: BIP327, BIP373, BIP390).

Two rounds, and for each of them a person reads and approves the whole payment: in the first only a
public nonce leaves, in the second our part of the signature. Who signs with us is what was
registered; the request can only agree with that (T25, T41).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from signer.chains.bitcoin.accounts.account import AccountIndex
from signer.chains.bitcoin.descriptors.musig_key import MusigKey
from signer.chains.bitcoin.payment import signatures
from signer.chains.bitcoin.payment.joint.partial_signer import PartialSigner
from signer.chains.bitcoin.payment.signing import RequestedLeaves, SigningTask
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.maps import Map, Record
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason, CrossCheckFailed, Refused
from signer.keys import musig
from signer.keys.keyring import Keyring
from signer.keys.musig import Session

# --- what a request says


def requested_aggregates(
    location: AccountIndex, leaves: RequestedLeaves, records: Map
) -> dict[bytes, frozenset[bytes]]:
    """The aggregates that are asked to sign: those whose participants are named (BIP373, Updater).

    Where none are, and no derivation (`leaves`) is about a key of ours alone, those that the
    derivations are about: who takes part in a joint key was registered (T41).
    """
    named = {key for key, _ in records.records_of(fields.MUSIG2_PARTICIPANT_PUBKEYS)}
    if not named and not any(key[1:] in leaves for key, _ in location.own_keys()):
        named = {
            musig_key.aggregate
            for key, musig_key in location.shared()
            if not leaves.keys().isdisjoint(_x_only_keys(key, musig_key))
        }
    return dict.fromkeys(named, frozenset())


def _x_only_keys(key: bytes, musig_key: MusigKey) -> set[bytes]:
    """What a derivation can be about: the key in the lock, or a part of it that is ours."""
    return {key[1:], *(part[1:] for part, _ in musig_key.own_participants)}


def check_participants(musig_keys: Iterable[MusigKey], records: Map, detail: str) -> None:
    """Refused where a request names other keys than those of the registered account (T41).

    Theirs are points of the curve; of others nobody knows, and to find out takes longer than to
    compare (T55, T75).
    """
    known = list(musig_keys)
    registered = {(key.aggregate, b"".join(key.participants)) for key in known}
    participants = {part for key in known for part in key.participants}
    if not registered.issuperset(records.records_of(fields.MUSIG2_PARTICIPANT_PUBKEYS)):
        raise Refused(BitcoinReason.JOINT_KEYS_DIFFER, detail)
    for kind in (fields.MUSIG2_PUB_NONCE, fields.MUSIG2_PARTIAL_SIG):
        if any(key[:33] not in participants for key, _ in records.records_of(kind)):
            raise Refused(BitcoinReason.JOINT_KEYS_DIFFER, detail)


def check_foreign_parts(tasks: Iterable[SigningTask], records: Map, detail: str) -> None:
    """Refused for a nonce or part of our keys that belongs to none of the tasks.

    Under another name it would be passed over here, and the first round begun again and again.
    """
    shares = [(task.partial_signer, task.leaf_hash) for task in tasks if task.partial_signer]
    if not shares:
        return
    names = {signer.public_key + signer.aggregate + leaf for signer, leaf in shares}
    own_keys = {signer.public_key for signer, _ in shares}
    for kind in (fields.MUSIG2_PUB_NONCE, fields.MUSIG2_PARTIAL_SIG):
        if any(key[:33] in own_keys and key not in names for key, _ in records.records_of(kind)):
            raise Refused(CommonReason.NONCE_ELSEWHERE, detail)


def tasks_of_this_round(
    tasks: Iterable[SigningTask], records: Map, keyring: Keyring, detail: str
) -> Iterator[SigningTask]:
    """The tasks that this round has for us: without those whose part of ours is there already.

    Raises Refused where a first round is missing, forgotten or was for something else, and where
    a part is wrong; Malformed, naming the signer, for a nonce that is none.
    """
    for task in tasks:
        if task.partial_signer is None:
            yield task
        else:
            yield from _own_part(task, task.partial_signer, records, keyring, detail)


def _own_part(
    task: SigningTask, signer: PartialSigner, records: Map, keyring: Keyring, detail: str
) -> Iterator[SigningTask]:
    nonces = _values(task, signer, records.fields, fields.MUSIG2_PUB_NONCE)
    nonce = nonces[signer.position]
    if nonce is None:
        yield task
        return
    present = tuple(nonce for nonce in nonces if nonce is not None)
    if len(present) != len(nonces):
        raise Refused(BitcoinReason.NONCES_MISSING, detail)
    session = Session(signer.group, present, task.digest)
    parts = _values(task, signer, records.fields, fields.MUSIG2_PARTIAL_SIG)
    if not musig.check(session, parts):
        raise Refused(BitcoinReason.JOINT_PART_WRONG, detail)
    if parts[signer.position] is None:
        musig.check_begun(keyring, task.path, session, nonce)
        yield replace(task, partial_signer=replace(signer, session=session))


def check_room(tasks: Iterable[SigningTask], keyring: Keyring) -> None:
    """Refused if the first rounds among these tasks would leave too many nonces open."""
    first_rounds = sum(
        task.partial_signer is not None and task.partial_signer.session is None for task in tasks
    )
    musig.check_room(keyring, first_rounds)


# --- what leaves


def make(
    keyring: Keyring, task: SigningTask, signer: PartialSigner, draws: Iterator[bytearray]
) -> Record:
    """The record to add (BIP373): in the first round a public nonce, in the second our part."""
    name = signer.public_key + signer.aggregate + task.leaf_hash
    if signer.session is None:
        nonce = musig.begin(keyring, task.path, signer.group, task.digest, next(draws))
        return bytes((fields.MUSIG2_PUB_NONCE,)) + name, nonce
    part = musig.sign(keyring, task.path, signer.session)
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
    task: SigningTask, signer: PartialSigner, digest: bytes, field_values: Mapping[bytes, bytes]
) -> bool:
    """Whether these records have all nonces of this digest, and our part of it; read anew."""
    nonces = _values(task, signer, field_values, fields.MUSIG2_PUB_NONCE)
    part = _values(task, signer, field_values, fields.MUSIG2_PARTIAL_SIG)[signer.position]
    session = Session(signer.group, tuple(nonce or b"" for nonce in nonces), digest)
    return musig.verify(session, signer.position, part or b"")


def _values(
    task: SigningTask, signer: PartialSigner, field_values: Mapping[bytes, bytes], kind: int
) -> list[bytes | None]:
    """The nonces or parts that are there, by the group's keys."""
    suffix, head = signer.aggregate + task.leaf_hash, bytes((kind,))
    return [field_values.get(head + key + suffix) for key in signer.group.public_keys]
