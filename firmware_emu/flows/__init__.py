"""One file per conversation: a generator that yields screens and is sent answers."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeVar

from firmware_emu.commands import Reply
from firmware_emu.screens import Answer, Screen
from firmware_emu.storage.vault import Vault
from signer.keys.keyring import Keyring


@dataclass(frozen=True, slots=True)
class Pause:
    """Go on in a moment: first `screen` is shown, and the vault, if any, is safe in flash."""

    screen: Screen
    vault: Vault | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Unlocked:
    """These keys may be used from now on, instead of any others.

    `label` says what they are, if not the keys of the sealed seed alone.
    """

    keyring: Keyring
    label: str = ""


@dataclass(frozen=True, slots=True)
class Locked:
    """The keys are forgotten."""


@dataclass(frozen=True, slots=True)
class PendingSignature:
    """A message a person has approved, whose signature waits for the host's entropy (T51).

    `digest` (32 bytes) is what the key at `path` signs, once, if the entropy is what the host's
    `commitment` was made of.
    """

    path: tuple[int, ...]
    digest: bytes
    commitment: bytes


@dataclass(frozen=True, slots=True)
class SignaturePending:
    """A signature is pending from now on, until the next request; None: none is."""

    signature: PendingSignature | None


Step = Pause | Unlocked | Locked | SignaturePending


class StepDone(Answer):
    """A step was carried out."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """What a request came to: the reply, and what the person reads afterwards."""

    reply: Reply
    notice: Screen | None = None


Result = TypeVar("Result")
Flow = Generator[Screen | Step, Answer, Result]


class Declined(Exception):
    """The person said no. Not an error: nothing was signed, nothing was lost.

    `notice` is what the person reads about it, if anything.
    """

    def __init__(self, notice: Screen | None = None) -> None:
        self.notice = notice
        super().__init__()
