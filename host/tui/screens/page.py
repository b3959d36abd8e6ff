"""What every page of the wallet panel has in common."""

from typing import ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from host.session import wording
from host.session.api import WalletSnapshot
from host.session.state import AppState, next_step
from host.tui.actions import KeyPlace, Needs
from host.tui.messages import PageLeft

POINTER = "▸ "
COPIED = "The terminal was asked to copy it. Not every one does: compare what you paste."
GROUPS_A_LINE = 12  # of an address, beside its label at 80 columns


class WalletPage(Vertical, can_focus=True, inherit_bindings=False):
    """One task in the wallet panel. It draws a `Now`, and tells the app what the person wants."""

    place: KeyPlace = KeyPlace.EVERYWHERE
    missing: frozenset[Needs] = frozenset()  # keys of its place that do nothing now
    title: ClassVar[str] = "Wallet"
    takes_all: ClassVar[bool] = False  # also the room of the overview
    lists_payments: ClassVar[bool] = False  # so that the overview need not

    def show(self, state: AppState) -> None:
        """Draw this moment. Every page has its own way."""

    def first_focus(self) -> None:
        """Give the keyboard to whatever the person starts with."""
        self.focus()

    def copy(self, text: str) -> None:
        """By the terminal (OSC 52), also through ssh. The page's last line says so."""
        self.app.copy_to_clipboard(text)
        for advice in self.query("#advice").results(Static):
            advice.update(pointed(COPIED))
            advice.display = True

    def action_copy_text(self) -> None:
        """What the page says, which may be an error."""
        for advice in self.query("#advice").results(Static):
            text = str(advice.content).replace(POINTER, "").strip()
            if text and text != COPIED:
                self.copy(text)

    def action_leave(self) -> None:
        self.post_message(PageLeft())


class SizedPage(WalletPage):
    """A page that is drawn anew when its size changes; `show` keeps the state it draws."""

    def on_mount(self) -> None:
        self._state = AppState()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self.display:  # it may be on its way out, without its parts
            self.show(self._state)


def fact(label: str, value: str | Content, note: str = "") -> Content:
    """One line: a label in a column of its own, a value, and perhaps a quieter note."""
    return Content.assemble(
        (f"{label:<9}", "$secondary"), value, (f"   {note}" if note else "", "$secondary"), "\n"
    )


def balance(wallet: WalletSnapshot, btc: bool) -> Content:
    """What can be spent, and what waits."""
    confirmed, pending = wallet.balance.spendable_sats, wallet.balance.pending_sats
    width = len(wording.amount(max(confirmed, pending), btc))
    return Content.assemble(
        fact(
            "Balance",
            Content.styled(f"{wording.amount(confirmed, btc):>{width}}", "bold"),
        ),
        fact("Waiting", f"{wording.amount(pending, btc):>{width}}"),
    )


def address(text: str) -> Content:
    """The whole address in fours, each as bright as the others.

    Who forges an address that looks alike matches its first and last group (address poisoning).
    """
    return Content.styled(" ".join(wording.fours(text)), "bold $text")


def paid_to(addresses: str, label: str = "To") -> list[Content]:
    """Whom a payment pays: the addresses with a space between, each on lines of its own."""
    lines: list[Content] = []
    for name in addresses.split():
        groups = wording.fours(name)
        for start in range(0, len(groups), GROUPS_A_LINE):
            text = " ".join(groups[start : start + GROUPS_A_LINE])
            lines.append(fact("" if lines else label, Content.styled(text, "bold $text")))
    return lines


def advice(state: AppState) -> Content:
    """The one line that says what to do, with a mark the eye finds."""
    return pointed(next_step(state))


def pointed(sentence: str, style: str = "$accent bold") -> Content:
    if not sentence:
        return Content()
    return Content.assemble((POINTER, style), sentence)


def warned(sentence: str) -> Content:
    """A sentence that nobody should miss, in bold, whatever the colours are."""
    if not sentence:
        return Content()
    return Content.assemble((POINTER, "$text-warning bold"), (sentence, "bold"))
