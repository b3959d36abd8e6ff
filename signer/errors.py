"""The ways a request fails: its bytes are wrong, it is refused, or this device cannot be trusted.

Anything else that is raised is our bug, and nothing catches it.
"""

from enum import Enum


class Malformed(Exception):
    """The bytes are not what they claim to be. The message says what was expected, and where."""


class Reason(Enum):
    """Why a request is refused: a stable name, a sentence for a person, and what to do next.

    The base of all reasons: each chain has an enum of its own. Names are told to hosts, so no two
    reasons share one. No text here or in `Refused.detail` may hold a secret.
    """

    @property
    def sentence(self) -> str:
        sentence: str = self.value[0]
        return sentence

    @property
    def advice(self) -> str:
        advice: str = self.value[1]
        return advice


class CommonReason(Reason):
    """What any request can be refused for, whatever its chain: consent, keys, budgets."""

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
    TOO_LARGE = (
        "The request is larger than can be checked here.",
        "Split the payment into smaller ones.",
    )
    HOST_ENTROPY_DIFFERS = (
        "The wallet app's random bytes are not the ones it promised.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    NONCE_GONE = (
        "The first round of this joint signature is not remembered, or was used already.",
        "Start the joint signature again, with all its signers.",
    )
    NONCE_ELSEWHERE = (
        "The first round of this joint signature was made for something else.",
        "Start the joint signature again, with all its signers.",
    )
    TOO_MANY_NONCES = (
        "Too many joint signatures were begun and not finished.",
        "Finish one of them, or lock the device to drop them all.",
    )
    SILENT_COINS = (
        "A silent payment cannot be made with these coins.",
        "Choose other coins in the wallet app.",
    )
    TOO_FEW_ROLLS = (
        "That is too little chance for a seed.",
        "Roll on, or let the device add randomness of its own.",
    )
    BACKUP_TOO_SLOW = (
        "This backup was made to take longer to open than is bearable here.",
        "Recover it with the program that made it.",
    )
    MESSAGE_TOO_LONG = (
        "The message is longer than a person would read.",
        "Sign a shorter one.",
    )
    MESSAGE_UNREADABLE = (
        "The message is no text: it holds half a character.",
        "Write the message again in the wallet app.",
    )
    KEYS_WIPED = (
        "The keys were wiped from memory.",
        "Unlock the device and ask again.",
    )


class Refused(Exception):
    """The request is well formed and must not be signed. Nothing was signed, nothing was kept."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason.sentence} {detail}".strip())


class NothingToSign(Refused):
    """There is nothing to refuse either: the request goes back unchanged, and a person reads why.

    A coordinator sends one payment to each of its devices in turn, and some of them twice.
    """


class CrossCheckFailed(Exception):
    """A signature we just made does not verify: a fault or an attack on this device.

    The signature was dropped: one faulty signature can give away the key (T52). The device must
    refuse, wipe its keys and lock. Not a `Refused`: asking again is no remedy.
    """
