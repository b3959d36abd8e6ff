"""The folder is the registry: a plug is a module in a package, found by its name."""

import importlib
import pkgutil
from collections.abc import Iterable
from typing import TypeVar

Plug = TypeVar("Plug")


def names(folders: Iterable[str]) -> tuple[str, ...]:
    """Every module in a package's `__path__`, by name."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folders)))


def load(package: str, name: str, attribute: str, kind: type[Plug]) -> Plug:
    """What the module `name` of `package` exposes under `attribute`.

    Raises TypeError, with what is missing, when that is not there or is something else.
    """
    plug = getattr(importlib.import_module(f"{package}.{name}"), attribute, None)
    if not isinstance(plug, kind):
        raise TypeError(f"{package}.{name} exposes no {attribute} of type {kind.__name__}.")
    return plug
