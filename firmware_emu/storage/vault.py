"""The sealed seed and the PIN tries: frozen records, every attempt makes the next one.

An emulator has no secure element. Who copies the record can try PINs offline; the slow PIN
stretch is all that stands between (threat T70), and `README.md` says how long that lasts.
"""

from dataclasses import dataclass, field, replace
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from firmware_emu.storage import seed_records, settings
from firmware_emu.storage.seed_records import SeedRecords
from firmware_emu.storage.settings import Settings
from signer.errors import Malformed
from signer.formats.cursor import Cursor
from signer.hashes import tagged_hash
from signer.keys.backups import master_seed
from signer.keys.backups.master_seed import MasterSeed
from signer.keys.curve import Buffer, erase

# Eight: enough for a person with wet fingers, and eight guesses at a PIN of four digits
# succeed once in 1,250 times. Jade allows three, Trezor sixteen.
TRIES = 8
_MAGIC = b"quietkey vault 6"
_FIFTH = b"quietkey vault 5"  # records of one seed without a passphrase
_FOURTH = b"quietkey vault 4"  # records without a time after which the device locks
_THIRD = b"quietkey vault 3"  # records that remember no signature
_SECOND = b"quietkey vault 2"  # records whose only setting is the serial
_FIRST = b"quietkey vault 1"  # those without accounts, too; what every seal is bound to
_WITH_HISTORY = (_MAGIC, _FIFTH, _FOURTH)
_SALT = 16
_NONCE = 12
_ROOM = 33  # one byte of length and up to 32 of entropy, so the record never tells how many words
_IS_MASTER = 0x80  # in the byte of length
_TAG = 16
_CHECK = 8
_SIZES = (16, 20, 24, 28, 32)  # bytes of BIP39 entropy
_SETTINGS = {
    _MAGIC: settings.read,
    _FIFTH: settings.read,
    _FOURTH: settings.read_networks,
    _THIRD: settings.read_networks,
    _SECOND: settings.read_serial,
    _FIRST: settings.read_serial,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one PIN try costs (Argon2id, RFC 9106).

    The bounds hold for records read back too: a doctored record may neither make guessing cheap
    nor ask for a week of work (threat T64). Raises Malformed outside of them.
    """

    memory_kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 1

    def __post_init__(self) -> None:
        if not (1024 <= self.memory_kib <= 1024 * 1024 and 1 <= self.passes <= 8):
            raise Malformed("The cost of a PIN try is out of bounds.")
        if not 1 <= self.lanes <= 4:
            raise Malformed("The lanes of a PIN try are out of bounds.")

    def encode(self) -> bytes:
        return self.memory_kib.to_bytes(4, "little") + bytes((self.passes, self.lanes))

    def stretch(self, pin: str | Buffer, salt: bytes) -> bytes:
        """The sealing key (32 bytes) of a PIN, to be erased: with the record it is the seed.

        A buffer is the caller's to erase. A str cannot be erased: it is for PINs of no worth.
        """
        secret = pin.encode() if isinstance(pin, str) else pin
        try:
            return _argon2id(self, secret, salt)
        finally:
            # The library leaves its copy of the PIN in the heap that it gave back. The same call
            # once more, for a moment only, puts zeros of the same size there (threat T81).
            _argon2id(_CHEAPEST, bytes(len(secret)), salt)


class WrongPin(Exception):
    """The PIN does not open the seed. The try was already counted."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """BIP39 entropy, or a master seed, under a PIN. `box` is the ciphertext and its tag."""

    cost: Cost
    salt: bytes
    nonce: bytes
    box: bytes = field(repr=False)

    def encode(self) -> bytes:
        return self.cost.encode() + self.salt + self.nonce + self.box

    def open(self, pin: str | Buffer) -> bytearray:
        """The entropy, or the `MasterSeed`, for the right PIN (see `Cost.stretch`).

        Raises WrongPin for another.
        """
        key = self.cost.stretch(pin, self.salt)
        try:
            padded = ChaCha20Poly1305(key).decrypt(self.nonce, self.box, _bound(self.cost))
        except InvalidTag:
            raise WrongPin from None
        finally:
            erase(key)
        size = padded[0] & ~_IS_MASTER
        entropy = MasterSeed(size) if padded[0] & _IS_MASTER else bytearray(size)
        # Through memoryviews: slicing would leave a copy behind (threat T81).
        memoryview(entropy)[:] = memoryview(padded)[1 : 1 + len(entropy)]
        erase(padded)
        return entropy


@dataclass(frozen=True, slots=True)
class Vault:
    """All that the flash holds. `sealed` is None while there is no seed.

    `accounts` are registered ones, each sealed with a key of the seed (see `account_store`), and so
    is `history`, what was signed before (see `history_store`); it is empty at first. Both are those
    of the keys in use: `tag` says which (see `seed_records`); `other_records` are of other keys.
    """

    settings: Settings
    sealed: Sealed | None = None
    tries_left: int = TRIES
    accounts: tuple[bytes, ...] = field(default=(), repr=False)
    history: bytes = field(default=b"", repr=False)
    tag: bytes = b""
    other_records: tuple[SeedRecords, ...] = field(default=(), repr=False)

    def of_keys(self, tag: bytes) -> "Vault":
        """The same vault, with what is kept for the keys of this tag in hand (threat T128)."""
        if tag == self.tag:
            return self
        present = SeedRecords(self.tag, self.accounts, self.history)
        records, other_records = seed_records.exchanged((*self.other_records, present), tag)
        return replace(
            self,
            tag=tag,
            accounts=records.accounts,
            history=records.history,
            other_records=other_records,
        )

    def attempt(self) -> "Vault":
        """The record that must be in flash before a PIN is looked at: one try fewer (T71)."""
        return replace(self, tries_left=max(0, self.tries_left - 1))

    def restored(self) -> "Vault":
        """All tries again, after the right PIN."""
        return replace(self, tries_left=TRIES)

    def wiped(self) -> "Vault":
        return Vault(self.settings)

    def encode(self) -> bytes:
        """The record, the same whichever keys are in use."""
        if self.tag:
            return self.of_keys(b"").encode()
        sealed = self.sealed.encode() if self.sealed else b""
        head = _MAGIC + self.settings.encode() + bytes((self.tries_left,))
        records = SeedRecords(b"", self.accounts, self.history).encode()
        records += bytes((len(self.other_records),))
        records += b"".join(item.encode() for item in self.other_records)
        body = head + records + sealed
        return body + _checksum(body)


def seal(entropy: bytes | bytearray, pin: str | Buffer, cost: Cost, randomness: bytes) -> Sealed:
    """Entropy, or a `MasterSeed`, under a PIN (see `Cost.stretch`).

    `randomness` (at least 28 bytes, fresh) makes the salt and the nonce. Raises
    Malformed for entropy of a size that no seed has.
    """
    is_master = isinstance(entropy, MasterSeed)
    if (
        len(entropy) not in (master_seed.SIZES if is_master else _SIZES)
        or len(randomness) < _SALT + _NONCE
    ):
        raise Malformed("A seed has 16 to 32 bytes of entropy, and sealing needs 28 fresh bytes.")
    salt, nonce = randomness[:_SALT], randomness[_SALT : _SALT + _NONCE]
    padded, key = bytearray(_ROOM), cost.stretch(pin, salt)
    padded[0] = len(entropy) | (_IS_MASTER if is_master else 0)
    memoryview(padded)[1 : 1 + len(entropy)] = memoryview(entropy)
    box = ChaCha20Poly1305(key).encrypt(nonce, padded, _bound(cost))
    erase(padded)
    erase(key)
    return Sealed(cost, salt, nonce, box)


def parse(record: bytes) -> Vault:
    """The vault of a flash record. Raises Malformed for anything but an undamaged one."""
    body, check = record[:-_CHECK], record[-_CHECK:]
    if check != _checksum(body):
        raise Malformed("The flash record is damaged.")
    cursor = Cursor(body)
    kind = cursor.take(len(_MAGIC))
    read_settings = _SETTINGS.get(kind)
    if read_settings is None:
        raise Malformed("The flash record is of another kind.")
    identity = read_settings(cursor)
    tries_left = cursor.uint(1)
    if tries_left > TRIES:
        raise Malformed("The flash record counts more PIN tries than there are.")
    accounts = () if kind == _FIRST else seed_records.read_accounts(cursor)
    history = seed_records.read_history(cursor) if kind in _WITH_HISTORY else b""
    other_records = seed_records.read_others(cursor) if kind == _MAGIC else ()
    sealed = _read_sealed(cursor) if cursor.remaining else None
    cursor.end()
    return Vault(identity, sealed, tries_left, accounts, history, other_records=other_records)


def _argon2id(cost: Cost, secret: Buffer, salt: bytes) -> bytes:
    kdf = Argon2id(
        salt=salt,
        length=32,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return kdf.derive(cast("bytes", secret))  # it takes any buffer, whatever its types say


_CHEAPEST = Cost(memory_kib=1024, passes=1)


def _read_sealed(cursor: Cursor) -> Sealed:
    cost = Cost(cursor.uint(4), cursor.uint(1), cursor.uint(1))
    return Sealed(cost, cursor.take(_SALT), cursor.take(_NONCE), cursor.take(_ROOM + _TAG))


def _bound(cost: Cost) -> bytes:
    """What the seal also vouches for: a cost changed in flash no longer opens."""
    return _FIRST + cost.encode()


def _checksum(body: bytes) -> bytes:
    """Against decay, not against people: it tells a damaged record from a wrong PIN."""
    return tagged_hash("quietkey/flash", body)[:_CHECK]
