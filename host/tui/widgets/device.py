"""The device's front panel: its screen, its four buttons, and the keyboard lent to it."""

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Center, Horizontal, Vertical
from textual.widgets import Static

from host.session import wording
from host.session.state import AppState
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.keyboard import Clock
from host.tui.messages import DeviceReached, KeyRequested, RoomMeasured, TextTyped
from host.tui.widgets import code, glass
from host.values import PanelView
from signer.formats.qr.peers import USUAL

WIDTH = 42  # of ours, borders included; a code may need more
# What the whole screen of the device takes, with the lines and borders around it.
SMALLEST = (glass.COLUMNS + 6, glass.ROWS + 7)
ROOM = "Make the window larger:\nat least {} columns and {} rows.\nThe device waits."
WALLET = 42  # columns left to the wallet beside a code
AROUND = 5  # rows around a code: top line, footer, two borders, the buttons
TOO_LARGE = "This code is larger than the\nwindow. The wallet sees it\nwhole: go on as it says."
NARROW = 112  # columns; below it wallet and device are shown one at a time
BUTTONS = (("stop", "✗"), ("left", "◂"), ("right", "▸"), ("ok", "✓"))
DOTS = {"empty": ("○", "new"), "locked": ("◌", "locked"), "unlocked": ("●", "unlocked")}
# The device's screens that take characters, and which. On all others letters are the app's keys.
TYPED = {
    "letters": str.isalpha,
    "pinpad": str.isalnum,
    "dice": str.isdigit,
    "textpad": str.isprintable,
}
BACKSPACE = "\b"
PLACES = {"letters": KeyPlace.TYPING, "textpad": KeyPlace.TYPING, "confirm": KeyPlace.REVIEW}
HOW_TYPED = "Type here. tab takes the keyboard back."
HOW_REACHED = "Press d to use its buttons from here."
HOW_SAID_YES = "space is ✓. Keep it down to hold ✓."
HOW = {KeyPlace.TYPING: HOW_TYPED, KeyPlace.REVIEW: HOW_SAID_YES}
AGAIN_S = 0.05  # between two presses of a button that is held down
LONGEST_S = 3.0  # after that, whoever lets go is not waited for: a mouse may have left the window


class Button(Static):
    """One button of the device, for the mouse. ✓ held down is a train of presses, as of a key."""

    def __init__(self, key: str, sign: str, clock: Clock) -> None:
        super().__init__(f"[ {sign} ]", id=f"press-{key}", markup=False)
        self._key = key
        self._clock = clock
        self._down_at: float | None = None

    def on_mouse_down(self) -> None:
        self.capture_mouse()
        self._down_at = self._clock.now()
        self.post_message(DeviceReached())
        self._press()

    def on_mouse_up(self) -> None:
        self.release_mouse()

    def on_mouse_release(self) -> None:
        self._down_at = None

    def _press(self) -> None:
        if self._down_at is None or self._clock.now() - self._down_at > LONGEST_S:
            return
        self.post_message(KeyRequested(self._key))
        if self._key == "ok":
            self._clock.later(AGAIN_S, self._press)


class DeviceWidget(Vertical, can_focus=True, inherit_bindings=False):
    """Shows what the device shows, sends it what the person presses. Decides nothing.

    It acts on keys itself: bindings are looked up where the keyboard is when a key has come all
    the way up, and by then it may have been lent to another part than the one the key was for.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(id="device")
        self._clock = clock
        self._view: PanelView | None = None
        self._code: code.Modules = ()
        self._comparison = ""
        self._version = -1  # of the code there is room for, as the device was told

    @property
    def place(self) -> KeyPlace:
        return PLACES.get(self._view.kind, KeyPlace.DEVICE) if self._view else KeyPlace.DEVICE

    def compose(self) -> ComposeResult:
        with Center():
            yield Static(id="glass", markup=False)
        with Center(), Horizontal(id="buttons"):
            for key, sign in BUTTONS:
                yield Button(key, sign, self._clock)
        yield Static(id="how", markup=False)

    def show(self, state: AppState) -> None:
        self._view = state.view
        self._tell_room()
        self._code = code.modules(state.view.code) if state.view else ()
        self.border_title = _title(state)
        self._draw()
        self._comparison = compare(state)
        self.show_how()

    def show_how(self) -> None:
        """The line below the buttons: what the wallet says, or how to reach them by keyboard."""
        alone = self.app.size.width < NARROW
        how = HOW.get(self.place, "") if self.has_focus else HOW_REACHED
        self.query_one("#how", Static).update((self._comparison if alone else "") or how)

    def on_resize(self) -> None:
        self._draw()
        self._tell_room()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        if self.is_mounted:
            self.show_how()

    @property
    def shows_whole(self) -> bool:
        """Whether the window has room for the device's screen. What is cut takes no yes."""
        wide, high = self.app.size
        return wide >= SMALLEST[0] and high >= SMALLEST[1]

    @on(KeyRequested)
    def refuse_unseen(self, message: KeyRequested) -> None:
        if message.key == "ok" and not self.shows_whole:
            message.stop()

    def action_press(self, key: str) -> None:
        self.post_message(KeyRequested(key))

    @on(events.Key)
    async def lend_keyboard(self, event: events.Key) -> None:
        """All keys are the device's, and no letter reaches the app: it was meant for the device."""
        if event.key.startswith("ctrl+"):
            return
        event.stop()
        event.prevent_default()
        if character := self.typed(event):
            self.post_message(TextTyped(character))
        elif (action := actions.action(self.place, event.key)).startswith("press("):
            await self.run_action(action)

    def typed(self, event: events.Key) -> str:
        """The character that this key types on the device; "" when its screen takes none."""
        takes = TYPED.get(self._view.kind) if self._view else None
        character = BACKSPACE if event.key == "backspace" else event.character or ""
        is_taken = takes and character and (character == BACKSPACE or takes(character))
        return character if is_taken else ""

    def _draw(self) -> None:
        quiet = _quiet_zone(self._code, self._room())
        screen = self.query_one("#glass", Static)
        screen.set_class(quiet is not None, "code")
        self.screen.set_class(quiet is not None, "-code")
        needed = WIDTH if quiet is None else max(WIDTH, code.size(self._code, quiet)[0] + 2)
        self.styles.width = "100%" if self.app.size.width < NARROW else needed
        if not self.shows_whole:
            screen.update(ROOM.format(*SMALLEST))
        elif quiet is not None:
            screen.update(code.half_blocks(self._code, quiet))
        else:
            screen.update(TOO_LARGE if self._code else glass.drawn(self._view))

    def _room(self) -> tuple[int, int]:
        """Columns and rows that a code may take, when all else around it makes way."""
        wide, high = self.app.size
        return wide - (2 if wide < NARROW else WALLET), high - AROUND

    def _tell_room(self) -> None:
        """Tell the device, which cuts its codes to it. The wallet sees no larger one either."""
        wide, high = self._room()
        version = max(0, min(code.version_in(wide, high), USUAL.version))
        if self._view and version != self._version:
            self._version = version
            self.post_message(RoomMeasured(version))


def _quiet_zone(modules: code.Modules, room: tuple[int, int]) -> int | None:
    """How many light modules there is room for around a code; None for no code, or no room."""
    for quiet in (code.QUIET, code.NARROWEST_QUIET) if modules else ():
        wide, high = code.size(modules, quiet)
        if wide <= room[0] and high <= room[1]:
            return quiet
    return None


def compare(state: AppState) -> str:
    """What the wallet says while the device alone is seen, so that the two can be compared."""
    if state.asking == wording.ASKS_ADDRESS and state.issued is not None:
        return f"{state.asking}\n{' '.join(wording.fours(state.issued.receive.address))}"
    if state.asking == wording.ASKS_PAYMENT and state.payment is not None:
        if not state.payment.draft.words:
            return f"{state.asking}\n{wording.SILENT_COMPARE}"
        return f"{state.asking}\nThe wallet's words: {' '.join(state.payment.draft.words)}"
    return state.asking


def _title(state: AppState) -> str:
    if state.broken:
        return "Device  ✗ stopped"
    if not state.plugged:
        return "Device  ✗ unplugged"
    if state.view is None:
        return "Device"
    dot, word = DOTS[state.view.state]
    return f"Device  {dot} {word}  {wording.fingerprint(state.view.fingerprint)}".rstrip()
