"""A session in memory: for the gallery and the tests, never for the app itself.

It keeps a balance and a chain height, and answers by a script with what a real device showed
(tests.gallery.app_views), all without a clock or a socket, so that every picture comes out the
same. It proves nothing about a payment.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from host.app.verify_address import NOT_THE_SAME, NOT_THE_SAME_THERE
from host.diagram import FlowCoin, TransactionFlow
from host.errors import AddressAlarm, BadInput, DeclinedOnDevice, HostError
from host.fees import FeeAdvice, FeeEstimate
from host.session import wording
from host.session.api import (
    AttackRange,
    Observer,
    Opening,
    UnfinishedPayment,
    WalletSession,
    WalletSnapshot,
)
from host.spending import SpendingPath
from host.values import (
    Balance,
    Draft,
    Frame,
    HistoryEntry,
    HistoryRow,
    NodeStatus,
    PanelView,
    PaymentRecord,
    PaymentRequest,
    Propagation,
    ReceiveAddress,
    Sent,
    Signatures,
    SignedPayment,
    Status,
    Utxo,
)
from tests.gallery import app_views
from tests.gallery.app_records import FakeRecords
from tests.gallery.app_sweep import PAPER_KEY, FakeSweeper

THEIRS, OURS, PATH = app_views.THEIRS, app_views.OURS, app_views.PATH
TXID, FUNDING, WORDS = app_views.TXID, app_views.FUNDING, app_views.WORDS
FEE_SATS, FUNDED_SATS = app_views.FEE_SATS, app_views.FUNDED_SATS
NEW, LOCKED, HOME = app_views.NEW, app_views.LOCKED, app_views.HOME
PIN, LETTERS, CODE = app_views.PIN, app_views.LETTERS, app_views.CODE
DONE, WARNING = app_views.DONE, app_views.WARNING
PAY = app_views.PAYMENT_PAGES[0]
ADDRESS = app_views.ADDRESS
FINGERPRINT = HOME.fingerprint
TIME, DAY_S, VBYTES = 1_790_000_000, 86_400, 141
REPLACEMENT_TXID = app_views.TXID[32:] + app_views.TXID[:32]
PAYMENT = SignedPayment(b"", TXID, FEE_SATS)


def sent(echoed: int) -> Sent:
    """Told to one of three nodes, told back by so many."""
    return Sent(TXID, Propagation(("node 0",), ("node 1", "node 2")[:echoed], 3))


def received(txid: str, sats: int, height: int | None) -> HistoryEntry:
    """One line of a past."""
    return HistoryEntry(HistoryRow(txid, sats, None, height, 0 if height is None else 1, TIME))


def paid(draft: Draft, txid: str, height: int | None = None) -> HistoryEntry:
    """A payment that was sent, one line of a past."""
    seen = received(txid, -(draft.sats + draft.fee_sats), height).row
    row = replace(seen, fee_sats=draft.fee_sats)
    payment = SignedPayment(b"", txid, draft.fee_sats)
    record = PaymentRecord(payment, draft.recipient, draft.sats, TIME, "sent", "", 2, 3)
    return HistoryEntry(row, record, vbytes=VBYTES)


@dataclass(frozen=True)
class FakeTitle:
    """What the session says of itself."""

    title: str = "quietkey · regtest devnet"
    network: str = "regtest"


class FakeSession:
    """Implements WalletSession, DevicePanel and Playground.

    `trouble` maps a method's name to how it fails, once.
    """

    def __init__(
        self,
        view: PanelView = NEW,
        *,
        paired: bool = False,
        funded: bool = False,
        about: FakeTitle | None = None,
    ) -> None:
        self.about = about or FakeTitle()
        self.link = "serial"
        self.plugged = True
        self.pressed: list[str] = []
        self.rooms: list[int] = []
        self.signed: list[Draft] = []
        self.verified: list[ReceiveAddress] = []
        self.discarded: list[Draft] = []
        self.collected: dict[bytes, Signatures] = {}
        self.closed = False
        self.trouble: dict[str, str] = {}
        self.left_over: UnfinishedPayment | None = None
        self.liar: AttackRange | None = None
        self.records = FakeRecords("regtest")
        self._unlocked = asyncio.Event()
        self._unlocked.set()
        self._view = view
        self._views: asyncio.Queue[PanelView] = asyncio.Queue()
        self._networks: asyncio.Queue[tuple[NodeStatus, ...]] = asyncio.Queue()
        self._nodes = tuple(
            NodeStatus(f"node {i}", f"127.0.0.1:{4001 + i}", True, 143, "", ()) for i in range(3)
        )
        self._issued = 0
        self._paired = paired or funded
        self._wallet = WalletSnapshot(FINGERPRINT, 143, Balance(0, 0))
        self._answer: asyncio.Future[str] | None = None
        self._pages: list[PanelView] = []
        if funded:
            self._receive_coins(142)

    def _receive_coins(self, height: int) -> None:
        self._wallet = replace(
            self._wallet,
            balance=Balance(self._wallet.balance.confirmed_sats + FUNDED_SATS, 0),
            utxos=(*self._wallet.utxos, Utxo(f"{FUNDING}:1", FUNDED_SATS, OURS, height)),
            history=(received(FUNDING, FUNDED_SATS, height), *self._wallet.history),
        )
        theirs = FlowCoin(None, outpoint=f"{TXID}:0"), FlowCoin(None, outpoint=f"{TXID}:1")
        outputs = FlowCoin(1_000, "theirs", THEIRS), FlowCoin(FUNDED_SATS, "yours", OURS)
        self.records.flows[FUNDING] = TransactionFlow(theirs, outputs)

    def hear_of(self, txid: str, sats: int) -> None:
        """Somebody pays, and no block has it yet."""
        history = (received(txid, sats, None), *self._wallet.history)
        self._wallet = replace(self._wallet, history=history)

    def live_long(self) -> None:
        """Give it a past that is longer than a screen."""
        txids = [f"{index:02x}" * 32 for index in range(30)]
        rows = [
            received(txid, FUNDED_SATS, height)
            if index % 3 == 0
            else paid(Draft(b"", THEIRS, 25_000 + index - FEE_SATS, FEE_SATS), txid, height)
            for index, txid in enumerate(txids)
            for height in [142 - index if index else None]
        ]
        utxos = [
            Utxo(f"{txid}:{index % 2}", 1_000 * (index + 1), OURS, 142)
            for index, txid in enumerate(txids)
        ]
        dated = tuple(
            replace(entry, row=replace(entry.row, time=TIME - 9 * DAY_S * index))
            for index, entry in enumerate(rows)
        )
        self._wallet = replace(self._wallet, history=dated, utxos=tuple(utxos))

    @property
    def title(self) -> str:
        return self.about.title

    @property
    def network(self) -> str:
        return self.about.network

    @property
    def panel(self) -> "FakeSession":
        return self

    @property
    def playground(self) -> "FakeSession":
        return self

    @property
    def attacks(self) -> AttackRange | None:
        return self.liar

    # The device and its panel

    def stop(self, sentence: str) -> None:
        """End the device, as its process may end."""
        self.plugged = False
        self.trouble["views"] = sentence
        self._views.put_nowait(self._view)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(HostError(CABLE))

    def show(self, view: PanelView) -> None:
        """Let the device show this."""
        self._view = replace(view, seq=self._view.seq + 1)
        self._views.put_nowait(self._view)

    async def views(self) -> AsyncIterator[PanelView]:
        yield self._view
        while True:
            view = await self._views.get()
            self.fail("views")
            yield view

    async def press(self, key: str) -> None:
        self.pressed.append(key)
        if self._answer is None or self._answer.done():
            return
        if key == "ok" and self._pages:
            self.show(self._pages.pop(0))
        elif key in {"ok", "stop"}:  # no long press: how long one is, is the device's to say
            self._answer.set_result(key)

    async def approve(self) -> None:
        """Go on from page to page of a payment, and say yes on the last one."""
        for _ in app_views.PAYMENT_PAGES:
            await self.press("ok")

    async def type(self, text: str) -> None:
        self.pressed.append(text)

    async def fit(self, version: int) -> None:
        self.rooms.append(version)

    async def pixels(self) -> Frame:
        return Frame(0, 0, b"")

    async def _person(
        self, pages: Sequence[PanelView], refusal: HostError, yes: PanelView, no: PanelView
    ) -> None:
        self._answer = asyncio.get_running_loop().create_future()
        first, *self._pages = pages
        self.show(first)
        try:
            answer = await self._answer
        except (HostError, asyncio.CancelledError):
            self.show(app_views.CANCELLED)
            raise
        finally:
            self._answer = None
        self.show(yes if answer == "ok" else no)
        if answer == "stop":
            raise refusal

    def fail(self, name: str) -> None:
        """Raises HostError when there is trouble with this method."""
        if sentence := self.trouble.pop(name, ""):
            raise HostError(sentence)

    # The cable

    async def plug(self) -> None:
        self.plugged = True

    async def unplug(self) -> None:
        self.plugged = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(HostError(CABLE))

    # The network

    async def nodes(self) -> AsyncIterator[tuple[NodeStatus, ...]]:
        yield self._nodes
        while True:
            yield await self._networks.get()

    def set_nodes(self, nodes: tuple[NodeStatus, ...]) -> None:
        self._nodes = nodes
        self._networks.put_nowait(nodes)

    async def follow(self) -> AsyncIterator[int]:
        yield self._wallet.height
        await asyncio.Event().wait()

    async def mine(self) -> None:
        self.fail("mine")
        height = self._wallet.height + 1
        history = tuple(
            replace(entry, row=replace(entry.row, height=height, confirmations=1))
            if entry.row.height is None and entry.status == "waiting"
            else entry
            for entry in self._wallet.history
        )
        utxos = tuple(replace(coin, height=coin.height or height) for coin in self._wallet.utxos)
        self._wallet = replace(self._wallet, height=height, history=history, utxos=utxos)
        self.set_nodes(
            tuple(replace(n, height=height, mempool=()) if n.alive else n for n in self._nodes)
        )

    async def kill(self, node: int) -> None:
        self._switch(node, alive=False)

    async def revive(self, node: int) -> None:
        self._switch(node, alive=True)

    def _switch(self, index: int, *, alive: bool) -> None:
        nodes = list(self._nodes)
        nodes[index] = replace(nodes[index], alive=alive, height=self._wallet.height)
        self.set_nodes(tuple(nodes))

    async def fund(self, address: str) -> None:
        self.fail("fund")
        assert address == OURS
        self._receive_coins(self._wallet.height)

    # The wallet

    async def open_wallet(self) -> bool:
        return self._paired

    def hold_unlock(self) -> None:
        """Let `unlock` wait until `unlocks` is called."""
        self._unlocked.clear()

    def unlocks(self) -> None:
        self.show(HOME)
        self._unlocked.set()

    async def unlock(self) -> None:
        self.fail("unlock")
        if not self._unlocked.is_set():
            self.show(PIN)
        await self._unlocked.wait()

    async def pair(self) -> None:
        self.fail("pair")
        self._paired = True

    async def sync(self) -> WalletSnapshot:
        self.fail("sync")
        return self._wallet

    async def snapshot(self) -> WalletSnapshot:
        return self._wallet

    def sweeper(self, key: str, birthday: date | None = None) -> FakeSweeper:
        if key != PAPER_KEY:
            raise BadInput("This is no private key (WIF), or a letter of it is wrong or missing.")
        return FakeSweeper(sent(2), birthday)

    async def advise_fee(self, blocks: int) -> FeeAdvice:
        self.fail("advise fee")
        estimate = FeeEstimate("127.0.0.1:50001", blocks, 7.5)
        return FeeAdvice(
            7.5, estimate, f"127.0.0.1:50001 estimates 7.5 sat/vB for {blocks} blocks."
        )

    async def waiting_fees(self) -> None:
        return None

    async def glance(self) -> WalletSnapshot:
        return self._wallet

    async def last_address(self) -> ReceiveAddress | None:
        return None

    async def is_used(self, _: ReceiveAddress) -> bool:
        return False

    async def next_address(self) -> ReceiveAddress:
        self._issued += 1
        return ReceiveAddress(OURS, self._issued - 1, PATH)

    async def verify(self, address: ReceiveAddress) -> int:
        self.fail("verify")
        self.verified.append(address)
        await self._person((ADDRESS,), AddressAlarm(NOT_THE_SAME), HOME, app_views.ALARM)
        return 0

    async def judge(self, address: ReceiveAddress, *, is_same: bool) -> None:
        self.verified.append(address)
        if not is_same:
            raise AddressAlarm(NOT_THE_SAME_THERE)

    def share(self, *signers: str) -> None:
        """Let it be a wallet of these keys."""
        self._wallet = replace(self._wallet, signers=signers)

    async def freeze(self, outpoint: str, frozen: bool) -> None:
        self.fail("freeze")
        utxos = self._wallet.utxos
        self._wallet = replace(
            self._wallet,
            utxos=tuple(
                replace(coin, frozen=frozen) if coin.outpoint == outpoint else coin
                for coin in utxos
            ),
        )

    async def draft(self, request: PaymentRequest) -> Draft:
        self.fail("draft")
        available = self._wallet.balance.confirmed_sats - FEE_SATS
        wished = [recipient.sats for recipient in request.recipients]
        sats = available if None in wished else sum(amount or 0 for amount in wished)
        address = " ".join(recipient.address for recipient in request.recipients) or OURS
        draft = Draft(b"", address, sats, FEE_SATS, request.sats_per_vbyte, available - sats, WORDS)
        self._spend(draft, available - sats)
        words = self._wallet.paths[request.path - 1].words if request.path else ""
        return replace(draft, request=replace(request, path_words=words))

    def offer_paths(self, *paths: SpendingPath) -> None:
        """To be chosen from."""
        self._wallet = replace(self._wallet, paths=paths)

    def _spend(self, draft: Draft, change_sats: int) -> None:
        """Out of the coin that the faucet gave."""
        coin = FlowCoin(draft.sats + draft.fee_sats + change_sats, "yours", OURS, f"{FUNDING}:1")
        change = FlowCoin(change_sats, "change", OURS)
        owner = "yours" if draft.recipient == OURS else "theirs"
        outputs = (FlowCoin(draft.sats, owner, draft.recipient.split()[0]), change)
        flow = TransactionFlow((coin,), outputs if change_sats else outputs[:1])
        self.records.flows |= dict.fromkeys((b"", TXID), flow)

    async def bump(self, txid: str, sats_per_vbyte: float) -> Draft:
        return self._replacement(txid, sats_per_vbyte, self._record(txid).recipient)

    async def call_off(self, txid: str, sats_per_vbyte: float) -> Draft:
        draft = self._replacement(txid, sats_per_vbyte, OURS)
        request = PaymentRequest(draft.recipients, sats_per_vbyte, calls_off=txid)
        return replace(draft, request=request)

    def _replacement(self, txid: str, rate: float, recipient: str) -> Draft:
        self.fail("draft")
        fee_sats, sats = round(rate * VBYTES), self._record(txid).sats
        draft = Draft(b"", recipient, sats, fee_sats, rate, 0, WORDS, txid)
        self._spend(draft, 0)
        return draft

    async def give_up(self, txid: str) -> None:
        self.fail("give up")
        self._end(txid, "given up")

    def _end(self, txid: str, status: Status, replaced_by: str = "") -> None:
        record = replace(self._record(txid), status=status)
        ended = HistoryEntry(HistoryRow(txid, 0, record.payment.fee_sats, None, 0, TIME), record)
        ended = replace(ended, is_possible=False, replaced_by=replaced_by, vbytes=VBYTES)
        history = (ended if e.row.txid == txid else e for e in self._wallet.history)
        self._wallet = replace(self._wallet, history=tuple(history))

    def refuse(self, txid: str, refusal: str) -> None:
        """Let it be a payment that no peer has shown, because they refused it."""
        record = replace(self._record(txid), status="signed", refusal=refusal, seen_by=0, peers=0)
        history = (
            replace(e, record=record) if e.row.txid == txid else e for e in self._wallet.history
        )
        self._wallet = replace(self._wallet, history=tuple(history))

    def rule_out(self, txid: str, depth: int) -> None:
        """Let its coins have gone another way, so many blocks ago."""
        self._end(txid, "sent")
        history = (
            replace(e, conflict_depth=depth) if e.row.txid == txid else e
            for e in self._wallet.history
        )
        self._wallet = replace(self._wallet, history=tuple(history))

    def _record(self, txid: str) -> PaymentRecord:
        for entry in self._wallet.history:
            if entry.row.txid == txid and entry.record is not None:
                return entry.record
        raise HostError("No payment of that name is on its way.")

    async def renew(self, draft: Draft) -> Draft:
        return draft

    async def unfinished(self) -> UnfinishedPayment | None:
        return self.left_over

    async def signatures(self, draft: Draft) -> Signatures | None:
        return self.collected.get(draft.psbt)

    async def hand_on(self, draft: Draft) -> bytes:
        if signatures := self.collected.get(draft.psbt):
            self.collected[draft.psbt] = replace(signatures, handed_on=True)
        return b"psbt\xff" + draft.psbt

    async def discard(self, draft: Draft) -> None:
        self.discarded.append(draft)

    async def sign(self, draft: Draft) -> SignedPayment:
        self.fail("sign")
        self.signed.append(draft)
        if not self.plugged:
            raise HostError(wording.PULLED)
        refusal = DeclinedOnDevice("You said no on the device. Nothing was paid.")
        await self._person(app_views.PAYMENT_PAGES, refusal, DONE, app_views.DECLINED)
        if draft.replaces:
            self._end(draft.replaces, "replaced", REPLACEMENT_TXID)
            return SignedPayment(b"", REPLACEMENT_TXID, draft.fee_sats)
        return PAYMENT

    async def take_psbt(self, text: str) -> UnfinishedPayment:
        raise BadInput(f"{text[:20]!r} is no PSBT. Nothing was changed.")

    async def send(self, payment: SignedPayment, observer: Observer) -> Sent:
        self.fail("send")
        observer(sent(0))
        draft, txid = self._sent_draft(), payment.txid
        sats = -(draft.sats + draft.fee_sats)
        others = (each for each in self._wallet.history if each.row.txid != txid)
        self._wallet = replace(
            self._wallet,
            balance=Balance(self._wallet.balance.confirmed_sats + sats, 0),
            utxos=(Utxo(f"{txid}:1", draft.change_sats, OURS, None),),
            history=(paid(draft, txid), *others),
        )
        self.set_nodes(tuple(replace(n, mempool=(txid,)) if n.alive else n for n in self._nodes))
        return replace(sent(2), txid=txid)

    def _sent_draft(self) -> Draft:
        return self.signed[-1] if self.signed else Draft(b"", THEIRS, app_views.PAID_SATS, FEE_SATS)

    async def close(self) -> None:
        self.closed = True


CABLE = "The cable was pulled. Nothing was paid. Plug it in and try again."
STARTING = "Starting the device and three nodes..."
Start = Callable[[Callable[[str], None]], Awaitable[WalletSession]]


def opening_of(session: FakeSession, *, keeps: bool = True) -> Opening:
    """A session that is there at once."""

    async def start(_: Callable[[str], None]) -> WalletSession:
        return session

    return replace(opening(start, session.title, session.link), keeps=keeps)


def opening(start: Start, title: str = FakeTitle.title, link: str = "serial") -> Opening:
    return Opening(title, link, STARTING, start)
