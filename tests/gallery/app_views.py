"""What a real device in memory shows, as the app is given it.

It has everybody's test seed and reviews a real payment. What the sample wallet says beside it
(address, amount, fee, words) is of that same payment.
"""

from collections.abc import Callable

from firmware_emu.effects import Show
from firmware_emu.emulator import Emulator
from firmware_emu.events import BytesIn, Port
from firmware_emu.paint.drawing import Drawing, draw
from host.values import PanelView
from signer.formats.qr import parts, ur
from signer.formats.words.digest_words import digest_words
from tests import psbts

# The address of BIP173's first example key.
THEIRS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
_THEIR_SCRIPT = bytes.fromhex("0014751e76e8199196d454941c45d1b3a323f1433bd6")
PAID_SATS = 25_000
FEE_SATS = 141
FUNDED_SATS = 5_000_000
PATH = psbts.path()
_HIGH_FEE_SATS = 7_025
_HELD = 0.4  # of a long press, in the picture of one


def view_of(show: Show) -> PanelView:
    """A screen as the control socket gives it to the app."""
    return view(draw(show.screen, show.hold), show.screen.kind, show.state.value, show.fingerprint)


def view(drawing: Drawing, kind: str, state: str, fingerprint: str) -> PanelView:
    return PanelView(
        1,
        kind,
        drawing.lines,
        state,
        fingerprint,
        drawing.is_inverted,
        tuple((span.row, span.column, span.length) for span in drawing.picked),
        drawing.scroll,
        drawing.hold,
        tuple("".join("01"[dark] for dark in row) for row in drawing.code),
    )


class Screens:
    """A face that keeps all that a device shows, while somebody uses it."""

    def __init__(self, device: Emulator, use: Callable[[Emulator], object]) -> None:
        self._views: list[PanelView] = []
        device.watch(self)
        use(device)

    def show(self, show: Show) -> None:
        self._views.append(view_of(show))

    def titled(self, title: str, hold: float = 0.0) -> PanelView:
        """The first one whose first line begins so, with so much of a long press gone by."""
        shown = (each for each in self._views if each.lines[0].startswith(title))
        return next(each for each in shown if each.hold >= hold)

    @property
    def last(self) -> PanelView:
        return self._views[-1]


def payment(fee_sats: int = FEE_SATS) -> psbts.Draft:
    """The sample payment: one coin of ours, to THEIRS, and back to us."""
    keys = psbts.keyring()
    left = FUNDED_SATS - PAID_SATS - fee_sats
    return psbts.Draft(
        [psbts.coin(keys, PATH, FUNDED_SATS)],
        [
            psbts.Out([], PAID_SATS, _THEIR_SCRIPT),
            psbts.change(keys, psbts.path(branch=1), left),
        ],
    )


def _device(*, locked: bool = False) -> Emulator:
    return Emulator(locked=locked, network="regtest")


def _reviews(made: psbts.Draft, answer: Callable[[Emulator], object]) -> Screens:
    def use(device: Emulator) -> None:
        device.request("sign_psbt", {"network": "localtest", "psbt": made.encode()})
        answer(device)

    return Screens(_device(), use)


def _shows_address(answer: Callable[[Emulator], object]) -> Screens:
    def use(device: Emulator) -> None:
        wanted = {"network": "localtest", "path": list(PATH), "variant": "wpkh(k)"}
        device.request("get_receive_address", wanted)
        answer(device)

    return Screens(_device(), use)


def _restores(device: Emulator) -> None:
    device.press("right", "ok", "ok")
    for word in ("zoo", "zoo", "zoo"):
        device.type(word)
        device.press("ok")
    device.type("ab")


def _enters_pin(device: Emulator) -> None:
    device.press("ok")
    device.type("123")


def _signs_by_camera(device: Emulator) -> None:
    for frame in parts.split(ur.from_psbt(payment().encode()), 200):
        device.shell.happen(BytesIn(Port("air", "camera"), frame.encode()))
    device.approve()


_UNSIGNED = payment().unsigned_tx()
WORDS = digest_words(_UNSIGNED)
TXID = psbts.txid(_UNSIGNED)[::-1].hex()
FUNDING = payment().ins[0].outpoint[:32][::-1].hex()

_PAYING = _reviews(payment(), Emulator.approve)
HOME, DONE = map(_PAYING.titled, ("Quietkey", "Signed"))
PAYMENT_PAGES = tuple(map(_PAYING.titled, ("Recipient", "Details", "Total")))
DECLINED = _reviews(payment(), Emulator.reject).last
CANCELLED = _reviews(payment(), Emulator.hang_up).last
WARNING = _reviews(payment(_HIGH_FEE_SATS), Emulator.approve).titled("High fee", _HELD)
ADDRESS = _shows_address(Emulator.approve).titled("Your address")
ALARM = _shows_address(Emulator.reject).last
OURS = "".join("".join(ADDRESS.lines[2:4]).split())
NEW = Screens(Emulator(None, network="regtest"), lambda _: None).last
LOCKED = Screens(_device(locked=True), lambda _: None).last
PIN = Screens(_device(locked=True), _enters_pin).last
LETTERS = Screens(Emulator(None), _restores).last
CODE = Screens(_device(), _signs_by_camera).last
