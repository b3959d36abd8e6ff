"""Consent as values: what a person is shown, and the approval that lets a signature happen.

What was reviewed is the same immutable object that is signed, so nothing can change in between
(threat T73): `chain.sign` takes an `Approval`, and only `Review.approve` makes one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Generic, TypeVar

from signer.errors import CommonReason, Refused
from signer.formats.cursor import blob, blobs
from signer.hashes import tagged_hash

Subject = TypeVar("Subject")
Subject_co = TypeVar("Subject_co", covariant=True)


class Origin(Enum):
    """Where a fact comes from, so that a claim never looks like a proof."""

    SIGNED = "signed bytes"
    DERIVED = "derived from your keys"
    POLICY = "from a registered account"
    HOST = "host says"


class Shape(Enum):
    """How a fact is laid out. An address is always shown whole, in groups of four."""

    TEXT = "text"
    ADDRESS = "address"


class Kind(Enum):
    """What a page is about. Warnings come first and need a longer press."""

    WARNING = "warning"
    OVERVIEW = "overview"
    RECIPIENT = "recipient"
    CHANGE = "change"
    DETAIL = "detail"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the person is told. `label` may be empty."""

    label: str
    value: str
    origin: Origin = Origin.SIGNED
    shape: Shape = Shape.TEXT


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a review. The device may need several screens for it; all of them are shown.

    A page with a `summary` is folded: the summary is shown, and a key away are the facts, which
    nobody has to read: only what is ours, and changes nothing for others, may be folded (T106).
    """

    kind: Kind
    title: str
    facts: tuple[Fact, ...]
    summary: tuple[Fact, ...] = ()


def warning(title: str, *lines: str) -> Page:
    """A page that says what is odd, a line for each fact."""
    return Page(Kind.WARNING, title, tuple(Fact("", line) for line in lines))


class Approval(Generic[Subject_co]):
    """The right to sign one subject once, with the keys that reviewed it. `Review` makes it."""

    __slots__ = ("_fingerprint", "_spent", "_subject")

    def __init__(self, subject: Subject_co, fingerprint: bytes) -> None:
        self._subject = subject
        self._fingerprint = fingerprint
        self._spent = False

    def spend(self, fingerprint: bytes) -> Subject_co:
        """The approved subject, once, for the keys with this master fingerprint (4 bytes).

        Raises Refused: WRONG_KEYS or APPROVAL_SPENT.
        """
        if fingerprint != self._fingerprint:
            raise Refused(CommonReason.WRONG_KEYS)
        if self._spent:
            raise Refused(CommonReason.APPROVAL_SPENT)
        self._spent = True
        return self._subject


@dataclass(frozen=True, slots=True)
class Review(Generic[Subject_co]):
    """A checked subject and every page a person must see before it may be signed.

    `fingerprint` is the master fingerprint (4 bytes) of the keys that checked it; `words` are the
    four words a person can compare with the host's screen. `digest` (32 bytes) stands for all that
    is shown and all that would be signed, and is the last fact of a page, see `sealed`: two reviews
    of different digests have different pages.
    """

    subject: Subject_co = field(repr=False)
    pages: tuple[Page, ...]
    fingerprint: bytes
    words: tuple[str, ...]
    digest: bytes

    def approve(self, accepted: Sequence[Page]) -> Approval[Subject_co]:
        """An approval, if exactly these pages were accepted in this order; else Refused."""
        if tuple(accepted) != self.pages:
            raise Refused(CommonReason.NOT_ALL_PAGES_SHOWN)
        return Approval(self.subject, self.fingerprint)


def sealed(
    subject: Subject,
    commitment: bytes,
    pages: Sequence[Page],
    fingerprint: bytes,
    words: tuple[str, ...],
) -> Review[Subject]:
    """The review of a subject, with the digest of all of it as the last line of a page.

    That is the last folded page, or the last page where none is folded. `commitment` are bytes that
    stand for all that would be signed. Two reviews that differ in anything never look the same, and
    whoever compares two screens, or a screen and a log, can do it by one line (T32).
    """
    digest = tagged_hash("quietkey/review", blob(commitment), *map(_encoded, pages))
    fact = Fact("Digest", digest.hex(), Origin.DERIVED, Shape.ADDRESS)
    folded = [number for number, page in enumerate(pages) if page.summary]
    number = folded[-1] if folded else len(pages) - 1
    page = replace(pages[number], facts=(*pages[number].facts, fact))
    shown_pages = (*pages[:number], page, *pages[number + 1 :])
    return Review(subject, shown_pages, fingerprint, words, digest)


def _encoded(page: Page) -> bytes:
    parts = [page.kind.value, page.title, str(len(page.summary))]
    for fact in (*page.summary, *page.facts):
        parts += (fact.label, fact.value, fact.origin.name, fact.shape.value)
    return blob(blobs([part.encode() for part in parts]))
