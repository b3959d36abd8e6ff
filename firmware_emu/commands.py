"""The protocol-neutral requests a personality may make, and the replies it translates back."""

from dataclasses import dataclass, field
from enum import Enum

from signer.formats.payload.values import EncryptedSeed
from signer.keys.seeds.seed_words import SeedWords

Path = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GetInfo:
    """`at_once` is answered out of turn, even while a person is being asked something."""

    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Unlock:
    """`is_for_code`: a code was shown that needs keys. A device without any says so first."""

    is_for_code: bool = False


@dataclass(frozen=True, slots=True)
class AddEntropy:
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class GetFingerprint:
    """The fingerprint of the master key (BIP32), by which wallets tell whose keys are whose."""


@dataclass(frozen=True, slots=True)
class GetXpub:
    """`chain` and `network` are words of the signer here and below; `path` is from the master key.

    With `show` a person compares the key before it is told.
    """

    chain: str
    network: str
    path: Path
    show: bool = False


@dataclass(frozen=True, slots=True)
class ShowAddress:
    """`variant` is the chain's word for a kind of address."""

    chain: str
    network: str
    path: Path
    variant: str


@dataclass(frozen=True, slots=True)
class ShowAccountAddress:
    """An address of a registered account.

    `account` is its name here, or the record that `Registered` handed out. `steps` are those below
    the keys: of each key, or once for all of them.
    """

    chain: str
    network: str
    account: str | bytes
    steps: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """An account of several keys or conditions (BIP388).

    A key is `[fingerprint/path]xpub`, or without what is in brackets. `spelled` are the keys as the
    host wrote them, where `keys` are not: some hosts compare what they are told back letter by
    letter, to see whether an account is registered. `is_unchecked` says that they came as text
    without a checksum over all of it: a wrong letter could be in there (threat T43).
    """

    chain: str
    network: str
    name: str
    template: str
    keys: tuple[str, ...]
    spelled: tuple[str, ...] = ()
    is_unchecked: bool = False


@dataclass(frozen=True, slots=True)
class CheckAddress:
    """Whether an address is one of ours, of any account of this wallet, at a usual index."""

    chain: str
    network: str
    address: str


@dataclass(frozen=True, slots=True)
class CheckKeys:
    """Whether extended public keys, each `[fingerprint/path]xpub`, are this wallet's."""

    chain: str
    network: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GetAccounts:
    """The registered accounts: all, or the one of a name."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """`records` are accounts that `Registered` handed out, beside those that are kept here."""

    chain: str
    network: str
    payload: bytes = field(repr=False)
    records: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class SignMessage:
    """A text to sign as `signmessage` does.

    With a host's `commitment` (32 bytes) the reply is the signer's (33 bytes), and the signature
    that of the next command, `RevealEntropy`. With a `network` it may be signed for the address at
    the path instead (BIP322), whose kind is `variant`, or the path's own where that is empty.
    """

    chain: str
    path: Path
    text: str = field(repr=False)
    commitment: bytes | None = None
    network: str = ""
    variant: str = ""


@dataclass(frozen=True, slots=True)
class RevealEntropy:
    """The bytes a host has committed to; they go into the nonce of the signature (threat T51)."""

    entropy: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoadSeed:
    """A seed that a code showed. `words` are erased by who carries this out or refuses it."""

    words: SeedWords = field(repr=False)
    form: str


@dataclass(frozen=True, slots=True)
class OpenEnvelope:
    """An encrypted seed that a code showed; its password is asked for on the device."""

    envelope: EncryptedSeed


@dataclass(frozen=True, slots=True)
class Logout:
    pass


@dataclass(frozen=True, slots=True)
class Unknown:
    """A method that does not exist, or not now. What it is answered when it may be answered."""

    fault: "Fault"


@dataclass(frozen=True, slots=True)
class Unusable:
    """A request with bad parameters.

    It goes through access control as the `kind` of command it should have been: a locked device
    tells nothing.
    """

    kind: type
    fault: "Fault"


Command = (
    GetInfo
    | Unlock
    | AddEntropy
    | GetFingerprint
    | GetXpub
    | ShowAddress
    | ShowAccountAddress
    | CheckAddress
    | CheckKeys
    | Register
    | GetAccounts
    | Sign
    | SignMessage
    | RevealEntropy
    | LoadSeed
    | OpenEnvelope
    | Logout
    | Unknown
    | Unusable
)


@dataclass(frozen=True, slots=True)
class Info:
    """`state` is "empty", "locked" or "unlocked"; `networks` is "main", "test" or "all".

    `activity` is "idle", "asking" (a request is under way) or "menu" (the person is busy with it).
    """

    state: str
    networks: str
    serial: str
    activity: str = "idle"


@dataclass(frozen=True, slots=True)
class Done:
    pass


@dataclass(frozen=True, slots=True)
class Text:
    """An xpub or an address."""

    text: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Four bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Registered:
    """The account is kept here. Its `record` says the same to this wallet, whoever keeps it."""

    record: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """There was nothing to sign: the payload as it came."""

    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """A registered account, in the words of `Register`: `keys` are as the signer writes them."""

    name: str
    template: str
    keys: tuple[str, ...]
    network: str
    spelled: tuple[str, ...] = ()

    @property
    def given_keys(self) -> tuple[str, ...]:
        """The keys as they were given."""
        return self.spelled or self.keys


@dataclass(frozen=True, slots=True)
class Accounts:
    accounts: tuple[AccountDetails, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of a message, or the commitment to one."""

    data: bytes


# Reasons of the device itself.
NO_SUCH_ACCOUNT = "NO_SUCH_ACCOUNT"
ACCOUNTS_FULL = "ACCOUNTS_FULL"
STEPS_UNUSUAL = "STEPS_UNUSUAL"


class FaultCode(Enum):
    BAD_REQUEST = "bad request"
    UNKNOWN_METHOD = "unknown method"
    BAD_PARAMETERS = "bad parameters"
    INTERNAL = "internal"
    DECLINED = "declined"
    OUT_OF_TURN = "out of turn"
    LOCKED = "locked"
    WRONG_NETWORK = "wrong network"


@dataclass(frozen=True, slots=True)
class Fault:
    """`message` is a sentence; `reason` a name of the signer's, one of those above, or empty.

    `malformed` says that the payload, not the wish, was wrong.
    """

    code: FaultCode
    message: str
    reason: str = ""
    malformed: bool = False


Reply = (
    Info
    | Done
    | Text
    | Fingerprint
    | Registered
    | Signed
    | Unchanged
    | Accounts
    | Signature
    | Fault
)


@dataclass(frozen=True, slots=True)
class Request:
    """One command from one port. `ticket` is what the personality needs to answer it.

    `is_by_person` says that whoever stands before the device held it up.
    """

    ticket: str
    command: Command
    is_by_person: bool = False
