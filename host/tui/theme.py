"""The colours: few and calm. Nothing is said by colour alone."""

from textual.theme import Theme

THEME = Theme(
    name="quietkey",
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
)
