"""A SeedQR to be drawn on paper, square by square, and read back from it."""

from functools import partial
from math import isqrt
from typing import Final

from firmware_emu.flows import Declined, Flow
from firmware_emu.flows.backups.checking import mistake_in_seed, read_back
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Acknowledged, Question
from firmware_emu.screens.paper.grid import Grid
from signer.formats import small_qr
from signer.formats.qr import seedqr
from signer.keys.scratch import Scratch
from signer.keys.seeds import mnemonic

_DIGITS, _COMPACT = "SeedQR (digits)", "Compact SeedQR"
_READING: Final = (
    "Show your drawing to the camera.",
    "While nothing is read, a square is wrong, or the light is: look at each zone again.",
)


def draw(seed: bytearray) -> Flow[None]:
    """The squares of a code of this entropy, until the drawing was read. Raises Declined."""
    answer = yield Menu("Code to draw", (_COMPACT, _DIGITS))
    if not isinstance(answer, Picked):
        raise Declined
    with Scratch() as scratch:
        code = scratch.owned(_code(seed, is_compact=answer.item == _COMPACT))
        yield from _agree(code)
        while True:
            if not isinstance((yield Grid(code)), Acknowledged):
                raise Declined
            if (yield from read_back(_READING, partial(mistake_in_seed, seed))):
                return


def _code(seed: bytearray, *, is_compact: bool) -> bytearray:
    if is_compact:
        return small_qr.modules(seed)
    with Scratch() as scratch:
        digits = scratch.owned(seedqr.digits(tuple(mnemonic.places(seed))))
        return small_qr.modules(digits, is_digits=True)


def _agree(code: bytearray) -> Flow[None]:
    side, zones = isqrt(len(code)), Grid(code).zones
    facts = (
        f"{side} by {side} squares on squared paper, in {zones} zones: fill those marked ##.",
        "Whoever sees the drawing has your coins. A camera can read it, too.",
    )
    question = Question("Draw it?", facts, yes="show", hold=True)
    if not isinstance((yield question), Acknowledged):
        raise Declined
