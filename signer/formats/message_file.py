"""The text file that asks for a signed message: `signmessage m/84h/0h/0h/0/0 ascii:the message`."""

from dataclasses import dataclass, field

from signer.errors import Malformed

LONGEST = 8 * 1024
_BEGIN = "signmessage "
_TEXT = "ascii:"


@dataclass(frozen=True, slots=True)
class MessageFile:
    """`path` is a derivation path as it was written, with m in front; nobody has checked it."""

    path: str
    message: str = field(repr=False)


def parse(text: str) -> MessageFile:
    """What a file asks for. Raises Malformed."""
    if not text.startswith(_BEGIN) or len(text) > LONGEST:
        raise Malformed("Invalid prefix. A message file begins with: signmessage")
    path, _, body = text.removeprefix(_BEGIN).partition(" ")
    if not body.startswith(_TEXT):
        raise Malformed("Invalid message prefix. Before the message stands: ascii:")
    message = body.removeprefix(_TEXT)
    if not message:
        raise Malformed("Invalid message bytes. There are none.")
    return MessageFile("m" + path[1:] if path[:1] in {"m", "M"} else path, message)
