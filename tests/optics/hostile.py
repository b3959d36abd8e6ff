"""What the worst codes and pictures cost: the process with the seed, the reading child, a key."""

import asyncio
import io
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from binascii import crc32
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from PIL import Image

from firmware_emu.personalities import Profile
from firmware_emu.personalities.air import Air
from firmware_emu.personalities.air.air import MAX_MESSAGE
from firmware_emu.scanner import reader
from host.demo.control import PanelClient
from signer.formats import cbor
from signer.formats.qr import bbqr, fountain, numbered, parts, ur
from signer.formats.qr.bbqr import BbqrFile
from signer.formats.qr.ur import Ur, UrPart
from tests.optics.figures import Figure
from tests.optics.transfers import noise

DENSE = "2,048 dense parts"
FULL = MAX_MESSAGE - 8000  # bytes: a message as large as the device takes


def dense_parts(count: int, length: int) -> Iterator[str]:
    """Parts of many fragments each, then all pure ones: nothing is solved before the end."""
    message = noise("dense", count * length)
    series, checksum = fountain.Fountain(message, length), crc32(message)
    numbers = (
        number
        for number in itertools.count(count + 1)
        if len(fountain.chosen(number, count, checksum)) > count // 34
    )
    for number in (*itertools.islice(numbers, count * 3 // 4), *range(1, count + 1)):
        yield ur.render(UrPart("bytes", series.part(number)))


def _file(kind: str, data: bytes, encoding: str = "2") -> Callable[[], Iterable[str]]:
    return lambda: bbqr.split(BbqrFile(kind, data), 40, encoding)


def _text(text: str) -> Callable[[], Iterable[str]]:
    return lambda: numbered.split(text, 4000)


def _ur(kind: str, data: bytes) -> Callable[[], Iterable[str]]:
    return lambda: parts.split(Ur(kind, data), 2000)


CODES: dict[str, Callable[[], Iterable[str]]] = {
    DENSE: lambda: dense_parts(2048, 30),
    "BBQr of noise": _file("P", noise("file", FULL)),
    "BBQr that inflates to ten thousand times": _file("P", bytes(FULL), "Z"),
    "BBQr that inflates to what is taken": _file(
        "U", noise("z", FULL // 9) + bytes(FULL // 2), "Z"
    ),
    "BBQr text in base58": _file("U", b"2" * FULL),
    "BBQr text in base43": _file("U", b"A$" * (FULL // 2)),
    "BBQr JSON, deep": _file("J", b"[" * FULL),
    "BBQr JSON, wide": _file("J", b"[" + b"1," * (FULL // 2 - 2) + b"1]"),
    "BBQr JSON of labels": _file("J", b'{"type":"tx","ref":"' + b"a" * FULL),
    "UR of version 1": lambda: numbered.split_ur1(noise("ur1", FULL), 4000),
    "text: base64": _text(b64encode(noise("64", FULL * 3 // 4)).decode()),
    "text: seed words": _text("abandon " * (FULL // 8)),
    "text: short lines": _text("a\n" * (FULL // 2)),
    "text: miniscript, deep": _text("wsh(" + "and_v(" * (FULL // 6)),
    "text: miniscript, of the length that is taken": _text("wsh(" + "and_v(" * 2700),
    "text: keys": _text("[00000000/84h]xpub" * (FULL // 18)),
    "text: hex": _text(noise("hex", FULL // 2).hex()),
    "text: a transaction of many outputs": _text(
        ("0200000001" + "00" * 37 + "fffffffffdffff" + "00" * FULL)[:FULL]
    ),
    "text: names of a setup file": _text("Name: a\nPolicy: 1 of 1\n" * (FULL // 24)),
    "text: a payment request": _text("bitcoin:" + "?" * (FULL - 8)),
    "text: a message": _text("signmessage m/84h/0h/0h/0/0 ascii:" + "\u202e" * 200_000),
    "UR of noise": _ur("bytes", cbor.encode(noise("bytes", FULL))),
    "UR payment of noise": _ur("crypto-psbt", cbor.encode(b"psbt\xff" + noise("psbt", FULL))),
    "UR account, deep": _ur("crypto-account", b"\x81" * FULL),
    "UR account, wide": _ur("crypto-account", b"\x9a\x00\x06\x00\x00" + bytes(0x60000)),
    "UR account of many keys": _ur(
        "crypto-account",
        cbor.encode(
            {1: 0, 2: [cbor.Tag(404, cbor.Tag(303, {3: bytes([2]) * 33, 4: bytes(32)}))] * 150}
        ),
    ),
    "single codes": lambda: ("UR:" + "A" * 4293, "1" * 7089, "p1of1 " + "x" * 4000, "\n" * 2953),
}


def worst_ms(name: str, runs: int = 2) -> float:
    """The longest time of the processor that one of these codes takes in the device."""
    return min(_worst(CODES[name]()) for _ in range(runs))


def _worst(codes: Iterable[str]) -> float:
    air = Air(Profile({"bitcoin": "testnet"}))
    worst = 0.0
    for code in codes:
        data = code.encode()
        began = time.process_time()
        for _ in air.receive(data):
            pass
        worst = max(worst, time.process_time() - began)
    return worst * 1000


def finder_patterns() -> bytes:
    """A picture in 4K full of the corners of codes, of which there is no code."""
    tile = Image.new("L", (9, 9), 255)
    for inset, grey in ((1, 0), (2, 255), (3, 0)):
        tile.paste(grey, (inset, inset, 9 - inset, 9 - inset))
    tile = tile.resize((18, 18), Image.Resampling.NEAREST)
    field = Image.new("L", (3840, 2160), 255)
    for x, y in itertools.product(range(0, 3840, 18), range(0, 2160, 18)):
        field.paste(tile, (x, y))
    buffer = io.BytesIO()
    field.save(buffer, "PNG")
    return buffer.getvalue()


def child_ms(picture: bytes) -> float:
    """Time of the processor that the child looks at a picture until it dies, once it is opened."""
    began = time.process_time()
    list(reader.frames(picture))
    opening = time.process_time() - began
    if sys.platform == "win32":
        raise NotImplementedError
    spent = []
    for data in (b"", picture):
        command = [sys.executable, "-m", reader.__name__]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
            assert child.stdin is not None
            child.stdin.write(len(data).to_bytes(4, "big") + data if data else b"")
            child.stdin.close()
            usage = os.wait4(child.pid, 0)[2]
            child.returncode = 0
        spent.append(usage.ru_utime + usage.ru_stime)
    return (spent[1] - spent[0] - opening) * 1000


def key_waits() -> list[float]:
    """Seconds that each key takes at a sealed device while its scanner chokes on pictures."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        eye = Path(folder) / "eye"
        eye.mkdir()
        command = [sys.executable, "-m", "firmware_emu", "--flash", f"{folder}/flash", "--air"]
        command += ["--camera", str(eye), "--control", "0", "--face", "none", "--announce"]
        quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        device = stack.enter_context(subprocess.Popen(command, **quiet))
        stack.callback(device.kill)
        assert device.stdout is not None
        ready = json.loads(device.stdout.readline())
        return asyncio.run(_waits(ready, eye))


async def _waits(ready: dict[str, str], eye: Path) -> list[float]:
    panel = await PanelClient.connect(ready["control"], ready["token"])
    waits = await press_under_video(panel, eye, 60)
    await panel.close()
    return waits


async def press_under_video(panel: PanelClient, eye: Path, keys: int) -> list[float]:
    """Seconds of each of so many keys, once the first of the pictures in the folder was given up.

    Others follow as long as keys are pressed.
    """
    picture = finder_patterns()
    for number in range(4):
        (eye / f"{number}.png").write_bytes(picture)
    await panel.wait_for(lambda view: "Camera" in view.lines[0])
    waits = []
    for _ in range(keys):
        began = time.perf_counter()
        await panel.press("left")
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    return waits


def figures() -> Iterator[Figure]:
    for name in CODES:
        yield Figure(f"worst code in our process: {name}", worst_ms(name), "ms", 50)
    yield Figure("hostile picture: the child ends after", child_ms(finder_patterns()), "ms", 300)
    waits = key_waits()
    yield Figure("key under hostile video, median", statistics.median(waits) * 1000, "ms", 50)
    yield Figure("key under hostile video, worst", max(waits) * 1000, "ms", 50)
