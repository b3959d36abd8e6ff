"""What is left on the terminal when the app meets an error of its own.

Textual's crash screen prints every frame with its local variables: addresses, amounts, the letters
of a seed word just typed. Ours says what kind of error it was and where, and no value.
"""

from pathlib import PurePath
from types import TracebackType

from textual.worker import WorkerFailed

from host.errors import HostError

OUR_PACKAGES = ("host", "signer")
KEPT = (
    "What was sent stays sent, what was not signed stays unsigned, and the seed is in the device.\n"
    "Start it again with the same command."
)
NOT_KEPT = "This demo kept nothing: started again, it begins anew."
REPORT = "The line in brackets is all a bug report needs."


def notice(error: BaseException | None, *, keeps: bool = True) -> str:
    """A HostError's own sentences; for anything else its type and its place in our code.

    `keeps` is False when nothing outlives the app.
    """
    cause = error.error if isinstance(error, WorkerFailed) else error
    if isinstance(cause, HostError):
        return str(cause)
    kind = type(cause).__name__
    closing = f"{KEPT if keeps else NOT_KEPT} {REPORT}"
    return f"Quietkey met an error of its own and stopped.\n[{kind} at {_place(cause)}]\n{closing}"


def _place(error: BaseException | None) -> str:
    """As in "host/tui/app.py line 12 in show": the last frame that is ours, or the last one."""
    place = "an unknown place"
    step: TracebackType | None = error.__traceback__ if error else None
    is_ours = False
    while step is not None:
        code = step.tb_frame.f_code
        parts = PurePath(code.co_filename).parts
        start = next(
            (at for at in range(len(parts) - 1, -1, -1) if parts[at] in OUR_PACKAGES), None
        )
        if start is not None or not is_ours:
            name = "/".join(parts[start:]) if start is not None else parts[-1]
            place = f"{name} line {step.tb_lineno} in {code.co_name}"
        is_ours = is_ours or start is not None
        step = step.tb_next
    return place
