"""Reading a review page by page. Nobody reaches its end without every page on the screen."""

from collections.abc import Sequence

from firmware_emu.flows import Declined, Flow
from firmware_emu.screens.confirm import Back, Confirm, Yes
from firmware_emu.screens.notice import Notice
from signer.review import Page

NOTHING = "Nothing was signed."
NOTHING_KEPT = "Nothing was kept."


def read_all(pages: Sequence[Page], last: str, nothing: str = NOTHING) -> Flow[tuple[Page, ...]]:
    """The pages a person accepted, in order: all of them. `last` is the last button's word.

    The last yes makes a signature or a record, so it takes a held key (T106). Raises Declined when
    the person stops on any page, with `nothing` to read.
    """
    stopped = Notice("Stopped", ("You stopped it.", nothing))
    return (yield from _read(pages, last, stopped, stopped, hold=True))


def compare(pages: Sequence[Page], alarm: Notice) -> Flow[None]:
    """The last of these pages, compared with another screen; the others warn. A tap is enough.

    Raises Declined; who says no on the last page, because it differs, reads `alarm` (T107).
    """
    stopped = Notice("Stopped", ("You stopped it.", NOTHING))
    yield from _read(pages, "the same", stopped, alarm, hold=False)


def _read(
    pages: Sequence[Page], last: str, stopped: Notice, stopped_at_last: Notice, *, hold: bool
) -> Flow[tuple[Page, ...]]:
    accepted: list[Page] = []
    while len(accepted) < len(pages):
        number = len(accepted) + 1
        is_last = number == len(pages)
        yes = last if is_last else "next"
        match (yield Confirm(pages[number - 1], number, len(pages), yes, hold=hold and is_last)):
            case Yes():
                accepted.append(pages[number - 1])
            case Back():
                del accepted[-1:]
            case _:
                raise Declined(stopped_at_last if is_last else stopped)
    return tuple(accepted)
