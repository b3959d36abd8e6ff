"""What codes cost those who show and read them: each code's arithmetic, and the first one's."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache

from firmware_emu.commands import Signed
from firmware_emu.paint.cells import code_cells
from firmware_emu.paint.drawing import draw
from firmware_emu.personalities import Profile
from firmware_emu.personalities.air import Air
from firmware_emu.screens.qr import Qr
from host import optics
from host.devices.air import AirGapSigner
from host.values import Frame
from signer.formats.payload.values import Form
from signer.formats.qr import peers, ur
from signer.formats.qr.parts import PartCollector
from signer.formats.qr.series import cut
from signer.formats.qr.shower import Shower
from signer.formats.qr.ur import PSBT_TYPES, Ur
from tests import psbts
from tests.optics.figures import Figure
from tests.optics.transfers import noise

COINS, ROOM = 84, 6  # of an answer; and the QR version that a window of 80x24 holds


def codec_ms(size: int = 20_000, version: int = 20) -> float:
    """Time of the processor for one code on its whole way: part, drawing, reading, solving."""
    payload = ur.from_psbt(noise("payment", size))
    shower = Shower(payload, peers.peer("quietkey"), version)
    collector = PartCollector(PSBT_TYPES)
    spent, shown = 0.0, 0
    while True:
        began = time.process_time()
        frame = optics.draw(shower.series.text(shown), 4, version)
        spent += time.process_time() - began
        shown += 1
        if shown % 4 == 0:
            continue  # lost: so that something is left to solve
        began = time.process_time()
        [code] = optics.read(frame)
        whole = collector.add(code.decode("ascii"))
        spent += time.process_time() - began
        if isinstance(whole, Ur):
            return spent / shown * 1000


@lru_cache(maxsize=1)
def answer() -> bytes:
    """A signed payment of 84 coins, which takes some 500 codes of version 6."""
    return psbts.sign(psbts.build(psbts.keyring(), COINS), psbts.keyring())


def first_paint(form: Form, peer: peers.Peer = peers.USUAL) -> tuple[float, int]:
    """Milliseconds of the processor from a signature to the first code's letters; and the codes."""
    payload = answer()
    cut.cache_clear()
    began = time.process_time()
    air = Air(Profile({"bitcoin": "regtest"}), peer)
    screen = air.reply(f"payment as {form.value}", Signed(payload))
    assert isinstance(screen, Qr)
    fitted = screen.fit(ROOM)
    rows = code_cells(draw(fitted).code, 80, 23)
    spent = time.process_time() - began
    assert rows
    return spent * 1000, fitted.shower.series.count


def first_request_ms() -> float:
    """The same of the host: from a payment to the picture of its first code."""
    cut.cache_clear()
    return asyncio.run(_first_request(psbts.build(psbts.keyring(), 120)))


async def _first_request(payment: bytes) -> float:
    shown: list[float] = []

    async def show(_frame: Frame) -> None:
        shown.append(time.process_time())
        raise asyncio.CancelledError

    async def look() -> tuple[bytes, ...]:
        await asyncio.sleep(3600)
        return ()

    peer = peers.Peer("small", version=ROOM)
    began = time.process_time()
    with suppress(asyncio.CancelledError):
        await AirGapSigner(show, look, peer=peer).sign("regtest", payment)
    return (shown[0] - began) * 1000


def _least(work: Callable[[], float], runs: int = 5) -> float:
    return min(work() for _ in range(runs))


def figures() -> Iterator[Figure]:
    yield Figure("a code at version 20, whole path", _least(codec_ms, 3), "ms", 5)
    for form in Form:
        spent, codes = min(first_paint(form) for _ in range(5))
        yield Figure(f"first paint of {codes} codes, asked as {form.value}", spent, "ms", 20)
    yield Figure("first code of a payment of 120 coins, host", _least(first_request_ms), "ms", 20)
