"""A seed word, letter by letter. Only letters that lead to a word are offered."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from firmware_emu.screens import Answer, Key
from firmware_emu.screens.layout import buttons, flow, framed, heading, wrap
from firmware_emu.screens.notice import Stopped
from signer.keys.seeds.mnemonic import words_starting

WHOLE_WORDS = 4  # so many candidates are offered whole
DELETE = "delete"


Starting = Callable[[str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Spelled(Answer):
    word: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeHeldUp(Answer):
    """What a code says, instead of what was asked for. It is erased by who asked."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letters:
    """`starting` gives the words of the list that begin with some letters.

    With `scans` a code answers as well, for who asks to read.
    """

    kind: ClassVar[str] = "letters"

    title: str
    note: str = ""
    prefix: str = field(default="", repr=False)
    cursor: int = field(default=0, repr=False)
    is_leavable: bool = False
    starting: Starting = field(default=words_starting, repr=False)
    scans: bool = False

    def lines(self) -> tuple[str, ...]:
        items = (f"[{x}]" if i == self.cursor else f" {x} " for i, x in enumerate(self._items()))
        body = (*wrap(self.note)[:2], f"  {self.prefix}_", "", *flow(items))
        return framed(heading(self.title), body, buttons("stop", "pick", "◂ ▸"))

    def press(self, key: Key) -> "Letters | Spelled | Stopped":
        items = self._items()
        match key:
            case Key.LEFT:
                return replace(self, cursor=(self.cursor - 1) % len(items))
            case Key.RIGHT:
                return replace(self, cursor=(self.cursor + 1) % len(items))
            case Key.STOP:
                return Stopped()
            case Key.OK | Key.HOLD:
                return self._pick(items[self.cursor])

    def typed(self, character: str) -> "Letters":
        """A letter that leads to a word is added, others do nothing; a backspace takes one away."""
        if character in ("\b", "\x7f"):
            return self._with_prefix(self.prefix[:-1])
        # A letter with an accent would find the words of the letter without, and be shown.
        if not ("a" <= character.lower() <= "z"):
            return self
        longer = self.prefix + character.lower()
        return self._with_prefix(longer) if self.starting(longer) else self

    def scanned(self, data: bytes) -> "CodeHeldUp":
        """The code, for who asked."""
        return CodeHeldUp(data)

    def _pick(self, item: str) -> "Letters | Spelled":
        if item == DELETE:
            return self._with_prefix(self.prefix[:-1])
        return Spelled(item) if len(item) > 1 else self._with_prefix(self.prefix + item)

    def _with_prefix(self, prefix: str) -> "Letters":
        return replace(self, prefix=prefix, cursor=0)

    def _items(self) -> tuple[str, ...]:
        candidates = self.starting(self.prefix)
        if len(candidates) <= WHOLE_WORDS:
            return (*candidates, DELETE)
        exact = (self.prefix,) if self.prefix in candidates else ()
        at = len(self.prefix)
        letters = dict.fromkeys(word[at] for word in candidates if len(word) > at)
        return (*exact, *letters, *((DELETE,) if self.prefix else ()))
