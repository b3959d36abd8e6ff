"""What a code holds that is no request here, in sentences for a person. None repeats the code."""

from typing import Final

from signer.formats.payload.values import Labels, Named, RawTransaction

SIGNED_TRANSACTION: Final = (
    "This is a transaction that is signed already. Your wallet can send it as it is."
)
_UNSIGNED: Final = (
    "This is an unsigned transaction without the facts about its coins. Export it as a PSBT."
)
LABELS: Final = "These are labels for a wallet. Import them there: this device keeps none."


def sentence(payload: RawTransaction | Labels | Named) -> str:
    """What it is, and what to do with it."""
    match payload:
        case RawTransaction(is_signed):
            return SIGNED_TRANSACTION if is_signed else _UNSIGNED
        case Labels():
            return LABELS
        case Named(text):
            return text


def mistaken(data: bytes, mistake: str) -> str:
    """What a code of a known kind with a mistake in it is, and the mistake."""
    start = data[:6].lower()
    if start.startswith(b"b$"):
        return f"A BBQr code with a mistake in it. {mistake}"
    if start.startswith(b"ur:"):
        return f"A UR code with a mistake in it, or of another kind. {mistake}"
    return mistake
