"""A signer across an air gap: our screen to its camera, our camera to its screen, nothing else.

There is no back channel. The device cannot be asked for anything but a signature, and when the
person says no there, only the person can say so here: by ending the wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from host import optics
from host.devices import AccountXpub, DeviceKind
from host.errors import DeviceError
from host.links.scanner import Scanner
from host.links.shower import TerminalShower, version_in_terminal
from host.psbt import PsbtMaps
from host.values import Frame
from signer.errors import Malformed
from signer.formats import account
from signer.formats.account import ACCOUNT_TYPES, Account
from signer.formats.qr import parts, ur
from signer.formats.qr.parts import Limits, PartCollector
from signer.formats.qr.peers import USUAL
from signer.formats.qr.series import SMALLEST, fragment_length
from signer.formats.qr.ur import PSBT_TYPES, Ur

Show = Callable[[Frame], Awaitable[None]]
Look = Callable[[], Awaitable[Frame | tuple[bytes, ...]]]  # a picture, or codes seen since
Pause = Callable[[float], Awaitable[None]]
HangUp = Callable[[], Awaitable[None]]

MAX_FRAGMENT: Final = 200  # bytes a code: what small cameras in the field are known to take
# Some signers show 30 bytes a code: a large answer takes thousands.
LIMITS: Final = Limits(message_bytes=4 << 20, parts=4096)
PERIOD_S: Final = 0.2  # a code: slow enough for cameras that expose for a fifteenth of a second
LOOK_S: Final = 0.05  # between two pictures: some four of every code a device shows
JITTER: Final = 0.15
_GOLDEN: Final = 0.618  # its multiples, modulo 1, spread evenly and never fall into step


class AirGapSigner:
    """Implements `SigningDevice` with a picture to show and a picture to look at.

    `show` puts a picture before the device's camera, `look` takes the newest one of its screen;
    either may raise LinkLost. `pause` waits so many seconds, `end_show` comes after the last
    one of a payment, and `hang_up` lets go of both.
    """

    name = "QR codes"
    interactive = False

    def __init__(
        self,
        show: Show,
        look: Look,
        pause: Pause = asyncio.sleep,
        max_fragment: int = MAX_FRAGMENT,
        hang_up: HangUp | None = None,
        end_show: Callable[[], None] = lambda: None,
    ) -> None:
        self._show = show
        self._look = look
        self._pause = pause
        self._max_fragment = max_fragment
        self._hang_up = hang_up
        self._end_show = end_show

    async def unlock(self, _network: str) -> None:
        """Nothing: across the gap a device can neither be asked nor tell.

        It asks its person for the PIN when it sees a payment.
        """

    async def account_key(self, network: str, path: tuple[int, ...]) -> AccountXpub:
        """The key at `path` from the account that the device shows as a QR code.

        Waits until it does. Raises DeviceError when the code holds no such key.
        """
        exported = await self.account()
        key = exported.at(path)
        if key is None or key.mainnet != (network == "mainnet"):
            raise DeviceError(
                "The device shows the keys of another account or network. Nothing was changed. "
                "Choose this account on the device, and scan again."
            )
        return AccountXpub(exported.fingerprint.hex(), key.xpub)

    async def account(self) -> Account:
        """All keys that the device shows for pairing, with its fingerprint. Waits for them.

        Raises DeviceError when the code holds no usable keys.
        """
        try:
            return account.parse(await self._collect(ACCOUNT_TYPES))
        except Malformed as error:
            raise DeviceError(f"The device showed no usable keys. {error}") from error

    async def show_address(self, _network: str, _path: tuple[int, ...], _script: str) -> str:
        """Not possible: raises DeviceError."""
        raise DeviceError(
            "A device across the air gap cannot be asked to show an address. "
            "Open the address on the device and compare it with this one by eye."
        )

    async def sign(self, _network: str, psbt: bytes) -> bytes:
        """The PSBT with the device's signatures, once the device shows it.

        Shows the request all the while, and waits as long as the person takes: cancel it to stop.
        What the device still shows of an earlier payment is passed over.
        """
        request = parts.split(ur.from_psbt(psbt), self._max_fragment)
        showing = asyncio.create_task(self._animate(request))
        reading = asyncio.create_task(self._answer_to(psbt))
        try:
            # Whichever fails first ends both; only the reading ever comes to a good end.
            done, _ = await asyncio.wait({showing, reading}, return_when=asyncio.FIRST_COMPLETED)
            if showing in done:
                showing.result()
            return await reading
        finally:
            showing.cancel()
            reading.cancel()
            await asyncio.gather(showing, reading, return_exceptions=True)
            self._end_show()

    async def close(self) -> None:
        if self._hang_up is not None:
            await self._hang_up()

    async def _animate(self, texts: tuple[str, ...]) -> None:
        """Show the codes round and round.

        Their period changes by up to JITTER: at an even beat a camera may catch every change
        between two codes in the middle of an exposure, and see none of them ever.
        """
        version = optics.version_for(texts)
        beat = 0
        while True:
            await self._show(optics.draw(texts[beat % len(texts)], version=version))
            beat += 1
            await self._pause(PERIOD_S * (1 + JITTER * (2 * (beat * _GOLDEN % 1) - 1)))

    async def _answer_to(self, psbt: bytes) -> bytes:
        unsigned_tx = PsbtMaps.parse(psbt).unsigned_tx
        while True:
            answer_ur = await self._collect(PSBT_TYPES)
            try:
                answer = ur.to_psbt(answer_ur)
                if answer != psbt and PsbtMaps.parse(answer).unsigned_tx == unsigned_tx:
                    return answer
            except Malformed:
                continue  # no answer to us, whatever it is

    async def _collect(self, types: Collection[str]) -> Ur:
        """The next whole UR of a wanted type on the device's screen."""
        collector = PartCollector(types, LIMITS)
        while True:
            await self._pause(LOOK_S)
            frame = await self._look()
            for text in await asyncio.to_thread(_texts, frame):
                try:
                    progress = collector.add(text)
                except Malformed:
                    continue  # a stray code in view
                if isinstance(progress, Ur):
                    return progress


def _texts(seen: Frame | tuple[bytes, ...]) -> tuple[str, ...]:
    codes = optics.read(seen) if isinstance(seen, Frame) else seen
    return tuple(code.decode("ascii", errors="replace") for code in codes)


async def _connect(source: str) -> AirGapSigner:
    """Our codes in this terminal, the device's by a scanner that looks at `source`."""
    terminal = TerminalShower()
    scanner = await Scanner.open(source, terminal.say)
    version = max(SMALLEST, min(version_in_terminal(), USUAL.version))
    fragment = fragment_length(Ur(PSBT_TYPES[0], bytes(LIMITS.message_bytes)), version)
    terminal.say(f"The device's codes are looked for in: {source}")
    return AirGapSigner(
        terminal.show,
        scanner.look,
        max_fragment=fragment,
        hang_up=scanner.close,
        end_show=terminal.end,
    )


DEVICE = DeviceKind("QR codes", {"qr": _connect})
