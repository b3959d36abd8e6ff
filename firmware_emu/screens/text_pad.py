"""A secret text: picked letter by letter, typed, or held up as a code.

What was entered is not shown, but for the letter that came last: a str of it could not be erased
(threat T81).
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from firmware_emu.pin_entry import PassphraseEntry, TextEntry
from firmware_emu.screens import Key
from firmware_emu.screens.layout import buttons, flow, framed, heading, wrap
from firmware_emu.screens.notice import Stopped
from firmware_emu.screens.pin_pad import Entered
from signer.errors import Malformed
from signer.keys.curve import erase

_SPACE: Final = "space"
_DELETE, _FINISH = "delete", "finish"
_STARS: Final = 26  # as many fit on a line
_BACKSPACES: Final = ("\b", "\x7f")


@dataclass(frozen=True, slots=True)
class TextPad:
    """What is entered goes into `entry`, which is whoever's shows the pad.

    Of it the pad tells `length` (bytes), and the `last` letters that were typed or picked: as many
    as the entry has in a group.
    """

    kind: ClassVar[str] = "textpad"

    title: str
    note: str = ""
    entry: TextEntry = field(default_factory=PassphraseEntry, repr=False, compare=False)
    length: int = 0
    last: str = field(default="", repr=False)
    is_scanned: bool = False
    letters: int = 0
    cursor: int = field(default=-1, repr=False)  # from the end: on finish

    def lines(self) -> tuple[str, ...]:
        items = self._items()
        place = self.cursor % len(items)
        shown = [f"[{x}]" if i == place else f" {x} " for i, x in enumerate(items)]
        letters = len(items) - len(self._controls())
        rows = (*flow(shown[:letters]), "".join(shown[letters:]))
        body = (*wrap(self.note)[:2], f"  {self._stars()}", *rows)
        return framed(heading(self.title), body, buttons("stop", "pick", "◂ ▸"))

    def press(self, key: Key) -> "TextPad | Entered | Stopped":
        items = self._items()
        match key:
            case Key.LEFT:
                return replace(self, cursor=(self.cursor - 1) % len(items))
            case Key.RIGHT:
                return replace(self, cursor=(self.cursor + 1) % len(items))
            case Key.STOP:
                return Stopped()
            case Key.OK | Key.HOLD:
                return self._pick(self.cursor % len(items))

    @property
    def asks_yes(self) -> bool:
        """Finishing makes other keys."""
        return self.cursor % len(self._items()) == len(self._items()) - 1

    @property
    def asks_hold(self) -> bool:
        return False

    @property
    def scans(self) -> bool:
        return True

    def typed(self, character: str) -> "TextPad":
        """A letter of such texts adds itself, a backspace takes one away. OK then finishes."""
        if character in _BACKSPACES:
            return self._without_last()
        letter = self.entry.letter(character)
        return replace(self._with(letter), cursor=-1) if letter else self

    def scanned(self, data: bytes) -> "TextPad":
        """The text of a code instead of what was entered; a line end behind it is left out."""
        if self.entry.passes_over(data):
            erase(data)
            return self
        note = "A code was read."
        try:
            self.entry.fill(data)
        except Malformed as error:
            note = f"{error} Nothing was taken."
        finally:
            erase(data)
        return self._with_note(note)

    def _with_note(self, note: str) -> "TextPad":
        length = len(self.entry)
        return replace(self, note=note, length=length, last="", is_scanned=length > 0, cursor=-1)

    def _pick(self, place: int) -> "TextPad | Entered":
        item = self._items()[place]
        if item == _FINISH:
            return Entered()
        if item == _DELETE:
            return self._without_last()
        if item in self.entry.sets:
            # The cursor stays on the name of the set that comes next.
            letters = self._next_letters
            return replace(self, letters=letters, cursor=len(self._sets[letters]))
        return self._with(" " if item == _SPACE else item)

    def _with(self, character: str) -> "TextPad":
        if self.is_scanned:
            self.entry.erase()
        self.entry.append(character)
        return replace(self, length=len(self.entry), last=self.entry.tail(), is_scanned=False)

    def _without_last(self) -> "TextPad":
        """One letter less; of a code, whose letters may be several bytes, nothing is left."""
        if self.is_scanned:
            self.entry.erase()
        self.entry.pop()
        return replace(self, length=len(self.entry), last="", is_scanned=False)

    def _stars(self) -> str:
        if self.length == self.entry.longest:
            return f"{self.length} letters: it is full"
        shown = self.last if self.last != " " else "_"
        hidden = self.length - len(shown)
        return ("*" * hidden if self.length <= _STARS else f"{hidden} letters, ") + shown

    @property
    def _sets(self) -> tuple[str, ...]:
        return tuple(self.entry.sets.values())

    @property
    def _next_letters(self) -> int:
        return (self.letters + 1) % len(self._sets)

    def _items(self) -> tuple[str, ...]:
        letters = (_SPACE if x == " " else x for x in self._sets[self.letters])
        return (*letters, *self._controls())

    def _controls(self) -> tuple[str, ...]:
        names = tuple(self.entry.sets)
        return (*names[self._next_letters :][: len(names) > 1], _DELETE, _FINISH)
