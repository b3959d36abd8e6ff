"""Addresses and payment URIs (BIP21) of any case and grouping, and requests for messages."""

import re
from typing import Final

from signer.errors import Malformed
from signer.formats import message_file
from signer.formats.payload.values import AddressText, MessageText

_URI: Final = re.compile(r"bitcoin:(?://)?(?P<address>[^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_BECH32: Final = re.compile(r"(?:bc|tb|bcrt)1[a-z0-9]{6,87}")
_BASE58: Final = re.compile(r"[123mn][1-9A-HJ-NP-Za-km-z]{25,34}")
_UNSEEN: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00a0 \t\r\n-"))


def address_of(text: str) -> AddressText | None:
    """The address in a text, or None. Its checksum is looked at by who knows the networks."""
    uri = _URI.fullmatch(text.strip())
    letters = (uri["address"] if uri else text).translate(_UNSEEN)
    if letters.lower() == letters or letters.upper() == letters:
        lower = letters.lower()
        if _BECH32.fullmatch(lower):
            return AddressText(lower)
    if _BASE58.fullmatch(letters):
        return AddressText(letters)
    if uri:
        raise Malformed(
            "The payment request (bitcoin:) has no address, or a letter of it is wrong."
        )
    return None


def message_of(text: str) -> MessageText | None:
    """The request of a `signmessage` text; None for another text. Raises Malformed."""
    if not text.lstrip().lower().startswith("signmessage"):
        return None
    file = message_file.parse(text.lstrip())
    return MessageText(file.path, file.message)
