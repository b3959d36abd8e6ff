"""T135: a picture sent to the camera's port is opened beside the seed, or holds the device up."""

import ast
import asyncio
import io
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host import optics
from host.demo.control import PanelClient
from tests.optics import hostile

ROOT = Path(__file__).parents[3]
OPENS = {"read_barcodes", "read_barcode"}


def names_used(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_one_module_looks_for_codes_and_the_device_does_not_import_it() -> None:
    device = [*(ROOT / "firmware_emu").rglob("*.py"), *(ROOT / "signer").rglob("*.py")]
    device = [path for path in device if re.search("read_barcode|scanner", path.read_text("utf-8"))]
    lookers = {path.relative_to(ROOT).as_posix() for path in device if OPENS & names_used(path)}
    assert lookers == {"firmware_emu/scanner/reader.py"}
    importers = {
        path.relative_to(ROOT).as_posix()
        for path in device
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and "scanner" in str(node.module)
    }
    assert all(path.startswith("firmware_emu/scanner/") for path in importers), importers


@pytest.fixture
def device(tmp_path: Path) -> Iterator[EmulatorProcess]:
    flash = tmp_path / "device.flash"
    with EmulatorProcess(flash, sealed_record(), ("--camera", "0")) as device:
        device.unlock()
        yield device


def hostile_pgm() -> bytes:
    with Image.open(io.BytesIO(hostile.finder_patterns())) as picture:
        grey = picture.convert("L")
        return b"P5 %d %d 255\n" % grey.size + grey.tobytes()


def test_a_key_is_answered_while_the_port_chokes_and_the_next_picture_is_read(
    device: EmulatorProcess,
) -> None:
    asyncio.run(press_beside(device))


async def press_beside(device: EmulatorProcess) -> None:
    ready = device.announcement
    panel = await PanelClient.connect(str(ready["control"]), str(ready["token"]))
    host, port = str(ready["camera"]).split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(hostile_pgm())
    waits = []
    while "Camera" not in panel.view.lines[0]:  # until it was given up, and said so
        began = time.perf_counter()
        await panel.press("left")
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    assert "took too long" in " ".join(panel.view.lines)
    assert statistics.median(waits) < 0.05, waits
    await panel.press_at_once("ok")
    writer.write(optics.draw("nothing for a signer").pgm())
    await panel.wait_for(lambda view: "Not scanned" in view.lines[0])
    writer.close()
    await panel.close()
