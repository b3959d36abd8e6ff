"""A signed payment as the texts of QR codes, in the form that its reader takes."""

from typing import Final

from firmware_emu.screens import Screen
from firmware_emu.screens.qr import animated
from signer.formats.payload.values import Form
from signer.formats.qr.forms import message_of
from signer.formats.qr.peers import Peer

_TITLE: Final = "Signed"


def form_of(word: str) -> Form:
    """The form that a word stands for; UR, which most wallets read, for any other word."""
    return Form(word) if word in {form.value for form in Form} else Form.UR


def answer(psbt: bytes, form: Form, peer: Peer) -> Screen:
    """The screen that shows it to `peer`, in its form or in the one that was asked in."""
    return animated(_TITLE, message_of(psbt, peer.form or form, peer.version), peer)
