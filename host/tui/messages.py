"""What the parts of the app tell the app."""

from textual.message import Message


class KeyWanted(Message):
    """Press this key of the device."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class TextTyped(Message):
    """Type this on the device. It may be a PIN or a word of the seed: a message's repr has none."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class BillWanted(Message):
    """Write this payment down and show what it costs."""

    def __init__(self, address: str, sats: int, sats_per_vbyte: float) -> None:
        super().__init__()
        self.address = address
        self.sats = sats
        self.sats_per_vbyte = sats_per_vbyte


class PaymentWanted(Message):
    """Go on with the payment that is on the page: ask the device, or try again."""


class PaymentLeft(Message):
    """Stop waiting, or leave the payment."""


class VerifyWanted(Message):
    """Let the device show the address that is on the page."""


class NodeToggled(Message):
    """Stop this node, or start it again."""

    def __init__(self, node: int) -> None:
        super().__init__()
        self.node = node


class Left(Message):
    """The person leaves this page, or takes the keyboard from the device."""


class Chosen(Message):
    """The answer to the first question is the built-in network."""
