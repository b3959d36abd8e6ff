"""What the device may ask of a chain. A chain is a package here that has `CHAIN: Chain`.

One whose accounts are registered (BIP388) has `POLICY_ACCOUNTS: PolicyAccounts` beside it. Written
with their types, a verb that is missing or differs is an error of mypy; `load` looks once more.
A module `example` of the package has `EXAMPLE: ChainExample`, by which tests see it at work.
Paths are steps from the master key (BIP32), amounts the chain's smallest unit.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol, TypeGuard

from signer.keys.keyring import Keyring
from signer.keys.path import Path
from signer.review import Approval, Page, Review


class IncompleteChain(Exception):
    """A package of `signer.chains` lacks what the device asks of every chain: a bug of ours."""


@dataclass(frozen=True, slots=True)
class ChainExample:
    """A request and its answer, for the public seed "abandon ... about" and no passphrase.

    `address` is the one at `path`, of kind `variant`. `payload` is reviewed and signed with no
    account registered, and comes out as `signed`, byte for byte.
    """

    network: str
    path: Path
    variant: str
    address: str
    payload: bytes = field(repr=False)
    signed: bytes = field(repr=False)


class ReviewedMessage(Protocol):
    """What `Chain.message` reviews: enough to sign together with a host's entropy (anti-exfil)."""

    @property
    def path(self) -> Path:
        """Where the key that signs is, from the master key."""
        ...

    @property
    def digest(self) -> bytes:
        """The 32 bytes that this key signs."""
        ...


class MessageSignature(Protocol):
    """A signed message."""

    @property
    def data(self) -> bytes:
        """What the chain's wallets take for a signature: 65 bytes with their header (BIP137)."""
        ...


class Chain(Protocol):
    """One chain's verbs. All raise Malformed or Refused, and never half-sign.

    Of `Keyring` a chain gets those of one seed; once they are wiped, whatever needs a secret raises
    Refused.
    """

    @property
    def networks(self) -> tuple[str, ...]:
        """The chain's own words for its networks, which `network` is one of everywhere.

        First that of coins with a value, then those for tests. Another word raises LookupError.
        """
        ...

    def review(
        self,
        payload: bytes,
        keyring: Keyring,
        network: str,
        records: Sequence[bytes] = (),
        *,
        expert: bool = False,
        history: bytes = b"",
    ) -> Review[Any]:
        """Parse and check a signing request. Raises Malformed or Refused; never half-signs.

        NothingToSign is a Refused after which the host gets its payload back as it came.
        `records` are the registered accounts of this wallet. `expert` lets signatures through
        that leave parts of the payment open, with a warning for each. `history` is what `remember`
        gave last; empty where nothing is remembered.
        """
        ...

    def sign(
        self, approval: Approval[Any], keyring: Keyring, randomness: bytearray | None = None
    ) -> bytes:
        """The payload with our signatures added, each verified before it leaves.

        `randomness` are 32 fresh bytes, erased here, for signatures that need some. Raises Refused
        for a spent approval or other keys, CrossCheckFailed if a signature does not hold.
        """
        ...

    def remember(self, review: Review[Any], history: bytes) -> bytes:
        """The history with what was signed after this review: bounded, and for this wallet alone.

        It has to be kept before the signature leaves. A chain that needs none gives it back as it
        came. Raises Malformed for bytes that are no history.
        """
        ...

    def xpub(self, keyring: Keyring, path: Path, network: str) -> str:
        """The serialized extended public key at `path` (BIP32)."""
        ...

    def xpub_warnings(self, path: Path) -> Sequence[str]:
        """Why a person is asked before the key at `path` is told; empty where wallets look."""
        ...

    def address(
        self, keyring: Keyring, path: Path, variant: str, network: str
    ) -> tuple[str, Sequence[str]]:
        """Our address at `path`, and warnings about the path (an empty sequence when usual).

        `variant` is the chain's own word for a kind of address; Refused for another.
        """
        ...

    def message(self, text: str, path: Path, keyring: Keyring) -> Review[ReviewedMessage]:
        """A message to sign by the key at `path`. Raises Refused for a text nobody could read."""
        ...

    def sign_message(self, approval: Approval[Any], keyring: Keyring) -> MessageSignature:
        """The approved message, signed. Raises as `sign` does."""
        ...


class AccountPolicy(Protocol):
    """An account of several keys or conditions (a wallet policy, BIP388), as it was read."""

    @property
    def id(self) -> bytes:
        """32 bytes that stand for name, network, template and keys, all of them."""
        ...

    @property
    def name(self) -> str: ...

    @property
    def template(self) -> str: ...

    @property
    def key_texts(self) -> tuple[str, ...]:
        """`[fingerprint/path]xpub`, or without what is in brackets, for each key."""
        ...

    @property
    def network_name(self) -> str:
        """The chain's word for the network it is for."""
        ...

    def encode(self) -> bytes:
        """The bytes that a record holds beside its MAC."""
        ...


class RegisteredAccount(Protocol):
    """An account that this wallet has registered."""

    @property
    def policy(self) -> AccountPolicy: ...


class PolicyAccounts(Protocol):
    """The verbs for registered accounts, of chains that have such (wallet policies, BIP388).

    A record is what `register` gave for this wallet; who keeps it need not be trusted.
    """

    def registration(
        self, name: str, template: str, keys: Sequence[str], keyring: Keyring, network: str
    ) -> Review[AccountPolicy]:
        """An account of several keys or conditions, with every key of it to be read.

        Raises Malformed for what is no policy, Refused for one that is not ours.
        """
        ...

    def register(self, approval: Approval[Any], keyring: Keyring) -> bytes:
        """The record of an approved registration, authenticated by a key of this wallet."""
        ...

    def registered(self, record: bytes, keyring: Keyring) -> RegisteredAccount:
        """The account a record holds. Raises Refused for one of another wallet, or edited."""
        ...

    def policy_address(
        self, record: bytes, keyring: Keyring, branch: int, index: int, network: str
    ) -> tuple[str, Sequence[str]]:
        """An address of a registered account, branch 0 to receive and 1 for change; warnings."""
        ...


class AddressSearch(Protocol):
    """The verb of chains whose wallets have many addresses: where this one lies."""

    def find_address(
        self,
        text: str,
        keyring: Keyring,
        network: str,
        records: Sequence[bytes],
        indexes: range,
    ) -> str | None:
        """Where an address of ours lies, in words; None if it is not among these indexes.

        `records` are those of registered accounts. Raises Malformed for what is no address.
        """
        ...


class Statements(Protocol):
    """The verbs of chains whose addresses sign messages as they would spend (BIP322)."""

    def statement_variant(self, path: Path, variant: str) -> str:
        """The kind of address at `path` that can; empty for none.

        `variant` is the kind that was asked for, or empty where the path decides.
        """
        ...

    def signs_by_key(self, variant: str) -> bool:
        """Whether addresses of this kind have another form of signature: `Chain.message`."""
        ...

    def statement(
        self, text: str, path: Path, variant: str, keyring: Keyring, network: str
    ) -> Review[Any]:
        """A message to sign for our address at `path`. Raises Refused as `Chain.message` does."""
        ...


class KeylessReview(Protocol):
    """The verb of chains whose requests can be read by who has no keys of them."""

    def pages_without_keys(self, payload: bytes, network: str) -> tuple[Page, ...]:
        """What a signing request says, as pages: nothing is known to be ours, nothing is signed.

        Raises Malformed or Refused.
        """
        ...


class NarrowAnswers(Protocol):
    """The verbs of chains whose signed requests hold more than who asked must get back."""

    def signatures_only(self, signed: bytes) -> bytes:
        """What `Chain.sign` gave without what its asker has: it merges this into its request.

        Raises Malformed.
        """
        ...

    def final_transaction(self, signed: bytes) -> bytes | None:
        """The transaction for the network; None while signatures are missing. Raises Malformed."""
        ...


def names() -> tuple[str, ...]:
    """Every chain there is."""
    import pkgutil  # noqa: PLC0415  10 ms that a chain imported by its name does not need

    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.ispkg))


def load(name: str) -> Chain:
    """The chain of that name.

    Raises LookupError for a name that `names()` does not hold, IncompleteChain for a package
    without all verbs of a chain.
    """
    chain: object = getattr(_package(name), "CHAIN", None)
    if not _is_chain(chain):
        raise IncompleteChain(_complaint(name, "CHAIN", chain, Chain))
    return chain


def policy_accounts(name: str) -> PolicyAccounts | None:
    """The same chain's verbs for registered accounts; None if it has no such accounts.

    Raises as `load` does.
    """
    accounts: object = getattr(_package(name), "POLICY_ACCOUNTS", None)
    if accounts is None:
        return None
    if not _has_accounts(accounts):
        raise IncompleteChain(_complaint(name, "POLICY_ACCOUNTS", accounts, PolicyAccounts))
    return accounts


def address_search(name: str) -> AddressSearch | None:
    """The same chain's search for addresses; None if it has none. Raises LookupError."""
    search: object = getattr(_package(name), "ADDRESS_SEARCH", None)
    return search if _can_search(search) else None


def statements(name: str) -> Statements | None:
    """The same chain's messages for addresses; None if it has none. Raises LookupError."""
    verbs: object = getattr(_package(name), "STATEMENTS", None)
    return verbs if _can_state(verbs) else None


def keyless_review(name: str) -> KeylessReview | None:
    """The same chain's pages for who has no keys; None if it has none. Raises LookupError."""
    reader: object = getattr(_package(name), "KEYLESS_REVIEW", None)
    return reader if _can_read(reader) else None


def narrow_answers(name: str) -> NarrowAnswers | None:
    """The same chain's shorter answers; None if it has none. Raises LookupError."""
    answers: object = getattr(_package(name), "NARROW_ANSWERS", None)
    return answers if _can_shorten(answers) else None


def _can_shorten(value: object) -> TypeGuard[NarrowAnswers]:
    return not _missing(value, NarrowAnswers)


def _can_state(value: object) -> TypeGuard[Statements]:
    return not _missing(value, Statements)


def _can_read(value: object) -> TypeGuard[KeylessReview]:
    return not _missing(value, KeylessReview)


def _can_search(value: object) -> TypeGuard[AddressSearch]:
    return not _missing(value, AddressSearch)


def _package(name: str) -> ModuleType:
    if name not in names():
        raise LookupError(name)
    return importlib.import_module(f"{__name__}.{name}")


def _is_chain(value: object) -> TypeGuard[Chain]:
    return not _missing(value, Chain)


def _has_accounts(value: object) -> TypeGuard[PolicyAccounts]:
    return not _missing(value, PolicyAccounts)


def _missing(value: object, protocol: type) -> list[str]:
    verbs = (verb for verb in vars(protocol) if not verb.startswith("_"))
    return [verb for verb in verbs if not hasattr(value, verb)]


def _complaint(name: str, constant: str, value: object, protocol: type) -> str:
    return f"{__name__}.{name}.{constant} lacks: {', '.join(_missing(value, protocol))}."
