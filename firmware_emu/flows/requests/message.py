"""Signing a message: read it whole, sign it, alone or together with the host (threats T51, T56)."""

from typing import Any

from firmware_emu.commands import Fault, FaultCode, RevealEntropy, Signature, SignMessage
from firmware_emu.flows import Declined, Flow, PendingSignature, RequestOutcome, SignaturePending
from firmware_emu.flows.review import NOTHING, read_all
from firmware_emu.screens.menu import Menu, Picked
from firmware_emu.screens.notice import Notice
from signer import chains
from signer.keys import exfil
from signer.keys.keyring import Keyring
from signer.review import Review

_BY_KEY, _FOR_ADDRESS = "By the key (BIP137)", "For the address (BIP322)"
_STOPPED = Notice("Stopped", ("You stopped it.", NOTHING))
_DONE = Notice("Signed", ("The message is signed.",))
NOTHING_PENDING = Fault(FaultCode.OUT_OF_TURN, "Unexpected method")


def sign_message(command: SignMessage, keyring: Keyring) -> Flow[RequestOutcome]:
    """The signature, or with a host's commitment ours, after every page was accepted.

    Raises Declined, and as the signer does.
    """
    chain = chains.load(command.chain)
    review = yield from _review(command, keyring)
    approval = review.approve((yield from read_all(review.pages, "sign")))
    if command.commitment is None:
        return RequestOutcome(Signature(chain.sign_message(approval, keyring).data), _DONE)
    message = approval.spend(keyring.fingerprint)
    point = exfil.commit(keyring, message.path, message.digest, command.commitment)
    pending = PendingSignature(message.path, message.digest, command.commitment)
    yield SignaturePending(pending)
    return RequestOutcome(Signature(point))


def _review(command: SignMessage, keyring: Keyring) -> Flow[Review[Any]]:
    """By the key, or for the address where a person chose so or there is no other way (BIP322)."""
    by_key = chains.load(command.chain).message
    statements = chains.statements(command.chain) if command.network else None
    variant = statements.statement_variant(command.path, command.variant) if statements else ""
    if statements is None or not variant:
        return by_key(command.text, command.path, keyring)
    if statements.signs_by_key(variant):
        answer = yield Menu("Sign a message", (_BY_KEY, _FOR_ADDRESS))
        if not isinstance(answer, Picked):
            raise Declined(_STOPPED)
        if answer.item == _BY_KEY:
            return by_key(command.text, command.path, keyring)
    return statements.statement(command.text, command.path, variant, keyring, command.network)


def reveal(
    command: RevealEntropy, pending: PendingSignature, keyring: Keyring
) -> Flow[RequestOutcome]:
    """The signature that was pending, as 64 bytes. Raises as the signer does."""
    yield SignaturePending(None)
    der = exfil.sign(keyring, pending.path, pending.digest, command.entropy, pending.commitment)
    return RequestOutcome(Signature(_compact(der)), _DONE)


def _compact(der: bytes) -> bytes:
    """The two numbers of a DER signature that we made, 32 bytes each."""
    middle = 4 + der[3]
    first, second = der[4:middle], der[middle + 2 :]
    return first[-32:].rjust(32, b"\0") + second[-32:].rjust(32, b"\0")
