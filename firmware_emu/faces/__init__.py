"""Front panels: each shows the same screens and sends the same keys.

One module for each. One that a person can be given by name (`--face NAME`) has `PANEL`.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Protocol, TypeGuard

from firmware_emu.effects import Show
from firmware_emu.shell import Shell


class FaceError(Exception):
    """A front panel cannot be opened. The text is for a person."""


class Panel(Protocol):
    """A front panel in the loop that runs the device."""

    def show(self, show: Show, /) -> None:
        """Put a screen on the panel. It must not wait."""
        ...

    async def run_async(self) -> None:
        """Watch the device's shell and pass keys on, until `exit` or until the person leaves."""
        ...

    def exit(self) -> None:
        """Leave the panel; the device goes on."""
        ...


class PanelFactory(Protocol):
    """What a module has as PANEL. `links` are names and addresses to show, such as "tcp"."""

    def __call__(self, shell: Shell, links: Mapping[str, str], /) -> Panel: ...


def names() -> tuple[str, ...]:
    """Every kind of front panel there is, also those that no flag names."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> PanelFactory:
    """The front panel of that name. Raises FaceError where there is none, or a half-made one."""
    module = importlib.import_module(f"{__name__}.{name}") if name in names() else None
    factory: object = getattr(module, "PANEL", None)
    if factory is None:
        raise FaceError(f"There is no front panel called {name}. The usual one is terminal.")
    if not _is_panel(factory):
        raise FaceError(f"The front panel {name} has no {', '.join(_missing(factory))}.")
    return factory


def _is_panel(factory: object) -> TypeGuard[PanelFactory]:
    return not _missing(factory)


def _missing(factory: object) -> list[str]:
    verbs = (verb for verb in vars(Panel) if not verb.startswith("_"))
    return [verb for verb in verbs if not callable(getattr(factory, verb, None))]
