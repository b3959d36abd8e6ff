"""A wallet that lies, for pictures: the device shows what it always shows."""

from host.config import grouped
from host.demo.lies import TRICKS
from host.errors import DeclinedOnDevice
from host.session.api import Lie, LieOutcome
from host.values import Draft, PaymentRequest
from tests.gallery import app_session, app_views
from tests.gallery.app_session import FakeSession

BY_PERSON = "You said no: the device showed what this screen did not."
BELIEVED = "You said yes on the device to what it showed: {} sats would be gone. Not sent."


class FakeAttacks:
    """Implements AttackRange."""

    pin = "274186"
    lies: tuple[Lie, ...] = tuple(trick.lie for trick in TRICKS)

    def __init__(self, session: FakeSession) -> None:
        self._session = session

    async def draft(self) -> Draft:
        return await self._session.draft(
            PaymentRequest.to(app_session.THEIRS, app_views.PAID_SATS, 1.0)
        )

    async def tell(self, name: str, draft: Draft) -> LieOutcome:
        stake_sats = next(trick.stake(draft) for trick in TRICKS if trick.lie.name == name)
        try:
            await self._session.sign(draft)
        except DeclinedOnDevice:
            return LieOutcome(name, True, stake_sats, BY_PERSON)
        return LieOutcome(name, False, stake_sats, BELIEVED.format(grouped(stake_sats)))


def lying() -> FakeSession:
    """A funded wallet that lies."""
    session = FakeSession(app_session.HOME, funded=True)
    session.liar = FakeAttacks(session)
    return session
