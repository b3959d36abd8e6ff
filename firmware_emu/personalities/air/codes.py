"""What a QR code that holds no payment seems to be, so that the person learns what went wrong."""

import re
from typing import Final

_EXPECTED: Final = "A payment was expected: a PSBT as crypto-psbt or BBQr."
_UNKNOWN: Final = "The code holds something this device does not know."

# None of these sentences repeats what the code holds: it may be a seed.
_KINDS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.ASCII), f"The code holds {content}.")
    for pattern, content in (
        (r"(?:[0-9]{48}|[0-9]{60}|[0-9]{72}|[0-9]{84}|[0-9]{96})", "what may be a seed"),
        (r"(?:[a-z]{3,8} ){11,23}[a-z]{3,8}", "what may be a seed"),
        (r"(?:bitcoin:)?(?:bc|tb|bcrt)1[a-z0-9]{6,87}(?:\?.*)?", "an address"),
        (r"(?:bitcoin:)?[123mn][1-9a-z]{25,34}(?:\?.*)?", "an address"),
        (r"(?:pkh|wpkh|sh|wsh|tr)\(.*", "an account with a mistake in it, or without its checksum"),
        (r"(?:\[[0-9a-f/'h]+\])?[xyztuv]pub[1-9a-z]{107}.*", "an extended public key"),
        (r"(?:cHNidP8|70736274ff).*", "a PSBT in a form not read here"),
        (r"B\$[H2Z]P.*", "a BBQr payment with a mistake in it"),
        (r"B\$.*", "a BBQr code of another kind"),
        (r"p[0-9]+of[0-9]+ .*", "a part in a form not read here"),
        (r"ur:.*/[0-9]+of[0-9]+/.*", "a version 1 UR, which is not read here"),
        (r"ur:(?:crypto-)?(?:seed|bip39)/.*", "a seed"),
        (r"ur:(?:crypto-)?(?:account|hdkey|output)/.*", "account keys"),
        (r"ur:(?:crypto-)?psbt/.*", "a PSBT code with a mistake in it"),
        (r"ur:.*", "a UR of another kind"),
    )
)


def mistaken(data: bytes) -> str:
    """Sentences for a person: what the code seems to be, and what was expected."""
    return f"{_kind_of(data)} {_EXPECTED}"


def _kind_of(data: bytes) -> str:
    text = data.decode("ascii", errors="replace")
    for pattern, sentence in _KINDS:
        if pattern.fullmatch(text):
            return sentence
    return "The code holds what may be a seed." if len(data) in (16, 32) else _UNKNOWN
