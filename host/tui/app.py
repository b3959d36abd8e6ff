"""The app: three panels, and keys that become tasks."""

import importlib
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any, TextIO

from textual import on
from textual.widget import Widget

from host.errors import HostError
from host.session import ending_tasks, record_tasks, sweep_tasks, tasks, wording
from host.session.api import DevicePanel, Opening
from host.session.endings import WayOut
from host.session.remembered import Wallets
from host.session.state import Stage, at_stake
from host.settings import ThemeChoice
from host.tui import actions, messages
from host.tui.actions import KeyPlace
from host.tui.desk import Desk
from host.tui.palette import Commands, Keys
from host.tui.record_app import RecordApp
from host.tui.screens.entry import EntryPage
from host.tui.screens.history import HistoryPage
from host.tui.screens.home import HomePage
from host.tui.screens.page import WalletPage
from host.tui.screens.payment import PaymentPage
from host.tui.screens.rate import RatePage
from host.tui.session_app import LENT
from host.tui.widgets.device import NARROW, DeviceWidget
from host.tui.widgets.wallet import WalletPanel

NO_TERMINAL = (
    "The app needs a terminal. Without one: quietkey demo --auto, or quietkey wallet --help."
)


WRITTEN = (KeyPlace.FORM, KeyPlace.NOTE, KeyPlace.SWEEP)  # pages with several fields


class QuietkeyApp(RecordApp, inherit_bindings=False):
    """Turns keys, and what pages ask for, into tasks."""

    TITLE = "Quietkey"
    CSS_PATH = "style.tcss"
    BINDINGS = actions.bindings(KeyPlace.EVERYWHERE)
    COMMANDS = {Keys}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (27, "-tall")]
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    # Keys that work everywhere

    async def action_turn(self, task: str) -> None:
        if task == "attack" and self.state.attack is None:
            return
        self.change(problem="")
        payment = self.state.payment
        if task == "pay" and payment is not None and payment.stage.value < Stage.SPREAD.value:
            task = "payment"
        if task in {"pay", "receive", "trends", "sweep"} and self.state.wallet is None:
            task = "home"
        if task == "sweep" and self.state.sweep is not None:
            await self._turn(_task(task).SweepReviewPage())  # it is being sent
            return
        await self._turn(_task(task).PAGE())
        if task == "receive":
            self._issue()
        elif task == "trends":
            self._look_over()
        self.read_records(addresses=task == "addresses")

    def action_device(self) -> None:
        self._front(device=True)

    def action_faucet(self) -> None:
        ready = self.state.wallet is not None and not self.state.busy
        if ready and self.state.playground:
            self.start_task("wallet", tasks.fund, self)

    def action_cable(self) -> None:
        if self._session is not None:
            self.start_task("cable", tasks.move_cable, self)

    def action_mine(self) -> None:
        if self._session is not None:
            self._run_once("mine", tasks.mine)

    async def action_next(self) -> None:
        """The device gives the keyboard back; a field gives it to the next one."""
        if not isinstance(self.screen, Desk):
            self.screen.focus_next("Input")  # of the questions before a wallet
        elif self._place() in LENT:
            self._front(device=False)
        elif self._place() in WRITTEN:
            self.screen.focus_next("Input")
        else:
            self._front(device=True)

    async def action_previous(self) -> None:
        if not isinstance(self.screen, Desk) or self._place() in WRITTEN:
            self.screen.focus_previous("Input")
        else:
            await self.action_next()

    def action_units(self) -> None:
        self.change(btc=not self.state.btc)

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, Commands):
            self.push_screen(Commands(id="--command-palette"))

    def action_copy_text(self) -> None:
        page = self._desk.query_one(WalletPanel).page if self._desk else None
        if page is not None:
            page.action_copy_text()

    async def action_quit(self) -> None:
        if losses := at_stake(self.state, self._opening.keeps):
            self.push_screen(_task("sheet").LeavingScreen(losses))
        else:
            self.exit()

    def action_wallets(self) -> None:
        if self._wallets is None:
            return
        if losses := at_stake(self.state, self._opening.keeps):
            self.change(problem=f"{losses[0]} {wording.LEAVE_FIRST}")
        else:
            name = self._opening.name
            self.push_screen(_task("setup").SCREEN(self._wallets, name, leads_back=True))

    def action_jump(self) -> None:
        desk = self._desk
        if desk is not None and self.screen is desk:
            self.push_screen(_task("jump").SCREEN(desk.focus_chain), self._jump)

    def _jump(self, part: Widget | None) -> None:
        if isinstance(part, DeviceWidget):
            self._front(device=True)
        elif part is not None and part.is_attached:
            part.focus()

    def action_explain(self) -> None:
        self.push_screen(_task("help").SCREEN(self._missing, self._place()))

    def _run_once(
        self, group: str, task: Callable[["QuietkeyApp"], Coroutine[Any, Any, None]]
    ) -> None:
        """Begin a task, unless one of its group is under way: a key may repeat."""
        if all(worker.is_finished for worker in self.workers if worker.group == group):
            self.start_task(group, task, self)

    def _issue(self) -> None:
        issued = self.state.issued
        if issued is not None and issued.alarm:
            self.change(issued=None)
        self._run_once("address", tasks.issue_address)

    def wallet_opened(self) -> None:
        super().wallet_opened()
        if self.state.attack is not None:
            self.start_task("page", self.action_turn, "attack")

    # What pages and panels ask for

    @on(messages.KeyRequested)
    def _press(self, message: messages.KeyRequested) -> None:
        # Not awaited here: while the device computes, the app goes on, and keys are sent as they
        # come. Workers begin in the order they were made, so keys keep theirs.
        self.start_task("keys", self._to_device, lambda panel: panel.press(message.key))

    @on(messages.TextTyped)
    def _type(self, message: messages.TextTyped) -> None:
        self.start_task("keys", self._to_device, lambda panel: panel.type(message.text))

    @on(messages.RoomMeasured)
    def _fit(self, message: messages.RoomMeasured) -> None:
        self.start_task("keys", self._to_device, lambda panel: panel.fit(message.version))

    @on(messages.DeviceReached)
    def _reach(self) -> None:
        self._front(device=True)

    async def _to_device(self, send: Callable[[DevicePanel], Awaitable[None]]) -> None:
        panel = self._session.panel if self._session else None
        if panel is None:
            return
        try:
            await send(panel)
        except HostError as error:
            self.change(problem=str(error))

    @on(messages.PageLeft)
    async def _leave(self) -> None:
        await self.action_turn("home")

    @on(messages.DraftRequested)
    def _write_draft(self, message: messages.DraftRequested) -> None:
        self._run_once("draft", lambda _: self._drafted(message))

    async def _drafted(self, message: messages.DraftRequested) -> None:
        await tasks.draft_payment(self, message.request, message.fee)
        if self.state.payment is not None and not self.state.problem:
            await self._turn(PaymentPage())

    @on(messages.ResumeRequested)
    def _resume(self) -> None:
        payment = self.state.payment
        if payment and not payment.working and payment.stage.value < Stage.SPREAD.value:
            self._run_once("payment", tasks.resume_payment)

    @on(messages.PaymentLeft)
    async def _leave_payment(self) -> None:
        payment = self.state.payment
        if payment is not None and payment.working:
            self.workers.cancel_group(self, "payment")
            return
        if payment is not None and (payment.is_kept or payment.copied):
            self.change(payment=replace(payment, stage=Stage.WRITTEN, problem="", copied=False))
        elif payment is not None and payment.stage in {Stage.WRITTEN, Stage.ASKED}:
            self.start_task("wallet", tasks.discard, self, payment.draft)
            self.change(payment=None)
        elif payment is not None and payment.stage is Stage.CONFIRMED:
            self.change(payment=None)
        await self.action_turn("home")

    @on(messages.PaymentCopied)
    def _copy_payment(self) -> None:
        self._run_once("draft", lambda _: self._payment_copied())

    async def _payment_copied(self) -> None:
        if text := await tasks.copy_payment(self):
            self.copy_to_clipboard(text)

    @on(messages.PaymentEnded)
    def _end_payment(self) -> None:
        self._run_once("payment", lambda _: self._payment_ended())

    async def _payment_ended(self) -> None:
        await ending_tasks.end_payment(self)
        if self.state.payment is None:
            await self._turn(HomePage())

    @on(messages.PsbtPasted)
    def _read_psbt(self, message: messages.PsbtPasted) -> None:
        if self.state.wallet is not None:
            self._run_once("draft", lambda _: self._psbt_read(message.text))

    async def _psbt_read(self, text: str) -> None:
        if await ending_tasks.take_psbt(self, text):
            await self._turn(PaymentPage())

    # The coins of a private key

    @on(messages.SweepRequested)
    def _plan_sweep(self, message: messages.SweepRequested) -> None:
        self._run_once("sweep", lambda _: self._sweep_planned(message))

    async def _sweep_planned(self, message: messages.SweepRequested) -> None:
        key, fee, birthday = message.take_key(), message.fee, message.birthday
        planned = await sweep_tasks.plan_sweep(self, key, fee, birthday)
        if planned and self._place() is KeyPlace.SWEEP:
            await self._turn(_task("sweep").SweepReviewPage())

    @on(messages.SweepAgreed)
    def _send_sweep(self) -> None:
        self._run_once("send_sweep", sweep_tasks.send_sweep)

    async def _turn(self, page: WalletPage) -> None:
        """Who turns to another page has left the key, unless its coins are being sent."""
        sweep = self.state.sweep
        if page.place is not KeyPlace.SWEEPING and sweep is not None and not sweep.working:
            self.workers.cancel_group(self, "sweep")
            self.change(sweep=None)
        await super()._turn(page)

    # A payment of the history

    @on(messages.HistoryRequested)
    async def _show_history(self, message: messages.HistoryRequested) -> None:
        self.change(problem="")
        await self._turn(HistoryPage(message.txid))

    @on(messages.EntryRequested)
    async def _show_entry(self, message: messages.EntryRequested) -> None:
        self.change(problem="")
        await self._turn(EntryPage(message.txid))

    @on(messages.WayOutRequested)
    async def _take_way_out(self, message: messages.WayOutRequested) -> None:
        entry, record = message.entry, message.entry.record
        match message.way_out:
            case WayOut.GIVE_UP:
                txid = entry.row.txid
                self._run_once("payment", lambda _: ending_tasks.give_up(self, txid))
            case WayOut.SEND_AGAIN:
                if record is not None and ending_tasks.take_up(self, record):
                    await self._turn(PaymentPage())
                    self._resume()
            case way_out:
                self.change(problem="")
                await self._turn(RatePage(way_out, entry))

    @on(messages.ReplacementRequested)
    def _write_replacement(self, message: messages.ReplacementRequested) -> None:
        self._run_once("draft", lambda _: self._replacement_drafted(message))

    async def _replacement_drafted(self, message: messages.ReplacementRequested) -> None:
        way_out, txid, fee = message.way_out, message.txid, message.fee
        if await ending_tasks.draft_replacement(self, way_out, txid, fee):
            await self._turn(PaymentPage())

    @on(messages.AddressRequested)
    def _issue_another(self) -> None:
        if self._place() is KeyPlace.RECEIVE and not self.state.asking:
            self._run_once("address", tasks.issue_another)

    @on(messages.VerifyRequested)
    def _verify(self) -> None:
        self._run_once("payment", record_tasks.verify)

    @on(messages.SignerRead)
    def _judge(self, message: messages.SignerRead) -> None:
        judged = partial(record_tasks.judge, place=message.place, is_same=message.is_same)
        self._run_once("payment", judged)

    @on(messages.LieChosen)
    def _choose_lie(self, message: messages.LieChosen) -> None:
        self._run_once("payment", lambda _: tasks.choose_lie(self, message.name))

    @on(messages.LieRequested)
    def _lie(self) -> None:
        self._run_once("payment", tasks.tell_lie)

    @on(messages.OverviewRequested)
    def _look_over(self) -> None:
        self.start_task("overview", tasks.look_over, self, exclusive=True)

    @on(messages.CoinsChosen)
    def _choose_coins(self, message: messages.CoinsChosen) -> None:
        self.change(chosen=message.outpoints)

    @on(messages.FreezeRequested)
    def _freeze(self, message: messages.FreezeRequested) -> None:
        self.start_task("wallet", tasks.freeze, self, message.outpoint, message.frozen)

    @on(messages.NodeToggled)
    def _toggle(self, message: messages.NodeToggled) -> None:
        if message.node < len(self.state.nodes):
            self.start_task("nodes", tasks.toggle_node, self, message.node)

    @on(messages.OpeningChosen)
    def _open(self, message: messages.OpeningChosen) -> None:
        self.pop_screen()
        self.start_task("start", self._change_wallet, message.opening)


def _task(name: str) -> Any:  # noqa: ANN401 - a module of host.tui.screens, found by its name
    return importlib.import_module(f"host.tui.screens.{name}")


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def run(
    opening: Opening | None, wallets: Wallets | None = None, look: ThemeChoice | None = None
) -> int:
    """Open the app on a session, which comes up behind the first frame. Returns the exit status.

    Without an opening, its person chooses one of `wallets` first. Raises HostError where there is
    no terminal to draw on.
    """
    if not all(map(_is_terminal, (sys.__stdin__, sys.__stdout__, sys.__stderr__))):
        raise HostError(NO_TERMINAL)
    app = QuietkeyApp(opening, wallets=wallets, look=look)
    status = app.run()
    return app.return_code if status is None and app.return_code else status or 0
