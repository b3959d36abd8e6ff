"""Every screen of the app, and the keys that lead to it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from host.demo.lies import LOOKALIKE
from host.payees.contacts import Contact
from host.session.api import WalletSession
from host.session.plots import overview
from host.settings import ThemeChoice
from host.spending import PathOpening, SpendingPath
from host.tui.app import QuietkeyApp
from host.values import GivenAddress, OwnAddress, ReceiveAddress, Signatures
from tests.gallery import app_session, app_views
from tests.gallery.app_clock import BETWEEN_KEYS_S, FedClock
from tests.gallery.app_liar import lying
from tests.gallery.app_session import FUNDED_SATS, FakeSession
from tests.gallery.app_sweep import PAPER_KEY
from tests.gallery.app_wallets import FakeWallets

CALM_TURNS = 60  # of the event loop without a message to anybody
SIGNS = {"space": " ", "enter": "\r", "question_mark": "?"}
PASTE = "paste "  # followed by text, where a key could stand
SIZES = ((80, 24), (120, 40))
WIDE = (160, 50)
SHOWN_WIDE = ("home", "home-long", "history", "receive", "trends", "pay-bill")
Steps = Callable[["Pilot[int]", FakeSession], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Shot:
    """A name, what the world is like, and what a person does before the picture is taken."""

    name: str
    world: Callable[[], FakeSession]
    keys: tuple[str, ...] = ()
    steps: Steps | None = None
    welcome: bool = False
    starts: bool = True
    wallets: tuple[str, ...] = ()


def _new() -> FakeSession:
    return FakeSession(app_session.NEW)


def _paired() -> FakeSession:
    return FakeSession(app_session.HOME, paired=True)


def _locked() -> FakeSession:
    return FakeSession(app_session.LOCKED, funded=True)


def _funded() -> FakeSession:
    return FakeSession(app_session.HOME, funded=True)


def _shared() -> FakeSession:
    session = _funded()
    keys = ("73c5da0a", "3f635a63", "b8688df1")
    session.share(*keys)
    session.collected[b""] = Signatures(keys, (0,), 1, handed_on=True)
    return session


def _inherited() -> FakeSession:
    """Two keys now, a third one after a year: for 1 of 2 coins already."""
    session = _funded()
    now, heir = "key 1 (73c5da0a) and key 2 (3f635a63)", "key 3 (b8688df1) alone"
    later = "After 52 560 blocks (about 1 year) since a coin came"
    opens = PathOpening(0, 0)
    session.offer_paths(
        SpendingPath(1, f"Now: {now}.", now, 2, 2, opens, opens),
        SpendingPath(2, f"{later}: {heir}.", heir, 1, 2, opens, PathOpening(52_700, 0)),
    )
    return session


def _long_history() -> FakeSession:
    session = _funded()
    session.live_long()
    return session


SET_UP = ("down", "enter", "down", "enter", "enter", "enter", "enter", "enter", "enter")


def _giving() -> FakeSession:
    """Addresses were given to three people; one of them paid."""
    session = _funded()
    for index, (label, sats) in enumerate((("Anna", FUNDED_SATS), ("Rent for May", 0), ("", 0))):
        receive = ReceiveAddress(app_session.OURS, index, (*app_session.PATH[:-1], index))
        paid = int(sats > 0)
        row = GivenAddress(receive, app_session.TIME, index == 1, label, sats, paid)
        session.records.given.insert(0, row)
    own = OwnAddress(app_session.OURS, False, 0, app_session.PATH, True, True)
    session.records.own[app_session.OURS] = own
    return session


def _paid_soon() -> FakeSession:
    """Somebody paid, and no block has it yet."""
    session = _funded()
    session.hear_of(app_session.TXID, 40_000)
    return session


def _befriended() -> FakeSession:
    session = _funded()
    session.records.people["Anna"] = Contact("Anna", app_session.THEIRS)
    return session


FORM = ("p", f"{PASTE}{app_session.THEIRS}", "tab", f"{PASTE}25000")
DRAFT = (*FORM, "enter")
ASKED = (*DRAFT, "enter")
APPROVED = ("space",) * len(app_views.PAYMENT_PAGES)
SENT = (*ASKED, *APPROVED)
OPENED = ("escape", "h", "enter")
PATHS = (*FORM, "ctrl+t", "down", "down")
ASK = ("r", "a", f"{PASTE}25k", "tab", f"{PASTE}Rent for May", "enter")
SWEEP = ("s", f"{PASTE}{PAPER_KEY}", "enter")
BUMP = (*SENT, *OPENED, "plus", "enter")


async def _pulled(pilot: "Pilot[int]", session: FakeSession) -> None:
    await session.unplug()
    await settle(pilot)


async def _no_network(pilot: "Pilot[int]", session: FakeSession) -> None:
    session.trouble["send"] = (
        "None of the 3 peers answers. Nothing was sent."
        " Check that the network is reachable, then send again."
    )
    for key in APPROVED:
        await press(pilot, key)


async def _refused(pilot: "Pilot[int]", session: FakeSession) -> None:
    session.refuse(app_session.TXID, "The peers refused it: its fee is below 1 sat/vB.")
    await _looked_at(pilot, session)


async def _ruled_out(pilot: "Pilot[int]", session: FakeSession) -> None:
    session.rule_out(app_session.TXID, 2)
    await _looked_at(pilot, session)


async def _looked_at(pilot: "Pilot[int]", session: FakeSession) -> None:
    """The history as it is after a block, and the payment in it."""
    await session.mine()
    await settle(pilot)
    for key in ("h", "enter"):
        await press(pilot, key)


async def _code(pilot: "Pilot[int]", session: FakeSession) -> None:
    session.show(app_session.CODE)
    await settle(pilot)


async def _warning(pilot: "Pilot[int]", session: FakeSession) -> None:
    session.show(app_session.WARNING)
    await settle(pilot)


async def _letters(pilot: "Pilot[int]", session: FakeSession) -> None:
    session.show(app_session.LETTERS)
    await settle(pilot)


SHOTS = (
    Shot("welcome", _new, welcome=True),
    Shot("welcome-network", _new, SET_UP[:2], welcome=True),
    Shot("welcome-server", _new, SET_UP[:4], welcome=True),
    Shot("welcome-place", _new, (*SET_UP[:4], "down", "enter"), welcome=True),
    Shot("welcome-signer", _new, SET_UP[:6], welcome=True),
    Shot("welcome-name", _new, SET_UP[:7], welcome=True),
    Shot("welcome-wrong", _new, (*SET_UP[:7], f"{PASTE}?", "enter"), welcome=True),
    Shot("welcome-birthday", _new, SET_UP[:8], welcome=True),
    Shot("wallets", _funded, ("o",), wallets=("everyday", "savings")),
    Shot("starting", _new, starts=False),
    Shot("new-device", _new),
    Shot("new-device-front", _new, ("d",)),
    Shot("letters", _new, ("d",), _letters),
    Shot("paired", _paired),
    Shot("locked", _locked),
    Shot("home", _funded),
    Shot("home-btc", _funded, ("b",)),
    Shot("pay-empty", _funded, ("p",)),
    Shot(
        "pay-wrong", _funded, ("p", f"{PASTE}{app_session.THEIRS[:-1]}q", "tab", f"{PASTE}6000000")
    ),
    Shot("pay-form", _funded, FORM),
    Shot("pay-several", _funded, (*FORM, "ctrl+n", f"{PASTE}{app_session.THEIRS}")),
    Shot("pay-bill", _funded, DRAFT),
    Shot("pay-signed-in-part", _shared, DRAFT),
    Shot("pay-paths", _inherited, PATHS),
    Shot("pay-path-chosen", _inherited, (*PATHS, "enter")),
    Shot("pay-on-a-path", _inherited, (*PATHS, "enter", "enter")),
    Shot("pay-asked", _funded, ASKED),
    Shot("pay-total", _funded, (*ASKED, *APPROVED[1:])),
    Shot("pay-declined", _funded, (*ASKED, "escape")),
    Shot("pay-pulled", _funded, ASKED, _pulled),
    Shot("pay-no-network", _funded, ASKED, _no_network),
    Shot("pay-sent", _funded, SENT),
    Shot("pay-confirmed", _funded, (*SENT, "m")),
    Shot("receive", _funded, ("r",)),
    Shot("receive-asked", _funded, ("r", "v")),
    Shot("receive-verified", _funded, ("r", "v", "space")),
    Shot("receive-alarm", _funded, ("r", "v", "escape")),
    Shot("receive-ask", _funded, ("r", "a", f"{PASTE}25k", "tab", f"{PASTE}Rent for May")),
    Shot("receive-request", _funded, ASK),
    Shot("addresses", _giving, ("e",)),
    Shot("addresses-found", _giving, ("e", f"{PASTE}{app_session.OURS}", "enter")),
    Shot("history-label", _funded, (*OPENED[1:], "l", f"{PASTE}Wages of May")),
    Shot("history-labelled", _funded, (*OPENED[1:], "l", f"{PASTE}Wages of May", "enter")),
    Shot("contacts", _befriended, ("i",)),
    Shot("contacts-alike", _befriended, ("i", f"{PASTE}Bob", "tab", f"{PASTE}{LOOKALIKE}")),
    Shot("pay-contact", _befriended, ("p", f"{PASTE}anna", "tab", f"{PASTE}25k")),
    Shot("coins", _long_history, ("c",)),
    Shot("coins-chosen", _long_history, ("c", "space", "down", "space", "down", "z")),
    Shot("coins-label", _long_history, ("c", "down", "l", f"{PASTE}From Anna")),
    Shot("coins-labelled", _long_history, ("c", "down", "l", f"{PASTE}From Anna", "enter")),
    Shot("history", _long_history, ("h",)),
    Shot("history-sent", _funded, (*SENT, *OPENED)),
    Shot("history-confirmed", _funded, (*SENT, "m", *OPENED)),
    Shot("history-refused", _funded, SENT, _refused),
    Shot("history-impossible", _funded, SENT, _ruled_out),
    Shot("history-fee", _funded, (*SENT, *OPENED, "plus")),
    Shot("history-call-off", _funded, (*SENT, *OPENED, "x")),
    Shot("history-bump", _funded, BUMP),
    Shot("history-replaced", _funded, (*BUMP, "enter", *APPROVED, "escape", "h", "down", "enter")),
    Shot("history-coming", _paid_soon, OPENED[1:]),
    Shot("history-lift", _paid_soon, (*OPENED[1:], "v")),
    Shot("history-received", _funded, OPENED[1:]),
    Shot("sweep", _funded, SWEEP[:2]),
    Shot("sweep-no-key", _funded, ("s", f"{PASTE}no key", "enter")),
    Shot("sweep-review", _funded, SWEEP),
    Shot("sweep-sent", _funded, (*SWEEP, "enter")),
    Shot("trends", _long_history, ("t",)),
    Shot("network", _funded, ("n",)),
    Shot("network-stopped", _funded, ("n", "down", "k")),
    Shot("lies", lying, ("a",)),
    Shot("lies-chosen", lying, ("a", "1")),
    Shot("lies-asked", lying, ("a", "1", "enter")),
    Shot("lies-told", lying, ("a", "1", "enter", "escape", "2", "enter", *APPROVED)),
    Shot("device-warning", _funded, ("d",), _warning),
    Shot("device-code", _funded, ("d",), _code),
    Shot("jump", _funded, (*FORM, "ctrl+g")),
    Shot("leaving", _funded, (*ASKED, "ctrl+q")),
    Shot("help", _funded, ("question_mark",)),
    Shot("commands", _funded, ("ctrl+p",)),
    Shot("home-long", _long_history),
    Shot("receive-shared", _shared, ("r", "v", "space", "down")),
    Shot("receive-shared-all", _shared, ("r", "v", "space", "g", "g")),
)


def sizes(shot: Shot) -> tuple[tuple[int, int], ...]:
    """Of the windows in which it is drawn: columns and rows."""
    return (*SIZES, WIDE) if shot.name in SHOWN_WIDE else SIZES


async def press(pilot: "Pilot[int]", key: str) -> None:
    """Press a key, or paste a text. The app's clock is fed: keys come at a person's pace."""
    fed_clock(pilot).advance(BETWEEN_KEYS_S)
    if key.startswith(PASTE) and pilot.app.focused is not None:
        pilot.app.focused.post_message(events.Paste(key.removeprefix(PASTE)))
    else:
        pilot.app.post_message(key_event(key))
    await settle(pilot)


def key_event(key: str) -> events.Key:
    """A key as a terminal's driver has it."""
    return events.Key(key, SIGNS.get(key))


def fed_clock(pilot: "Pilot[int]") -> FedClock:
    clock = pilot.app.clock if isinstance(pilot.app, QuietkeyApp) else None
    assert isinstance(clock, FedClock)
    return clock


async def settle(pilot: "Pilot[int]") -> None:
    """Let the keys that were pressed come in, those that are held back go on, and all come to rest.

    By turns of the event loop and not by time, so that a busy machine draws the same pictures.
    """
    await rest(pilot.app)
    fed_clock(pilot).settle()
    await rest(pilot.app)


async def rest(app: App[int]) -> None:
    """Let everybody do what there is to do, or be gone."""
    calm = 0
    while calm < CALM_TURNS and app.is_running:
        await asyncio.sleep(0)
        pumps = (app, *app.screen.walk_children(), app.screen)
        # What is to happen after a refresh waits for Textual's own timer, in no queue.
        screen = app.screen
        is_due = screen._callbacks or screen._layout_required or screen._dirty_widgets
        waits = is_due or any(pump.message_queue_size for pump in pumps)
        calm = 0 if waits else calm + 1


async def take(
    shot: Shot, size: tuple[int, int], draw: Callable[[QuietkeyApp], str], theme: str = ""
) -> str:
    """Bring the app to this screen and draw it."""
    session = shot.world()

    async def start(_: Callable[[str], None]) -> WalletSession:
        if not shot.starts:
            await asyncio.Event().wait()
        return session

    opening = app_session.opening(start, session.title, session.link)
    wallets = FakeWallets(opening, *shot.wallets) if shot.welcome or shot.wallets else None
    chosen = None if shot.welcome else opening
    app = QuietkeyApp(chosen, wallets=wallets, clock=FedClock(), look=ThemeChoice(theme))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for key in shot.keys:
            await press(pilot, key)
        if shot.steps is not None:
            await shot.steps(pilot, session)
        await _a_week_later(pilot, app)
        await settle(pilot)
        await pilot.pause()
        return draw(app)


async def _a_week_later(pilot: "Pilot[int]", app: QuietkeyApp) -> None:
    """The same day in every picture: plots look at the clock, and are drawn in a thread."""
    while looking := [worker for worker in app.workers if worker.group == "overview"]:
        for worker in looking:
            with suppress(WorkerCancelled):
                await worker.wait()
        await settle(pilot)
    wallet = app.state.wallet
    if app.state.overview is not None and wallet is not None:
        present = app_session.TIME + 7 * app_session.DAY_S
        app.change(overview=overview(wallet, present, None))
