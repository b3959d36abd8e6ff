"""What the app does in the background: one coroutine per errand, each ending in a clear sentence.

They run as workers, change what is drawn through `Board.change`, and never draw.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from host.errors import HostError
from host.tui import sentences
from host.tui.now import Handed, Now, Payment, Stage
from host.tui.scene import Bill, Purse, Scene, Spread, View


class Board(Protocol):
    """What an errand may do to the app."""

    now: Now

    @property
    def scene(self) -> Scene: ...

    def change(self, **fields: object) -> None:
        """Draw the present moment with these fields changed."""
        ...

    def device_asks(self, sentence: str) -> None:
        """Lead the eye and the keyboard to the device, or back again for ""."""
        ...

    def saw(self, view: View) -> None: ...

    def wallet_opened(self) -> None: ...


@contextmanager
def _told(board: Board) -> Iterator[None]:
    """A HostError becomes the sentence on the page, and nothing stays marked as under way."""
    try:
        yield
    except HostError as error:
        board.change(problem=str(error))
    finally:
        board.change(busy="")


async def follow_device(board: Board) -> None:
    with _told(board):
        async for view in board.scene.views():
            board.saw(view)


async def follow_network(board: Board) -> None:
    """Draw the nodes; look for our coins again whenever the chain grew."""
    with _told(board):
        async for nodes in board.scene.nodes():
            board.change(nodes=nodes)
            purse = board.now.purse
            if purse is not None and board.now.height > purse.height:
                await sync(board)


async def open_wallet(board: Board) -> None:
    """The wallet used last, so that the balance is there before the device is unlocked."""
    with _told(board):
        if await board.scene.open_wallet():
            board.change(purse=await board.scene.purse(), payment=await _left_over(board))
            await sync(board)


async def _left_over(board: Board) -> Payment | None:
    """A payment that the last run did not finish: it waits on its page."""
    left = await board.scene.left_over()
    if left is None:
        return None
    return Payment(left.bill, Stage.SIGNED if left.signed else Stage.WRITTEN)


async def pair(board: Board) -> None:
    """The wallet of the device as it is now: its public key is read if we do not know it."""
    board.change(busy=sentences.PAIRING, problem="")
    if board.scene.link == "qr":
        board.device_asks(sentences.ASKS_KEYS)
    with _told(board):
        await board.scene.pair()
        purse = await board.scene.purse()
        board.change(purse=purse, payment=await _left_over(board), handed=None)
        await sync(board)
        board.wallet_opened()
    board.device_asks("")


async def sync(board: Board) -> None:
    with _told(board):
        board.change(synced=False)
        purse = await board.scene.sync()
        board.change(purse=purse, synced=True, payment=_confirmed(board.now.payment, purse))


def _confirmed(payment: Payment | None, purse: Purse) -> Payment | None:
    if payment is None or payment.stage is not Stage.SPREAD or payment.spread is None:
        return payment
    txid = payment.spread.txid
    height = next((row.height for row in purse.history if row.txid == txid), None)
    return payment if height is None else replace(payment, stage=Stage.CONFIRMED, height=height)


async def fund(board: Board) -> None:
    board.change(busy=sentences.FUNDING, problem="")
    with _told(board):
        await board.scene.fund()
        await sync(board)


async def mine(board: Board) -> None:
    with _told(board):
        await board.scene.mine()


async def toggle_node(board: Board, at: int) -> None:
    """Stop a node that runs, start one that does not."""
    with _told(board):
        if board.now.nodes[at].alive:
            await board.scene.kill(at)
        else:
            await board.scene.revive(at)


async def move_cable(board: Board) -> None:
    board.change(problem="")
    with _told(board):
        await (board.scene.unplug() if board.scene.plugged else board.scene.plug())
    board.change(plugged=board.scene.plugged)
    stopped = board.now.payment is not None and board.now.payment.problem
    if board.scene.plugged and stopped:
        _payment(board, problem=sentences.PLUGGED_AGAIN)


async def hand_out(board: Board) -> None:
    """An address nobody was given yet."""
    with _told(board):
        board.change(handed=Handed(await board.scene.next_address()))


async def verify(board: Board) -> None:
    """Let the device derive and show the address that was handed out."""
    handed = board.now.handed
    if handed is None:
        return
    board.change(handed=replace(handed, problem="", verified=False), problem="")
    try:
        await _unlocked(board)
        board.device_asks(sentences.ASKS_ADDRESS)
        await board.scene.verify(handed.receive)
    except HostError as error:
        board.change(handed=replace(handed, problem=str(error)))
    else:
        board.change(handed=replace(handed, verified=True))
    finally:
        board.change(plugged=board.scene.plugged)
        board.device_asks("")


async def write_bill(board: Board, address: str, sats: int, sats_per_vbyte: float) -> None:
    board.change(busy=sentences.WRITING, problem="")
    with _told(board):
        bill = await board.scene.draft(address, sats, sats_per_vbyte)
        board.change(payment=Payment(bill))


async def discard(board: Board, bill: Bill) -> None:
    with _told(board):
        await board.scene.discard(bill)


async def go_on(board: Board) -> None:
    """Take the payment from where it stopped: the device's yes, then the network's echo."""
    payment = board.now.payment
    if payment is None:
        return
    try:
        if payment.stage in {Stage.WRITTEN, Stage.ASKED}:
            await _sign(board, payment.bill)
        await _send(board)
    except HostError as error:
        _payment(board, problem=str(error))
    except asyncio.CancelledError:
        _payment(board, problem=sentences.STOPPED_WAITING)
        raise
    finally:
        board.change(busy="", plugged=board.scene.plugged)
        _payment(board, working=False)
        board.device_asks("")


async def _sign(board: Board, bill: Bill) -> None:
    bill = await board.scene.renew(bill)
    _payment(board, bill=bill, stage=Stage.ASKED, problem="", working=True)
    await _unlocked(board)
    board.device_asks(sentences.ASKS_PAYMENT)
    await board.scene.sign(bill)
    _payment(board, stage=Stage.SIGNED)
    board.device_asks("")


async def _send(board: Board) -> None:
    if board.now.payment is None:
        return
    bill = board.now.payment.bill
    _payment(board, stage=Stage.SIGNED, problem="", working=True)
    board.change(busy=sentences.SENDING)

    def seen(spread: Spread) -> None:
        _payment(board, spread=spread)

    spread = await board.scene.send(bill, seen)
    _payment(board, stage=Stage.SPREAD, spread=spread)
    board.change(purse=await board.scene.purse())


async def _unlocked(board: Board) -> None:
    """Wait for the PIN on the device. It says so itself when it is unlocked already."""
    view = board.now.view
    if view is not None and view.state == "locked":
        board.device_asks(sentences.ASKS_PIN)
    await board.scene.unlock()


def _payment(board: Board, **fields: object) -> None:
    if board.now.payment is not None:
        board.change(payment=replace(board.now.payment, **fields))  # type: ignore[arg-type]
