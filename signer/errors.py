"""The ways a request fails: its bytes are wrong, it is refused, or this device cannot be trusted.

Anything else that is raised is our bug, and nothing catches it.
"""

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
    # What a Bitcoin request can be refused for. signer/README.md names the threat behind each.
    PSBT_VERSION = (
        "PSBT version 2 is not supported yet.",
        "Export the payment as a PSBT of version 0.",
    )
    TOO_LARGE = (
        "The request is larger than can be checked here.",
        "Split the payment into smaller ones.",
    )
    NO_INPUTS = (
        "The transaction spends nothing.",
        "Build the payment again in the wallet app.",
    )
    NO_OUTPUTS = (
        "The transaction pays nobody: all of it would be fee.",
        "Build the payment again in the wallet app.",
    )
    COINBASE_INPUT = (
        "An input is the one of a miner's own transaction, which nobody signs.",
        "Build the payment again in the wallet app.",
    )
    DUPLICATE_INPUT = (
        "The same coin is spent twice.",
        "Build the payment again in the wallet app.",
    )
    AMOUNT_NOT_PROVEN = (
        "The amount of a coin is claimed, not proven.",
        "Have the wallet app include the whole previous transactions.",
    )
    AMOUNTS_DISAGREE = (
        "The wallet app tells two stories about one coin.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    WRONG_PREVIOUS_TX = (
        "A previous transaction is not the one that is spent.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    AMOUNT_OUT_OF_RANGE = (
        "An amount is larger than all the bitcoin there can be.",
        "Build the payment again in the wallet app.",
    )
    OUTPUTS_EXCEED_INPUTS = (
        "The transaction pays more than it spends.",
        "Build the payment again in the wallet app.",
    )
    FEE_ABSURD = (
        "The fee is a quarter of the coins spent, or more.",
        "Choose a lower fee, or spend more at once.",
    )
    SCRIPT_NOT_COMMITTED = (
        "A script is given that the coin does not commit to.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    SCRIPT_UNSUPPORTED = (
        "A coin is locked by a kind of script that is not supported yet.",
        "Spend it with the device or wallet that made its address.",
    )
    TAPROOT_SCRIPT_PATH = (
        "A coin would be spent by a taproot script, which is not supported yet.",
        "Spend it with the device or wallet that made its address.",
    )
    INPUT_NOT_OURS = (
        "A coin is not yours.",
        "Sign only payments that spend coins of this wallet alone.",
    )
    KEY_MISMATCH = (
        "A coin is said to be yours and is not.",
        "Do not use this request. Update the wallet app, or use another one.",
    )
    PATH_UNUSUAL = (
        "A coin lies at an unusual path.",
        "Spend it with the wallet that made its address.",
    )
    WRONG_NETWORK = (
        "A coin belongs to another network.",
        "Choose that network in the wallet app, and try again.",
    )
    MIXED_ACCOUNTS = (
        "Coins of different accounts are mixed.",
        "Make one payment per account.",
    )
    SIGHASH_UNSUPPORTED = (
        "A signature is asked for that leaves parts of the payment open.",
        "Ask for the signature type ALL.",
    )
    SIGHASH_UNKNOWN = (
        "A signature of an unknown type is asked for.",
        "Ask for the signature type ALL.",
    )
    BAD_SIGNATURE = (
        "A signature under your key is already there, and it is wrong.",
        "Build the payment again in the wallet app.",
    )
    NOTHING_TO_SIGN = (
        "Everything is signed already.",
        "Send the payment from the wallet app.",
    )
    OUTPUT_TOO_LONG = (
        "An output is too long to be shown in full.",
        "Build the payment without it.",
    )
    VARIANT_UNSUPPORTED = (
        "This kind of address is not supported yet.",
        "Choose native segwit or taproot.",
    )

    KEYS_WIPED = (
        "The keys were wiped from memory.",
        "Unlock the device and ask again.",
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


class CrossCheckFailed(Exception):
    """A signature we just made does not verify: a fault or an attack on this device.

    The signature was dropped: one faulty signature can give away the key (T52). The device must
    refuse, wipe its keys and lock. Not a `Refused`: asking again is no remedy.
    """
