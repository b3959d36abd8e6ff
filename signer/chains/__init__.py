"""What the device may ask of a chain. A chain is a package here that has CHAIN."""

import importlib
from collections.abc import Sequence
from typing import Any, Protocol

from signer.keys.keyring import Keyring
from signer.review import Approval, Review

Path = tuple[int, ...]


class Chain(Protocol):
    """One chain's verbs. `network` is "mainnet", "testnet" or "regtest".

    A record is what `register` gave for this wallet; who keeps it need not be trusted.
    """

    def review(
        self,
        payload: bytes,
        keyring: Keyring,
        network: str,
        records: Sequence[bytes] = (),
        *,
        expert: bool = False,
    ) -> Review[Any]:
        """Parse and check a signing request. Raises Malformed or Refused; never half-signs.

        `records` are the registered accounts of this wallet. `expert` lets signatures through
        that leave parts of the payment open, with a warning for each.
        """
        ...

    def sign(
        self, approval: Approval[Any], keyring: Keyring, randomness: bytearray | None = None
    ) -> bytes:
        """The payload with our signatures added, each verified before it leaves.

        `randomness` are 32 fresh bytes, erased here, for signatures that need some.
        """
        ...

    def xpub(self, keyring: Keyring, path: Path, network: str) -> str:
        """The serialized extended public key at `path` (BIP32)."""
        ...

    def address(
        self, keyring: Keyring, path: Path, variant: str, network: str
    ) -> tuple[str, Sequence[str]]:
        """Our address at `path`, and warnings about the path (an empty sequence when usual)."""
        ...

    def registration(
        self, name: str, template: str, keys: Sequence[str], keyring: Keyring, network: str
    ) -> Review[Any]:
        """An account of several keys or conditions (BIP388), with every key of it to be read."""
        ...

    def register(self, approval: Approval[Any], keyring: Keyring) -> bytes:
        """The record of an approved registration, authenticated by a key of this wallet."""
        ...

    def registered(self, record: bytes, keyring: Keyring) -> object:
        """The account a record holds. Raises Refused for one of another wallet, or edited."""
        ...

    def policy_address(
        self, record: bytes, keyring: Keyring, branch: int, index: int, network: str
    ) -> tuple[str, Sequence[str]]:
        """An address of a registered account, branch 0 to receive and 1 for change; warnings."""
        ...


def names() -> tuple[str, ...]:
    """Every chain there is."""
    import pkgutil  # noqa: PLC0415  10 ms that a chain imported by its name does not need

    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg))


def load(name: str) -> Chain:
    """The chain of that name. Raises LookupError for a name that `names()` does not hold."""
    if name not in names():
        raise LookupError(name)
    chain: Chain = importlib.import_module(f"{__name__}.{name}").CHAIN
    return chain
