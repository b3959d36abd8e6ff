"""One conversation while it goes on: its flow, its screen, and who waits for its outcome."""

from dataclasses import dataclass

from firmware_emu.commands import Fault, FaultCode, Request
from firmware_emu.events import Port
from firmware_emu.flows import Declined, Flow, RequestOutcome, Step
from firmware_emu.screens import Answer, Screen
from firmware_emu.screens.notice import Notice, Wait
from firmware_emu.screens.scan import Scan

_BLANK = Wait("")
CUT = Notice("Cancelled", ("The host went away.", "Nothing was signed."))
NOBODY = Notice("Cancelled", ("Nobody answered.", "Nothing was signed."))
UNANSWERED = Fault(FaultCode.DECLINED, "Nobody answered on the device.")
FAILED = Notice(
    "Link closed",
    ("What came over a link could not be dealt with. It begins anew.", "Nothing was signed."),
)
_DECLINED = Fault(FaultCode.DECLINED, "The person said no.")


@dataclass(frozen=True, slots=True)
class Ended:
    """The flow is over. `outcome` is None when nobody asked for one."""

    outcome: RequestOutcome | None


@dataclass(slots=True)
class Conversation:
    """`asker` is None when a person came by; `is_answered` says that a person has pressed a key.

    `is_prompted` says that a screen of it waits, or has waited, for a person. With `is_unread` that
    is a refusal or an answer, and the latest `remark` waits until it was read. `takes_codes`: a
    screen of it took codes as they are, and one that is still in view is nobody's request.
    """

    flow: Flow[RequestOutcome | None]
    asker: tuple[Port, Request] | None = None
    screen: Screen = _BLANK
    is_answered: bool = False
    is_prompted: bool = False
    is_paused: bool = False
    is_unread: bool = False
    takes_codes: bool = False
    remark: Screen | None = None

    def step(self, answer: Answer | None) -> Screen | Step | Ended:
        """The next thing the flow wants; None begins it."""
        self.is_paused = False
        try:
            return next(self.flow) if answer is None else self.flow.send(answer)
        except StopIteration as end:
            return Ended(end.value)
        except Declined as declined:
            return Ended(RequestOutcome(_DECLINED, declined.notice))

    def puts_off(self, remark: Screen) -> bool:
        """Whether somebody is busy; behind what is yet to be read, the latest remark waits."""
        if isinstance(remark, Scan) and isinstance(self.screen, Notice):
            return True
        if self.is_unread and not isinstance(remark, Scan):
            self.remark = remark
        return self.is_unread or self.is_answered or self.asker is not None

    def request_of(self, port: Port) -> Request | None:
        """What this port waits for, if it does."""
        return self.asker[1] if self.asker and self.asker[0] == port else None
