"""The device's front panel: its screen, its four buttons, and the keyboard lent to it."""

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Center, Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from host.session import wording
from host.session.state import AppState, Stage
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import KeyRequested, TextTyped
from host.tui.widgets import code
from host.values import Frame, PanelView

COLUMNS, ROWS = 30, 10  # of the device's panel
WIDTH = 42  # of ours, borders included; a code may need more
WALLET = 42  # columns left to the wallet beside a code
AROUND = 5  # rows around a code: top line, footer, two borders, the buttons
TOO_LARGE = "This code is larger than the\nwindow. The wallet sees it\nwhole: go on as it says."
NARROW = 112  # columns; below it wallet and device are shown one at a time
BUTTONS = (("stop", "✗"), ("left", "◂"), ("right", "▸"), ("ok", "✓"))
DOTS = {"empty": ("○", "new"), "locked": ("◌", "locked"), "unlocked": ("●", "unlocked")}
# The device's screens that take characters, and which. On all others letters are the app's keys.
TYPED = {"letters": str.isalpha, "pinpad": str.isalnum, "dice": str.isdigit}
BACKSPACE = "\b"
HOW_TYPED = "Type here. tab takes the keyboard back."
HOW_REACHED = "Press d to use its buttons from here."


class Button(Static):
    """One button of the device, for the mouse."""

    def __init__(self, key: str, sign: str) -> None:
        super().__init__(f"[ {sign} ]", id=f"press-{key}", markup=False)
        self._key = key

    def on_click(self) -> None:
        self.post_message(KeyRequested(self._key))


class DeviceWidget(Vertical, can_focus=True, inherit_bindings=False):
    """Shows what the device shows, sends it what the person presses. Decides nothing."""

    BINDINGS = actions.bindings(KeyPlace.DEVICE)

    def __init__(self) -> None:
        super().__init__(id="device")
        self._view: PanelView | None = None
        self._code: code.Modules = ()
        self._comparison = ""

    @property
    def place(self) -> KeyPlace:
        return KeyPlace.TYPING if self._takes_letters() else KeyPlace.DEVICE

    def compose(self) -> ComposeResult:
        with Center():
            yield Static(id="glass", markup=False)
        with Center(), Horizontal(id="buttons"):
            for key, sign in BUTTONS:
                yield Button(key, sign)
        yield Static(id="how", markup=False)

    def show(self, state: AppState) -> None:
        if state.view is not self._view:
            self._view = state.view
            if state.view is None or state.view.kind != "qr":
                self._code = ()
        self.border_title = _title(state)
        self._draw()
        self._comparison = compare(state)
        self.show_how()

    def show_how(self) -> None:
        """The line below the buttons: what the wallet says, or how to reach them by keyboard."""
        alone = self.app.size.width < NARROW
        reach = "" if self.has_focus else HOW_REACHED
        typed = HOW_TYPED if self.has_focus and self._takes_letters() else reach
        self.query_one("#how", Static).update((self._comparison if alone else "") or typed)

    def show_pixels(self, frame: Frame) -> None:
        """What the panel's pixels are; only codes are drawn from them."""
        self._code = code.modules(frame)
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        if self.is_mounted:
            self.show_how()

    def action_press(self, key: str) -> None:
        self.post_message(KeyRequested(key))

    @on(events.Key)
    def lend_keyboard(self, event: events.Key) -> None:
        """Characters go to the device while it shows a screen that takes them."""
        takes = TYPED.get(self._view.kind) if self._view else None
        character = BACKSPACE if event.key == "backspace" else event.character
        if takes and character and (character == BACKSPACE or takes(character)):
            event.stop()
            event.prevent_default()
            self.post_message(TextTyped(character))

    def _takes_letters(self) -> bool:
        return self._view is not None and self._view.kind in {"letters", "pinpad"}

    def _draw(self) -> None:
        quiet = _quiet_zone(self._code, self._room())
        glass = self.query_one("#glass", Static)
        glass.set_class(quiet is not None, "code")
        self.screen.set_class(quiet is not None, "-code")
        needed = WIDTH if quiet is None else max(WIDTH, code.size(self._code, quiet)[0] + 2)
        self.styles.width = "100%" if self.app.size.width < NARROW else needed
        if quiet is not None:
            glass.update(code.half_blocks(self._code, quiet))
        else:
            glass.update(TOO_LARGE if self._code else _text(self._view))

    def _room(self) -> tuple[int, int]:
        """Columns and rows that a code may take, when all else around it makes way."""
        wide, high = self.app.size
        return wide - (2 if wide < NARROW else WALLET), high - AROUND


def _quiet_zone(modules: code.Modules, room: tuple[int, int]) -> int | None:
    """How many light modules there is room for around a code; None for no code, or no room."""
    for quiet in (code.QUIET, code.NARROWEST_QUIET) if modules else ():
        wide, high = code.size(modules, quiet)
        if wide <= room[0] and high <= room[1]:
            return quiet
    return None


def compare(state: AppState) -> str:
    """What the wallet says while the device alone is seen, so that the two can be compared."""
    if state.asking and state.issued is not None and state.payment is None:
        return f"{state.asking}\n{' '.join(wording.fours(state.issued.receive.address))}"
    if state.asking or state.payment is None or state.payment.stage.value < Stage.SIGNED.value:
        return state.asking
    return f"The wallet's words: {' '.join(state.payment.draft.words)}"


def _text(view: PanelView | None) -> Content:
    lines = list(view.lines) if view else []
    lines += [""] * (ROWS - len(lines))
    return Content("\n".join(line[:COLUMNS].ljust(COLUMNS) for line in lines[:ROWS]))


def _title(state: AppState) -> str:
    if not state.plugged:
        return "Device  ✗ unplugged"
    if state.view is None:
        return "Device"
    dot, word = DOTS[state.view.state]
    return f"Device  {dot} {word}  {wording.fingerprint(state.view.fingerprint)}".rstrip()
