"""One page of a review, on as many views as it needs. Only the last view can be accepted."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
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


_MORE = ("", "▸ reads the rest, ✓ goes on.")


@dataclass(frozen=True, slots=True)
class Confirm:
    """Page `number` of `total`. A warning is accepted by holding OK, so not by habit.

    So is any page with `hold`: the last one before a signature. A folded page is accepted on any
    of its views, each other one on its last (T106).
    """

    kind: ClassVar[str] = "confirm"

    page: Page
    number: int = 1
    total: int = 1
    yes: str = "next"
    view: int = 0
    hold: bool = False
    _views: tuple[tuple[str, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once a key: a page of 10 kB takes tens of milliseconds to lay out.
        object.__setattr__(self, "_views", _views_of(self.page))

    @property
    def needs_hold(self) -> bool:
        """Whether the yes to this page is a held key."""
        return self.hold or self.page.kind is Kind.WARNING

    @property
    def asks_hold(self) -> bool:
        """Whether the yes that this view takes is a held key."""
        return self._takes_yes and self.needs_hold

    def lines(self) -> tuple[str, ...]:
        title = heading(self.page.title, f"page {self.number}/{self.total}")
        return framed(title, self._views[self.view], self._buttons())

    def press(self, key: Key) -> "Confirm | Yes | Rejected | Back":
        match key:
            case Key.STOP:
                return Rejected()
            case Key.LEFT:
                return replace(self, view=self.view - 1) if self.view else Back()
            case Key.RIGHT:
                return self if self._is_last_view else self._next()
            case Key.OK | Key.HOLD:
                return self._accept(key) if self._takes_yes else self._next()

    def _accept(self, key: Key) -> "Confirm | Yes":
        return Yes() if key is Key.HOLD or not self.asks_hold else self

    def _next(self) -> "Confirm":
        return replace(self, view=self.view + 1)

    def _buttons(self) -> str:
        if not self._takes_yes:
            return buttons("stop", "more", self._place())
        if self.asks_hold:
            yes = f"hold: {'go on' if self.yes == 'next' else self.yes}"
            return buttons("stop", yes, self._place())
        return buttons("stop", self.yes, self._place())

    def _place(self) -> str:
        """Which view of how many this is, between the keys that turn them: `◂ 2/3 ▸`."""
        count = len(self._views)
        left = "◂" if self.view or self.number > 1 else ""
        right = "" if self._is_last_view else "▸"
        place = f"{self.view + 1}/{count}" if 1 < count < 100 else ""
        return " ".join(part for part in (left, place, right) if part)

    @property
    def asks_yes(self) -> bool:
        return True

    @property
    def scroll(self) -> tuple[int, int]:
        return self.view, len(self._views)

    @property
    def _is_last_view(self) -> bool:
        return self.view == len(self._views) - 1

    @property
    def _takes_yes(self) -> bool:
        return bool(self.page.summary) or self._is_last_view


def _views_of(page: Page) -> tuple[tuple[str, ...], ...]:
    """The facts in order; a fact is kept on one view when one view can hold it."""
    views = _laid_out([_block(fact) for fact in page.facts])
    if not page.summary:
        return views
    return _laid_out([*(_block(fact) for fact in page.summary), _MORE]) + views


def _laid_out(blocks: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    views: list[tuple[str, ...]] = [()]
    for block in blocks:
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
