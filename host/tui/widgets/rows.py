"""A list of any length: only what is in sight is drawn."""

from collections.abc import Callable

from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

Draw = Callable[[int], Content]


class RowList(ScrollView, can_focus=False):
    """Rows of the same height. `draw` gives one by its number when it comes in sight."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = self._step = 1
        self._gap = self._count = self._picked = 0
        self._draw: Draw = lambda _: Content()
        self._measure: Callable[[int], int] = lambda _: 1
        self._drawn: dict[int, list[Strip]] = {}

    def show(self, count: int, draw: Draw, measure: Callable[[int], int], gap: int) -> None:
        """Draw these from now on, with `gap` empty lines between two.

        `measure` says how many lines a row takes where it has so many columns.
        """
        self._count, self._draw, self._measure, self._gap = count, draw, measure, gap
        self._arrange()

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width
        self._lines = self._measure(width)
        self._step = self._lines + self._gap
        self.virtual_size = Size(width, max(self._count * self._step - self._gap, 0))
        self._drawn.clear()
        self.refresh()

    def keep_in_sight(self, index: int) -> None:
        """Scroll only if that row is not there whole: to the middle then."""
        self._picked = index
        top, height = self.scroll_offset.y, self.size.height
        first = index * self._step
        if height and not top <= first <= top + height - self._lines:
            self.scroll_to(y=max(0, first - height // 2), animate=False)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._drawn.clear()

    def on_resize(self) -> None:
        self._arrange()
        self.keep_in_sight(self._picked)  # before, nobody knew how many lines a row takes

    def render_line(self, y: int) -> Strip:
        """One line of what is in sight, from the top."""
        width = self.scrollable_content_region.width
        index, line = divmod(y + self.scroll_offset.y, self._step)
        strips = self._strips(index, width) if index < self._count else []
        strip = strips[line] if line < len(strips) else Strip([])
        return strip.extend_cell_length(width, self.rich_style).crop(0, width)

    def _strips(self, index: int, width: int) -> list[Strip]:
        if index not in self._drawn:
            content, style = self._draw(index), self.visual_style
            self._drawn[index] = Visual.to_strips(self, content, width, self._lines, style)
        return self._drawn[index]
