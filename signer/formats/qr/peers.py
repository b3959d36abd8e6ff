"""Who reads our codes: the forms, the size and the speed that each program in the field takes.

From the sources of each, and from what their users report. A live key changes size and speed.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signer.formats.payload.values import Form


class Turns(Enum):
    """What is shown once all parts of a UR were. Readers that only peel do best from the start."""

    ENDLESS = "endless"  # dense ones, for readers that solve
    TWICE = "twice"  # parts 1..2n, and over again
    PURE = "pure"  # parts 1..n, and over again


class Content(Enum):
    """What of a signed payment goes back; a reader that merges has all but the signatures."""

    WHOLE = "whole"
    SIGNATURES = "signatures"
    TRANSACTION = "transaction"


class AccountForm(Enum):
    """How the public keys of an account are written. The value is what a person calls it."""

    ACCOUNT = "Account code"
    TEXT = "Key as text"
    DESCRIPTOR = "Descriptor"
    FILE = "Coldcard JSON"
    OUTPUT = "Output code"
    BARE = "Key alone"
    ACCOUNT_V2 = "Account code, version 2"
    OUTPUT_V2 = "Output code, version 2"


@dataclass(frozen=True, slots=True)
class Peer:
    """A reader: its largest QR `version`, and seconds that each code stands (`period_s`).

    Without a `form` it reads the one that it asks in.
    """

    name: str
    form: Form | None = Form.UR
    version: int = 12
    period_s: float = 0.2
    turns: Turns = Turns.TWICE
    content: Content = Content.WHOLE


# Cameras of small devices see version 12 (65 modules) well, and phones and laptops version 20.
USUAL: Final = Peer("any", None)
PEERS: Final = (
    Peer("quietkey", version=20, period_s=0.1, turns=Turns.ENDLESS, content=Content.SIGNATURES),
    Peer("sparrow", version=20, period_s=0.1, content=Content.SIGNATURES),
    Peer("bluewallet", version=15, content=Content.SIGNATURES),
    Peer("nunchuk", version=15, content=Content.SIGNATURES),
    Peer("specter", Form.NUMBERED, version=15),
    Peer("electrum", Form.BASE43, version=20),
    Peer("krux", version=12),
    Peer("seedsigner", version=12),
    Peer("keystone", version=12),
    Peer("coldcard", Form.BBQR, version=15, period_s=0.25),
)


@dataclass(frozen=True, slots=True)
class Program:
    """`forms` are those it reads, the one that tells most first; `peer` is how it reads codes."""

    name: str
    forms: tuple[AccountForm, ...]
    peer: str = "any"


PROGRAMS: Final = (
    Program("Sparrow", (AccountForm.ACCOUNT, AccountForm.TEXT), "sparrow"),
    Program("BlueWallet", (AccountForm.ACCOUNT, AccountForm.BARE), "bluewallet"),
    Program("Nunchuk", (AccountForm.ACCOUNT, AccountForm.FILE), "nunchuk"),
    Program("Specter", (AccountForm.TEXT, AccountForm.ACCOUNT), "specter"),
    Program("Electrum", (AccountForm.BARE,), "electrum"),
    Program("Bitcoin Core", (AccountForm.DESCRIPTOR,)),
    Program("One for Coldcard files", (AccountForm.FILE,), "coldcard"),
    Program("Another", (AccountForm.ACCOUNT, AccountForm.TEXT)),
)
_NAMED: Final = {peer.name: peer for peer in (USUAL, *PEERS)}
NAMES: Final = tuple(_NAMED)


def peer(name: str) -> Peer:
    """The reader of that name, in any case of letters. Raises LookupError, which lists them."""
    if name.lower() not in _NAMED:
        raise LookupError(f"the programs are {', '.join(NAMES)}")
    return _NAMED[name.lower()]
