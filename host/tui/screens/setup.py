"""Which wallet to open, and the questions that set a new one up, one at a time."""

from collections.abc import Callable, Coroutine

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive
from textual.widgets import Input, Static
from textual.worker import WorkType

from host.errors import HostError
from host.session import setup
from host.session.api import Opening
from host.session.remembered import Wallets
from host.session.setup import Answers, Offers, SetupQuestion
from host.tui import actions
from host.tui.actions import KeyPlace, Needs
from host.tui.messages import KeyboardMoved, OpeningChosen
from host.tui.screens.page import pointed
from host.tui.screens.sheet import Sheet
from host.tui.widgets.field import Field

MOST_ANSWERS = 12  # at 24 lines all are seen
LOOKING = "Looking for devices and servers."
OPENING = "Opening the wallet."
SETTING_UP = "Setting the wallet up."
PROXY = "\nThrough a proxy?"


class AnswerLine(Static):
    """One answer, for the mouse as well."""

    def __init__(self, number: int) -> None:
        super().__init__(classes="answer", markup=False)
        self._number = number

    def show(self, title: str, *, picked: bool) -> None:
        self.display = bool(title)
        self.update(f"{'▸' if picked else ' '} {title}")
        self.set_class(picked, "picked")

    async def on_click(self) -> None:
        await self.run_action(f"screen.take({self._number})")


class SetupScreen(Sheet[None]):
    """Asks until there is an opening, and tells the app of it. `current` is the wallet behind it.

    With `leads_back`, who escapes from the first question is where they were before.
    """

    AUTO_FOCUS = ""  # nothing has the keyboard while there is a list
    BINDINGS = actions.bindings(KeyPlace.WELCOME)
    picked: reactive[int] = reactive(0)

    def __init__(self, wallets: Wallets, current: str = "", *, leads_back: bool = False) -> None:
        super().__init__()
        self._wallets = wallets
        self._leads_back = leads_back
        self._first = setup.first_question(wallets.names[: MOST_ANSWERS - 2], current)
        self._question = self._first
        self._offers = Offers()
        self._past: list[Answers] = []
        self._busy = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = "Quietkey"
            yield Static(id="question", markup=False)
            yield from (AnswerLine(number) for number in range(MOST_ANSWERS))
            yield Field(id="answer", compact=True, select_on_focus=False)
            yield Static(PROXY, id="way", markup=False)
            yield Field(id="proxy", compact=True)
            yield Static(id="note", markup=False)
            yield self.keys(KeyPlace.WELCOME)

    def on_mount(self) -> None:
        self._ask(self._first)

    # What is shown

    def _ask(self, question: SetupQuestion) -> None:
        self._question, self._busy = question, ""
        self.query_one("#question", Static).update(f"{question.sentence}\n")
        field = self.query_one("#answer", Input)
        field.display = not question.choices
        field.value = question.text
        way, proxy = self.query_one("#way"), self.query_one("#proxy", Input)
        way.display = proxy.display = question.proxy is not None
        proxy.value = question.proxy or ""
        self.set_focus(None if question.choices else field)
        field.select_all()  # what is typed takes its place
        place = KeyPlace.WELCOME if question.choices else KeyPlace.ANSWER
        missing = (Needs.SECOND_FIELD,) if question.proxy is None else ()
        self.query_one(".keys", Static).update(self.line_of_keys(place, missing))
        self.picked = 0
        self._show()
        self.post_message(KeyboardMoved())

    def _show(self, problem: str = "") -> None:
        choices = self._question.choices
        for number, line in enumerate(self.query(AnswerLine)):
            title = choices[number].title if number < len(choices) else ""
            line.show(title, picked=number == self.picked)
        note = choices[self.picked].note if choices else self._question.hint
        news = pointed(problem, "$text-warning bold") if problem else self._busy or note
        self.query_one("#note", Static).update(news)

    def watch_picked(self) -> None:
        if self.is_mounted:
            self._show()

    # What is answered

    def action_step(self, by: int) -> None:
        if self._question.choices:
            self.picked = (self.picked + by) % len(self._question.choices)

    def action_choose(self) -> None:
        self.action_take(self.picked)

    def action_take(self, number: int) -> None:
        if number < len(self._question.choices) and not self._busy:
            self.picked = number
            self._take(self._question.choices[number].value)

    @on(Input.Submitted)
    def _typed(self) -> None:
        if not self._busy:
            self._take(self.query_one("#answer", Input).value)

    def action_back(self) -> None:
        """The question before, or where the person came from."""
        if self._busy:
            return
        if self._past:
            self._past.pop()
            self._next()
        elif self._question is not self._first:
            self._ask(self._first)
        elif self._leads_back:
            self.dismiss()
        else:
            self.app.exit()

    def _take(self, value: str) -> None:
        if self._question is self._first:
            self._begin(value)
            return
        try:
            proxy = self.query_one("#proxy", Input).value
            answers = setup.answer(self._answers, self._question, value, self._offers, proxy)
        except HostError as error:
            self._show(str(error))
            return
        self._past.append(answers)
        self._next()

    @property
    def _answers(self) -> Answers:
        return self._past[-1] if self._past else Answers()

    def _next(self) -> None:
        question = setup.next_question(self._answers, self._offers)
        if question is None:
            self._do(self._set_up, SETTING_UP)
        else:
            self._ask(question)

    def _begin(self, value: str) -> None:
        if value == setup.OWN:
            self._do(self._look_around, LOOKING)
            return
        try:
            demo = value == setup.DEMO
            opening = self._wallets.demo if demo else self._wallets.choose(value)
        except HostError as error:
            self._show(str(error))
        else:
            self._open(opening)

    def _do(self, work: Callable[[], Coroutine[None, None, None]], sentence: str) -> None:
        self._busy = sentence
        self._show()
        worker: WorkType[None] = work
        self.run_worker(worker)

    def _open(self, opening: Opening) -> None:
        self._busy = OPENING  # no key chooses twice
        self.post_message(OpeningChosen(opening))

    async def _look_around(self) -> None:
        self._offers = await self._wallets.offers()
        self._next()

    async def _set_up(self) -> None:
        try:
            opening = await self._wallets.set_up(self._answers)
        except HostError as error:
            self._past.pop()
            self._next()
            self._show(str(error))
        else:
            self._open(opening)


SCREEN = SetupScreen
