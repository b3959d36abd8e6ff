"""One conversation while it goes on: its flow, its screen, and who waits for its outcome."""

from dataclasses import dataclass, replace

from firmware_emu.commands import (
    Command,
    Fault,
    FaultCode,
    LoadSeed,
    OpenEnvelope,
    Request,
    Sign,
)
from firmware_emu.events import Port
from firmware_emu.flows import Declined, Flow, RequestOutcome, Step
from firmware_emu.screens import Answer, Leavable, Screen
from firmware_emu.screens.notice import Notice, Wait
from firmware_emu.screens.qr import Qr
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
    is a refusal or an answer to the command `answered`, and the latest `remark` waits until it was
    read. `takes_codes`: a screen of it took codes as they are, and one that is still in view is
    nobody's request.
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
    answered: Command | None = None

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
        is_busy = self.is_answered and not (isinstance(remark, Scan) and self.is_leavable)
        return self.is_unread or is_busy or self.asker is not None

    @property
    def is_leavable(self) -> bool:
        """Whether nothing that a person did is lost with this screen."""
        return isinstance(self.screen, Leavable) and self.screen.is_leavable

    @property
    def is_about_seed(self) -> bool:
        """Whether it is about a seed that somebody held up, and has elsewhere."""
        command = self.asker[1].command if self.asker else None
        return isinstance(command, LoadSeed | OpenEnvelope)

    def holds_off(self, request: Request) -> bool:
        """Whether a person comes first: one who is busy, or whose codes are being read.

        Codes make way for another payment alone, which nobody shows by chance.
        """
        if isinstance(self.screen, Qr) and not self.asker:
            is_payment = request.is_by_person and isinstance(request.command, Sign)
            return not is_payment or request.command == self.answered
        return self.is_answered and not (request.is_by_person and self.is_leavable)

    def shows_at_once(self, notice: Screen, request: Request) -> bool:
        """Whether a person reads now what came of a request; behind codes it waits.

        Codes of a signed payment are not taken away by what else is held up.
        """
        if isinstance(self.screen, Qr) and not self.asker:
            self.remark = notice
        return not self.asker and not self.holds_off(request)

    def awaited_codes(self) -> Qr | None:
        """The codes on the screen, saying that something waits, where they do not say so yet."""
        if isinstance(self.screen, Qr) and not self.screen.is_awaited:
            return replace(self.screen, is_awaited=True)
        return None

    def request_of(self, port: Port) -> Request | None:
        """What this port waits for, if it does."""
        return self.asker[1] if self.asker and self.asker[0] == port else None
