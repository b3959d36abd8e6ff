"""A few sentences, and a key to say they were read."""

from dataclasses import dataclass
from typing import ClassVar

from firmware_emu.screens import Answer, Key
from firmware_emu.screens.layout import buttons, framed, heading, wrap


class Acknowledged(Answer):
    __slots__ = ()


class Stopped(Answer):
    """The person said no, or went away from it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Sentences that need no decision. `is_alarm` makes it look like a warning."""

    kind: ClassVar[str] = "notice"

    title: str
    sentences: tuple[str, ...]
    is_alarm: bool = False

    def lines(self) -> tuple[str, ...]:
        return framed(heading(self.title), _paragraphs(self.sentences), buttons(ok="done"))

    @property
    def asks_yes(self) -> bool:
        return True

    @property
    def asks_hold(self) -> bool:
        return False

    def press(self, key: Key) -> "Notice | Acknowledged":
        return Acknowledged() if key in (Key.OK, Key.STOP, Key.HOLD) else self


@dataclass(frozen=True, slots=True)
class Question:
    """A decision outside a review. `hold` makes it a longer press: there is no way back."""

    kind: ClassVar[str] = "question"

    title: str
    sentences: tuple[str, ...]
    yes: str = "go on"
    no: str = "stop"
    hold: bool = False

    def lines(self) -> tuple[str, ...]:
        yes = f"hold: {self.yes}" if self.hold else self.yes
        return framed(heading(self.title), _paragraphs(self.sentences), buttons(self.no, yes))

    @property
    def asks_yes(self) -> bool:
        return True

    @property
    def asks_hold(self) -> bool:
        return self.hold

    def press(self, key: Key) -> "Question | Acknowledged | Stopped":
        if key is Key.STOP:
            return Stopped()
        return Acknowledged() if key is (Key.HOLD if self.hold else Key.OK) else self


@dataclass(frozen=True, slots=True)
class Wait:
    """Shown while the device is busy with arithmetic; keys do nothing."""

    kind: ClassVar[str] = "wait"

    title: str
    sentences: tuple[str, ...] = ("One moment.",)

    def lines(self) -> tuple[str, ...]:
        return framed(heading(self.title), _paragraphs(self.sentences), "")

    def press(self, _key: Key) -> "Wait":
        return self


def _paragraphs(sentences: tuple[str, ...]) -> tuple[str, ...]:
    return ("", *(line for sentence in sentences for line in wrap(sentence)))
