"""The text file that asks for a signed message: `signmessage m/84h/0h/0h/0/0 ascii:the message`."""

from firmware_emu.personalities.jade.params import DEEPEST, BadParameter
from signer.errors import Malformed
from signer.keys import path

LONGEST = 8 * 1024
_BEGIN = "signmessage "
_TEXT = "ascii:"


def parse(text: str) -> tuple[tuple[int, ...], str]:
    """The key's path and the message. Raises BadParameter."""
    if not text.startswith(_BEGIN) or len(text) > LONGEST:
        raise BadParameter("Invalid prefix. A message file begins with: signmessage")
    where, _, rest = text.removeprefix(_BEGIN).partition(" ")
    steps = _path(where)
    if not rest.startswith(_TEXT):
        raise BadParameter("Invalid message prefix. Before the message stands: ascii:")
    message = rest.removeprefix(_TEXT)
    if not message:
        raise BadParameter("Invalid message bytes. There are none.")
    return steps, message


def _path(text: str) -> tuple[int, ...]:
    try:
        steps = path.parse("m" + text[1:] if text[:1] in {"m", "M"} else text)
    except Malformed:
        steps = ()
    if not 1 <= len(steps) <= DEEPEST:
        raise BadParameter("Invalid bip32 path")
    return steps
