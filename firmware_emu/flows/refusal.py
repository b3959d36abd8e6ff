"""A request that is not carried out: what the host is told, and what the person reads."""

from firmware_emu.commands import Fault, FaultCode
from firmware_emu.flows import Outcome
from firmware_emu.screens.notice import Notice
from signer.errors import Malformed, Refused

NOTHING = "Nothing was signed."


def refusal(error: Malformed | Refused) -> Outcome:
    """The outcome of a request that the signer would not have."""
    if isinstance(error, Malformed):
        fault = Fault(FaultCode.BAD_PARAMETERS, str(error), malformed=True)
        return Outcome(fault, Notice("Refused", ("The request cannot be read.", NOTHING)))
    reason = error.reason
    shown = (reason.sentence, NOTHING, reason.advice, f"Code {reason.name}.")
    fault = Fault(FaultCode.BAD_PARAMETERS, str(error), reason.name)
    return Outcome(fault, Notice("Refused", shown))
