"""The app on its real parts: a device process, three nodes, and keys pressed in the app alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from host.demo import opening as demo_opening
from host.demo.finger import ScriptedFinger
from host.demo.parts import Parts
from host.demo.session import DemoSession
from host.session.state import AppState, Stage
from host.tui.app import QuietkeyApp
from host.values import Propagation
from tests.gallery import app_session
from tests.gallery.app_clock import FedClock
from tests.gallery.app_shots import PASTE
from tests.host.pilots import Reviewer, past, shows

PIN, WRONG_PIN = "274186", "111111"


@pytest.mark.timeout(180)
async def test_a_person_pays_after_a_no_a_pulled_cable_a_wrong_pin_and_a_dead_node(
    tmp_path: Path,
) -> None:
    parts = await Parts.start(tmp_path, "tcp")

    async def start(_: Callable[[str], None]) -> DemoSession:
        return DemoSession(parts)

    app = QuietkeyApp(replace(demo_opening(tmp_path, "tcp"), start=start), clock=FedClock())
    async with app.run_test(size=(120, 40)) as pilot:
        person = Reviewer(pilot, app)
        person.control = parts.control
        await person.sees(lambda state: shows(state, "menu") and len(state.nodes) == 3)
        await ScriptedFinger(parts.control).set_up(PIN)
        await person.sees(lambda state: state.wallet is not None and state.synced)
        await person.presses("f")
        await person.sees(
            lambda state: state.wallet is not None and state.wallet.balance.confirmed_sats > 0
        )
        await person.presses("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}25000", "enter")
        await person.sees(lambda state: state.payment is not None)

        await person.presses("enter")
        await person.sees(lambda state: shows(state, "confirm"))
        await person.presses("escape")
        await person.sees(lambda state: "said no" in problem(state))

        await person.presses("enter")
        await person.sees(lambda state: shows(state, "confirm"))
        await person.presses("tab", "u")
        await person.sees(lambda state: bool(problem(state)) and not state.plugged)
        await person.presses("u")
        await person.sees(lambda state: state.plugged and shows(state, "notice"))
        await person.presses("d", "enter")
        await person.sees(lambda state: shows(state, "home"))

        await person.presses("enter")
        menu = await person.sees(lambda state: shows(state, "menu"))
        assert "▸ Lock" in text(menu)
        await person.presses("enter")
        await person.sees(lambda state: state.view is not None and state.view.state == "locked")
        await person.presses("tab", "enter")
        await person.sees(lambda state: shows(state, "pinpad"))
        await person.presses(*WRONG_PIN, "enter")
        await person.sees(lambda state: shows(state, "notice") and "tries left" in text(state))
        await person.presses("enter")
        await person.sees(lambda state: shows(state, "pinpad"))
        await person.presses(*PIN, "enter")
        await person.sees(lambda state: shows(state, "confirm"))

        await person.presses("tab", "n", "k", "d")
        await person.sees(lambda state: state.peers == 2)
        await person.reviews()
        sent = await person.sees(lambda state: past(state, Stage.SPREAD))
        assert sent.payment is not None
        assert sent.payment.sent is not None
        proof = sent.payment.sent.proof
        assert isinstance(proof, Propagation)
        assert (len(proof.announced), len(proof.echoed)) == (1, 1)

        await person.presses("m")
        done = await person.sees(lambda state: past(state, Stage.CONFIRMED))
        assert done.wallet is not None
        assert done.payment is not None
        assert (
            done.wallet.balance.confirmed_sats == 5_000_000 - 25_000 - done.payment.draft.fee_sats
        )
    assert parts.cable.device is None, "leaving the app ends what it started"


def problem(state: AppState) -> str:
    return state.payment.problem if state.payment else ""


def text(state: AppState) -> str:
    return " ".join(state.view.lines) if state.view else ""
