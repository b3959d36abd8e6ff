"""What codes cost those who show and read them: each code's arithmetic, and the first one's."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from firmware_emu.commands import Signed
from firmware_emu.paint.cells import code_cells
from firmware_emu.paint.drawing import draw
from firmware_emu.personalities import Profile
from firmware_emu.personalities.air import Air
from firmware_emu.scanner import reader
from firmware_emu.screens.qr import Qr
from host.devices.air import AirGapSigner
from host.values import Frame
from signer.formats.payload.values import Form
from signer.formats.qr import peers, ur
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.shower import Shower
from signer.formats.qr.ur import PSBT_TYPES, Ur
from tests import psbts
from tests.optics.figures import Figure
from tests.optics.pictures import drawn
from tests.optics.transfers import noise

COUNT, ROOM = 500, 6  # codes of an answer, and the QR version that a window of 80x24 holds


def codec_ms(size: int = 20_000, version: int = 20) -> float:
    """Time of the processor for one code on its whole way: part, drawing, reading, solving."""
    payload = ur.from_psbt(noise("payment", size))
    shower = Shower(payload, peers.peer("quietkey"), version)
    collector = PartCollector(PSBT_TYPES)
    spent, shown = 0.0, 0
    while True:
        began = time.process_time()
        picture = drawn(shower.series.text(shown), 4)
        spent += time.process_time() - began
        shown += 1
        if shown % 4 == 0:
            continue  # lost: so that something is left to solve
        began = time.process_time()
        [code] = reader.look(picture)
        whole = collector.add(code.decode("ascii"))
        spent += time.process_time() - began
        if isinstance(whole, Ur):
            return spent / shown * 1000


def answer(form: Form, codes: int = COUNT) -> bytes:
    """Bytes of an answer that takes about so many codes, or as many as its form can."""
    return noise(f"answer {form.value} {time.perf_counter_ns()}", codes * 62)


def first_paint_ms(form: Form) -> float:
    """From a signature that is there to the letters of its first code, in a small window."""
    payload = answer(form)
    began = time.perf_counter()
    screen = Air(Profile({"bitcoin": "testnet"})).reply(f"payment as {form.value}", Signed(payload))
    assert isinstance(screen, Qr)
    rows = code_cells(draw(screen.fit(ROOM)).code, 80, 23)
    spent = time.perf_counter() - began
    assert rows
    return spent * 1000


def first_request_ms() -> float:
    """The same of the host: from a payment to the picture of its first code."""
    payment = psbts.build(psbts.keyring(), 120)
    return asyncio.run(_first_request(payment))


async def _first_request(payment: bytes) -> float:
    shown: list[float] = []

    async def show(_frame: Frame) -> None:
        shown.append(time.perf_counter())
        raise asyncio.CancelledError

    async def look() -> tuple[bytes, ...]:
        await asyncio.sleep(3600)
        return ()

    peer = peers.Peer("small", version=ROOM)
    began = time.perf_counter()
    with suppress(asyncio.CancelledError):
        await AirGapSigner(show, look, peer=peer).sign("regtest", payment)
    return (shown[0] - began) * 1000


def _least(work: Callable[[], float], runs: int = 5) -> float:
    return min(work() for _ in range(runs))


def figures() -> Iterator[Figure]:
    yield Figure("a code at version 20, whole path", _least(codec_ms, 3), "ms", 5)
    for form in Form:
        name = f"first paint of an answer of {COUNT} codes, asked as {form.value}"
        yield Figure(name, _least(lambda form=form: first_paint_ms(form)), "ms", 20)
    yield Figure("first code of a payment of 120 coins, host", _least(first_request_ms), "ms", 20)
