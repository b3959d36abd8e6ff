"""A request that is not carried out: what the host is told, and what the person reads."""

from firmware_emu.commands import Fault, FaultCode
from firmware_emu.flows import Flow, Locked, Outcome
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


def guarded(flow: Flow[Outcome], nothing: str = NOTHING) -> Flow[Outcome]:
    """The outcome of a flow, also where the signer would not have it. `nothing` says what is lost.

    Raises Declined, as the flow does.
    """
    try:
        return (yield from flow)
    except (Malformed, Refused) as error:
        return refusal(error, nothing)
    except CrossCheckFailed:
        # One faulty signature can give away the key (threat T52): no second try with these keys.
        yield Locked()
        return Outcome(Fault(FaultCode.INTERNAL, "Failed to generate signature"), _FAULTY)


def refusal(error: Malformed | Refused, nothing: str = NOTHING) -> Outcome:
    """The outcome of a request that the signer would not have."""
    if isinstance(error, Malformed):
        fault = Fault(FaultCode.BAD_PARAMETERS, str(error), malformed=True)
        return Outcome(fault, Notice("Refused", ("The request cannot be read.", nothing)))
    reason = error.reason
    shown = (reason.sentence, nothing, reason.advice, f"Code {reason.name}.")
    fault = Fault(FaultCode.BAD_PARAMETERS, str(error), reason.name)
    return Outcome(fault, Notice("Refused", shown))
