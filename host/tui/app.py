"""The app: three panels, one value that is drawn, and workers for everything slow."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.reactive import reactive
from textual.screen import Screen

from host.errors import HostError
from host.tui import actions, crash, errands, messages, sentences
from host.tui.actions import Where
from host.tui.now import Now, Stage
from host.tui.palette import Keys
from host.tui.scene import Scene, View
from host.tui.screens.page import Page
from host.tui.theme import THEME
from host.tui.widgets.device import NARROW, DevicePanel
from host.tui.widgets.lines import Foot, TopLine
from host.tui.widgets.network import NetworkStrip
from host.tui.widgets.wallet import WalletPanel

Start = Callable[[Callable[[str], None]], Awaitable[Scene]]
TITLE = "quietkey · regtest devnet"


class Desk(Screen[None], inherit_bindings=False):
    """Wallet on the left, device on the right, network below."""

    def compose(self) -> ComposeResult:
        yield TopLine(id="top")
        with Horizontal(id="middle"):
            yield WalletPanel()
            yield DevicePanel()
        strip = NetworkStrip(id="network")
        strip.border_title = "Network"
        yield strip
        yield Foot(id="foot")


class QuietkeyApp(App[int], inherit_bindings=False):
    """Draws `now` and turns keys into errands. `start` brings up what is behind the screens."""

    TITLE = "Quietkey"
    CSS_PATH = "style.tcss"
    BINDINGS = actions.bindings(Where.EVERYWHERE)
    COMMANDS = {Keys}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (27, "-tall")]
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    now: reactive[Now] = reactive(Now, init=False)

    def __init__(self, start: Start, *, link: str = "serial", welcome: bool = False) -> None:
        super().__init__()
        self.register_theme(THEME)
        self.theme = THEME.name
        self._start = start
        self._scene: Scene | None = None
        self._welcome = welcome
        self.set_reactive(QuietkeyApp.now, Now(link=link))

    # What errands may do (errands.Board)

    @property
    def scene(self) -> Scene:
        if self._scene is None:
            raise HostError("The parts are still starting. Try again in a moment.")
        return self._scene

    def change(self, **fields: Any) -> None:  # noqa: ANN401 - those of Now, as `replace` takes them
        self.now = replace(self.now, **fields)

    def device_asks(self, sentence: str) -> None:
        if sentence == self.now.asking:
            return
        self.change(asking=sentence)
        self._front(device=bool(sentence))

    def saw(self, view: View) -> None:
        self.change(view=view)
        if view.kind == "qr":
            self.run_worker(self._look(), group="pixels", exclusive=True)
        stranger = self.now.purse is None or self.now.purse.fingerprint != view.fingerprint
        if view.state == "unlocked" and stranger and not self.now.asking and not self.now.busy:
            self.run_worker(errands.pair(self), group="wallet", exclusive=True)

    def wallet_opened(self) -> None:
        self._front(device=False)

    # Starting and ending

    def get_default_screen(self) -> Screen[None]:
        return Desk(id="desk")

    def on_ready(self) -> None:
        """Everything slow begins after the first frame."""
        self._show()
        self._front(device=False)
        if self._welcome:
            self.push_screen(_task("welcome").SCREEN())
        else:
            self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._raise_curtain(), group="start")

    async def _raise_curtain(self) -> None:
        self.change(starting=sentences.STARTING)
        try:
            self._scene = await self._start(self._say)
        except HostError as error:
            self.change(starting="", broken=str(error))
            return
        self.change(starting="", plugged=self._scene.plugged)
        await errands.open_wallet(self)
        self.run_worker(errands.follow_network(self), group="network")
        self.run_worker(errands.follow_device(self), group="device")

    def _say(self, sentence: str) -> None:
        self.change(starting=sentence)

    async def on_unmount(self) -> None:
        if self._scene is not None:
            await self._scene.close()

    # Drawing

    def watch_now(self) -> None:
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
        desk.query_one(TopLine).show(self.now, TITLE)
        desk.query_one(WalletPanel).show(self.now)
        desk.query_one(DevicePanel).show(self.now)
        desk.query_one(NetworkStrip).show(self.now)
        self._show_keys()

    def _show_keys(self) -> None:
        if self._desk is not None:
            self._desk.query_one(Foot).show(self._where())

    def _where(self) -> Where:
        node: Any = self._desk.focused if self._desk else None
        while node is not None and not isinstance(node, (Page, DevicePanel)):
            node = node.parent
        return Where.EVERYWHERE if node is None else node.where

    def on_descendant_focus(self) -> None:
        self._show_keys()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    async def _look(self) -> None:
        try:
            picture = await self.scene.pixels()
        except HostError as error:
            self.change(problem=str(error))
        else:
            if self._desk is not None:
                self._desk.query_one(DevicePanel).show_pixels(picture)

    def _front(self, *, device: bool) -> None:
        """Who has the keyboard; on a narrow screen also who is seen."""
        desk = self._desk
        if desk is None:
            return
        desk.set_class(device, "-device-front")
        panel, page = desk.query_one(DevicePanel), desk.query_one(WalletPanel).page
        if device:
            panel.focus()
        elif page is not None:
            page.first_focus()

    async def _turn(self, page: Page) -> None:
        if self._desk is not None:
            await self._desk.query_one(WalletPanel).turn(page)
            self._show()
            self._front(device=False)

    # Keys that work everywhere

    async def action_turn(self, task: str) -> None:
        self.change(problem="")
        payment = self.now.payment
        if task == "pay" and payment is not None and payment.stage is not Stage.CONFIRMED:
            task = "payment"
        if task in {"pay", "receive"} and self.now.purse is None:
            task = "home"
        await self._turn(_task(task).PAGE())
        if task == "receive" and self.now.handed is None:
            self.run_worker(errands.hand_out(self), group="wallet")

    def action_device(self) -> None:
        self._front(device=True)

    def action_faucet(self) -> None:
        if self.now.purse is not None and not self.now.busy:
            self.run_worker(errands.fund(self), group="wallet")

    def action_cable(self) -> None:
        if self._scene is not None:
            self.run_worker(errands.move_cable(self), group="cable")

    def action_mine(self) -> None:
        if self._scene is not None:
            self.run_worker(errands.mine(self), group="mine", exclusive=True)

    async def action_next(self) -> None:
        """The device gives the keyboard back; a field gives it to the next one."""
        if self._where() in {Where.DEVICE, Where.TYPING}:
            self._front(device=False)
        elif self._where() is Where.FORM:
            self.screen.focus_next("Input")
        else:
            self._front(device=True)

    async def action_previous(self) -> None:
        if self._where() is Where.FORM:
            self.screen.focus_previous("Input")
        else:
            await self.action_next()

    def action_units(self) -> None:
        self.change(btc=not self.now.btc)

    def action_explain(self) -> None:
        self.push_screen(_task("help").SCREEN())

    # What pages and panels ask for

    @on(messages.KeyWanted)
    async def _press(self, message: messages.KeyWanted) -> None:
        self._front(device=True)
        await self._to_device(lambda scene: scene.press(message.key))

    @on(messages.TextTyped)
    async def _type(self, message: messages.TextTyped) -> None:
        await self._to_device(lambda scene: scene.type(message.text))

    async def _to_device(self, send: Callable[[Scene], Awaitable[None]]) -> None:
        if self._scene is None:
            return
        try:
            await send(self._scene)
        except HostError as error:
            self.change(problem=str(error))

    @on(messages.Left)
    async def _leave(self) -> None:
        await self.action_turn("home")

    @on(messages.BillWanted)
    def _write_bill(self, wanted: messages.BillWanted) -> None:
        self.run_worker(self._billed(wanted), group="wallet", exclusive=True)

    async def _billed(self, wanted: messages.BillWanted) -> None:
        await errands.write_bill(self, wanted.address, wanted.sats, wanted.sats_per_vbyte)
        if self.now.payment is not None and not self.now.problem:
            await self._turn(_task("payment").PAGE())

    @on(messages.PaymentWanted)
    def _go_on(self) -> None:
        payment = self.now.payment
        if payment and not payment.working and payment.stage.value < Stage.SPREAD.value:
            self.run_worker(errands.go_on(self), group="payment", exclusive=True)

    @on(messages.PaymentLeft)
    async def _leave_payment(self) -> None:
        payment = self.now.payment
        if payment is not None and payment.working:
            self.workers.cancel_group(self, "payment")
            return
        if payment is not None and payment.stage in {Stage.WRITTEN, Stage.ASKED}:
            self.run_worker(errands.discard(self, payment.bill), group="wallet")
            self.change(payment=None)
        elif payment is not None and payment.stage is Stage.CONFIRMED:
            self.change(payment=None)
        await self.action_turn("home")

    @on(messages.VerifyWanted)
    def _verify(self) -> None:
        self.run_worker(errands.verify(self), group="payment", exclusive=True)

    @on(messages.NodeToggled)
    def _toggle(self, message: messages.NodeToggled) -> None:
        if message.node < len(self.now.nodes):
            self.run_worker(errands.toggle_node(self, message.node), group="nodes")

    @on(messages.Chosen)
    def _chosen(self) -> None:
        self.pop_screen()
        self._begin()

    # The crash screen, without locals and values

    def _fatal_error(self) -> None:
        self.bell()
        self._exit_renderables.append(Text(crash.notice(self._exception)))
        self._close_messages_no_wait()


def _task(name: str) -> Any:  # noqa: ANN401 - a module of host.tui.screens, found by its name
    return importlib.import_module(f"host.tui.screens.{name}")


def run(home: Path | None, link: str, welcome: bool = False) -> int:
    """Open the app; its parts live in `home`, or in a temporary folder for None.

    Nothing but Textual is imported before the first frame: the parts come up behind it.
    """

    async def start(say: Callable[[str], None]) -> Scene:
        behind = await asyncio.to_thread(importlib.import_module, "host.tui.behind")
        scene: Scene = await behind.start(home, link, say)
        return scene

    app = QuietkeyApp(start, link=link, welcome=welcome)
    status = app.run()
    return app.return_code if status is None and app.return_code else status or 0
