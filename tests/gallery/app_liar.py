"""A wallet that lies, for pictures: the device shows what it always shows."""

from host.demo.lies import TRICKS
from host.errors import DeclinedOnDevice
from host.session.api import Lie, LieOutcome
from host.values import Draft, PaymentRequest
from tests.gallery import app_session, app_views
from tests.gallery.app_session import FakeSession

BY_PERSON = "You said no: the device showed what this screen did not."
BELIEVED = "You said yes on the device to what it showed: 25 000 sats would be gone. Not sent."


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
        try:
            await self._session.sign(draft)
        except DeclinedOnDevice:
            return LieOutcome(name, True, draft.sats, BY_PERSON)
        return LieOutcome(name, False, draft.sats, BELIEVED)


def lying() -> FakeSession:
    """A funded wallet that lies."""
    session = FakeSession(app_session.HOME, funded=True)
    session.liar = FakeAttacks(session)
    return session
