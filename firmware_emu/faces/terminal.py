"""The device alone in a terminal: its panel, its buttons, and where its links are."""

import asyncio
import textwrap
import time
from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.timer import Timer
from textual.widgets import Footer, Static

from firmware_emu.effects import Show, State
from firmware_emu.events import Event, Fits, KeyPressed, Shown, Typed
from firmware_emu.faces import PanelFactory
from firmware_emu.paint import pixels
from firmware_emu.paint.cells import (
    Run,
    cells,
    code_cells,
    code_size,
    scroll_marks,
    version_in,
)
from firmware_emu.paint.drawing import Drawing, draw
from firmware_emu.paint.qr import Modules
from firmware_emu.screens import COLUMNS, ROWS, Key, Typing
from firmware_emu.screens.qr import Qr
from firmware_emu.screens.text_pad import TextPad
from firmware_emu.shell import Shell
from firmware_emu.typed_codes import SEED, TypedCodes, events_of, holds_seed
from signer.formats.qr.graphics import Graphics

SIGNS = {Key.STOP: "✗", Key.LEFT: "◂", Key.RIGHT: "▸", Key.OK: "✓"}
REPEAT_S = 0.05  # of a button that the mouse holds down
LONGEST_TRAIN = 80  # presses: a terminal may never say that the mouse was let go
WIDE, HIGH = COLUMNS + 4, ROWS + 2  # the panel with its frame
_KEYS = {"x": Key.STOP}  # beside the bindings, which see a key as well
_ERASE = "\b"
CODES = "codes"  # the link by which typed codes come
_LONG_S = 15  # for three sentences
_FULL = "f"  # a code without its title
_LETTERS = "g"  # a code in letters, where it was a picture
_CODE = "#000000 on #ffffff"  # never the theme's: a camera reads a code dark on light
_LESS = ("-no-links", "-no-buttons", "-panel-only", "-small", "-code")


class KeyButton(Static):
    """A button for the mouse. While it is down it sends presses, as a key that is held does."""

    def __init__(self, key: Key) -> None:
        super().__init__(f"[ {SIGNS[key]} ]", id=key.value, markup=False)
        self.key = key
        self._train: Timer | None = None

    def on_mouse_down(self) -> None:
        self.capture_mouse()
        self._press()
        if self.key is Key.OK:
            self._train = self.set_interval(REPEAT_S, self._press, repeat=LONGEST_TRAIN)

    def on_mouse_up(self) -> None:
        self.release_mouse()
        if self._train is not None:
            self._train.stop()

    def _press(self) -> None:
        if isinstance(self.app, Terminal):
            self.app.press(self.key)


class Terminal(App[None]):
    """A face that is an application. Run it with `run_async` in the loop that runs the device."""

    CSS = f"""
    Screen {{ align: center middle; overflow: hidden; }}
    #state {{ width: {WIDE}; height: 1; }}
    #panel {{ width: {WIDE}; height: {HIGH}; border: round $primary; padding: 0 0 0 1; }}
    #buttons {{ width: auto; height: 1; }}
    KeyButton {{ width: auto; margin: 0 2 0 0; }}
    #links {{ width: auto; height: auto; margin: 1 0 0 0; color: $text-muted; }}
    .-no-links #links, .-no-buttons #buttons {{ display: none; }}
    .-panel-only #state, .-panel-only Footer {{ display: none; }}
    .-small #panel, .-code #panel {{ width: auto; height: auto; border: none; padding: 0; }}
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "press('stop')", "✗ stop"),
        Binding("left,up", "press('left')", "◂", key_display="←"),
        Binding("right,down", "press('right')", "▸", key_display="→"),
        Binding("space", "space", show=False),
        Binding("enter", "press('ok')", "✓ ok, hold it where it is asked", key_display="enter"),
        Binding("ctrl+q", "quit", "quit", priority=True),
    ]

    def __init__(self, shell: Shell, links: Mapping[str, str]) -> None:
        """`links` are names and addresses to show, such as "tcp" and "127.0.0.1:30121"."""
        super().__init__()
        self._shell = shell
        self._links = links
        self._last_show: Show | None = None
        self._is_whole = True
        self._is_full = False
        self._window = Size(0, 0)
        self._graphics = pixels.ask()  # before the application takes the terminal
        self._is_picture = False  # one is on the screen
        self._content = Content()
        self._codes = TypedCodes(time.monotonic) if CODES in links else None

    def compose(self) -> ComposeResult:
        with Center():
            yield Static(id="state", markup=False)
        with Center():
            yield Static(id="panel", markup=False)
        with Center(), Horizontal(id="buttons"):
            for key in SIGNS:
                yield KeyButton(key)
        with Center():
            yield Static(Content(self._addresses()), id="links")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.title = "Quietkey"
        self._window = self.size
        self._fit()
        self._shell.watch(self)

    def show(self, show: Show) -> None:
        """Put the screen on the panel."""
        self._last_show = show
        self.query_one("#state", Static).update(Content(_state(show)))
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        was_whole, self._window = self._is_whole, event.size
        self._fit()
        self._draw()
        if self._is_whole and not was_whole:
            self._happen(Shown())  # only from now on can it be read

    def press(self, key: Key) -> None:
        """Pass on one press, and whether the whole page can be seen."""
        self._happen(KeyPressed(key, is_whole=self._is_whole))

    def action_press(self, key: str) -> None:
        code = self._codes.end() if self._codes and key == Key.OK.value else ""
        if code:
            asyncio.get_running_loop().call_soon(self._take, code)  # as in _happen
        else:
            self.press(Key(key))

    def action_space(self) -> None:
        """✓ as enter is, but where it is typed: in a passphrase, and at a code, which it pauses."""
        if self._codes and self._codes.is_amid:
            self._codes.add(" ")
        elif not (self._shows_code or self._takes_spaces):
            self.press(Key.OK)

    def on_paste(self, event: events.Paste) -> None:
        """Codes, a line each."""
        if self._codes and not self._is_typing:
            asyncio.get_running_loop().call_soon(self._take, event.text)  # as in _happen

    def _take(self, text: str) -> None:
        if holds_seed(text):
            self.notify(SEED, timeout=_LONG_S)
            return
        for happening in events_of(text):
            self._happen(happening)

    @property
    def _shows_code(self) -> bool:
        return self._last_show is not None and isinstance(self._last_show.screen, Qr)

    @property
    def _takes_spaces(self) -> bool:
        return self._last_show is not None and isinstance(self._last_show.screen, TextPad)

    def on_key(self, event: events.Key) -> None:
        """What is no button: characters are typed where the screen takes some."""
        typing = self._is_typing
        is_scanned = self._is_scanned(event.character)
        if typing and event.key == "backspace":
            self._happen(Typed(_ERASE))
        elif self._shows_code and event.character == _FULL:
            self._is_full = not self._is_full
            self._fit()
        elif self._shows_code and self._graphics and event.character == _LETTERS:
            self._erase_picture()
            self._graphics = None
            self._fit()
            self._draw()
        elif typing and event.character and event.character.isprintable():
            self._happen(Typed(event.character))
        # Only where nothing is typed: an x in the middle of a word must not throw it away.
        elif not typing and not is_scanned and event.character in _KEYS:
            self.press(_KEYS[event.character])

    @property
    def _is_typing(self) -> bool:
        return self._last_show is not None and isinstance(self._last_show.screen, Typing)

    def _is_scanned(self, character: str | None) -> bool:
        """Whether it belongs to a code that a scanner types, so that it is no key."""
        if self._codes is None or self._is_typing or not (character and character.isprintable()):
            return False
        return self._codes.add(character)

    def _happen(self, event: Event) -> None:
        # Not from inside a handler of the application: its crash report prints local variables,
        # and here they may be a PIN. The loop's own report (in __main__) names only the place.
        asyncio.get_running_loop().call_soon(self._shell.happen, event)

    def _fit(self) -> None:
        """Say how large a code may be. Without its title it may be larger."""
        room = self._graphics.version_in if self._graphics else version_in
        self._happen(Fits(max(0, room(self._window.width, self._rows))))

    @property
    def _rows(self) -> int:
        """What a code has of the window: a sixel on the last row would scroll all of it."""
        has_rest = self._graphics is not None and not self._graphics.is_over_letters
        return self._window.height - (not self._is_full) - has_rest

    def _draw(self) -> None:
        """The panel as it is painted, or what it lacks: a piece of a page is no page."""
        if self._last_show is None:
            return
        drawing = draw(self._last_show.screen, self._last_show.hold)
        wide, high = self._window
        needed = _needed(drawing, self._graphics, is_full=self._is_full)
        self._is_whole = wide >= needed[0] and high >= needed[1]
        for name in _LESS:
            self.screen.set_class(name in self._left_out(drawing), name)
        if not self._is_whole:
            self._letter(Content(_room(drawing, needed, wide)))
        else:
            self._letter(self._code(drawing) if drawing.code else _panel(drawing))
        if self._is_picture and not (drawing.code and self._is_whole):
            self._erase_picture()

    def _letter(self, content: Content) -> None:
        """Put letters on the panel. Those that are there stay: below a sixel they would show."""
        if content != self._content or not self._is_picture:
            self.query_one("#panel", Static).update(content)
        self._content = content

    def _erase_picture(self) -> None:
        self._is_picture = False
        if self._graphics and self._driver:
            if self._graphics.is_over_letters:
                self._driver.write(self._graphics.erase())
            else:
                self.refresh(layout=True)  # every letter anew

    def _paint(self, code: Modules) -> None:
        """The code as a picture over the letters, below the caption."""
        if not (self._graphics and self._driver and self._shows_code and self._is_whole):
            return
        top = 0 if self._is_full else 1
        picture = self._graphics.draw(code, self._window.width, self._rows)
        self._driver.write(f"\x1b7\x1b[{top + 1};1H{picture}\x1b8")
        self._is_picture = True

    def _code(self, drawing: Drawing) -> Content:
        """The code, and above it what it is, how many there are and which keys there are."""
        wide, high = self._window
        rows = [] if self._is_full else [Content(self._caption(drawing)[:wide])]
        if self._graphics:
            self.call_after_refresh(self._paint, drawing.code)
            return Content("\n").join([*rows, *[Content(" " * wide)] * (high - len(rows))])
        letters = code_cells(drawing.code, wide, high - len(rows))
        rows += [Content.assemble(*map(_styled, row)) for row in letters]
        return Content("\n").join(rows)

    def _caption(self, drawing: Drawing) -> str:
        screen = self._last_show.screen if self._last_show else None
        title = drawing.lines[0].strip()
        summary, keys = (screen.summary, screen.keys) if isinstance(screen, Qr) else ("", "")
        start = f"{_LETTERS} letters  " if self._graphics else ""
        return f"{title}  {summary}  {drawing.lines[-1].strip()}  {start}{keys}"

    def _left_out(self, drawing: Drawing) -> tuple[str, ...]:
        """What makes way for the panel in a window of this size."""
        high = self._window.height
        if drawing.code or not self._is_whole:
            return (*_LESS[:3], "-code" if drawing.code else "-small")
        rows = (HIGH + 4 + len(self._links), HIGH + 3, HIGH + 2)
        return tuple(name for name, least in zip(_LESS, rows, strict=False) if high < least)

    def _addresses(self) -> str:
        width = max((len(name) for name in self._links), default=0)
        return "\n".join(f"{name.ljust(width)}  {address}" for name, address in self._links.items())


def _needed(drawing: Drawing, graphics: Graphics | None, *, is_full: bool) -> tuple[int, int]:
    """Columns and rows of a window that shows it whole; a code has its title above."""
    if not drawing.code:
        return WIDE, HIGH
    wide, high = graphics.size_of(drawing.code) if graphics else code_size(drawing.code)
    has_rest = graphics is not None and not graphics.is_over_letters
    return wide, high + (not is_full) + has_rest


def _panel(drawing: Drawing) -> Content:
    """The panel with its bars, and at its right edge which view of many this is."""
    marks = scroll_marks(drawing)
    rows = (
        (*map(_styled, row), "▐" if mark else "")
        for row, mark in zip(cells(drawing), marks, strict=True)
    )
    return Content("\n").join(Content.assemble(*row) for row in rows)


def _styled(run: Run) -> tuple[str, str]:
    if run.is_code:
        return run.text, _CODE
    return run.text, "reverse" if run.is_reversed else ""


def _room(drawing: Drawing, needed: tuple[int, int], wide: int) -> str:
    subject = "this code" if drawing.code else "the device"
    sentences = (
        f"The window is too small for {subject}.",
        f"Make it {needed[0]} columns by {needed[1]} rows.",
        "Until then ✓ does nothing" + ("; ✗ leaves it." if drawing.code else "."),
    )
    return "\n".join(line for sentence in sentences for line in textwrap.wrap(sentence, wide))


def _state(show: Show) -> str:
    sign = "●" if show.state is State.UNLOCKED else "○"
    half = len(show.fingerprint) // 2
    fingerprint = f"{show.fingerprint[:half]} {show.fingerprint[half:]}".strip()
    return f"{sign} {show.state.value}  {fingerprint}".rstrip()


PANEL: PanelFactory = Terminal
