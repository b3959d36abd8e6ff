"""host/README.md says what is so: its map names what is there, its example pays."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import host
from firmware_emu.emulator import EmulatorProcess
from host.devnet.network import Devnet
from host.session import api
from tests.people import Person
from tests.wallets import paired

ROOT = Path(host.__file__).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAP = README.partition("## Map")[2].partition("\n## ")[0]
EXAMPLE = README.partition("```python\n")[2].partition("```")[0]


def test_the_map_names_every_room_and_nothing_that_is_not_there() -> None:
    rows = re.findall(r"^\| (`.*?) \| ", MAP, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(.*?)`", row)]
    assert named
    for name in named:
        assert (ROOT / name).exists(), name
    rooms = {module.name for module in pkgutil.iter_modules([str(ROOT)])}
    mapped = {name.strip("/").removesuffix(".py") for name in named}
    assert rooms - mapped == {
        "config",
        "errors",
        "interrupts",
        "loopback",
        "optics",
        "registry",
        "storage_errors",
    }


def test_files_named_in_the_map_are_in_their_rooms() -> None:
    for room, text in re.findall(r"^\| `(\w+)/` \| (.*) \|$", MAP, re.MULTILINE):
        for file in re.findall(r"`(\w+\.py)`", text):
            assert (ROOT / room / file).exists(), f"{room}/{file}"


def test_the_table_of_sessions_is_what_they_have() -> None:
    table = README.partition("| session | wallet |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([\w.]+)` \| .* \| (yes|no) \| (yes|no) \|$", table, re.MULTILINE)
    assert len(rows) == 2
    for name, panel, playground in rows:
        module, _, attribute = name.rpartition(".")
        session = getattr(importlib.import_module(f"host.{module}"), attribute)
        for part, has in (("panel", panel), ("playground", playground)):
            annotation = str(getattr(session, part).fget.__annotations__["return"])
            assert ("None" in annotation) is (has == "no"), f"{name}.{part}"


def test_every_public_module_it_names_is_there() -> None:
    sentence = re.search(r"^`host\.session` \((.*?)\)", README, re.MULTILINE)
    assert sentence is not None
    for name in re.findall(r"`(\w+)`", sentence[1]):
        assert importlib.import_module(f"host.session.{name}").__doc__


def test_the_protocols_it_names_are_the_protocols() -> None:
    for name in ("WalletSession", "DevicePanel", "Playground"):
        assert f"`{name}`" in README
        assert getattr(api, name)._is_protocol


async def test_the_example_pays(
    emulator: EmulatorProcess,
    person: Person,
    devnet: Devnet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    await devnet.fund(paired(tmp_path / "same").next_address().address, 5_000_000)
    port = devnet.peers[0].rpartition(":")[2]
    source = EXAMPLE.replace("tcp:127.0.0.1:30121", "tcp:{}:{}".format(*emulator.address))
    scope: dict[str, object] = {}
    exec(compile(source.replace("18444", port), "README", "exec"), scope)
    reading = person.accept()
    await scope["pay"]()  # type: ignore[operator]
    await reading
    printed = capsys.readouterr().out
    assert "Signed and verified" in printed
    assert "Propagation(" in printed
    assert [len(node.mempool) for node in devnet.status()] == [1, 1, 1]
