"""SLIP39: a master secret in shares, in groups of which some are needed, under a passphrase.

There is no BIP39 behind it: the master secret is the BIP32 seed. Words are the list's own strings,
as in `mnemonic`; values and secrets are buffers that the caller erases.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from signer.errors import CommonReason, Malformed, Refused
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.backups.shamir import Field, add
from signer.keys.backups.slip39_share import Setting, Slip39Share, parse
from signer.keys.curve import Buffer
from signer.keys.scratch import Scratch
from signer.keys.seeds.entropy import Stream, expand

__all__ = ("Setting", "SharePlan", "Slip39Share", "combine", "parse", "split")

_FIELD = Field(bits=8, modulus=0x11B, generator=3)
_DIGEST, _SECRET = 254, 255  # where the polynomial holds a digest of the secret, and the secret
_DIGEST_SIZE = 4
_ROUNDS = range(4)
_MAX_COUNT = 16  # groups, and shares of a group
_MOST_PASSPHRASE = 256
# PBKDF2 runs 10000 << exponent times: some milliseconds at 0, a second or ten here. Whoever made
# the backup chose, perhaps by mistake, and a device that stands still for an hour looks broken.
_SLOWEST = 10


@dataclass(frozen=True, slots=True)
class SharePlan:
    """How a secret is shared: `group_threshold` of these groups, each (threshold, count) of shares.

    `exponent` is what a guess at the passphrase costs. `extendable`: the passphrase opens the same
    wallet if the secret is shared again, under another identifier. Raises Malformed.
    """

    group_threshold: int
    groups: tuple[tuple[int, int], ...]
    exponent: int = 1
    extendable: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.group_threshold <= len(self.groups) <= _MAX_COUNT:
            raise Malformed("There are 1 to 16 groups, and not more are needed than there are.")
        if not 0 <= self.exponent <= _SLOWEST:
            raise Malformed(f"The iteration exponent is 0 to {_SLOWEST}.")
        for threshold, count in self.groups:
            if not 1 <= threshold <= count <= _MAX_COUNT:
                raise Malformed("A group has 1 to 16 shares, and not more are needed than it has.")
            if threshold == 1 and count > 1:
                raise Malformed("A group of which one share is enough has one share.")


def combine(shares: Sequence[Slip39Share], passphrase: str | Buffer = "") -> MasterSeed:
    """The master secret (16 to 64 bytes), the caller's to erase.

    Takes exactly the groups that are needed, and of each exactly the shares that are. A wrong
    passphrase is not noticed: it opens another wallet, so show its fingerprint before anything is
    kept (T65). Raises Malformed for shares that are not of one secret, too few, too many, doubled
    or wrong, and for a passphrase that is none; Refused(BACKUP_TOO_SLOW).
    """
    if len({(share.setting, len(share.value)) for share in shares}) != 1:
        raise Malformed("These shares are not of one secret.")
    setting = shares[0].setting
    if setting.exponent > _SLOWEST:
        raise Refused(
            CommonReason.BACKUP_TOO_SLOW, f"Its iteration exponent is {setting.exponent}."
        )
    members: dict[int, list[Slip39Share]] = {share.group: [] for share in shares}
    for share in shares:
        members[share.group].append(share)
    if len(members) != setting.group_threshold:
        raise Malformed(f"Shares of {setting.group_threshold} groups are needed.")
    with Scratch() as scratch:
        password = _password(passphrase, scratch)
        groups = {group: scratch.owned(_of_group(shares)) for group, shares in members.items()}
        encrypted = scratch.owned(_joined(groups))
        return MasterSeed(scratch.owned(_crypt(encrypted, setting, password, reversed(_ROUNDS))))


def split(
    secret: bytes | bytearray, plan: SharePlan, randomness: bytes | bytearray, passphrase: str = ""
) -> tuple[tuple[Slip39Share, ...], ...]:
    """The shares of each group. Their values are the caller's to erase.

    `secret` has 16 to 64 bytes, an even number. `randomness` is 32 bytes or more; with the same
    secret, plan and passphrase it gives the same shares. Raises Malformed.
    """
    if len(secret) not in range(16, 65, 2):
        raise Malformed("A master secret has 16, 18, ... or 64 bytes.")
    with Scratch() as scratch:
        password = _password(passphrase, scratch)
        with expand(f"quietkey/slip39/{plan}".encode(), randomness, secret, password) as stream:
            identifier = int.from_bytes(scratch.owned(stream.take(2)), "big") >> 1
            setting = Setting(
                identifier, plan.extendable, plan.exponent, plan.group_threshold, len(plan.groups)
            )
            encrypted = scratch.owned(_crypt(secret, setting, password, _ROUNDS))
            groups = _parts(encrypted, (plan.group_threshold, len(plan.groups)), stream, scratch)
            shares = tuple(
                tuple(
                    Slip39Share(setting, group, member, size[0], value)
                    for member, value in enumerate(_parts(groups[group], size, stream, scratch))
                )
                for group, size in enumerate(plan.groups)
            )
        for group in shares:
            for share in group:
                scratch.released(share.value)
        return shares


def _of_group(shares: Sequence[Slip39Share]) -> bytearray:
    """The value that the shares of one group hold together, the caller's to erase."""
    needed = shares[0].member_threshold
    points = {share.member: share.value for share in shares}
    if any(share.member_threshold != needed for share in shares):
        raise Malformed("These shares are not of one secret.")
    if len(points) != len(shares):
        raise Malformed("A share was given twice.")
    if len(points) != needed:
        raise Malformed(f"A group needs {needed} shares, {len(points)} were given.")
    return _joined(points)


def _joined(points: dict[int, bytearray]) -> bytearray:
    """What values at their places hold, checked by the digest that was shared with it."""
    with Scratch() as scratch:
        if len(points) == 1:
            return scratch.released(scratch.copy(*points.values()))
        secret = scratch.owned(_FIELD.interpolated(points, _SECRET))
        digest_part = scratch.owned(_FIELD.interpolated(points, _DIGEST))
        key = scratch.copy(memoryview(digest_part)[_DIGEST_SIZE:])
        if not hmac.compare_digest(_digest(key, secret), memoryview(digest_part)[:_DIGEST_SIZE]):
            raise Malformed("These shares do not belong together.")
        return scratch.released(secret)


def _parts(
    secret: bytearray, size: tuple[int, int], stream: Stream, scratch: Scratch
) -> list[bytearray]:
    """`secret` as (threshold, count) values at places 0, 1, ... (SLIP39, Generating the shares)."""
    threshold, count = size
    if threshold == 1:
        return [scratch.copy(secret) for _ in range(count)]
    points = {place: scratch.owned(stream.take(len(secret))) for place in range(threshold - 2)}
    key = scratch.owned(stream.take(len(secret) - _DIGEST_SIZE))
    points[_DIGEST] = scratch.owned(bytearray().join((_digest(key, secret), key)))
    points[_SECRET] = secret
    return [scratch.owned(_FIELD.interpolated(points, place)) for place in range(count)]


def _digest(key: bytearray, secret: bytearray) -> bytes:
    return hmac.digest(key, secret, "sha256")[:_DIGEST_SIZE]


def _password(passphrase: str | Buffer, scratch: Scratch) -> bytearray:
    """The passphrase behind a byte that will number the round."""
    if isinstance(passphrase, str):
        encoded = scratch.taken(passphrase.encode(errors="surrogatepass"))
    else:
        encoded = scratch.copy(passphrase)
    if len(encoded) > _MOST_PASSPHRASE or any(not 0x20 <= sign <= 0x7E for sign in encoded):
        raise Malformed(f"A passphrase is at most {_MOST_PASSPHRASE} printable ASCII letters.")
    password = scratch.buffer(1 + len(encoded))
    memoryview(password)[1:] = memoryview(encoded)
    return password


def _crypt(
    secret: bytes | bytearray, setting: Setting, password: bytearray, rounds: Iterable[int]
) -> bytearray:
    """The Feistel cipher of SLIP39 (Encryption of the master secret), backwards to decrypt."""
    salt = b"" if setting.extendable else b"shamir" + setting.identifier.to_bytes(2, "big")
    half = len(secret) // 2
    with Scratch() as scratch:
        left = scratch.copy(memoryview(secret)[:half])
        right = scratch.copy(memoryview(secret)[half:])
        for number in rounds:
            password[0] = number
            salted = scratch.owned(bytearray().join((salt, right)))
            runs = (10000 << setting.exponent) // len(_ROUNDS)
            mask = scratch.taken(hashlib.pbkdf2_hmac("sha256", password, salted, runs, half))
            add(mask, left)
            left, right = right, mask
        return scratch.released(scratch.owned(bytearray().join((right, left))))
