"""How a verb ended, for whoever started it: an exit status, and with --json an error object."""

import json
from dataclasses import dataclass

from host.errors import (
    AddressAlarm,
    BadInput,
    DeclinedOnDevice,
    DeviceError,
    HostError,
    LinkLost,
    NetworkError,
    TooFewCoins,
)


@dataclass(frozen=True, slots=True)
class ExitCode:
    """`code` is the word for programs, `status` what the shell sees."""

    status: int
    code: str
    meaning: str
    errors: tuple[type[HostError], ...] = ()


FAILED = ExitCode(1, "other", "anything else")
BAD_INPUT = ExitCode(2, "bad_input", "what was typed cannot be meant", (BadInput,))
# The first that fits counts: a refusal is an error of the device, too.
EXIT_CODES = (
    FAILED,
    BAD_INPUT,
    ExitCode(3, "declined", "the person said no on the device", (DeclinedOnDevice, AddressAlarm)),
    ExitCode(4, "no_funds", "too few coins", (TooFewCoins,)),
    ExitCode(5, "no_network", "no node answers, or none takes it", (NetworkError,)),
    ExitCode(6, "no_device", "no device answers, or it cannot do it", (LinkLost, DeviceError)),
)
STOPPED = 130


def exit_code(error: BaseException) -> ExitCode:
    """What an error means to a program."""
    return next((code for code in EXIT_CODES if isinstance(error, code.errors)), FAILED)


def error_object(code: ExitCode, message: str) -> str:
    """One line of JSON for stdout: {"error": {"code": ..., "message": ...}}."""
    return json.dumps({"error": {"code": code.code, "message": message}})


def table() -> str:
    """The exit statuses, as the help shows them."""
    rows = ((0, "", "done"), *((c.status, c.code, c.meaning) for c in EXIT_CODES))
    lines = [f"  {status:<4} {code:<11} {meaning}" for status, code, meaning in rows]
    lines.append(f"  {STOPPED:<4} {'':<11} stopped by Ctrl-C")
    return "\n".join(lines)
