"""A request that is not carried out: what the host is told, and what the person reads."""

from firmware_emu.commands import Fault, FaultCode
from firmware_emu.flows import Flow, Locked, RequestOutcome
from firmware_emu.flows.review import NOTHING
from firmware_emu.screens.notice import Notice
from signer.errors import CrossCheckFailed, Malformed, Refused

_FAULTY = Notice(
    "Locked",
    (
        "A signature came out wrong, and was thrown away. Nothing was signed.",
        "Unlock and try again. If it happens twice, use another device.",
    ),
)
# Where this device has chosen the network, its person can choose another.
_WRONG_NETWORK = "WRONG_NETWORK"
_PLACES = ("Input ", "Output ", "Key ")  # what a person can look up in the wallet app
_UNREADABLE = "The request cannot be read."
_AGAIN = "Export it again and show that."
_CHOOSE_HERE = "Choose that network here: Menu, Network."


def guarded(
    flow: Flow[RequestOutcome], nothing: str = NOTHING, *, is_own_network: bool = False
) -> Flow[RequestOutcome]:
    """The outcome of a flow, also where the signer would not have it. `nothing` says what is lost.

    `is_own_network` says that the request is for the network this device is set to. Raises
    Declined, as the flow does.
    """
    try:
        return (yield from flow)
    except (Malformed, Refused) as error:
        return refusal(error, nothing, is_own_network=is_own_network)
    except CrossCheckFailed:
        # One faulty signature can give away the key (threat T52): no second try with these keys.
        yield Locked()
        return RequestOutcome(Fault(FaultCode.INTERNAL, "Failed to generate signature"), _FAULTY)


def refusal(
    error: Malformed | Refused, nothing: str = NOTHING, *, is_own_network: bool = False
) -> RequestOutcome:
    """The outcome of a request that the signer would not have."""
    if isinstance(error, Malformed):
        fault = Fault(FaultCode.BAD_PARAMETERS, str(error), malformed=True)
        sentences = (_UNREADABLE, str(error), nothing, _AGAIN)
        return RequestOutcome(fault, Notice("Refused", sentences))
    reason = error.reason
    can_choose = is_own_network and reason.name == _WRONG_NETWORK
    advice = _CHOOSE_HERE if can_choose else reason.advice
    sentences = (reason.sentence, nothing, advice, f"Code {reason.name}.")
    fault = Fault(FaultCode.BAD_PARAMETERS, str(error), reason.name)
    title = f"Refused. {error.detail}" if error.detail.startswith(_PLACES) else "Refused"
    return RequestOutcome(fault, Notice(title, sentences))
