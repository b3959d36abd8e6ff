"""A wallet that lies: what it says, what came of it, and the score."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from host.session import wording
from host.session.state import AppState, AttackBoard
from host.tui import actions
from host.tui.actions import KeyPlace
from host.tui.messages import LieChosen, LieRequested
from host.tui.screens.page import WalletPage, fact, paid_to, pointed
from host.values import Draft

ASK = "So says this wallet, and it lies. Remember it, and press enter to ask the device."
CHOOSE = "This wallet lies to you. Press a number, and believe the device."
COMPARE = "Compare with the device. Is it the same: ✓. Is it not: ✗, and you caught it."
UNLOCK = "The device is set up for you. Its PIN is {}."


class AttackPage(WalletPage):
    title = "Lies"
    place = KeyPlace.ATTACK
    BINDINGS = actions.bindings(KeyPlace.ATTACK)

    def compose(self) -> ComposeResult:
        yield Static(id="claim")
        yield Static(id="rows")
        yield Static(id="advice")

    def on_mount(self) -> None:
        self._lies: tuple[str, ...] = ()

    def show(self, state: AppState) -> None:
        board = state.attack
        if board is None:
            return
        self._lies = tuple(lie.name for lie in board.lies)
        is_running = board.draft is not None
        claim = _score(board, state) if board.draft is None else _claim(board.draft, state.btc)
        self.query_one("#claim", Static).update(claim)
        rows = [] if is_running else _rows(board)
        self.query_one("#rows", Static).update(Content("\n").join(rows))
        saying = (COMPARE if state.asking else ASK) if is_running else CHOOSE
        advice = state.problem or state.busy or saying
        if state.view is not None and state.view.state == "locked":
            advice = UNLOCK.format(board.pin)
        self.query_one("#advice", Static).update(pointed(advice))

    def action_lie(self, number: int) -> None:
        if number <= len(self._lies):
            self.post_message(LieChosen(self._lies[number - 1]))

    def action_ask(self) -> None:
        self.post_message(LieRequested())


def _claim(draft: Draft, btc: bool) -> Content:
    """As the page of a payment says it, and no sooner is it true."""
    return Content.assemble(
        *paid_to(draft.recipients[0].address),
        fact("Amount", Content.styled(wording.amount(draft.sats, btc), "bold")),
        fact("Fee", wording.amount(draft.fee_sats, btc)),
        fact("Change", wording.amount(draft.change_sats, btc), "comes back to you"),
        fact("Words", Content.styled(" ".join(draft.words), "bold")),
    )


def _score(board: AttackBoard, state: AppState) -> Content:
    caught = sum(outcome.caught for outcome in board.outcomes)
    return Content.assemble(
        fact("Caught", f"{caught} of {len(board.outcomes)}"),
        fact("Lost", Content.styled(wording.amount(board.lost_sats, state.btc), "bold")),
        fact("Saved", wording.amount(board.stake_sats - board.lost_sats, state.btc)),
    )


def _rows(board: AttackBoard) -> list[Content]:
    latest = board.outcomes[-1].name if board.outcomes else ""
    rows = []
    for number, lie in enumerate(board.lies, 1):
        outcome = board.outcome(lie)
        mark = ("· ", "$secondary")
        if outcome is not None:
            mark = ("✓ ", "$text-success") if outcome.caught else ("✗ ", "$text-error bold")
        rows.append(Content.assemble((f"{number} ", "$accent bold"), mark, lie.title))
        if outcome is not None and lie.name == latest:
            rows.append(Content.styled(f"    {lie.trick} {outcome.sentence}", "$secondary"))
    return rows


PAGE = AttackPage
