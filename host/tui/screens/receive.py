"""An address to be paid at, and the device's own word for it."""

from collections.abc import Sequence
from functools import lru_cache

import qrcode
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from host.config import render_path
from host.session.state import AppState, IssuedAddress
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import AddressRequested, VerifyRequested
from host.tui.screens.page import WalletPage, address, pointed
from host.tui.widgets import code

FINDING = "Looking for an address nobody was given yet."
CHECK = "Press v to let the device show it. Do not give it to anyone before."
ANOTHER = "Press r for another address. Check it on the device, too."
COPIED = "The terminal was asked to copy it. Not every one does: compare what you paste."
VERIFIED = "The device derives the same address. It is yours: give it to whoever pays you."


class ReceivePage(WalletPage):
    title = "Receive"
    place = KeyPlace.RECEIVE
    BINDINGS = actions.bindings(KeyPlace.RECEIVE)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(id="code", classes="code")
            with Vertical():
                yield Static(id="address")
                yield Static(id="advice")

    def show(self, state: AppState) -> None:
        issued = state.issued
        shown = issued is not None and not issued.alarm
        self._address = issued.receive.address if issued is not None and shown else ""
        self.query_one("#code").display = shown
        if issued is not None and shown:
            drawn = code.half_blocks(_matrix(issued.receive.address))
            self.query_one("#code", Static).update(drawn)
        self.query_one("#address", Static).update(_facts(issued))
        self.query_one("#advice", Static).update(_advice(state, issued))

    def on_mount(self) -> None:
        self._address = ""

    def action_copy(self) -> None:
        """By the terminal (OSC 52), also through ssh. One that nobody may use is not copied."""
        if self._address:
            self.app.copy_to_clipboard(self._address)
            self.query_one("#advice", Static).update(pointed(COPIED))

    def action_another(self) -> None:
        self.post_message(AddressRequested())

    def action_verify(self) -> None:
        self.post_message(VerifyRequested())


def _facts(issued: IssuedAddress | None) -> Content:
    if issued is None:
        return Content(FINDING)
    if issued.alarm:
        return Content.assemble((issued.alarm, "$text-error bold"), "\n")
    path = f"number {issued.receive.index}, path {render_path(issued.receive.path)}"
    return Content.assemble(
        ("Your address\n", "$secondary"),
        address(issued.receive.address),
        (f"\n\n{path}\n", "$secondary"),
    )


def _advice(state: AppState, issued: IssuedAddress | None) -> Content:
    if issued is not None and issued.alarm:
        return pointed(state.problem or ANOTHER)
    problem = state.broken or state.problem or (issued.problem if issued else "")
    if problem or state.asking or issued is None:
        return pointed(problem or state.asking)
    if issued.verified:
        return pointed(VERIFIED, "$text-success bold")
    return pointed(CHECK)


@lru_cache(maxsize=4)
def _matrix(text: str) -> Sequence[Sequence[bool]]:
    # In capitals a segwit address takes a smaller code (QR's alphanumeric mode, BIP173); an old
    # base58 address means something else in capitals and stays as it is.
    content = text if any(letter.isupper() for letter in text) else text.upper()
    qr = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_L)
    qr.add_data(content)
    qr.make(fit=True)
    return [[bool(module) for module in row] for row in qr.get_matrix()]


PAGE = ReceivePage
