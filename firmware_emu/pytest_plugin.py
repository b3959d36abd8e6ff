"""Fixtures for other people's tests: `quietkey`, a device in memory, and `quietkey_process`.

`@pytest.mark.quietkey(mnemonic=..., pin=..., locked=True, network=...)` chooses what the device
starts with.
Nothing of the device is imported before a test asks for one.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from firmware_emu.emulator import Emulator, EmulatorProcess


_ARGUMENTS = ("mnemonic", "pin", "locked", "network")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "quietkey(mnemonic, pin, locked, network): what the device of this test starts with",
    )


@pytest.fixture
def quietkey(request: pytest.FixtureRequest) -> "Emulator":
    """A device in memory: unlocked, with a seed that everybody knows."""
    with _named_if_hidden("signer"):
        from firmware_emu.emulator import Emulator  # noqa: PLC0415 - see above

    return Emulator(**_marked(request))


@pytest.fixture
def quietkey_process(request: pytest.FixtureRequest, tmp_path: Path) -> "Iterator[EmulatorProcess]":
    """The same as a process of its own, reachable by TCP on a free port."""
    with _named_if_hidden("signer"):
        from firmware_emu.emulator import PIN, EmulatorProcess, sealed_record  # noqa: PLC0415

    marked = _marked(request)
    locked, pin = marked.pop("locked", False), marked.get("pin", PIN)
    network, empty = marked.pop("network", ""), marked.get("mnemonic", "") is None
    record = None if empty else sealed_record(**marked)
    with EmulatorProcess(tmp_path / "device.flash", record, network=network) as device:
        if device.screen.state == "locked" and not locked:
            device.unlock(pin)
        yield device


def _marked(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("quietkey")
    if marker is None:
        return {}
    unknown = [*map(repr, marker.args), *(name for name in marker.kwargs if name not in _ARGUMENTS)]
    if unknown:
        arguments = ", ".join(f"{name}=..." for name in _ARGUMENTS)
        raise pytest.UsageError(
            f"The mark quietkey does not know {', '.join(unknown)}. It takes {arguments}."
        )
    return dict(marker.kwargs)


@contextmanager
def _named_if_hidden(package: str) -> Iterator[None]:
    """Says so where a package of the tested project has our package's name and comes first."""
    try:
        yield
    except ImportError as error:
        place = Path(getattr(sys.modules.get(package), "__file__", None) or ".")
        if place.is_relative_to(Path(__file__).parents[1]):
            raise
        raise pytest.UsageError(
            f"{place} hides Quietkey's package of the name {package}. Give yours another name, "
            "or keep its folder off the path of these tests."
        ) from error
