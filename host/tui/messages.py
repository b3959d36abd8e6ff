"""What the parts of the app tell the app."""

from datetime import date

from textual.events import Key
from textual.message import Message

from host.fees import FeeChoice
from host.session.api import Opening
from host.session.endings import WayOut
from host.values import HistoryEntry, PaymentRequest


class KeyTaken(Message):
    """A key that waited and counts (host.tui.keyboard)."""

    def __init__(self, event: Key) -> None:
        super().__init__()
        self.event = event


class KeyRequested(Message):
    """Press this key of the device."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class DeviceReached(Message):
    """The mouse is on the device's buttons: the keyboard follows it."""


class TextTyped(Message):
    """Type this on the device. It may be a PIN or a word of the seed: a message's repr has none."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class RoomMeasured(Message):
    """So large a QR code fits where the device's screen is drawn: its version, or 0."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version


class DraftRequested(Message):
    """Write this payment down, at that fee, and show what it costs."""

    def __init__(self, request: PaymentRequest, fee: FeeChoice) -> None:
        super().__init__()
        self.request = request
        self.fee = fee


class CoinsChosen(Message):
    """The next payment takes these coins, "txid:vout"; none lets the wallet choose."""

    def __init__(self, outpoints: tuple[str, ...]) -> None:
        super().__init__()
        self.outpoints = outpoints


class FreezeRequested(Message):
    """Freeze this coin, or thaw it."""

    def __init__(self, outpoint: str, frozen: bool) -> None:
        super().__init__()
        self.outpoint = outpoint
        self.frozen = frozen


class ResumeRequested(Message):
    """Go on with the payment that is on the page: ask the device, or try again."""


class PaymentLeft(Message):
    """Stop waiting, or leave the payment."""


class PaymentCopied(Message):
    """Copy the payment for another signer."""


class PaymentEnded(Message):
    """Give up the payment, which others may have."""


class HistoryRequested(Message):
    """Show the history, with this transaction picked."""

    def __init__(self, txid: str) -> None:
        super().__init__()
        self.txid = txid


class EntryRequested(Message):
    """Show all that is known of this transaction."""

    def __init__(self, txid: str) -> None:
        super().__init__()
        self.txid = txid


class WayOutRequested(Message):
    """Do this about the payment: a fee rate is asked for first where it takes one."""

    def __init__(self, way_out: WayOut, entry: HistoryEntry) -> None:
        super().__init__()
        self.way_out = way_out
        self.entry = entry


class ReplacementRequested(Message):
    """Write down what takes the place of the payment, at that fee."""

    def __init__(self, way_out: WayOut, txid: str, fee: FeeChoice) -> None:
        super().__init__()
        self.way_out = way_out
        self.txid = txid
        self.fee = fee


class AddressRequested(Message):
    """Another address than the one on the page."""


class SignerRead(Message):
    """The person read the address on the signer with that key, and says whether it is the same."""

    def __init__(self, place: int, *, is_same: bool) -> None:
        super().__init__()
        self.place = place
        self.is_same = is_same


class VerifyRequested(Message):
    """Let the device show the address that is on the page."""


class NodeToggled(Message):
    """Stop this node, or start it again."""

    def __init__(self, node: int) -> None:
        super().__init__()
        self.node = node


class PsbtPasted(Message):
    """Read this text as a payment."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class LieRequested(Message):
    """Give the device what the wallet does not show."""


class LieChosen(Message):
    """Get ready to tell this lie (host.session.api.Lie)."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class LabelRequested(Message):
    """Let the person write a label to a transaction, or to a coin "txid:n"."""

    def __init__(self, ref: str) -> None:
        super().__init__()
        self.ref = ref


class LabelLeft(Message):
    """Back to the transaction or the coin that a label could be written to."""

    def __init__(self, ref: str) -> None:
        super().__init__()
        self.ref = ref


class LabelWritten(Message):
    """Write this to a transaction or a coin; "" forgets what was written."""

    def __init__(self, ref: str, text: str) -> None:
        super().__init__()
        self.ref = ref
        self.text = text


class RequestWritten(Message):
    """Ask for so many sats, or any number, by the address on the page."""

    def __init__(self, sats: int | None, label: str) -> None:
        super().__init__()
        self.sats = sats
        self.label = label


class ContactWritten(Message):
    """Keep this person; without an address, forget them."""

    def __init__(self, name: str, payee: str) -> None:
        super().__init__()
        self.name = name
        self.payee = payee


class ContactRequested(Message):
    """Let the person keep whom they paid, under a name."""

    def __init__(self, payee: str) -> None:
        super().__init__()
        self.payee = payee


class AddressSought(Message):
    """Say whether this address is the wallet's."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class FlowRequested(Message):
    """Find out where the coins of a PSBT, a raw transaction or one of the wallet come from and go.

    The latter by its txid.
    """

    def __init__(self, source: bytes | str) -> None:
        super().__init__()
        self.source = source


class DescriptorRequested(Message):
    """Copy what the wallet is: its descriptor, which holds no secret."""


class OverviewRequested(Message):
    """Draw the plots of the wallet as it is now."""


class SweepRequested(Message):
    """Look for what this private key has; "" is the one that was read before."""

    def __init__(self, key: str, fee: FeeChoice, birthday: date | None) -> None:
        super().__init__()
        self._key = key
        self.fee = fee
        self.birthday = birthday

    def take_key(self) -> str:
        """The key, once: a message outlives what it asks for (in contexts of tasks)."""
        key, self._key = self._key, ""
        return key


class SweepAgreed(Message):
    """Send what the key has."""


class ProxyRequested(Message):
    """Let the person say what connections go through."""


class ProxyChosen(Message):
    """The wallet's connections go through this from now on: "tor", a proxy, or "no"."""

    def __init__(self, proxy: str) -> None:
        super().__init__()
        self.proxy = proxy


class PageRequested(Message):
    """Turn to the page of that task."""

    def __init__(self, task: str) -> None:
        super().__init__()
        self.task = task


class PageLeft(Message):
    """The person leaves this page, or takes the keyboard from the device."""


class KeyboardMoved(Message):
    """Another question is there than a moment ago: keys on their way were meant for that one."""


class OpeningChosen(Message):
    """Open this wallet in the place of the one that is open."""

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self.opening = opening
