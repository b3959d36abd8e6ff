"""Signing: check, show every page, sign exactly what was shown."""

from firmware_emu.commands import Fault, FaultCode, Sign, Signed
from firmware_emu.flows import Flow, Locked, Outcome, Pause
from firmware_emu.flows.refusal import refusal
from firmware_emu.flows.review import read_all
from firmware_emu.screens.notice import Notice, Wait
from signer import chains
from signer.errors import CrossCheckFailed, Malformed, Refused
from signer.keys.keyring import Keyring

_FAULTY = Notice(
    "Locked",
    (
        "A signature came out wrong, and was thrown away. Nothing was signed.",
        "Unlock and try again. If it happens twice, use another device.",
    ),
)


def sign(command: Sign, keyring: Keyring) -> Flow[Outcome]:
    """The signed payload, after every page was accepted. Raises Declined."""
    chain = chains.load(command.chain)
    yield Pause(Wait("Reading the payment."))
    try:
        review = chain.review(command.payload, keyring, command.network)
        approval = review.approve((yield from read_all(review.pages, "sign")))
        yield Pause(Wait("Signing."))
        payload = chain.sign(approval, keyring)
    except (Malformed, Refused) as error:
        return refusal(error)
    except CrossCheckFailed:
        # One faulty signature can give away the key (threat T52): no second try with these keys.
        yield Locked()
        return Outcome(Fault(FaultCode.INTERNAL, "Failed to generate signature"), _FAULTY)
    words = " ".join(review.words)
    return Outcome(
        Signed(payload),
        Notice("Signed", ("Your host shows these words for the same payment:", "", words)),
    )
