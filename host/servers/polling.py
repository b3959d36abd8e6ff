"""A backend that asks one server again and again. What a server is, its kind says.

The server learns every address of the wallet. What it says of a transaction is believed; that it
hides one is not found out.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from math import isfinite
from typing import Protocol, TypeVar

import bdkpython as bdk

from host import background
from host.errors import NetworkError
from host.fees import FeeEstimate
from host.transactions import Transaction
from host.values import Acceptance, NetworkView, Sent, WaitingFees
from host.wallet.scanned import ScannedWallet

Result = TypeVar("Result")
PATIENCE_S = 60.0
POLL_S = 2.0
LOOK_EVERY = 15  # polls: a payment without a block is seen half a minute late at most
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0


class ServerRefused(Exception):
    """The server answered, and its answer is no: its words."""


class ServerLost(Exception):
    """The server cannot be reached, or what it says makes no sense."""


class Server(Protocol):
    """A connection. Its calls block, and raise ServerRefused or ServerLost."""

    def tip(self) -> str:
        """The hash of the newest block, or whatever else changes with it."""
        ...

    def scan(self, wallet: ScannedWallet, stop_gap: int) -> "bdk.Update":
        """What it knows of every address up to `stop_gap` unused ones in a row."""
        ...

    def fee_floor(self) -> float: ...

    def fee_estimate(self, blocks: int) -> float | None:
        """In sat/vB, whatever it says; None when it has none."""
        ...

    def waiting_fees(self) -> WaitingFees | None:
        """What waits in its mempool; None when it does not tell."""
        ...

    def broadcast(self, transaction: "bdk.Transaction") -> None: ...

    def has(self, txid: "bdk.Txid") -> bool:
        """Whether it knows this transaction."""
        ...


class PollingBackend:
    """One server. Implements host.backends.Backend; use it in one event loop."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Awaitable[Callable[[], Server]]],
        report: Callable[[str], None],
        hang_up: Callable[[], Awaitable[None]] | None = None,
        *,
        poll_s: float = POLL_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`connect` prepares a connection and gives the blocking call that makes it."""
        self.name = name
        self._connect = connect
        self._report = report
        self._hang_up = hang_up
        self._poll_s = poll_s
        self._patience_s = patience_s
        self._server: Server | None = None
        self._turn = asyncio.Lock()
        self._closed = asyncio.Event()

    async def sync(self, wallet: ScannedWallet) -> None:
        """Return when the wallet knows what the server knows. Raises NetworkError."""
        while await self._look(wallet):
            pass  # addresses turned out to be used that were not handed out here: look further

    async def follow(self, wallet: ScannedWallet) -> AsyncGenerator[int, None]:
        """The wallet's height, now and after each change, for as long as somebody asks.

        A server that is lost is asked again, ever less often.
        """
        yield wallet.tip_height
        seen, polls = "", 0
        pause_s = self._poll_s
        while not wallet.closed:
            await self._pause(pause_s)
            polls += 1
            try:
                tip = await self._ask(lambda server: server.tip())
                if tip != seen or polls % LOOK_EVERY == 0:
                    await self.sync(wallet)
                    seen = tip
                    yield wallet.tip_height
            except NetworkError as error:
                self._report(f"{error} It is asked again by itself.")
                pause_s = min(max(2 * pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
            else:
                self._report("")
                pause_s = self._poll_s

    def view(self) -> NetworkView:
        """Nothing: a server is believed."""
        return NetworkView()

    async def fee_floor(self) -> float:
        return await self._ask(lambda server: server.fee_floor())

    async def fee_estimate(self, blocks: int) -> FeeEstimate:
        rate = await self._ask(lambda server: server.fee_estimate(blocks))
        is_rate = rate is not None and isfinite(rate) and rate > 0
        return FeeEstimate(self.name, blocks, rate if is_rate else None)

    async def waiting_fees(self) -> WaitingFees | None:
        return await self._ask(lambda server: server.waiting_fees())

    async def broadcast(
        self, raw_tx: bytes, observer: Callable[[Sent], None] | None = None
    ) -> Sent:
        """Give it to the server. Raises NetworkError with the server's words when it says no."""
        transaction = bdk.Transaction(raw_tx)
        await self._ask(lambda server: _give(server, transaction))
        sent = Sent(Transaction.parse(raw_tx).name, Acceptance(self.name))
        if observer is not None:
            observer(sent)
        return sent

    async def close(self) -> None:
        """Stop following. The wallets stay open."""
        self._closed.set()
        self._server = None
        if self._hang_up is not None:
            await self._hang_up()

    async def _look(self, wallet: ScannedWallet) -> bool:
        """Ask for every address; whether there may be more behind them."""
        gap = wallet.search.gap + _longest_unused(wallet)
        update = await self._ask(lambda server: server.scan(wallet, gap))
        try:
            is_used_elsewhere = await asyncio.to_thread(wallet.apply, update)
        except bdk.CannotConnectError as error:
            raise NetworkError(
                f"{self.name} is on another network than this wallet ({wallet.network}), or has a"
                " chain that shares nothing with what the wallet knows. Nothing was lost."
                " Choose a server of the same network."
            ) from error
        if not is_used_elsewhere and not wallet.search.complete:
            await asyncio.to_thread(wallet.finish_search)
        return is_used_elsewhere

    async def _ask(self, question: Callable[[Server], Result]) -> Result:
        async with self._turn:
            try:
                if self._server is None:
                    dial = await self._connect()
                    self._server = await background.call(dial, self._patience_s)
                server = self._server
                return await background.call(lambda: question(server), self._patience_s)
            except ServerRefused as error:
                raise NetworkError(f"{self.name} refused: {_quoted(error)}.") from error
            except (ServerLost, TimeoutError, OSError) as error:
                self._server = None
                raise NetworkError(
                    f"{self.name} does not answer, or not as such a server does. Nothing was lost."
                    " Check the connection and the address of the server, and try again."
                ) from error

    async def _pause(self, seconds: float) -> None:
        """Raises NetworkError when the backend is closed."""
        try:
            await asyncio.wait_for(self._closed.wait(), seconds)
        except TimeoutError:
            return
        raise NetworkError("The network was disconnected. Nothing was lost. Try again.")


def _longest_unused(wallet: ScannedWallet) -> int:
    """How many addresses in a row were handed out and never used, on either branch."""
    longest = 0
    for branch in (bdk.KeychainKind.EXTERNAL, bdk.KeychainKind.INTERNAL):
        run, last = 0, -2
        for info in wallet.engine.list_unused_addresses(branch):
            run = run + 1 if info.index == last + 1 else 1
            last = info.index
            longest = max(longest, run)
    return longest


def _give(server: Server, transaction: "bdk.Transaction") -> None:
    try:
        server.broadcast(transaction)
    except ServerRefused as refusal:
        # A server that has it already may say no: then there is nothing left to do.
        if not server.has(transaction.compute_txid()):
            raise ServerRefused(f"{_quoted(refusal)} (the payment was not sent)") from refusal


def _quoted(error: Exception) -> str:
    """A server's words go to a terminal: nothing in them may move the cursor."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    return text[:200].strip().rstrip(".") or "it does not say why"
