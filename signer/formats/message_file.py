"""The text file that asks for a signed message: `signmessage m/84h/0h/0h/0/0 ascii:the message`."""

import re
from dataclasses import dataclass, field

from signer.errors import Malformed

LONGEST = 8 * 1024
_BEGIN = "signmessage "
_TEXT = "ascii:"
_PATH = re.compile(r"[mM](?:/(?:0|[1-9][0-9]{0,9})[hH']?){1,16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MessageFile:
    """`path` is a derivation path, `m/84h/0h/0h/0/0`; its steps are not bounded here."""

    path: str
    message: str = field(repr=False)


def parse(text: str) -> MessageFile:
    """What a file asks for. Raises Malformed."""
    if not text.startswith(_BEGIN) or len(text) > LONGEST:
        raise Malformed("Invalid prefix. A message file begins with: signmessage")
    path, _, body = text.removeprefix(_BEGIN).partition(" ")
    if not _PATH.fullmatch(path):
        raise Malformed("Invalid bip32 path")
    if not body.startswith(_TEXT):
        raise Malformed("Invalid message prefix. Before the message stands: ascii:")
    message = body.removeprefix(_TEXT)
    if not message:
        raise Malformed("Invalid message bytes. There are none.")
    return MessageFile(f"m{path[1:]}", message)
