"""An address to be paid at, and the device's own word for it."""

from collections.abc import Sequence
from functools import lru_cache

import qrcode
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import Where
from host.tui.messages import VerifyWanted
from host.tui.now import Handed, Now
from host.tui.screens.page import Page, address, pointed
from host.tui.widgets import code

FINDING = "Looking for an address nobody was given yet."
CHECK = "Press v to let the device show it. Only then give it to anybody."
VERIFIED = "The device derives the same address. It is yours: give it to whoever pays you."


class ReceivePage(Page):
    title = "Receive"
    where = Where.RECEIVE
    BINDINGS = actions.bindings(Where.RECEIVE)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(id="code", classes="code")
            with Vertical():
                yield Static(id="address")
                yield Static(id="advice")

    def show(self, now: Now) -> None:
        handed = now.handed
        self.query_one("#code").display = handed is not None
        if handed is not None:
            drawn = code.half_blocks(_matrix(handed.receive.address))
            self.query_one("#code", Static).update(drawn)
        self.query_one("#address", Static).update(_facts(handed))
        self.query_one("#advice", Static).update(_advice(now, handed))

    def action_verify(self) -> None:
        self.post_message(VerifyWanted())


def _facts(handed: Handed | None) -> Content:
    if handed is None:
        return Content(FINDING)
    path = f"number {handed.receive.index}, path {handed.receive.path}"
    return Content.assemble(
        ("Your address\n", "$secondary"),
        address(handed.receive.address),
        (f"\n\n{path}\n", "$secondary"),
    )


def _advice(now: Now, handed: Handed | None) -> Content:
    problem = now.problem or (handed.problem if handed else "")
    if problem or now.asking or handed is None:
        return pointed(problem or now.asking)
    if handed.verified:
        return pointed(VERIFIED, "$text-success bold")
    return pointed(CHECK)


@lru_cache(maxsize=4)
def _matrix(text: str) -> Sequence[Sequence[bool]]:
    # In capitals a segwit address takes a smaller code (QR's alphanumeric mode, BIP173); an old
    # base58 address means something else in capitals and stays as it is.
    kept = text if any(letter.isupper() for letter in text) else text.upper()
    made = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_L)
    made.add_data(kept)
    made.make(fit=True)
    return [[bool(module) for module in row] for row in made.get_matrix()]


PAGE = ReceivePage
