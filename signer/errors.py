"""The two ways a request fails: its bytes are wrong, or it is refused. Anything else is our bug."""

from enum import Enum


class Malformed(Exception):
    """The bytes are not what they claim to be. The message says what was expected, and where."""


class Reason(Enum):
    """Why a request is refused: a stable name, a sentence for a person, and what to do next.

    No text here or in `Refused.detail` may hold a secret.
    """

    NOT_ALL_PAGES_SHOWN = (
        "Not every page was shown.",
        "Start again and read each page to its end.",
    )
    APPROVAL_SPENT = (
        "This approval was used already.",
        "Ask for the signature again and approve it again.",
    )
    WRONG_KEYS = (
        "The approval was given for other keys.",
        "Unlock the wallet that was asked, and try again.",
    )

    @property
    def sentence(self) -> str:
        return self.value[0]

    @property
    def advice(self) -> str:
        return self.value[1]


class Refused(Exception):
    """The request is well formed and must not be signed. Nothing was signed, nothing was kept."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason.sentence} {detail}".strip())
