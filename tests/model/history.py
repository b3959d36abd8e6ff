"""One random history of a wallet, its person and the network, and what must hold at its end."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random  # noqa: TID251 - the histories, each from its number
from typing import Any

import bdkpython as bdk

from host.app import spend
from host.app.history import history
from host.errors import NetworkError, TooFewCoins, WalletError
from host.store import Search
from host.transactions import Outpoint, Transaction, TxIn, TxOut
from host.values import Balance, Draft, PaymentRecord, SignedPayment
from host.wallet import Wallet, bdk_adapter
from host.wallet.bdk_adapter import INTERNAL
from tests.model.network import Network, Refused
from tests.model.nodes import Killed, Nodes
from tests.wallets import NOW, paired, sign

DEEPEST = 3  # blocks that a reorganisation takes, unless told otherwise
FLOORS = (1, 1, 1, 2, 6)  # sat/vB that nodes take
GAP = 10  # of the wallet: it uses few addresses, and each costs a derivation at every sync
ROUNDS = 12
ENDED = {"given up", "replaced", "impossible"}
Move = Callable[[], Coroutine[Any, Any, None]]


class Fault(AssertionError):
    """What must hold did not."""


@dataclass(slots=True)
class Wish:
    """The person wants it once. `called_off` are the txids that took it back, a bumped one, too."""

    number: int
    sats: int
    payments: list[Transaction] = field(default_factory=list)
    called_off: list[str] = field(default_factory=list)

    @property
    def script(self) -> bytes:
        return b"\x00\x14" + sha256(b"payee" + self.number.to_bytes(4)).digest()[:20]

    @property
    def address(self) -> str:
        return str(bdk.Address.from_script(bdk.Script(self.script), bdk.Network.REGTEST))


def template(folder: Path) -> Path:
    """A wallet that has found all coins of its seed: copied for each history."""
    wallet = paired(folder, search=Search(gap=GAP))
    wallet.finish_search()
    wallet._load()
    wallet.close()
    return folder


class History:
    """Everything random comes out of `number`."""

    def __init__(self, start: Path, folder: Path, number: int, deepest: int = DEEPEST) -> None:
        """A reorganisation takes `deepest` blocks at most."""
        self.deepest = deepest
        self.chance = Random(number)
        self.folder = folder
        self.network = Network()
        self.nodes = Nodes(self.network, self.chance)
        self.wishes: list[Wish] = []
        self.log: list[str] = []
        self._now = NOW
        self._coins = 0
        self._deadly = True
        self._ours: set[bytes] = set()
        shutil.copytree(start, folder)
        self._open()

    async def run(self, length: int) -> None:
        """So many events, then the settling, then what must hold. Raises Fault."""
        await self._receive()
        self._mine(1)
        moves = self._moves()
        for _ in range(length):
            move = self.chance.choices(list(moves), list(moves.values()))[0]
            self._note(move.__name__.strip("_"))
            await self._survived(move)
        await self._settle()
        self._check()
        await self._check_not_stuck()
        self.wallet.close()

    def _moves(self) -> dict[Move, int]:
        return {
            self._receive: 4,
            self._pay: 10,
            self._go_on: 3,
            self._send_again: 2,
            self._bump: 3,
            self._call_off: 2,
            self._give_up: 3,
            self._mine_some: 6,
            self._mine_held: 1,
            self._reorganize: 3,
            self._forget: 1,
            self._kill: 2,
            self._change_floor: 1,
            self._twin: 1,
        }

    async def _survived(self, move: Move) -> None:
        try:
            await move()
        except (WalletError, NetworkError) as error:
            self._note(f"  {error}")
        except Killed:
            self._note("  killed")
            self._open()

    # The person

    async def _pay(self) -> None:
        wish = await self._open_wish()
        await spend.send_waiting(self.wallet, self.nodes)
        rate = self.chance.choice((0.5, 1, 1, 2, 5))
        if self.chance.random() < 0.5:  # else the floor rises behind the question
            await spend.check_rate(self.nodes, rate)
        self._maybe_killed()
        draft = self.wallet.draft(wish.address, wish.sats, rate)
        self._maybe_killed()
        await self._finish(draft, wish)

    async def _go_on(self) -> None:
        """What the program offers at its start: the draft, then what was not sent."""
        if draft := spend.unfinished(self.wallet):
            if self.chance.random() < 0.5:
                self.wallet.discard(draft)
            else:
                await self._continue(draft)
        await spend.send_waiting(self.wallet, self.nodes)

    async def _continue(self, draft: Draft) -> None:
        wish = next((each for each in self.wishes if each.address == draft.recipient), None)
        try:
            await self._finish(draft, wish)
        except WalletError:
            if self.wallet.store.draft() == draft:
                self.wallet.discard(draft)
            raise

    async def _finish(self, draft: Draft, wish: Wish | None) -> None:
        payment = self.wallet.finish(draft, sign(draft.psbt))
        transaction = Transaction.parse(payment.raw_tx)
        if wish:
            wish.payments.append(transaction)
        elif draft.replaces:
            self._wish_of(draft.replaces).called_off.append(payment.txid)
        self._note(f"  {payment.txid[:8]} pays {wish.number if wish else 'back'}: {_io(payment)}")
        self._maybe_killed()
        await spend.send(self.wallet, self.nodes, payment)

    async def _send_again(self) -> None:
        await spend.send_again(self.wallet, self.nodes)

    async def _bump(self) -> None:
        record = self._one_waiting()
        draft = self.wallet.draft_bump(record.payment.txid, self.chance.choice((2, 5, 10, 30)))
        self._maybe_killed()
        wish = next((each for each in self.wishes if each.address == draft.recipient), None)
        if wish is None:  # a payment to yourself that is bumped stays one
            self._wish_of(draft.replaces)
        await self._finish(draft, wish)

    async def _call_off(self) -> None:
        record = self._one_waiting()
        draft = self.wallet.draft_call_off(record.payment.txid, self.chance.choice((1, 5, 10)))
        self._maybe_killed()
        await self._finish(draft, None)

    async def _give_up(self) -> None:
        record = self._one_waiting()
        self.wallet.give_up(record.payment.txid)
        self._note(f"  gave up {record.payment.txid[:8]}")

    async def _open_wish(self) -> Wish:
        """One whose every payment has ended without paying, or a new one."""
        statuses = {entry.row.txid: entry.status for entry in await history(self.wallet)}
        is_open = [
            wish
            for wish in self.wishes
            if all(self._has_ended(each, statuses) for each in wish.payments)
            and (not wish.called_off or "confirmed" in map(statuses.get, wish.called_off))
        ]
        if is_open and self.chance.random() < 0.7:
            return self.chance.choice(is_open)
        wish = Wish(len(self.wishes), self.chance.choice((10_000, 20_000, 50_000, 200_000)))
        self.wishes.append(wish)
        return wish

    def _has_ended(self, payment: Transaction, statuses: dict[str, str]) -> bool:
        status = statuses[payment.name]
        if status == "impossible":
            # It is paid again when what rules it out is deeper than any reorganisation.
            return self.network.depth_of_conflict(payment) > self.deepest
        return status in ENDED

    def _wish_of(self, txid: str) -> Wish:
        for wish in self.wishes:
            if txid in wish.called_off or txid in {each.name for each in wish.payments}:
                return wish
        raise Fault(f"nobody wanted {txid}")

    def _one_waiting(self) -> PaymentRecord:
        waiting = self.wallet.waiting()
        if not waiting:
            raise WalletError("Nothing waits.")
        return self.chance.choice(waiting)

    # The program

    def _open(self) -> None:
        """As after a kill: nothing was closed."""
        self.wallet = Wallet.open(self.folder, clock=self._clock)

    async def _kill(self) -> None:
        raise Killed

    def _maybe_killed(self) -> None:
        if self._deadly and self.chance.random() < 0.05:
            raise Killed

    def _clock(self) -> int:
        self._now += 1
        return self._now

    def _sync(self) -> None:
        """The rows that BDK writes when it takes in what a light client found."""
        self.wallet._save()
        with closing(sqlite3.connect(self.folder / "coins.sqlite")) as db, db:
            self._write_chain(db)
        wallet = self.wallet
        wallet._bdk = bdk_adapter.load(wallet.pairing, wallet._persister, wallet._lookahead)
        if draft := wallet.store.draft():
            wallet._mark_change(draft, wallet._bdk.mark_used)
        wallet._take_stock()

    def _write_chain(self, db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM bdk_blocks")
        touched = self._touching()
        for height, block in enumerate(self.network.chain):
            db.execute("INSERT INTO bdk_blocks VALUES (?, ?)", (height, block.hash))
            for transaction in block.transactions:
                if transaction.txid not in touched:
                    continue
                row = (transaction.name, transaction.encode())
                db.execute(
                    "INSERT INTO bdk_txs (txid, raw_tx) VALUES (?, ?)"
                    " ON CONFLICT (txid) DO UPDATE SET raw_tx = excluded.raw_tx",
                    row,
                )
                anchor = (transaction.name, height, block.hash, NOW + height)
                db.execute("INSERT OR IGNORE INTO bdk_anchors VALUES (?, ?, ?, ?)", anchor)

    def _touching(self) -> set[bytes]:
        """Transactions of the chain that a filter shows to this wallet."""
        touched: set[bytes] = set()
        ours: set[Outpoint] = set()
        for transaction in self.network.confirmed():
            mine = [i for i, out in enumerate(transaction.outputs) if self._is_mine(out)]
            ours |= {Outpoint(transaction.txid, index) for index in mine}
            if mine or ours & {txin.outpoint for txin in transaction.inputs}:
                touched.add(transaction.txid)
        return touched

    def _is_mine(self, output: TxOut) -> bool:
        """What is ours stays so; what is not may become so when addresses are handed out."""
        script = output.script_pubkey
        if script in self._ours:
            return True
        is_mine = bool(self.wallet.engine.is_mine(bdk.Script(script)))
        if is_mine:
            self._ours.add(script)
        return is_mine

    # The world

    async def _receive(self) -> None:
        script = self._script_of(self.wallet.next_address().address)
        sats = self.chance.choice((100_000, 300_000, 1_000_000))
        self.network.accept(self._from_nowhere(TxOut(sats, script)))

    async def _mine_some(self) -> None:
        self._mine(self.chance.randint(1, 2))
        await self._after_block()

    async def _mine_held(self) -> None:
        if self.network.held:
            txid = self.chance.choice(list(self.network.held))
            self._note(f"  held {txid[::-1].hex()[:8]}")
            self.network.mine_held(txid)
            self._sync()
            await self._after_block()

    async def _reorganize(self) -> None:
        depth = min(self.chance.randint(1, self.deepest), self.network.height - 1)
        if depth < 1:
            return
        lost = [tx for block in self.network.chain[-depth:] for tx in block.transactions]
        foreign = [tx for tx in lost if self._is_from_nowhere(tx)]
        doubled = [tx for tx in foreign if self.chance.random() < 0.3]
        self.network.reorganize(depth, [taken_back(each) for each in doubled])
        self._note(f"  {depth} blocks, {len(doubled)} coins taken back")
        self._sync()
        await self._after_block()

    async def _forget(self) -> None:
        self.network.forget()

    async def _change_floor(self) -> None:
        self.network.floor = self.chance.choice(FLOORS)
        self._note(f"  {self.network.floor} sat/vB")

    async def _twin(self) -> None:
        """Another program with the same seed spends a coin in a block."""
        coins = [pair for pair in self.network.unspent().items() if self._is_mine(pair[1])]
        if not coins:
            return
        outpoint, output = self.chance.choice(coins)
        change = self.wallet.engine.peek_address(INTERNAL, self.chance.randint(0, 8)).address
        outputs = (TxOut(output.sats // 2, bytes(change.script_pubkey().to_bytes())),)
        spent = Transaction(2, (TxIn(outpoint, b"", 0, (b"\0" * 71, b"\2" * 33)),), outputs, 0)
        self._note(f"  {spent.name[:8]} spends {outpoint.txid[::-1].hex()[:8]}")
        try:
            self.network.accept(spent)
        except Refused:
            self.network.mine([spent])
            self._sync()

    async def _after_block(self) -> None:
        if self.chance.random() < 0.8:
            await spend.send_again(self.wallet, self.nodes)

    def _mine(self, count: int) -> None:
        for _ in range(count):
            self.network.mine()
        if self.chance.random() < 0.9:
            self._sync()

    def _from_nowhere(self, output: TxOut) -> Transaction:
        self._coins += 1
        source = Outpoint(sha256(b"nowhere" + self._coins.to_bytes(4)).digest(), 0)
        return Transaction(2, (TxIn(source, b"", 0),), (output,), 0)

    def _is_from_nowhere(self, transaction: Transaction) -> bool:
        known = {each.txid for each in self.network.confirmed()}
        txin = transaction.inputs[0]
        return txin.script_sig == b"" and not txin.witness and txin.outpoint.txid not in known

    def _script_of(self, address: str) -> bytes:
        return bytes(bdk.Address(address, bdk.Network.REGTEST).script_pubkey().to_bytes())

    # The end

    async def _settle(self) -> None:
        """The person finishes what is open, by the program's words, and blocks come."""
        self.nodes.moods, self._deadly, self.network.floor = ["taken"], False, 1
        for _ in range(ROUNDS):
            self._others_send_again()
            self._sync()
            if draft := spend.unfinished(self.wallet):
                self.wallet.discard(draft)
            await spend.send_again(self.wallet, self.nodes)
            try:
                await spend.send_waiting(self.wallet, self.nodes)
            except NetworkError as error:
                self._note(f"settling: {error}")
            self._give_up_refused()
            if not self.wallet.waiting() and not self.network.mempool:
                break  # more blocks change nothing
            self.network.mine()
        self._sync()

    def _others_send_again(self) -> None:
        ours = {each.payment.txid for each in self.wallet.store.payments()}
        for transaction in list(self.network.held.values()):
            if transaction.name not in ours:
                with suppress(Refused):
                    self.network.accept(transaction)

    def _give_up_refused(self) -> None:
        for record in self.wallet.waiting():
            if record.refusal:
                self._note(f"  gives up {record.payment.txid[:8]}")
                try:
                    self.wallet.give_up(record.payment.txid)
                except WalletError as error:
                    self._note(f"  {error}")

    def _check(self) -> None:
        if waiting := self.wallet.waiting():
            names = [(r.payment.txid[:8], r.status, r.refusal) for r in waiting]
            raise Fault(f"stuck: {names} will be in no block")
        confirmed = list(self.network.confirmed())
        for wish in self.wishes:
            paid = sum(
                output.script_pubkey == wish.script for tx in confirmed for output in tx.outputs
            )
            if paid > 1:
                raise Fault(f"wish {wish.number} was paid {paid} times")
        coins = self.network.unspent().values()
        owned = sum(output.sats for output in coins if self._is_mine(output))
        balance = self.wallet.balance()
        if balance != Balance(owned, 0):
            raise Fault(f"unaccounted: the chain has {owned} sats for it, it says {balance}")

    async def _check_not_stuck(self) -> None:
        """Who has coins can pay, now and after a start."""
        for _ in range(2):
            wish = Wish(len(self.wishes), 1_000)
            self.wishes.append(wish)
            try:
                draft = self.wallet.draft(wish.address, wish.sats, 1)
            except TooFewCoins:
                if self.wallet.balance().spendable_sats > 5_000 + 100 * len(self.wallet.utxos()):
                    raise Fault("stuck: it has coins and finds none") from None
                return
            try:
                await self._finish(draft, wish)
            except (NetworkError, WalletError) as error:
                raise Fault(f"stuck: {error}") from error
            self.network.mine()
            self._sync()
            if not self.wallet.confirmations(wish.payments[0].name):
                raise Fault("stuck: a good payment is in no block")
            self._open()
        self._check()

    def _note(self, line: str) -> None:
        self.log.append(line)


def play(
    start: Path, folder: Path, number: int, length: int, deepest: int = DEEPEST
) -> tuple[History, Fault | None]:
    """The history of that number, and what was wrong at its end."""
    story = History(start, folder, number, deepest)
    try:
        asyncio.run(story.run(length))
    except Fault as fault:
        return story, fault
    return story, None


def _io(payment: SignedPayment) -> str:
    transaction = Transaction.parse(payment.raw_tx)
    spent = [f"{i.outpoint.txid[::-1].hex()[:8]}:{i.outpoint.index}" for i in transaction.inputs]
    return f"{' '.join(spent)} -> {[output.sats for output in transaction.outputs]}"


def taken_back(coin: Transaction) -> Transaction:
    """Its sender spends it to somebody else."""
    elsewhere = TxOut(coin.outputs[0].sats, b"\x00\x14" + bytes(20))
    return Transaction(2, coin.inputs, (elsewhere,), 0)
