"""The colours: few and calm. Nothing is said by colour alone."""

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

from host.settings import THEMES
from host.tui.widgets.code import INK

# Quiet text stays text: the selection in the command palette keeps it readable, too.
_READABLE = {"text-muted": "auto 85%", "text-disabled": "auto 85%"}
DARK = Theme(
    name="dark",
    primary="#6fb3a8",
    secondary="#8aa0b8",
    accent="#e0b75e",
    success="#7fc97f",
    warning="#e8a24c",
    error="#e5736b",
    foreground="#d8dee3",
    background="#12161a",
    surface="#161b20",
    panel="#1d242a",
    dark=True,
    variables={**_READABLE, "input-selection-background": "#2c4745"},
)
LIGHT = Theme(
    name="light",
    primary="#0b6459",
    secondary="#44566a",
    accent="#7a4a00",
    success="#14652a",
    warning="#8a4300",
    error="#a3241d",
    foreground="#1b2126",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e6e3dc",
    dark=False,
    variables=_READABLE,
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#7fffe6",
    secondary="#ffffff",
    accent="#ffe14d",
    success="#8dff8d",
    warning="#ffc14d",
    error="#ffa8a2",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    dark=True,
    text_alpha=1.0,
    variables={
        "text-muted": "auto 100%",
        "text-disabled": "auto 100%",
        "input-selection-background": "#ffffff",
        "input-selection-foreground": "#000000",
    },
)
# As the terminal is: its own two colours, and bold, underlined, reversed.
_DEFAULT = "ansi_default"
TERMINAL = Theme(
    name="terminal",
    ansi=True,
    primary=_DEFAULT,
    secondary=_DEFAULT,
    accent=_DEFAULT,
    success=_DEFAULT,
    warning=_DEFAULT,
    error=_DEFAULT,
    foreground=_DEFAULT,
    background=_DEFAULT,
    surface=_DEFAULT,
    panel=_DEFAULT,
    variables=dict.fromkeys(
        (
            "ansi-background", "ansi-foreground", "text-muted", "text-disabled",
            "block-cursor-foreground", "block-cursor-background", "border", "border-blurred",
            "link-color", "link-color-hover", "input-selection-background", "scrollbar",
            "scrollbar-hover", "scrollbar-active", "scrollbar-background",
            "scrollbar-background-hover", "scrollbar-background-active",
        ),
        _DEFAULT,
    ),
)  # fmt: skip
BY_NAME = dict(zip(THEMES, (DARK, LIGHT, HIGH_CONTRAST, TERMINAL), strict=True))


def chosen(name: str, *, without_colour: bool) -> str:
    """The theme that was named, or the usual one. NO_COLOR leaves the terminal's own look."""
    if name in BY_NAME:
        return name
    return TERMINAL.name if without_colour else DARK.name


class WithoutColour(LineFilter):
    """Drops every colour but a code's black and white, which a camera could not do without."""

    _CODE = Style.parse(INK)
    _PLAIN = Style.from_color(RichColor.default(), RichColor.default())

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [self._plain(segment) for segment in segments]

    def _plain(self, segment: Segment) -> Segment:
        text, style, control = segment
        is_code = style is None or (style.color, style.bgcolor) == _colours(self._CODE)
        return segment if style is None or is_code else Segment(text, style + self._PLAIN, control)


def _colours(style: Style) -> tuple[RichColor | None, RichColor | None]:
    return style.color, style.bgcolor
