"""A device as a process of its own, seen and pressed through its control socket."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from firmware_emu.emulator.presets import PIN, PROMPTS, ScreenView, yes
from firmware_emu.storage.flash import FlashFile

_LONGEST_WAIT_S = 60.0
_BETWEEN = ("home", "wait")  # what is shown before a prompt comes
_ASKS_AGAIN_S = 0.05


class NoReview(Exception):
    """The device asks for no approval: it refused, or wants something else. `screen` says what.

    `refusal` is what the host reads, where the device refused without a word on its screen.
    """

    def __init__(self, screen: ScreenView, refusal: str = "") -> None:
        self.screen = screen
        self.refusal = refusal
        super().__init__("\n".join(filter(None, (refusal, screen.text))))


class EmulatorProcess:
    """A device as a process of its own, on free ports of this machine. Use it in a `with` block.

    `record` is what its flash file holds at first; without one the file decides. `network` is set
    at start, as by the flag. It ends with its block, and with the process that started it. Raises
    FlashError for a file that cannot be used.
    """

    def __init__(
        self,
        flash: Path,
        record: bytes | None = None,
        flags: Sequence[str] = ("--tcp", "0"),
        *,
        network: str = "",
    ) -> None:
        if record is not None:
            with FlashFile(flash) as file:
                file.save(record)
        chosen = ("--network", network) if network else ()
        self._command = _command(flash, (*flags, *chosen))
        self._count = 0
        self.screen = ScreenView("", (), "", "")
        self._refusal = ""  # since something was last asked of the device here

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            self._process.communicate()
            raise RuntimeError(f"The device ended with status {self._process.returncode}.")
        self.announcement: dict[str, Any] = json.loads(line)
        self._log_in()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._control.close()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(timeout=20)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of its TCP link."""
        return _address(self.announcement["tcp"])

    def press(self, *keys: str) -> ScreenView:
        """Press keys, as `Emulator.press` does: the time it takes passes on the device's clock."""
        for key in keys:
            self._ask({"press": key, "at_once": True})
        return self.screen

    def advance(self, seconds: float) -> ScreenView:
        """Let time go by on the device's clock, at once."""
        self._ask({"advance": seconds})
        return self.screen

    def type(self, text: str) -> ScreenView:
        """Type characters, as `Emulator.type` does."""
        self._ask({"type": text})
        return self.screen

    def unlock(self, pin: str = PIN) -> ScreenView:
        """Enter a PIN on the locked device."""
        self.press("ok")
        self.type(pin)
        return self.press("ok")

    def wait_for(self, *kinds: str, timeout_s: float = _LONGEST_WAIT_S) -> ScreenView:
        """The next screen of one of these kinds, or the present one if it is of them.

        Raises TimeoutError where none comes; the device can be used further.
        """
        deadline = time.monotonic() + timeout_s
        while self.screen.kind not in kinds:
            self._listen(deadline)
        return self.screen

    def approve(self, *, timeout_s: float = _LONGEST_WAIT_S) -> tuple[ScreenView, ...]:
        """Wait for a prompt, say yes to every page of it, and give all that was shown.

        Raises NoReview as soon as the device shows a refusal or whatever else is no prompt, and
        TimeoutError where it shows nothing new.
        """
        screens = []
        self._await_prompt(time.monotonic() + timeout_s)
        while self.screen.kind in PROMPTS:
            screens.append(self.screen)
            self.press(yes(self.screen))
        return tuple(screens)

    def pixels(self) -> dict[str, Any]:
        """The panel as a picture: seq, width, height and pgm (base64 of a PGM file)."""
        picture: dict[str, Any] = self._ask({"get": "pixels"})["pixels"]
        return picture

    def wait(self, timeout_s: float = 20) -> int:
        """The exit status, once it has ended by itself. Raises subprocess.TimeoutExpired."""
        return self._process.wait(timeout_s)

    def kill(self) -> None:
        """Cut the power."""
        self._process.kill()
        self._process.wait()

    def _await_prompt(self, deadline: float) -> None:
        earlier = self.screen
        self._catch_up()
        # A notice that was looked at before, or that a host's leaving left, is of another request.
        is_old = self.screen.kind == "notice" and (self.screen is earlier or _is_cut(self.screen))
        before = self.screen if is_old else None
        self._refusal = "" if is_old else self._refusal
        while self.screen.kind not in PROMPTS:
            if self.screen is not before and self.screen.kind not in _BETWEEN:
                raise NoReview(self.screen)
            before = self.screen
            self._listen_for_prompt(deadline)

    def _listen_for_prompt(self, deadline: float) -> None:
        """One message more. Who was refused may ask again, otherwise, and gets a moment for it."""
        refusal = self._refusal
        end = min(deadline, time.monotonic() + _ASKS_AGAIN_S) if refusal else deadline
        try:
            self._listen(end)
        except TimeoutError:
            if not refusal:
                raise
            raise NoReview(self.screen, refusal) from None
        if self.screen.kind == "wait":
            self._refusal = ""

    def _catch_up(self) -> None:
        """See all that was shown up to now: a message without a wish is answered at once."""
        self._count += 1
        self.say({"id": self._count})
        while self._listen().get("done") != self._count:
            pass

    def _log_in(self) -> None:
        self._control = socket.create_connection(_address(self.announcement["control"]), 60)
        self._heard = bytearray()
        self.say({"token": self.announcement["token"]})
        self._listen()
        self._ask({"get": "refusals"})

    def _ask(self, message: Mapping[str, object]) -> dict[str, Any]:
        self._count += 1
        self.say({"id": self._count} | dict(message))
        while (answer := self._listen()).get("done") != self._count:
            pass
        if "error" in answer:
            raise ValueError(answer["error"])
        self._refusal = ""
        return answer

    def say(self, message: Mapping[str, object]) -> None:
        """Send one message to the control socket, and do not wait for its answer."""
        self._control.settimeout(_LONGEST_WAIT_S)
        self._control.sendall(json.dumps(message).encode() + b"\n")

    def _listen(self, deadline: float | None = None) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._line(deadline))
        if view := message.get("view"):
            kind, lines = view["kind"], tuple(view["lines"])
            self.screen = ScreenView(kind, lines, view["state"], view["fingerprint"])
        self._refusal = message.get("refused", self._refusal)
        return message

    def _line(self, deadline: float | None) -> bytes:
        """The next line. What came of it stays where the time is over before its end."""
        end = time.monotonic() + _LONGEST_WAIT_S if deadline is None else deadline
        while b"\n" not in self._heard:
            self._control.settimeout(max(end - time.monotonic(), 0.001))
            try:
                data = self._control.recv(1 << 16)
            except TimeoutError:
                raise TimeoutError(f"The device still shows:\n{self.screen.text}") from None
            if not data:
                raise ConnectionError("The device is gone.")
            self._heard += data
        line, _, rest = self._heard.partition(b"\n")
        self._heard = bytearray(rest)
        return bytes(line)


def _is_cut(screen: ScreenView) -> bool:
    return screen.lines[0].strip() == "Cancelled"


def _command(flash: Path, flags: Sequence[str]) -> list[str]:
    program_flags = ["--control", "0", "--face", "none", "--announce", "--exit-with-stdin"]
    memory = ["--pin-memory-mib", "1"]
    start = [sys.executable, "-m", "firmware_emu", "--flash", str(flash)]
    return [*start, *program_flags, *memory, *flags]


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
