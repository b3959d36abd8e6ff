"""Silent addresses and names in the app: what the field says, and a payment on real parts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from host.demo import opening as demo_opening
from host.demo.finger import ScriptedFinger
from host.demo.parts import Parts
from host.demo.session import DemoSession
from host.session.state import Stage
from host.tui.app import QuietkeyApp
from tests.gallery.app_clock import FedClock
from tests.gallery.app_shots import PASTE
from tests.host.pilots import Reviewer, past, shows
from tests.host.silent_payments.test_with_device import paid_to_bob
from tests.host.test_tui_records import at_the, funded
from tests.nights import AT_NIGHT
from tests.signer.silents import BOB

SP = BOB.encode("regtest")


async def test_the_field_says_what_it_was_given() -> None:
    async with at_the(funded()) as person:
        page = await person.does("p", f"{PASTE}{SP}")
        assert "This is a silent payment address (BIP352)" in page
        assert SP[:4] in page
        page = await person.does("ctrl+u", f"{PASTE}₿Alice@example.org")
        assert " alice@example.org " in page
        assert "The resolver of names that is asked learns the name" in page


@AT_NIGHT
@pytest.mark.timeout(180)
async def test_a_person_pays_a_silent_address(tmp_path: Path) -> None:
    parts = await Parts.start(tmp_path, "tcp")

    async def start(_: Callable[[str], None]) -> DemoSession:
        return DemoSession(parts)

    app = QuietkeyApp(replace(demo_opening(tmp_path, "tcp"), start=start), clock=FedClock())
    async with app.run_test(size=(80, 24)) as pilot:
        person = Reviewer(pilot, app)
        person.control = parts.control
        await person.sees(lambda state: shows(state, "menu") and len(state.nodes) == 3)
        await ScriptedFinger(parts.control).set_up("274186")
        await person.sees(lambda state: state.wallet is not None and state.synced)
        await person.presses("f")
        await person.sees(
            lambda state: state.wallet is not None and state.wallet.balance.confirmed_sats > 0
        )
        await person.presses("p", f"{PASTE}{SP}", "tab", f"{PASTE}25000", "enter")
        await person.sees(lambda state: state.payment is not None)
        assert "the device computes the output" in await person.reads()
        await person.presses("enter")
        await person.sees(lambda state: shows(state, "confirm"))
        await person.reviews()
        state = await person.sees(lambda state: past(state, Stage.SPREAD))
        assert state.payment is not None
        assert state.payment.signed is not None
        assert paid_to_bob(state.payment.signed.raw_tx) == {0: 25_000}
