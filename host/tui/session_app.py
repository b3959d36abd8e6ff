"""What the app stands on: a session behind the screens, one value that is drawn, one keyboard."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVarTuple, Unpack

from rich.text import Text
from textual import events, on
from textual.app import App
from textual.filter import LineFilter
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Input
from textual.worker import WorkerCancelled, WorkerFailed, WorkType, get_current_worker

from host import garbage, interrupts
from host.errors import HostError
from host.session import tasks
from host.session.activities import STOPPED, activity_of
from host.session.api import Opening, WalletSession
from host.session.remembered import Wallets
from host.session.state import AppState, board_of
from host.settings import ThemeChoice
from host.tui import actions, crash, messages
from host.tui.actions import KeyPlace, Needs
from host.tui.desk import Desk
from host.tui.keyboard import Clock, Keyboard, LoopClock
from host.tui.lent_terminal import LentTerminal
from host.tui.screens.home import HomePage
from host.tui.screens.page import WalletPage
from host.tui.screens.setup import SetupScreen
from host.tui.theme import BY_NAME, WithoutColour, chosen
from host.tui.widgets.activity import ActivityMeter
from host.tui.widgets.device import DeviceWidget
from host.tui.widgets.lines import Foot
from host.tui.widgets.wallet import WalletPanel
from host.values import PanelView

CLOSING = "Closing the wallet."
LENT = (KeyPlace.DEVICE, KeyPlace.REVIEW, KeyPlace.TYPING)  # the device has the keyboard

Ts = TypeVarTuple("Ts")


class SessionApp(App[int], inherit_bindings=False):
    """Draws `state`, and lends the keyboard. The opening brings up what is behind the screens."""

    # Two states are not compared: a long history has many rows.
    state: reactive[AppState] = reactive(AppState, init=False, always_update=True)

    def __init__(
        self,
        opening: Opening | None,
        *,
        wallets: Wallets | None = None,
        clock: Clock | None = None,
        look: ThemeChoice | None = None,
    ) -> None:
        """Without an opening, one of `wallets` is chosen first, or set up."""
        super().__init__()
        self.clock = clock or LoopClock()
        self._keyboard = Keyboard(self.clock, lambda key: self.post_message(messages.KeyTaken(key)))
        self._device_has_it = False
        self._meter = ActivityMeter(self.clock, self._show_activity)
        for theme in BY_NAME.values():
            self.register_theme(theme)
        self._look = look or ThemeChoice()
        self.theme = chosen(self._look.name, without_colour=self.no_color)
        self._wallets = wallets
        self._chosen = opening
        self._leads_to_device = False  # who chose a wallet goes on with a device that is new
        self._session: WalletSession | None = None
        self._terminal = LentTerminal(self)
        self.set_reactive(SessionApp.state, self._first_state())

    def _first_state(self) -> AppState:
        opening = self._opening
        title = opening.title if self._chosen else "quietkey"
        proxy = opening.proxy if self._chosen else ""
        has_wallets = self._wallets is not None
        return AppState(title=title, link=opening.link, wallets=has_wallets, proxy=proxy)

    @property
    def _opening(self) -> Opening:
        """What is open, or as good as."""
        opening = self._chosen or (self._wallets.demo if self._wallets else None)
        if opening is None:
            raise HostError("There is nothing to open.")
        return opening

    # What tasks may do (host.session.tasks.Host)

    @property
    def session(self) -> WalletSession:
        """Raises HostError as long as it is not there."""
        if self._session is None:
            raise HostError("Still starting. Try again in a moment.")
        return self._session

    def start_task(
        self,
        group: str,
        task: Callable[[Unpack[Ts]], Awaitable[None]],
        *args: *Ts,
        exclusive: bool = False,
    ) -> None:
        """Do a task beside the screens, and say what it is at when it takes long.

        It is called when its turn comes, not here: an app that ends before leaves no coroutine
        that nobody awaited.
        """
        activity = activity_of(group, task)

        async def wait() -> None:
            with self._meter.during(activity) if activity else nullcontext():
                await task(*args)

        work: WorkType[None] = wait
        self.run_worker(work, group=group, exclusive=exclusive)

    def change(self, **fields: Any) -> None:  # noqa: ANN401 - of AppState, as `replace` takes them
        self.state = replace(self.state, **fields)

    def device_asks(self, sentence: str) -> None:
        if sentence == self.state.asking:
            return
        self.change(asking=sentence)
        self._front(device=bool(sentence))
        if sentence and self.state.link == "qr" and self.state.view is None:
            self._terminal.lend(sentence)  # no panel shows the codes
        else:
            self._terminal.take_back()

    def panel_changed(self, view: PanelView) -> None:
        self.change(view=view)
        if self._leads_to_device:
            self._leads_to_device = False
            self._front(device=view.state == "empty")
        wallet = self.state.wallet
        stranger = wallet is None or wallet.fingerprint != view.fingerprint
        idle = not self.state.asking and not self.state.busy
        if view.state == "unlocked" and stranger and idle:
            self.start_task("wallet", tasks.pair, self, exclusive=True)

    def wallet_opened(self) -> None:
        self._front(device=False)

    # Starting and ending

    def get_default_screen(self) -> Screen[None]:
        return Desk(self.clock)

    def on_ready(self) -> None:
        """Everything slow begins after the first frame."""
        self._end_by_signals()
        self._show()
        self._front(device=False)
        if self._chosen is None and self._wallets is not None:
            self.push_screen(SetupScreen(self._wallets))
        else:
            self.call_after_refresh(self._begin)

    def _end_by_signals(self) -> None:
        """Whoever ends us, or closes the window, ends all that was started here."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # Windows, or a thread of a program that has us as a part
            with suppress(NotImplementedError, RuntimeError, ValueError):
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    loop.add_signal_handler(number, self.exit, None, 128 + number)
        if not self.is_headless:
            end = partial(loop.call_soon_threadsafe, self.exit, None, interrupts.HUNG_UP)
            interrupts.watch_terminal(end)

    def _begin(self) -> None:
        self.start_task("start", self._raise_curtain)

    async def _raise_curtain(self) -> None:
        self.change(starting=self._opening.sentence)
        try:
            session = await self._opening.start(self._report_start)
        except HostError as error:
            self.change(starting="", broken=str(error))
            return
        self._session = session
        self.change(
            starting="",
            title=session.title,
            network=session.network,
            plugged=session.plugged,
            panel=session.panel is not None,
            playground=session.playground is not None,
            attack=board_of(session),
        )
        await tasks.open_wallet(self)
        self.start_task("network", tasks.follow_network, self)
        self.start_task("device", tasks.follow_device, self)
        if session.panel is None and session.plugged and self.state.wallet is None:
            await tasks.pair(self)

    async def _change_wallet(self, opening: Opening) -> None:
        """Another session in the place of this one, which ends first."""
        self.change(starting=CLOSING)
        mine = get_current_worker()
        rest = [worker for worker in self.workers if worker.node is self and worker is not mine]
        for worker in rest:
            worker.cancel()
        for worker in rest:
            with suppress(WorkerFailed, WorkerCancelled):
                await worker.wait()
        if self._session is not None:
            await self._session.close()
            self._session = None
        self._chosen = opening
        self.state = replace(self._first_state(), btc=self.state.btc)
        await self._turn(HomePage())
        self._leads_to_device = True
        await self._raise_curtain()

    def _report_start(self, sentence: str) -> None:
        self.change(starting=sentence)

    async def on_unmount(self) -> None:
        garbage.take_back()
        if self._session is not None:
            await self._session.close()

    # Drawing

    def choose_theme(self, name: str) -> None:
        """One of host.settings.THEMES, now and from the next start on."""
        self.theme = name
        self.start_task("theme", self._remember_theme, name)

    async def _remember_theme(self, name: str) -> None:
        try:
            await asyncio.to_thread(self._look.remember, name)
        except HostError as error:
            self.change(problem=str(error))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """With NO_COLOR the terminal's own look has none at all, and others are grey."""
        if self.no_color and self.native_ansi_color:
            return [WithoutColour()]
        return super().get_line_filters()

    def watch_state(self) -> None:
        self._show()

    @property
    def _desk(self) -> Desk | None:
        """The main screen, whatever lies over it; None before the first frame and after the last.

        Errands may outlive the screen by a moment when the app ends.
        """
        desk = self.screen_stack[0] if self._running and self.screen_stack else None
        return desk if isinstance(desk, Desk) and desk.is_mounted else None

    def _show(self) -> None:
        desk = self._desk
        if desk is None:
            return
        desk.show(self.state)
        self._show_keys()

    def _show_activity(self) -> None:
        if self._desk is not None:
            self._desk.show_activity(self._meter.line(self.state))

    def _show_keys(self) -> None:
        if self._desk is not None:
            part = self._part()
            missing = part.missing if isinstance(part, WalletPage) else frozenset()
            self._desk.query_one(Foot).show(self._place(), self._missing | missing)

    @property
    def _missing(self) -> frozenset[Needs]:
        return actions.missing(self.state)

    def _place(self) -> KeyPlace:
        part = self._part()
        return KeyPlace.EVERYWHERE if part is None else part.place

    def _part(self) -> WalletPage | DeviceWidget | None:
        """What has the keyboard."""
        node: Any = self._desk.focused if self._desk else None
        while node is not None and not isinstance(node, (WalletPage, DeviceWidget)):
            node = node.parent
        return node

    def on_descendant_focus(self) -> None:
        self._hand_over()
        self._show_keys()

    def _hand_over(self) -> None:
        """Whatever the last keys were meant for, they were not meant for who has them now."""
        device_has_it = self._place() in LENT
        if device_has_it is not self._device_has_it:
            self._keyboard.hand_over()
        self._device_has_it = device_has_it

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self._keyboard.takes(event, typed=self._is_typed(event)):
                await self._act_on(event)
        else:
            await super().on_event(event)

    @on(messages.KeyboardMoved)
    def _drop_keys(self) -> None:
        self._keyboard.hand_over()

    @on(messages.KeyTaken)
    async def _take_key(self, message: messages.KeyTaken) -> None:
        await self._act_on(message.event)

    async def _act_on(self, key: events.Key) -> None:
        """A key that counts. Escape first ends what takes long, where that is safe."""
        desk = self._desk
        is_free = desk is not None and self.screen is desk and self._place() not in LENT
        if key.key == "escape" and is_free and self._meter.stop():
            self.change(problem=STOPPED)
        else:
            await super().on_event(key)

    def _is_typed(self, event: events.Key) -> bool:
        """Whether it is text that something on the screen takes: it may come fast."""
        match self.focused:
            case Input():
                return event.is_printable
            case DeviceWidget() as device:
                return bool(device.typed(event))
            case _:
                return False

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _front(self, *, device: bool) -> None:
        """Who has the keyboard; on a narrow screen also who is seen."""
        desk = self._desk
        device = device and self.state.panel
        if desk is None:
            return
        desk.set_class(device, "-device-front")
        panel, page = desk.query_one(DeviceWidget), desk.query_one(WalletPanel).page
        if device:
            panel.focus()
        elif page is not None:
            page.first_focus()
        self._hand_over()

    async def _turn(self, page: WalletPage) -> None:
        if self._desk is not None:
            # Else the keyboard would be the device's while its page is taken away.
            self._desk.set_focus(None)
            await self._desk.query_one(WalletPanel).turn(page)
            self._show()
            self._front(device=False)

    # The crash screen, without locals and values

    def _fatal_error(self) -> None:
        self.bell()
        self._exit_renderables.append(
            Text(crash.notice(self._exception, keeps=self._opening.keeps))
        )
        self._close_messages_no_wait()
