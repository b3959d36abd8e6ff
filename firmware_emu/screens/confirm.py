"""One page of a review, on as many views as it needs. Only the last view can be accepted."""

from dataclasses import dataclass, replace
from typing import ClassVar

from firmware_emu.screens import Answer, Key
from firmware_emu.screens.layout import (
    BODY,
    buttons,
    framed,
    groups,
    heading,
    plain,
    wrap,
    wrap_exact,
)
from signer.review import Fact, Kind, Origin, Page, Shape


class Yes(Answer):
    __slots__ = ()


class Rejected(Answer):
    __slots__ = ()


class Back(Answer):
    """To the page before."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Confirm:
    """Page `number` of `total`. A warning is accepted by holding OK, so not by habit."""

    kind: ClassVar[str] = "confirm"

    page: Page
    number: int = 1
    total: int = 1
    yes: str = "next"
    view: int = 0

    def lines(self) -> tuple[str, ...]:
        views = self._views()
        place = f"{self.number} of {self.total}"
        if len(views) > 1:
            place += f", {self.view + 1}/{len(views)}"
        buttons_line = self._buttons(is_last=self.view == len(views) - 1)
        return framed(heading(self.page.title, place), views[self.view], buttons_line)

    def press(self, key: Key) -> "Confirm | Yes | Rejected | Back":
        match key:
            case Key.STOP:
                return Rejected()
            case Key.LEFT:
                return replace(self, view=self.view - 1) if self.view else Back()
            case Key.RIGHT:
                return self if self._last else self._next()
            case Key.OK | Key.HOLD:
                return self._accept(key) if self._last else self._next()

    def _accept(self, key: Key) -> "Confirm | Yes":
        return Yes() if key is Key.HOLD or not self._warning else self

    def _next(self) -> "Confirm":
        return replace(self, view=self.view + 1)

    def _buttons(self, *, is_last: bool) -> str:
        if not is_last:
            return buttons("stop", "more", "◂ ▸")
        if self._warning:
            return buttons(
                "stop", "hold: go on" if self.yes == "next" else f"hold: {self.yes}", "◂"
            )
        return buttons("stop", self.yes, "◂")

    @property
    def _warning(self) -> bool:
        return self.page.kind is Kind.WARNING

    @property
    def _last(self) -> bool:
        return self.view == len(self._views()) - 1

    def _views(self) -> tuple[tuple[str, ...], ...]:
        """The facts in order; a fact is kept on one view when one view can hold it."""
        views: list[tuple[str, ...]] = [()]
        for fact in self.page.facts:
            block = _block(fact)
            if len(block) <= BODY < len(views[-1]) + len(block):
                views.append(())
            rows = views.pop() + block
            views += [rows[i : i + BODY] for i in range(0, len(rows), BODY)] or [()]
        return tuple(views)


def _block(fact: Fact) -> tuple[str, ...]:
    """A fact as lines. What the host claims is quoted and said to be its claim (threat T32)."""
    if fact.origin is Origin.HOST and not fact.label:
        # One line of a text whose page says whose it is. It may be quoted already.
        is_quoted = len(fact.value) > 1 and fact.value[0] == fact.value[-1] == '"'
        return wrap_exact(fact.value if is_quoted else f'"{fact.value}"')
    if fact.origin is Origin.HOST:
        return (*wrap(f"{fact.label} (host says)"), *wrap_exact(f'"{fact.value}"'))
    if fact.shape is Shape.ADDRESS:
        return (*_label(fact), *groups(plain(fact.value)))
    one_line = wrap(f"{fact.label} {fact.value}" if fact.label else fact.value)
    if len(one_line) == 1:
        return one_line
    return (*_label(fact), *wrap(fact.value))


def _label(fact: Fact) -> tuple[str, ...]:
    return wrap(fact.label) if fact.label else ()
