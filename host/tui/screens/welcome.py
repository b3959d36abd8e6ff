"""The first and only question, when nothing is set up."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import PlaygroundChosen
from host.tui.screens.sheet import Sheet

QUESTION = "Nothing is set up yet. How would you like to begin?"
PORT = "--device serial:/dev/ttyACM0 --network testnet4 --server p2p:"
COMMANDS = Content.assemble(
    "Leave this with q, plug your device in, and type one after the other:\n\n",
    ("quietkey wallet pair --wallet mine \\\n", "bold $accent"),
    (f"  {PORT}\n", "bold $accent"),
    ("quietkey\n\n", "bold $accent"),
    "The first reads the public key of your account; no secret leaves the device.\n"
    "The second opens this wallet, from now on.\n"
    "Your port may have another name, COM3 for example.",
)


ANSWERS = ("Try it on a built-in network", "Use my own device and a real network")


class AnswerLine(Static):
    """One answer, for the mouse as well."""

    def __init__(self, number: int) -> None:
        super().__init__(classes="answer")
        self._number = number

    def show(self, picked: int) -> None:
        mark = "▸" if self._number == picked else " "
        self.update(f"{mark} {ANSWERS[self._number]}")
        self.set_class(self._number == picked, "picked")

    async def on_click(self) -> None:
        await self.run_action(f"screen.take({self._number})")


class WelcomeScreen(Sheet):
    BINDINGS = actions.bindings(KeyPlace.WELCOME)
    picked: reactive[int] = reactive(0)

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "Quietkey"
            yield Static(f"{QUESTION}\n")
            yield from (AnswerLine(number) for number in range(len(ANSWERS)))
            yield Static(id="commands")
            yield self.keys(KeyPlace.WELCOME)

    def watch_picked(self, picked: int) -> None:
        for answer in self.query(AnswerLine):
            answer.show(picked)

    def on_mount(self) -> None:
        self.watch_picked(self.picked)

    def action_step(self, by: int) -> None:
        self.picked = (self.picked + by) % len(ANSWERS)

    def action_choose(self) -> None:
        self.action_take(self.picked)

    def action_take(self, number: int) -> None:
        self.picked = number
        if number == 0:
            self.app.post_message(PlaygroundChosen())
        else:
            self.query_one("#commands", Static).update(COMMANDS)


SCREEN = WelcomeScreen
