"""A signed payment as the texts of QR codes, in the form and the content that its reader takes."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from firmware_emu.screens import Screen
from firmware_emu.screens.qr import Alternative, animated
from signer import chains
from signer.errors import Malformed, Refused
from signer.formats.payload.values import Form
from signer.formats.qr.forms import message_of, transaction_message
from signer.formats.qr.peers import Content, Peer

_TITLES: Final = {
    Content.WHOLE: "Signed",
    Content.SIGNATURES: "Signatures",
    Content.TRANSACTION: "Transaction",
}


def form_of(word: str) -> Form:
    """The form that a word stands for; UR, which most wallets read, for any other word."""
    return Form(word) if word in {form.value for form in Form} else Form.UR


def answer(chain: str, signed: bytes, form: Form, peer: Peer) -> Screen:
    """The screen that shows it to `peer`, in its form or in the one that was asked in.

    What of it is shown is what this reader takes; a key shows what else there is.
    """
    contents = dict(_contents(chain, signed, peer.form or form, peer.version))
    first = peer.content if peer.content in contents else Content.WHOLE
    shown = contents.pop(first)
    return animated(shown.title, shown.message, peer, tuple(contents.values()))


def _contents(
    chain: str, signed: bytes, form: Form, version: int
) -> Iterator[tuple[Content, Alternative]]:
    yield Content.WHOLE, Alternative(_TITLES[Content.WHOLE], message_of(signed, form, version))
    narrow = chains.narrow_answers(chain)
    if narrow is None:
        return
    with suppress(Malformed, Refused):  # it is no request of this chain, and goes back as it is
        trimmed = narrow.signatures_only(signed)
        title = _TITLES[Content.SIGNATURES]
        yield Content.SIGNATURES, Alternative(title, message_of(trimmed, form, version))
        raw_tx = narrow.final_transaction(signed)
        if raw_tx is not None:
            title = _TITLES[Content.TRANSACTION]
            message = transaction_message(raw_tx, form, version)
            yield Content.TRANSACTION, Alternative(title, message)
