"""The demo with a wallet that lies: its screen says one thing, and the device is given another."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from host.config import grouped
from host.demo.auto import PAID_SATS, PIN, RECIPIENT, SATS_PER_VBYTE
from host.demo.finger import ScriptedFinger
from host.demo.lies import TRICKS, Trick
from host.demo.session import DemoSession
from host.errors import BadInput, DeclinedOnDevice, DeviceError, HostError, WalletError
from host.session.api import Lie, LieOutcome
from host.values import Draft, PaymentRequest

OVER_CABLE = "Lies are told over a cable: use --link serial or --link tcp."
BY_PERSON = "You said no: the device showed what this screen did not."
LOST = "You said yes on the device to what it showed: {} sats would be gone. It was not sent."


class DemoAttacks:
    """Implements host.session.api.AttackRange on a demo's session. Nothing is ever sent."""

    pin = PIN
    lies: tuple[Lie, ...] = tuple(trick.lie for trick in TRICKS)

    def __init__(self, session: DemoSession) -> None:
        self._session = session

    async def draft(self) -> Draft:
        """What the wallet's screen shows. Coins are got first where there are none."""
        session = self._session
        snapshot = await session.sync()
        if not snapshot.balance.spendable_sats:
            address = await session.next_address()
            await session.playground.fund(address.address)
            await session.sync()
        return await session.draft(PaymentRequest.to(RECIPIENT, PAID_SATS, SATS_PER_VBYTE))

    async def tell(self, name: str, draft: Draft) -> LieOutcome:
        """Give the device another payment than this one, and see who notices.

        Raises LinkLost when the cable is pulled. The draft is discarded.
        """
        trick = trick_of(name)
        sats = trick.stake(draft)
        try:
            noticed = await self._noticed(trick, draft)
        finally:
            await self._session.discard(draft)
        if noticed:
            return LieOutcome(name, True, sats, noticed)
        return LieOutcome(name, False, sats, LOST.format(grouped(sats)))

    async def _noticed(self, trick: Trick, draft: Draft) -> str:
        """Who noticed it, a sentence; "" when nobody did."""
        await self._session.unlock()
        payment = trick.payment(draft)
        try:
            signed = await self._session.cable.ask(
                lambda device: device.sign(trick.network, payment)
            )
        except DeclinedOnDevice:
            return BY_PERSON
        except DeviceError as error:
            return f"The device refused by itself. {error}"
        if payment != draft.psbt:
            return ""
        try:
            await self._session.take_signed(draft, trick.answer(signed))
        except WalletError as error:
            return f"The wallet checks what the device answers. {error}"
        return ""


def trick_of(name: str) -> Trick:
    """The lie of that name. Raises HostError."""
    for trick in TRICKS:
        if trick.lie.name == name:
            return trick
    raise HostError(f"There is no lie {name!r} here.")


class AttackedSession(DemoSession):
    """A demo whose wallet lies when it is told to. Its device is set up: see DemoAttacks.pin."""

    @classmethod
    async def start(cls, home: Path | None, link: str, say: Callable[[str], None]) -> Self:
        """Start device and network, and give a new device a seed and the PIN."""
        if link == "qr":
            raise BadInput(OVER_CABLE)
        async with AsyncExitStack() as stack:
            session = await super().start(home, link, say)
            stack.push_async_callback(session.close)
            await ScriptedFinger(session.control).begin(PIN)
            stack.pop_all()
        return session

    @property
    def attacks(self) -> DemoAttacks:
        return DemoAttacks(self)
