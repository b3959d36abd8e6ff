"""What the device may ask of a chain. A chain is a package here that has CHAIN."""

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Any, Protocol

from signer.keys.keyring import Keyring
from signer.review import Approval, Review

Path = tuple[int, ...]


class Chain(Protocol):
    """One chain's verbs. `network` is "mainnet", "testnet" or "regtest"."""

    def review(self, payload: bytes, keyring: Keyring, network: str) -> Review[Any]:
        """Parse and check a signing request. Raises Malformed or Refused; never half-signs."""
        ...

    def sign(self, approval: Approval[Any], keyring: Keyring) -> bytes:
        """The payload with our signatures added, each verified before it leaves."""
        ...

    def xpub(self, keyring: Keyring, path: Path, network: str) -> str:
        """The serialized extended public key at `path` (BIP32)."""
        ...

    def address(
        self, keyring: Keyring, path: Path, variant: str, network: str
    ) -> tuple[str, Sequence[str]]:
        """Our address at `path`, and warnings about the path (an empty sequence when usual)."""
        ...


def names() -> tuple[str, ...]:
    """Every chain there is."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg))


def load(name: str) -> Chain:
    """The chain of that name. Raises LookupError for a name that `names()` does not hold."""
    if name not in names():
        raise LookupError(name)
    chain: Chain = importlib.import_module(f"{__name__}.{name}").CHAIN
    return chain
