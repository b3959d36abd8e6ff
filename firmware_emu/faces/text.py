"""The device in lines of text, for a screen reader or a terminal that only prints.

Each page is printed once, as sentences, and nothing on the screen moves. Keys are words, each on a
line of its own. A key cannot be held here: where the panel asks for that, a yes is a word that the
page shows, another one on every page; then this face holds the key (threat T126).
"""

import asyncio
import os
import secrets
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from queue import SimpleQueue

from firmware_emu.core.key_policy import HOLD_S, ONE_PRESS_S, WHOLE_S
from firmware_emu.effects import Show
from firmware_emu.events import KeyPressed, Typed
from firmware_emu.faces import PanelFactory
from firmware_emu.paint.sentences import choices, folded, sentences
from firmware_emu.screens import Asking, Key, Screen, Typing
from firmware_emu.screens.confirm import Confirm
from firmware_emu.screens.dice import ENOUGH, Dice
from firmware_emu.screens.letters import Letters
from firmware_emu.screens.menu import Menu
from firmware_emu.screens.notice import Wait
from firmware_emu.screens.pin_pad import PinPad
from firmware_emu.screens.text_pad import TextPad
from firmware_emu.shell import Shell
from signer.formats.words.wordlist import words_of
from signer.keys.curve import erase

if sys.platform != "win32":
    import termios

Presses = Iterator[tuple[float, KeyPressed | Typed]]  # each with the seconds before it
Later = Callable[[float, Callable[[], None]], object]
_TURN_S = 0.15  # between presses that turn views
_REPEAT_S = 0.05
_PAUSE_S = WHOLE_S + 0.1
_REMEMBERED = 500  # words that were shown: they may lie in a clipboard
_UNSEEN = (PinPad, TextPad)
_EARLY = "That came too soon, or in a paste. Nothing was done."
_UNKNOWN = "That is no choice here. Nothing was done."


class Text:
    """A face that prints."""

    def __init__(
        self,
        shell: Shell,
        links: Mapping[str, str],
        write: Callable[[str], None] | None = None,
        later: Later | None = None,
        choose: Callable[[Sequence[str]], str] = secrets.choice,
    ) -> None:
        """`links` are names and addresses to print at the start, such as "tcp" and its port.

        `write` is handed each line, `later` calls something after so many seconds, `choose` draws
        one of many words.
        """
        self._shell = shell
        self._links = links
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._write = write or self._lines.put
        self._later = later or (lambda *call: asyncio.get_running_loop().call_later(*call))
        self._choose = choose
        self._words: deque[str] = deque([""], maxlen=_REMEMBERED)
        self._last_show: Show | None = None
        self._shown_s = self._heard_s = self._busy_until_s = -WHOLE_S
        self._train = 0  # the number of the presses that go on
        self._over: asyncio.Future[None] | None = None

    def show(self, show: Show) -> None:
        """Print the screen, if it is another page than the one before."""
        previous, self._last_show = self._last_show, show
        if not show.is_new or (previous and _is_one_page(previous.screen, show.screen)):
            return
        self._train, self._busy_until_s = self._train + 1, -WHOLE_S
        self._shown_s = self._shell.now()
        used = set(self._words)
        self._words.append(self._choose([w for w in words_of("english") if w not in used]))
        _set_echo(is_on=not isinstance(show.screen, _UNSEEN))
        if previous is None or _state(previous) != _state(show):
            self._write(f"The device is {_state(show)}.")
        for line in (*sentences(show.screen), *choices(show.screen, self._words[-1])):
            self._write(line)

    def hear(self, line: bytearray) -> None:
        """A line that was typed, without its end. It is erased: it may be a PIN."""
        now_s = self._shell.now()
        pause_s, self._heard_s = now_s - self._heard_s, now_s
        is_early = pause_s < ONE_PRESS_S or now_s < max(self._shown_s + WHOLE_S, self._busy_until_s)
        if self._last_show is not None:
            self._obey(self._last_show.screen, line, is_early=is_early)
        erase(line)

    def _obey(self, screen: Screen, line: bytearray, *, is_early: bool) -> None:
        if line == b"." or (line == b"stop" and not isinstance(screen, _UNSEEN)):
            self._press([(0.0, KeyPressed(Key.STOP))])
        elif is_early:
            self._write(_EARLY)
        elif isinstance(screen, Confirm) and screen.page.summary and line == b"more":
            for sentence in folded(screen.page):
                self._write(sentence)
        elif presses := tuple(_presses(screen, line, self._words[-1])):
            self._press(presses)
            if isinstance(presses[0][1], Typed):
                self._later(_TURN_S, self._count_rolls)
        else:
            self._write(_UNKNOWN)

    def _press(self, presses: Iterable[tuple[float, KeyPressed | Typed]]) -> None:
        """Do all of it, each at its time, unless another page comes."""
        self._train += 1
        began_s, after_s, train = self._shell.now(), 0.0, self._train
        for seconds, event in presses:
            after_s += seconds
            stamped = replace(event, at_s=began_s + after_s)
            self._later(after_s, partial(self._happen, stamped, train))
            self._busy_until_s = began_s + after_s

    def _count_rolls(self) -> None:
        """What the panel shows beside what is typed, once a line."""
        if self._last_show is not None and isinstance(self._last_show.screen, Dice):
            self._write(f"{len(self._last_show.screen.rolls)} of {ENOUGH} rolls.")

    def _happen(self, event: KeyPressed | Typed, train: int) -> None:
        if train == self._train:
            self._shell.happen(event)

    async def run_async(self) -> None:
        """Until `exit`, or until there is nothing more to read."""
        loop = asyncio.get_running_loop()
        self._over = loop.create_future()
        threading.Thread(target=self._print, daemon=True).start()
        for name, address in self._links.items():
            self._write(f"{name} {address}")
        self._shell.watch(self)
        threading.Thread(target=self._read, args=(loop,), daemon=True).start()
        try:
            await self._over
        finally:
            _set_echo(is_on=True)

    def exit(self) -> None:
        """Leave the panel; the device goes on."""
        if self._over is not None and not self._over.done():
            self._over.set_result(None)

    def _print(self) -> None:
        while True:
            os.write(1, self._lines.get().encode("ascii", "backslashreplace") + b"\n")

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        """Lines of standard input, in buffers of ours, until it ends."""
        with open(0, "rb", buffering=0, closefd=False) as keyboard:
            buffer, line = bytearray(1024), bytearray()
            while count := keyboard.readinto(buffer):
                for byte in buffer[:count]:
                    if byte in b"\r\n":
                        loop.call_soon_threadsafe(self.hear, line)
                        line = bytearray()
                    else:
                        line.append(byte)
                erase(buffer)
        loop.call_soon_threadsafe(self.exit)


def _state(show: Show) -> str:
    return f"{show.state.value} {show.fingerprint}".strip()


def _is_one_page(previous: Screen, screen: Screen) -> bool:
    """Whether this is another view of the page that was printed, or goes on as it was."""
    if isinstance(previous, Confirm) and isinstance(screen, Confirm):
        return previous.page is screen.page
    return isinstance(screen, Wait) and previous == screen


def _presses(screen: Screen, line: bytearray, word: str) -> Presses:
    """What a line means on this screen; nothing, if nothing."""
    if isinstance(screen, _UNSEEN):
        if isinstance(screen, TextPad) and any(not 0x20 <= byte <= 0x7E for byte in line):
            return  # what the pad would leave out makes other keys
        yield from _typed("\b" * screen.length)
        yield from ((0.0, Typed(chr(byte))) for byte in line)
        yield _PAUSE_S, KeyPressed(Key.OK)
        return
    typed = line.decode("ascii", "replace").strip().lower()
    match screen:
        case Letters(prefix=prefix, starting=starting):
            if starting(typed)[:1] == (typed,):
                yield from _typed("\b" * len(prefix) + typed)
                yield _PAUSE_S, KeyPressed(Key.OK)
        case Menu(items=items, cursor=cursor):
            if typed.isdigit() and 1 <= int(typed) <= len(items):
                turns = (int(typed) - 1 - cursor) % len(items)
                yield from ((_TURN_S, KeyPressed(Key.RIGHT)) for _ in range(turns))
                yield _PAUSE_S, KeyPressed(Key.OK)
        case Confirm():
            yield from _on_page(screen, typed, word)
        case Typing() if typed.isdigit():
            yield from _typed(typed)
        case _:
            yield from _yes(screen, typed, word)


def _typed(text: str) -> Presses:
    yield from ((0.0, Typed(character)) for character in text)


def _on_page(screen: Confirm, typed: str, word: str) -> Presses:
    """To the view that takes a yes, and the yes; or to the page before."""
    view, count = screen.scroll
    last = replace(screen, view=0 if screen.page.summary else count - 1)
    if typed == "back":
        yield from ((_TURN_S, KeyPressed(Key.LEFT)) for _ in range(view + 1))
    elif typed == (word if last.asks_hold else "ok"):
        turns = last.view - view
        yield from ((_TURN_S, KeyPressed(Key.RIGHT)) for _ in range(turns))
        yield from _yes(last, typed, word)


def _yes(screen: Screen, typed: str, word: str) -> Presses:
    """One press of OK; where it has to be held, for the word of this page alone."""
    asks_hold = isinstance(screen, Asking) and screen.asks_hold
    if typed != (word if asks_hold else "ok"):
        return
    yield _PAUSE_S, KeyPressed(Key.OK)
    if asks_hold:
        repeats = round(HOLD_S / _REPEAT_S) + 1
        yield from ((_REPEAT_S, KeyPressed(Key.OK)) for _ in range(repeats))


def _set_echo(*, is_on: bool) -> None:
    """Whether the terminal shows what is typed, where it can be told to."""
    if sys.platform == "win32" or not os.isatty(0):
        return
    attributes = termios.tcgetattr(0)
    attributes[3] = attributes[3] | termios.ECHO if is_on else attributes[3] & ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, attributes)


PANEL: PanelFactory = Text
