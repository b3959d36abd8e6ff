"""The folder is the registry: what is in it is found, what is half made is named."""

from pathlib import Path

import pytest

from host import backends, devices, registry
from host.backends import BackendKind
from host.devices import DeviceKind


@pytest.fixture
def plugs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of plugs, as somebody else would write it."""
    package = tmp_path / "plugs_of_the_tests"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "whole.py").write_text("PLUG = 'works'\n")
    (package / "empty.py").write_text("")
    (package / "strange.py").write_text("PLUG = 4\n")
    (package / "folder").mkdir()
    (package / "folder" / "__init__.py").write_text("PLUG = 'a folder works, too'\n")
    (package / "notes.txt").write_text("no module")
    monkeypatch.syspath_prepend(tmp_path)
    return package


def test_modules_and_packages_are_found_by_name_and_nothing_else_is(plugs: Path) -> None:
    assert registry.names([str(plugs)]) == ("empty", "folder", "strange", "whole")


@pytest.mark.parametrize(("name", "value"), [("whole", "works"), ("folder", "a folder works, too")])
def test_a_whole_plug_is_loaded(plugs: Path, name: str, value: str) -> None:
    assert registry.load(plugs.name, name, "PLUG", str) == value


@pytest.mark.parametrize("name", ["empty", "strange"])
def test_a_half_made_plug_is_named_with_what_it_lacks(plugs: Path, name: str) -> None:
    with pytest.raises(TypeError) as failed:
        registry.load(plugs.name, name, "PLUG", str)
    assert str(failed.value) == f"{plugs.name}.{name} exposes no PLUG of type str."


def test_what_is_shipped_is_whole() -> None:
    assert {"jade", "air"} <= set(devices.names())
    assert "p2p" in backends.names()
    assert all(isinstance(devices.load(name), DeviceKind) for name in devices.names())
    assert all(isinstance(backends.load(name), BackendKind) for name in backends.names())


def test_two_kinds_of_signer_have_two_titles() -> None:
    titles = [devices.load(name).title for name in devices.names()]
    assert len(set(titles)) == len(titles)
