"""What y copies, on every page; ^y where letters are typed, and for what a page says."""

from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path

from host.app.connect import connect
from host.payees.contacts import Contact
from host.session.cable import Cable
from host.session.local import LocalSession, WalletFolder
from host.session.state import Stage
from tests.gallery import app_session
from tests.gallery.app_records import DESCRIPTOR
from tests.gallery.app_session import FakeSession
from tests.gallery.app_shots import DRAFT, PASTE, SENT, _giving
from tests.host.test_tui import at_the
from tests.host.test_tui_session import OneServer, app_on, past
from tests.nights import AT_NIGHT
from tests.wallets import STRANGER, fund, paired, sign

TROUBLE = "The coins went away. Nothing was paid."


def world() -> FakeSession:
    """With addresses given away, somebody to pay again, and nodes whose blocks have hashes."""
    session = _giving()
    session.records.people["Anna"] = Contact("Anna", app_session.THEIRS)
    nodes = enumerate(session._nodes)
    session.set_nodes(tuple(replace(node, tip=f"{place:064x}") for place, node in nodes))
    return session


@AT_NIGHT
async def test_y_copies_what_a_page_is_about_and_ctrl_y_what_it_says() -> None:
    session = world()
    async with at_the(session) as person:
        session.trouble["draft"] = TROUBLE
        for keys, copied in (
            (("y",), DESCRIPTOR),
            (("r", "y"), app_session.OURS),
            (("c", "y"), f"{app_session.FUNDING}:1"),
            (("h", "y"), app_session.FUNDING),
            (("enter", "y"), app_session.FUNDING),
            (("t", "y"), "5 000 000 sats since 2026-09-21."),
            (("n", "down", "y"), f"{1:064x}"),
            (("e", "down", "ctrl+y"), app_session.OURS),
            (("escape", "i", "A", "n", "n", "a", "ctrl+y"), app_session.THEIRS),
            (("escape", "ctrl+y"), "Press p to pay, r to receive."),
            ((*DRAFT, "ctrl+y"), TROUBLE),
            (("escape", *SENT, "y"), app_session.TXID),
            (("escape", "h", "enter", "plus", "ctrl+y"), app_session.TXID),
        ):
            person.app.copy_to_clipboard("")
            shown = await person.does(*keys)
            assert person.app.clipboard.startswith(copied), keys
            assert "compare what you paste" in shown, keys


@AT_NIGHT
async def test_what_was_copied_is_known_when_it_comes_back_signed(tmp_path: Path) -> None:
    wallet = paired(tmp_path)
    fund(wallet, 100_000)
    wallet.close()
    server = OneServer()
    cable = Cable(lambda: connect("tcp:127.0.0.1:1"))
    session = LocalSession(WalletFolder(tmp_path, "regtest"), cable, server, "tcp")
    async with app_on(session, (80, 24), plugged=False) as watcher:
        await watcher.sees(lambda state: state.wallet and state.synced and not state.busy)
        await watcher.presses("p", f"{PASTE}{STRANGER}", "tab", f"{PASTE}25000", "enter")
        state = await watcher.sees(lambda state: state.payment)
        await session.discard(state.payment.draft)  # as after a no on the device
        await watcher.presses("y")
        await watcher.sees(lambda state: state.payment.copied)
        copied = b64decode(watcher._app.clipboard)
        await watcher.presses("escape", f"{PASTE}{b64encode(sign(copied)).decode()}")
        await watcher.sees(lambda state: state.payment.stage is Stage.SIGNED)
        await watcher.presses("enter")
        await watcher.sees(lambda state: past(state, Stage.SPREAD))
    assert len(server.taken) == 1
