"""The registered accounts of a device: sealed in flash, and known again by the signer alone.

Their keys are public, but whoever has them sees all coins. So they are sealed with a key of the
seed: a copied flash file tells how many accounts there are, and no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from firmware_emu.commands import NO_SUCH_ACCOUNT, Account, Accounts, Fault, FaultCode
from firmware_emu.storage.vault import Vault
from signer.errors import Malformed, Refused
from signer.keys.curve import erase
from signer.keys.keyring import Keyring
from signer.review import Fact, Kind, Page

if TYPE_CHECKING:
    from signer.chains.bitcoin import Bitcoin
    from signer.chains.bitcoin.descriptors.policy import Policy

_PURPOSE = b"quietkey/accounts in flash"
_NONCE = 12
_TAG = 16
MISSING = Fault(FaultCode.BAD_PARAMETERS, "No account of this name is registered.", NO_SUCH_ACCOUNT)


def bitcoin() -> "Bitcoin":
    """The chain with all its verbs, loaded when it is first asked for."""
    from signer.chains.bitcoin import BITCOIN  # noqa: PLC0415  a while that switching on need not

    return BITCOIN


@dataclass(frozen=True, slots=True)
class Known:
    """A registered account that the signer has known again. `box` is how it lies in flash."""

    box: bytes = field(repr=False)
    record: bytes = field(repr=False)
    policy: "Policy"

    @property
    def told(self) -> Account:
        """As a host may be told."""
        policy = self.policy
        keys = tuple(key.render(policy.network) for key in policy.keys)
        return Account(policy.name, policy.template, keys, policy.network.name)


@dataclass(frozen=True, slots=True)
class Shelf:
    """All accounts of a vault. `lost` is how many of them were not known again."""

    known: tuple[Known, ...]
    lost: int

    @property
    def records(self) -> tuple[bytes, ...]:
        return tuple(each.record for each in self.known)

    @property
    def warnings(self) -> tuple[Page, ...]:
        """What a person must know before anything else, if there is anything."""
        if not self.lost:
            return ()
        which = "1 account was" if self.lost == 1 else f"{self.lost} accounts were"
        facts = (
            Fact("", f"{which} changed in this device's memory. What was changed signs nothing."),
            Fact("", "Register it again, or forget it: Menu, Registered accounts."),
        )
        return (Page(Kind.WARNING, "Memory changed", facts),)

    def find(self, name: str) -> Known | None:
        return next((each for each in self.known if each.policy.name == name), None)

    def told(self, name: str) -> Accounts | Fault:
        """The accounts as a host may be told: all, or the one of a name."""
        if not name:
            return Accounts(tuple(each.told for each in self.known))
        found = self.find(name)
        return Accounts((found.told,)) if found else MISSING


def shelf(vault: Vault, keyring: Keyring) -> Shelf:
    """The accounts of a vault. One that was edited must not keep the others from their coins."""
    found = [_opened(box, keyring) for box in vault.accounts]
    known = tuple(each for each in found if each)
    return Shelf(known, len(found) - len(known))


def with_account(
    vault: Vault, kept: Iterable[Known], record: bytes, keyring: Keyring, nonce: bytes
) -> Vault:
    """The vault with these accounts and a new one. `nonce` is 12 fresh bytes."""
    key = keyring.authenticate(_PURPOSE)
    try:
        box = nonce + ChaCha20Poly1305(key).encrypt(nonce, record, _PURPOSE)
    finally:
        erase(key)
    return replace(vault, accounts=(*with_only(vault, kept).accounts, box))


def with_only(vault: Vault, kept: Iterable[Known]) -> Vault:
    """The vault with these accounts and no others, nor any that were not known again."""
    return replace(vault, accounts=tuple(each.box for each in kept))


def _opened(box: bytes, keyring: Keyring) -> Known | None:
    if len(box) < _NONCE + _TAG:
        return None
    key = keyring.authenticate(_PURPOSE)
    try:
        record = ChaCha20Poly1305(key).decrypt(box[:_NONCE], box[_NONCE:], _PURPOSE)
        return Known(box, record, bitcoin().registered(record, keyring).policy)
    except (InvalidTag, Malformed, Refused):
        return None
    finally:
        erase(key)
