"""A signer across an air gap: our screen to its camera, our camera to its screen, nothing else.

There is no back channel. The device cannot be asked for anything but a signature, and when the
person says no there, only the person can say so here: by ending the wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

from host import optics
from host.devices import AccountXpub, DeviceKind
from host.errors import DeviceError
from host.links.keys import TerminalKeys
from host.links.scanner import Scanner
from host.links.shower import TerminalShower
from host.psbt import PsbtMaps, is_same_payment
from host.values import Frame
from signer.errors import Malformed
from signer.formats import account, cbor
from signer.formats.account import ACCOUNT_TYPES, Account
from signer.formats.payload import descriptors, reader
from signer.formats.payload.reader import Collector
from signer.formats.payload.values import AccountDescription, Form, Payment
from signer.formats.qr.bbqr import CAPACITY, BbqrFile
from signer.formats.qr.forms import message_of
from signer.formats.qr.numbered import Numbered
from signer.formats.qr.parts import Limits, PartCollector, Progress
from signer.formats.qr.peers import PEERS, USUAL, Peer
from signer.formats.qr.series import Message
from signer.formats.qr.shower import Shower
from signer.formats.qr.ur import Ur

Show = Callable[[Frame], Awaitable[None]]
Look = Callable[[], Awaitable[Frame | tuple[bytes, ...]]]  # a picture, or codes seen since
Pause = Callable[[float], Awaitable[None]]
HangUp = Callable[[], Awaitable[None]]
Result = TypeVar("Result")

# Some signers show 30 bytes a code: a large answer takes thousands.
LIMITS: Final = Limits(message_bytes=4 << 20, parts=4096)
_NOT_ASKED: Final = (
    "A device across the air gap cannot be asked. Show its camera the address as a code, "
    "which the app's receive page has: the device says whether it is yours."
)
_ABANDONED: Final = "You left the codes. Nothing was signed, and nothing is lost: begin it again."
LOOK_S: Final = 0.05  # between two pictures: some four of every code a device shows


class AirGapSigner:
    """Implements `SigningDevice` with a picture to show and a picture to look at.

    `show` puts a picture before the device's camera, `look` takes the newest one of its screen;
    either may raise LinkLost. `pause` waits so many seconds, and `hang_up` lets go of both. `peer`
    is the device as a reader of codes. In a `terminal` keys change their size and speed.
    """

    name = "QR codes"
    interactive = False

    def __init__(
        self,
        show: Show,
        look: Look,
        pause: Pause = asyncio.sleep,
        peer: Peer = USUAL,
        hang_up: HangUp | None = None,
        terminal: TerminalShower | None = None,
    ) -> None:
        self._begin = terminal.begin if terminal else lambda shower: shower
        self._stand = terminal.stand if terminal else self._stand_as_long
        self._end_show = terminal.end if terminal else lambda: None
        self._terminal = terminal
        self._show = show
        self._look = look
        self._pause = pause
        self._peer = peer
        self._hang_up = hang_up

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

        Raises DeviceError when the code holds no usable keys, or when somebody leaves by a key.
        """
        reading = self._collect(ACCOUNT_TYPES)
        try:
            if self._terminal is not None:
                reading = self._beside(self._wait(self._terminal), reading)
            return account.parse(await reading)
        except Malformed as error:
            raise DeviceError(f"The device showed no usable keys. {error}") from error

    async def show_address(self, _network: str, _path: tuple[int, ...], _script: str) -> str:
        """Not possible: raises DeviceError."""
        raise DeviceError(_NOT_ASKED)

    async def register(self, _network: str, _name: str, account: AccountDescription) -> None:
        """Show the account, with its checksum, until it is cancelled: nobody says that it is read.

        The device calls it after the checksum.
        """
        try:
            await self._animate(_message_of_account(account, self._peer))
        finally:
            self._end_show()

    async def show_account_address(self, _network: str, _name: str, _index: int) -> str:
        """Not possible: raises DeviceError."""
        raise DeviceError(_NOT_ASKED)

    async def sign_message(self, _path: tuple[int, ...], _text: str) -> str:
        """Not possible: raises DeviceError."""
        raise DeviceError(
            "A message is signed over a cable only. Nothing was signed. Connect the device by tcp:"
            " or serial:."
        )

    async def sign(self, _network: str, psbt: bytes) -> bytes:
        """The PSBT with the device's signatures, once the device shows it.

        Shows the request all the while, and waits as long as the person takes: cancel it to stop,
        or leave by a key, which raises DeviceError.
        What the device still shows of an earlier payment is passed over.
        """
        message = message_of(psbt, self._peer.form or Form.UR, self._peer.version)
        return await self._beside(self._animate(message), self._answer_to(psbt))

    async def close(self) -> None:
        if self._hang_up is not None:
            await self._hang_up()

    async def _beside(
        self, showing: Coroutine[Any, Any, NoReturn], reading: Coroutine[Any, Any, Result]
    ) -> Result:
        """What is read. Whichever fails first ends both; only the reading has a good end."""
        tasks = asyncio.create_task(showing), asyncio.create_task(reading)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done():
                tasks[0].result()
            return await tasks[1]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._end_show()

    async def _wait(self, terminal: TerminalShower) -> NoReturn:
        """Show nothing. Raises DeviceError once somebody leaves."""
        terminal.listen()
        while not terminal.leaves():  # noqa: ASYNC110 - keys are looked at, nobody tells
            await asyncio.sleep(LOOK_S)
        raise DeviceError(_ABANDONED)

    async def _animate(self, message: Message) -> NoReturn:
        """Show the codes round and round, each for about as long as the device needs."""
        shower = self._begin(Shower(message, self._peer, self._peer.version))
        while True:
            await self._show(optics.picture_of(shower))
            shower = await self._stand(shower)
            if self._terminal is not None and self._terminal.is_left:
                raise DeviceError(_ABANDONED)

    async def _stand_as_long(self, shower: Shower) -> Shower:
        """Where no key changes anything."""
        await self._pause(shower.period_of(shower.shown))
        return replace(shower, shown=shower.shown + 1)

    async def _answer_to(self, psbt: bytes) -> bytes:
        """The first payment on the device's screen, in any form, that is this one signed."""
        own = PsbtMaps.parse(psbt)
        collector = Collector(LIMITS)
        while True:
            for code in await self._codes():
                with suppress(Malformed):  # no answer to us, whatever it is
                    answer = _payment_of(collector.add(code))
                    if answer not in (b"", psbt) and is_same_payment(own, PsbtMaps.parse(answer)):
                        return answer

    async def _collect(self, types: Collection[str]) -> Ur:
        """The next whole UR of a wanted type on the device's screen."""
        collector = PartCollector(types, LIMITS)
        while True:
            for code in await self._codes():
                with suppress(Malformed):  # a stray code in view
                    progress = collector.add(code.decode("ascii", errors="replace"))
                    if isinstance(progress, Ur):
                        return progress

    async def _codes(self) -> tuple[bytes, ...]:
        """What is seen of the device's screen next."""
        await self._pause(LOOK_S)
        seen = await self._look()
        return await asyncio.to_thread(optics.read, seen) if isinstance(seen, Frame) else seen


def _message_of_account(account: AccountDescription, peer: Peer) -> Message:
    """The account's descriptor in one code of plain text; in several where there is no room."""
    text = descriptors.text(account)
    capitals = CAPACITY[peer.version - 1]
    if len(text) <= (capitals * 11 // 2 - 8) // 8:  # a capital takes 5.5 bits, others 8
        return (text,)
    return Ur("bytes", cbor.encode(text.encode()))


def _payment_of(collected: Progress | Ur | BbqrFile | Numbered | bytes) -> bytes:
    """The PSBT of what is whole, or nothing. Raises Malformed."""
    payload = None if isinstance(collected, Progress) else reader.read(collected)
    return payload.psbt if isinstance(payload, Payment) else b""


async def _connect(source: str, peer: Peer = USUAL) -> AirGapSigner:
    """Our codes in this terminal, the device's by a scanner that looks at `source`."""
    # What is typed there is the scanner's.
    terminal = TerminalShower(None if source == "-" else TerminalKeys())
    scanner = await Scanner.open(source, terminal.say)
    terminal.say(f"The device's codes are looked for in: {source}")
    return AirGapSigner(
        terminal.show, scanner.look, peer=peer, hang_up=scanner.close, terminal=terminal
    )


_BY_NAME = {f"qr+{peer.name}": partial(_connect, peer=peer) for peer in PEERS}
DEVICE = DeviceKind("QR codes", {"qr": _connect, **_BY_NAME})
