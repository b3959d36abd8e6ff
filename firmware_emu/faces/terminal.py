"""The device alone in a terminal: its panel, its buttons, and where its links are."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Center, Horizontal
from textual.content import Content
from textual.events import Key as KeyEvent
from textual.widgets import Button, Footer, Static

from firmware_emu.effects import Show, State
from firmware_emu.events import Event, KeyPressed, Typed
from firmware_emu.faces import PanelFactory
from firmware_emu.screens import COLUMNS, ROWS, Key, Typing
from firmware_emu.shell import Shell

SIGNS = {Key.STOP: "✗", Key.LEFT: "◂", Key.RIGHT: "▸", Key.OK: "✓", Key.HOLD: "hold ✓"}
_KEYS = {"x": Key.STOP, "h": Key.HOLD}  # beside the bindings, which see a key as well
_ERASE = "\b"


class Terminal(App[None]):
    """A face that is an application. Run it with `run_async` in the loop that runs the device."""

    CSS = f"""
    Screen {{ align: center middle; }}
    #state {{ width: {COLUMNS + 4}; height: 1; }}
    #panel {{ width: {COLUMNS + 4}; height: {ROWS + 2}; border: round $primary; padding: 0 1; }}
    #buttons {{ width: auto; height: 3; }}
    #buttons Button {{ min-width: 8; width: auto; margin: 0 1 0 0; }}
    #links {{ width: auto; height: auto; margin: 1 0 0 0; color: $text-muted; }}
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "press('stop')", "✗ stop"),
        Binding("left", "press('left')", "◂"),
        Binding("right", "press('right')", "▸"),
        Binding("enter", "press('ok')", "✓ ok"),
        Binding("space", "press('hold')", "hold ✓", key_display="space"),
        Binding("ctrl+q", "quit", "quit", priority=True),
    ]

    def __init__(self, shell: Shell, links: Mapping[str, str]) -> None:
        """`links` are names and addresses to show, such as "tcp" and "127.0.0.1:30121"."""
        super().__init__()
        self._shell = shell
        self._links = links
        self._last_show: Show | None = None

    def compose(self) -> ComposeResult:
        with Center():
            yield Static(id="state")
        with Center():
            yield Static(id="panel")
        with Center(), Horizontal(id="buttons"):
            for key, sign in SIGNS.items():
                yield _button(key, sign)
        with Center():
            yield Static(Content(self._addresses()), id="links")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.title = "Quietkey"
        self._shell.watch(self)

    def show(self, show: Show) -> None:
        """Put the screen on the panel."""
        self._last_show = show
        self.query_one("#panel", Static).update(Content("\n".join(show.screen.lines())))
        self.query_one("#state", Static).update(Content(_state(show)))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self._happen(KeyPressed(Key(event.button.id)))

    def action_press(self, key: str) -> None:
        self._happen(KeyPressed(Key(key)))

    def on_key(self, event: KeyEvent) -> None:
        """What is no button: characters are typed where the screen takes some."""
        typing = self._last_show is not None and isinstance(self._last_show.screen, Typing)
        if typing and event.key == "backspace":
            self._happen(Typed(_ERASE))
        elif typing and event.character and event.character.isalnum():
            self._happen(Typed(event.character))
        # Only where nothing is typed: an x in the middle of a word must not throw it away.
        elif not typing and event.character in _KEYS:
            self._happen(KeyPressed(_KEYS[event.character]))

    def _happen(self, event: Event) -> None:
        # Not from inside a handler of the application: its crash report prints local variables,
        # and here they may be a PIN. The loop's own report (in __main__) names only the place.
        asyncio.get_running_loop().call_soon(self._shell.happen, event)

    def _addresses(self) -> str:
        width = max((len(name) for name in self._links), default=0)
        return "\n".join(f"{name.ljust(width)}  {address}" for name, address in self._links.items())


def _button(key: Key, sign: str) -> Button:
    button = Button(sign, id=key.value)
    button.can_focus = False  # Enter is the device's own button, wherever one clicked before
    return button


def _state(show: Show) -> str:
    sign = "●" if show.state is State.UNLOCKED else "○"
    half = len(show.fingerprint) // 2
    fingerprint = f"{show.fingerprint[:half]} {show.fingerprint[half:]}".strip()
    return f"{sign} {show.state.value}  {fingerprint}".rstrip()


PANEL: PanelFactory = Terminal
