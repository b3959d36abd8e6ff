"""An address to be paid at, and the device's own word for it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import qrcode
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from host.config import render_path
from host.session import wording
from host.session.state import AppState, IssuedAddress
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import AddressRequested, PageRequested, SignerRead, VerifyRequested
from host.tui.screens.page import WalletPage, address, pointed
from host.tui.widgets import code

FINDING = "Looking for an address nobody was given yet."
CHECK = "Press v to let the device show it. Do not give it to anyone before."
ANOTHER = "Press r for another address. Check it on the device, too."
NO_ROOM = "The code has no room for what it is for; the copied text has."
MOST_MODULES = 33  # on a side, of a code that 24 lines have room for
SHORTEST_RUN = 4  # letters for which the code changes its mode
VERIFIED = "The device derives the same address. It is yours: give it to whoever pays you."
CHECK_EACH = (
    "Press v to let the signer at the cable show it, and u to change it. One with a camera reads"
    " the code, one with files alone looks number {} up: press g if it is the same there, x if not."
)
ALL_AGREE = "All {} signers have this address. It is yours: give it to whoever pays you."
SOME_AGREE = "{} of {} signers have this address."
MOST_SIGNERS = 5  # that are seen at once


class ReceivePage(WalletPage):
    title = "Receive"
    place = KeyPlace.RECEIVE
    BINDINGS = actions.bindings(KeyPlace.RECEIVE)

    def __init__(self) -> None:
        super().__init__()
        self._address = self._link = ""
        self._signers: tuple[str, ...] = ()
        self._agreed: Mapping[int, str] = {}
        self._picked = 0

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(id="code", classes="code")
            with Vertical():
                yield Static(id="address")
                yield Static(id="signers")
                yield Static(id="advice")

    def show(self, state: AppState) -> None:
        issued = state.issued
        shown = issued is not None and not issued.alarm
        self._address = issued.link if issued is not None and shown else ""
        self.query_one("#code").display = shown
        if issued is not None and shown:
            drawn = code.half_blocks(_request_matrix(issued))
            self.query_one("#code", Static).update(drawn)
        self._link = state.link
        self._signers = issued.signers if issued is not None and shown else ()
        if issued is not None:
            self._picked = _next(issued) if issued.agreed != self._agreed else self._picked
            self._agreed = issued.agreed
        self.query_one("#address", Static).update(_facts(issued))
        self._show_signers()
        self.query_one("#advice", Static).update(_advice(state, issued))

    def _show_signers(self) -> None:
        """Which have agreed and how, and which have not."""
        listed = self.query_one("#signers", Static)
        listed.display = bool(self._signers)
        first = min(max(self._picked - 2, 0), max(len(self._signers) - MOST_SIGNERS, 0))
        places = range(first, min(first + MOST_SIGNERS, len(self._signers)))
        listed.update(Content("\n").join(map(self._signer, places)))

    def _signer(self, place: int) -> Content:
        how = self._agreed.get(place, "")
        return Content.assemble(
            ("▸ " if place == self._picked else "  ", "$accent bold"),
            ("✓ ", "$text-success") if how else ("· ", "$secondary"),
            f"key {place + 1}  {wording.fingerprint(self._signers[place])}",
            (f"  {how or 'not yet'}", "$secondary"),
        )

    def action_pick(self, step: int) -> None:
        self._picked = min(max(self._picked + step, 0), max(len(self._signers) - 1, 0))
        self._show_signers()

    def action_read(self, is_same: bool) -> None:
        """What the person says of a signer that cannot be asked."""
        if self._address and (self._signers or self._link == "qr"):
            self.post_message(SignerRead(self._picked, is_same=is_same))

    def action_copy(self) -> None:
        """By the terminal (OSC 52), also through ssh. One that nobody may use is not copied."""
        if self._address:
            self.copy(self._address)

    def action_ask(self) -> None:
        if self._address:
            self.post_message(PageRequested("note"))

    def action_another(self) -> None:
        self.post_message(AddressRequested())

    def action_verify(self) -> None:
        self.post_message(VerifyRequested())


def _next(issued: IssuedAddress) -> int:
    """The first signer that has not agreed."""
    places = range(len(issued.signers))
    return next((place for place in places if place not in issued.agreed), 0)


def _facts(issued: IssuedAddress | None) -> Content:
    if issued is None:
        return Content(FINDING)
    if issued.alarm:
        return Content.assemble((issued.alarm, "$text-error bold"), "\n")
    asked = Content("") if issued.link == issued.receive.address else _asked(issued)
    path = f"number {issued.receive.index}, path {render_path(issued.receive.path)}"
    return Content.assemble(
        ("Your address\n", "$secondary"),
        address(issued.receive.address),
        (f"\n\n{path}\n", "$secondary"),
        asked,
    )


def _request_matrix(issued: IssuedAddress) -> Sequence[Sequence[bool]]:
    """Without the label where it would make the code larger than a small window."""
    whole = _matrix(issued.link)
    if len(whole) <= MOST_MODULES:
        return whole
    return _matrix(replace(issued, label="").link)


def _asked(issued: IssuedAddress) -> Content:
    is_whole = len(_matrix(issued.link)) <= MOST_MODULES
    amount = "" if issued.sats is None else wording.amount(issued.sats)
    return Content.assemble(
        ("\nAsks for ", "$secondary"), (amount or "any amount", "bold"),
        (f"\nFor {issued.label}" if issued.label else "", "$secondary"),
        "" if is_whole else f"\n{NO_ROOM}", "\n",
    )  # fmt: skip


def _advice(state: AppState, issued: IssuedAddress | None) -> Content:
    if issued is not None and issued.alarm:
        return pointed(state.problem or ANOTHER)
    problem = state.broken or state.problem or (issued.problem if issued else "")
    if problem or state.asking or issued is None:
        return pointed(problem or state.asking)
    if issued.verified:
        agreed = ALL_AGREE.format(len(issued.signers)) if issued.signers else VERIFIED
        return pointed(agreed, "$text-success bold")
    if not issued.signers:
        return pointed(wording.READS_THE_CODE if state.link == "qr" else CHECK)
    count = SOME_AGREE.format(len(issued.agreed), len(issued.signers)) if issued.agreed else ""
    return pointed(f"{count} {CHECK_EACH.format(issued.receive.index)}".strip())


@lru_cache(maxsize=4)
def _matrix(text: str) -> Sequence[Sequence[bool]]:
    # In capitals a segwit address takes a smaller code (QR's alphanumeric mode, BIP173); an old
    # base58 address means something else in capitals and stays as it is, as what is asked for does.
    head, mark, query = text.partition("?")
    head = head if any(letter.isupper() for letter in head) else head.upper()
    qr = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_L)
    qr.add_data(f"{head}{mark}{query}", optimize=SHORTEST_RUN if mark else 0)
    qr.make(fit=True)
    return [[bool(module) for module in row] for row in qr.get_matrix()]


PAGE = ReceivePage
