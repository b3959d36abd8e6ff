"""Coins that several keys open with one signature made together (MuSig2: BIP327, BIP373, BIP390).

Two rounds, and for each of them a person reads and approves the whole payment: in the first only a
public nonce leaves, in the second our part of the signature. Who signs with us is what was
registered; the request can only agree with that (T25, T41).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from signer.chains.bitcoin.descriptors.musig_key import MusigKey
from signer.chains.bitcoin.psbt import fields
from signer.chains.bitcoin.psbt.maps import Map, Record
from signer.chains.bitcoin.reasons import BitcoinReason
from signer.errors import CommonReason, Refused
from signer.formats.cursor import blob
from signer.keys import musig
from signer.keys.keyring import Keyring
from signer.keys.musig import Group, Session
from signer.keys.path import Path
from signer.review import Fact, Origin

if TYPE_CHECKING:
    from signer.chains.bitcoin.payment.signing import SigningTask


@dataclass(frozen=True, slots=True)
class PartialSigner:
    """Our part in a joint signature. Without a session it is the first round's: a nonce."""

    group: Group = field(repr=False)
    public_key: bytes
    aggregate: bytes
    session: Session | None = field(default=None, repr=False)

    def encode(self) -> bytes:
        """All that a part commits to beside its job."""
        nonces = self.session.public_nonces if self.session else ()
        parts = (self.public_key, self.aggregate, *self.group.public_keys, *nonces)
        return b"".join(map(blob, parts))


def partial_signer(
    one: MusigKey, public_key: bytes, path: Path, merkle_root: bytes | None
) -> PartialSigner:
    """The part of one key of ours; `merkle_root` is None in a leaf, where nothing tweaks a key."""
    group = musig.group(one.participants, path, merkle_root)
    return PartialSigner(group, public_key, group.public_key)


# --- what a request says


def named_aggregates(records: Map) -> dict[bytes, frozenset[bytes]]:
    """The aggregates whose participants are named: those are asked to sign (BIP373, Updater)."""
    return {key: frozenset() for key, _ in records.all(fields.MUSIG2_PARTICIPANT_PUBKEYS)}


def check_participants(joints: Iterable[MusigKey], records: Map, where: str) -> None:
    """Refused where a request names other participants than the registered account has (T41)."""
    known = {(one.aggregate, b"".join(one.participants)) for one in joints}
    if not known.issuperset(records.all(fields.MUSIG2_PARTICIPANT_PUBKEYS)):
        raise Refused(BitcoinReason.JOINT_KEYS_DIFFER, where)


def check_foreign_parts(jobs: Iterable["SigningTask"], records: Map, where: str) -> None:
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
    jobs: Iterable["SigningTask"], records: Map, keyring: Keyring, where: str
) -> Iterator["SigningTask"]:
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
    job: "SigningTask", own: PartialSigner, records: Map, keyring: Keyring, where: str
) -> Iterator["SigningTask"]:
    nonces = _values(job, own, records.fields, fields.MUSIG2_PUB_NONCE)
    mine = nonces[_place(own)]
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
    if parts[_place(own)] is None:
        musig.check_begun(keyring, job.path, session, mine)
        yield replace(job, partial_signer=replace(own, session=session))


def check_room(jobs: Iterable["SigningTask"], keyring: Keyring) -> None:
    """Refused if the first rounds among these jobs would leave too many nonces open."""
    begun = sum(
        job.partial_signer is not None and job.partial_signer.session is None for job in jobs
    )
    musig.check_room(keyring, begun)


# --- what leaves


def make(
    keyring: Keyring, job: "SigningTask", own: PartialSigner, draws: Iterator[bytearray]
) -> Record:
    """The record to add (BIP373): in the first round a public nonce, in the second our part."""
    name = own.public_key + own.aggregate + job.leaf_hash
    if own.session is None:
        nonce = musig.begin(keyring, job.path, own.group, job.digest, next(draws))
        return bytes((fields.MUSIG2_PUB_NONCE,)) + name, nonce
    part = musig.sign(keyring, job.path, own.session)
    return bytes((fields.MUSIG2_PARTIAL_SIG,)) + name, part


def combined(job: "SigningTask", field_values: Mapping[bytes, bytes]) -> bytes | None:
    """The whole signature (64 bytes), if all parts of it are among the records of its input."""
    if job.partial_signer is None or job.partial_signer.session is None:
        return None
    parts = _values(job, job.partial_signer, field_values, fields.MUSIG2_PARTIAL_SIG)
    found = [part for part in parts if part is not None]
    return musig.combine(job.partial_signer.session, found) if len(found) == len(parts) else None


def holds(
    job: "SigningTask", own: PartialSigner, digest: bytes, field_values: Mapping[bytes, bytes]
) -> bool:
    """Whether these records have all nonces of this digest, and our part of it; read anew."""
    nonces = _values(job, own, field_values, fields.MUSIG2_PUB_NONCE)
    part = _values(job, own, field_values, fields.MUSIG2_PARTIAL_SIG)[_place(own)]
    session = Session(own.group, tuple(nonce or b"" for nonce in nonces), digest)
    return musig.verify(session, _place(own), part or b"")


def rounds(jobs: Iterable["SigningTask"]) -> Iterator[Fact]:
    """Which round this is, for a person; nothing where nobody signs with us."""
    kinds = {job.partial_signer.session is not None if job.partial_signer else None for job in jobs}
    if False in kinds:
        yield Fact("Joint", _FIRST_TOO if len(kinds) > 1 else _FIRST, Origin.POLICY)
    if True in kinds:
        yield Fact("Joint", _SECOND, Origin.POLICY)


_FIRST = "first of two rounds: only a nonce leaves"
_FIRST_TOO = "first of two rounds for some signatures: of those only a nonce leaves"
_SECOND = "second of two rounds: your part of the signature leaves"


def _values(
    job: "SigningTask", own: PartialSigner, field_values: Mapping[bytes, bytes], kind: int
) -> list[bytes | None]:
    """The nonces or parts that are there, by the group's keys."""
    below, head = own.aggregate + job.leaf_hash, bytes((kind,))
    return [field_values.get(head + key + below) for key in own.group.public_keys]


def _place(own: PartialSigner) -> int:
    return own.group.public_keys.index(own.public_key)
