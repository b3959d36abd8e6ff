"""What pages about the records of a wallet ask for: labels, requests, addresses."""

from textual import on

from host.errors import HostError
from host.session import record_tasks, wording
from host.session.state import at_stake
from host.tui import messages
from host.tui.screens.coins import CoinsPage
from host.tui.screens.contacts import ContactsPage
from host.tui.screens.entry import EntryPage
from host.tui.screens.network import NetworkPage
from host.tui.screens.note import LabelPage, RequestPage
from host.tui.screens.page import WalletPage
from host.tui.screens.proxy import ProxyPage
from host.tui.screens.receive import ReceivePage
from host.tui.session_app import SessionApp
from host.tui.widgets.wallet import WalletPanel


class RecordApp(SessionApp, inherit_bindings=False):
    """Turns what is written down into tasks."""

    def wallet_opened(self) -> None:
        super().wallet_opened()
        self.read_records()

    def read_records(self, *, addresses: bool = False) -> None:
        """Labels and contacts for the next page, and the addresses where they are listed."""
        if self.state.wallet is not None:
            self.change(answer="")
            self.start_task("records", record_tasks.read_records, self, addresses)

    @on(messages.LabelRequested)
    async def _show_label(self, message: messages.LabelRequested) -> None:
        self.change(problem="")
        await self._turn(LabelPage(message.ref))

    @on(messages.LabelWritten)
    def _write_label(self, message: messages.LabelWritten) -> None:
        self.start_task("records", self._label_written, message.ref, message.text)

    async def _label_written(self, ref: str, text: str) -> None:
        await record_tasks.write_label(self, ref, text)
        if not self.state.problem:
            await self._turn(_labelled_page(ref))

    @on(messages.LabelLeft)
    async def _leave_label(self, message: messages.LabelLeft) -> None:
        self.change(problem="")
        await self._turn(_labelled_page(message.ref))

    @on(messages.PageRequested)
    async def _show_page(self, message: messages.PageRequested) -> None:
        self.change(problem="")
        if message.task == "network":
            await self._turn(NetworkPage())
            return
        issued = self.state.issued
        ask = message.task == "note" and issued is not None and not issued.alarm
        await self._turn(RequestPage(issued) if ask and issued is not None else ReceivePage())

    @on(messages.RequestWritten)
    def _ask_for(self, message: messages.RequestWritten) -> None:
        self.start_task("records", self._asked_for, message.sats, message.label)

    async def _asked_for(self, sats: int | None, label: str) -> None:
        await record_tasks.ask_for(self, sats, label)
        if not self.state.problem:
            await self._turn(ReceivePage())

    @on(messages.ContactWritten)
    def _keep_contact(self, message: messages.ContactWritten) -> None:
        self.start_task("records", record_tasks.keep_contact, self, message.name, message.payee)

    @on(messages.ContactRequested)
    async def _show_contact(self, message: messages.ContactRequested) -> None:
        self.change(problem="")
        await self._turn(ContactsPage(message.payee))

    @on(messages.DescriptorRequested)
    def _copy_descriptor(self) -> None:
        if self.state.wallet is not None:
            self.start_task("records", self._descriptor_copied)

    async def _descriptor_copied(self) -> None:
        text = await record_tasks.descriptor(self)
        page = self._desk.query_one(WalletPanel).page if self._desk else None
        if text and page is not None:
            page.copy(text)

    @on(messages.AddressSought)
    def _find_address(self, message: messages.AddressSought) -> None:
        self.start_task("records", record_tasks.find_address, self, message.text, exclusive=True)

    @on(messages.FlowRequested)
    def _read_flow(self, message: messages.FlowRequested) -> None:
        if self.state.wallet is not None:
            self.start_task("flow", record_tasks.read_flow, self, message.source, exclusive=True)

    @on(messages.ProxyRequested)
    async def _show_proxy(self) -> None:
        self.change(problem="")
        await self._turn(ProxyPage(self._opening.proxy))

    @on(messages.ProxyChosen)
    def _choose_proxy(self, message: messages.ProxyChosen) -> None:
        if self._wallets is None:
            return
        if losses := at_stake(self.state, self._opening.keeps):
            self.change(problem=f"{losses[0]} {wording.LEAVE_FIRST}")
            return
        try:
            opening = self._wallets.through(self._opening.name, message.proxy)
        except HostError as error:
            self.change(problem=str(error))
        else:
            self.start_task("start", self._change_wallet, opening)


def _labelled_page(ref: str) -> WalletPage:
    return CoinsPage(ref) if ":" in ref else EntryPage(ref)
