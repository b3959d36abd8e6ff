"""What a device remembers of its signatures: sealed in flash with a key of the seed.

Each chain has a history of its own and alone knows what it says (`Chain.remember`). A copied flash
file tells how long it is, and no more. An old copy that is put back is not noticed here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from firmware_emu.storage.vault import Vault
from signer.errors import Malformed
from signer.formats.cursor import Cursor, blobs
from signer.keys.curve import erase
from signer.keys.keyring import Keyring
from signer.review import Page, warning

_PURPOSE = b"quietkey/signing history in flash"
_NONCE = 12
_TAG = 16


@dataclass(frozen=True, slots=True)
class HistoryStore:
    """The history of each chain, by its name. `lost`: what is in flash is not what was kept."""

    histories: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    lost: bool = False

    def of_chain(self, chain: str) -> bytes:
        """What the signer of a chain takes; empty for one that remembers nothing."""
        return self.histories.get(chain, b"")

    @property
    def warnings(self) -> tuple[Page, ...]:
        """What a person must know before anything else, if there is anything."""
        if not self.lost:
            return ()
        return (
            warning(
                "Memory changed",
                "What this device remembers of its signatures was changed in its memory.",
                "It begins anew: amounts cannot be compared with those signed before.",
            ),
        )


def load(vault: Vault, keyring: Keyring) -> HistoryStore:
    """The histories of a vault; what is not known again is lost."""
    sealed = vault.history
    if len(sealed) < _NONCE + _TAG:
        return HistoryStore(lost=bool(sealed))
    key = keyring.authenticate(_PURPOSE)
    try:
        opened = ChaCha20Poly1305(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], _PURPOSE)
        return HistoryStore(dict(_pairs(opened)))
    except (InvalidTag, Malformed):
        return HistoryStore(lost=True)
    finally:
        erase(key)


def with_history(
    vault: Vault, store: HistoryStore, chain: str, history: bytes, keyring: Keyring, nonce: bytes
) -> Vault:
    """The vault with this history of a chain, beside those of the others.

    `nonce` is 12 fresh bytes.
    """
    pairs = {**store.histories, chain: history}.items()
    opened = b"".join(blobs((name.encode(), data)) for name, data in pairs)
    key = keyring.authenticate(_PURPOSE)
    try:
        sealed = ChaCha20Poly1305(key).encrypt(nonce, opened, _PURPOSE)
    finally:
        erase(key)
    return replace(vault, history=nonce + sealed)


def _pairs(opened: bytes) -> Iterator[tuple[str, bytes]]:
    cursor = Cursor(opened)
    while cursor.remaining:
        yield cursor.blob().decode("latin-1"), cursor.blob()
