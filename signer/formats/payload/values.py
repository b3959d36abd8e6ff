"""What a payload can be. None of these holds a secret, and none was judged: they are claims."""

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias


class Form(Enum):
    """How a payment was written: who asks in one form may read no other."""

    BINARY = "binary"
    HEX = "hex"
    BASE64 = "base64"
    BASE58 = "base58"
    BASE43 = "base43"
    NUMBERED = "pMofN"
    UR = "ur"
    UR_BYTES = "ur:bytes"
    UR1 = "ur1"
    BBQR = "bbqr"


@dataclass(frozen=True, slots=True)
class Payment:
    """A PSBT (BIP174), binary."""

    psbt: bytes = field(repr=False)
    form: Form


@dataclass(frozen=True, slots=True)
class RawTransaction:
    """A transaction without what a signer has to know about it."""

    is_signed: bool


@dataclass(frozen=True, slots=True)
class AccountDescription:
    """An account of several keys or conditions: a BIP388 template and its keys.

    A key is `[fingerprint/path]xpub`, or without what is in brackets. `name` is empty where the
    text has none. `is_checked` says that a checksum covered all of it (BIP380).
    """

    name: str
    template: str
    keys: tuple[str, ...]
    is_checked: bool

    @property
    def is_mainnet(self) -> bool:
        """Whether its keys are for real coins; the letters of a key tell no more."""
        return all(key.rpartition("]")[2].startswith("xpub") for key in self.keys)

    @property
    def is_mixed(self) -> bool:
        """Whether some keys are for real coins and some are not."""
        return len({key.rpartition("]")[2][:4] for key in self.keys}) > 1


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """Extended public keys of accounts, each `[fingerprint/path]xpub`, or without its origin."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddressText:
    """An address as it is compared: groups joined, bech32 in lower case; not checked."""

    address: str


@dataclass(frozen=True, slots=True)
class MessageText:
    """A request to sign `text` with the key at `path` (`m/84h/0h/0h/0/0`).

    `variant` is a kind of address, or empty where the path decides.
    """

    path: str
    text: str = field(repr=False)
    variant: str = ""


class SeedForm(Enum):
    """How seed words are written; the value is what a person calls it. The seed stays outside."""

    DIGITS = "SeedQR"
    COMPACT = "compact SeedQR"
    WORDS = "seed words"
    LETTERS = "first letters of seed words"
    UR_SEED = "UR of a seed"
    UR_WORDS = "UR of seed words"


@dataclass(frozen=True, slots=True)
class SeedCode:
    """What is, or may be, a seed. What it holds is read by who keeps keys, from the payload."""

    form: SeedForm


@dataclass(frozen=True, slots=True)
class EncryptedSeed:
    """An encrypted envelope (KEF). `iterations` of its key derivation are counted, not yet done.

    `salt` is its label; `payload` is what its `version` makes of a seed.
    """

    salt: bytes
    version: int
    iterations: int
    payload: bytes

    @property
    def label(self) -> str:
        """The label as text."""
        return self.salt.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of a wallet (BIP329): `lines` of them, for a host."""

    lines: int


@dataclass(frozen=True, slots=True)
class Named:
    """Something that is known, and of no use here. `sentence` says what, and what to do."""

    sentence: str


Payload: TypeAlias = (
    Payment
    | RawTransaction
    | AccountDescription
    | AccountKeys
    | AddressText
    | MessageText
    | SeedCode
    | EncryptedSeed
    | Labels
    | Named
)
