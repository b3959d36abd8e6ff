"""A scripted finger: what to do on which screen, as data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from firmware_emu.core.key_policy import gesture
from firmware_emu.effects import Show
from firmware_emu.events import Event, KeyPressed, Typed
from firmware_emu.screens import Key
from firmware_emu.shell import Shell


class UnexpectedScreen(Exception):
    """The device showed what no rule is for."""


@dataclass(frozen=True, slots=True)
class FingerRule:
    """On a screen of `kind` that shows `text` somewhere: type `types`, then press `key`.

    `kind` is the screen's own. With no `key` the screen is left alone.
    """

    kind: str
    text: str = ""
    key: Key | None = None
    types: str = field(default="", repr=False)


class ScriptedFinger:
    """A face that answers each screen by the first rule that fits it.

    Raises UnexpectedScreen where none fits, through the call that made the screen appear.
    """

    def __init__(
        self, shell: Shell, rules: Iterable[FingerRule], advance: Callable[[float], object]
    ) -> None:
        """`advance` lets so many seconds go by on the shell's clock, such as `Emulator.advance`."""
        self._shell = shell
        self._rules = tuple(rules)
        self._advance = advance
        self._unanswered: Show | None = None
        self._acting = False

    def show(self, show: Show) -> None:
        self._unanswered = show
        # What appears while keys are still being pressed is not the screen that is asked about.
        if not self._acting:
            self._answer()

    def _answer(self) -> None:
        if self._unanswered is None:
            return
        rule = self._rule(self._unanswered)
        self._unanswered = None
        timed: list[tuple[float, Event]] = [(0.0, Typed(rule.types))] if rule.types else []
        presses = gesture(rule.key) if rule.key else ()
        timed += [(seconds, KeyPressed(pressed)) for seconds, pressed in presses]
        self._acting = bool(timed)
        for number, (seconds, event) in enumerate(timed, start=1):
            self._advance(seconds)
            self._shell.happen(event, callback=self._acted if number == len(timed) else _ignore)

    def _acted(self) -> None:
        self._acting = False
        self._answer()

    def _rule(self, show: Show) -> FingerRule:
        kind, lines = show.screen.kind, show.screen.lines()
        for rule in self._rules:
            if rule.kind == kind and any(rule.text in line for line in lines):
                return rule
        raise UnexpectedScreen(f"There is no rule for the {kind} screen {lines[0].strip()!r}.")


def _ignore() -> None:
    pass
