"""The registered accounts of a device: sealed in flash, and known again by the signer alone.

Their keys are public, but whoever has them sees all coins. So they are sealed with a key of the
seed: a copied flash file tells how many accounts there are, and no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from firmware_emu.commands import NO_SUCH_ACCOUNT, AccountDetails, Accounts, Fault, FaultCode
from firmware_emu.storage.vault import Vault
from signer import chains
from signer.chains import AccountPolicy
from signer.errors import Malformed, Refused
from signer.formats.cursor import Cursor, blobs
from signer.keys.curve import erase
from signer.keys.keyring import Keyring
from signer.review import Fact, Kind, Page

_PURPOSE = b"quietkey/accounts in flash"
_SPELLED = _PURPOSE + b", with their keys as they were given"
_NONCE = 12
_TAG = 16
MISSING = Fault(FaultCode.BAD_PARAMETERS, "No account of this name is registered.", NO_SUCH_ACCOUNT)


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """A registered account that the signer has known again.

    `id` stands for all that was read of it, `box` is how it lies in flash.
    """

    chain: str
    account: AccountDetails
    id: bytes
    record: bytes = field(repr=False)
    box: bytes = field(default=b"", repr=False)

    @property
    def name(self) -> str:
        return self.account.name


@dataclass(frozen=True, slots=True)
class AccountStore:
    """All accounts of a vault. `lost` is how many of them were not known again."""

    stored: tuple[StoredAccount, ...]
    lost: int

    def records(self, chain: str) -> tuple[bytes, ...]:
        """What the signer of a chain takes."""
        return tuple(account.record for account in self.stored if account.chain == chain)

    @property
    def warnings(self) -> tuple[Page, ...]:
        """What a person must know before anything else, if there is anything."""
        if not self.lost:
            return ()
        singular = "An account in memory was tampered with and is disabled."
        plural = f"{self.lost} accounts in memory were tampered with and are disabled."
        facts = (
            Fact("", singular if self.lost == 1 else plural),
            Fact("", "Register it again, or forget it: Menu, Registered accounts."),
        )
        return (Page(Kind.WARNING, "Memory changed", facts),)

    def find(self, name: str) -> StoredAccount | None:
        return next((account for account in self.stored if account.name == name), None)

    def accounts(self, name: str) -> Accounts | Fault:
        """The accounts as a host may learn them: all, or the one of a name."""
        if not name:
            return Accounts(tuple(stored.account for stored in self.stored))
        match = self.find(name)
        return Accounts((match.account,)) if match else MISSING


def load(vault: Vault, keyring: Keyring) -> AccountStore:
    """The accounts of a vault. One that was edited must not keep the others from their coins."""
    boxes = [_open(box, keyring) for box in vault.accounts]
    stored = tuple(account for account in boxes if account)
    return AccountStore(stored, len(boxes) - len(stored))


def recognise(record: bytes, keyring: Keyring) -> StoredAccount | None:
    """The account of a record, by the chain that made it for this wallet; None if none did."""
    for chain in chains.names():
        policies = chains.policy_accounts(chain)
        if policies is None:
            continue
        try:
            registered = policies.registered(record, keyring)
        except (Malformed, Refused):
            continue
        return StoredAccount(chain, _account_of(registered.policy), registered.policy.id, record)
    return None


def _account_of(policy: AccountPolicy) -> AccountDetails:
    return AccountDetails(policy.name, policy.template, policy.key_texts, policy.network_name)


def with_account(
    vault: Vault,
    others: Iterable[StoredAccount],
    contents: bytes,
    keyring: Keyring,
    nonce: bytes,
) -> Vault:
    """The vault with these accounts and a new one. `nonce` is 12 fresh bytes.

    `contents` are those of `contents`.
    """
    key = keyring.authenticate(_PURPOSE)
    try:
        box = nonce + ChaCha20Poly1305(key).encrypt(nonce, contents, _SPELLED)
    finally:
        erase(key)
    return replace(vault, accounts=(*with_only(vault, others).accounts, box))


def contents(record: bytes, spelled: tuple[str, ...] = ()) -> bytes:
    """What is kept of an account: its record, and its keys as they were given."""
    return blobs([record, *(key.encode() for key in spelled)])


def with_only(vault: Vault, stored: Iterable[StoredAccount]) -> Vault:
    """The vault with these accounts and no others, nor any that were not known again."""
    return replace(vault, accounts=tuple(account.box for account in stored))


def _open(box: bytes, keyring: Keyring) -> StoredAccount | None:
    if len(box) < _NONCE + _TAG:
        return None
    record, *spelled = _unseal(box, keyring, _SPELLED) or _unseal(box, keyring, _PURPOSE) or [b""]
    stored = recognise(record, keyring)
    if stored is None:
        return None
    account = replace(stored.account, spelled=tuple(key.decode() for key in spelled))
    return replace(stored, account=account, box=box)


def _unseal(box: bytes, keyring: Keyring, purpose: bytes) -> list[bytes]:
    """The parts in a box; none where it was not sealed for this. Older ones hold a record alone."""
    key = keyring.authenticate(_PURPOSE)
    try:
        data = ChaCha20Poly1305(key).decrypt(box[:_NONCE], box[_NONCE:], purpose)
    except InvalidTag:
        return []
    finally:
        erase(key)
    return _parts(data) if purpose == _SPELLED else [data]


def _parts(data: bytes) -> list[bytes]:
    cursor, parts = Cursor(data), list[bytes]()
    while cursor.remaining:
        parts.append(cursor.blob())
    return parts
