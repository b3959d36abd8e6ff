"""A scene in memory: for the gallery and the tests, never for the app itself.

It keeps a balance, a chain height and a device that answers by a script, all without a clock, a key
or a socket, so that every picture comes out the same. It proves nothing about a payment.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from host.errors import HostError
from host.tui import sentences
from host.tui.scene import Bill, Coin, Leftover, Movement, Node, Picture, Purse, Receive, Spread

OURS = "bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx"
THEIRS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
TXID = "7d1f3c0e" * 7 + "54aa90be"
FUNDING = "31c2d4e6" * 7 + "a1b2c3d4"
FEE_SATS = 141
FUNDED_SATS = 5_000_000
WORDS = ("orbit", "velvet", "acid", "lamp")
FINGERPRINT = "9f3c21aa"


@dataclass(frozen=True, slots=True)
class Look:
    """One look of the device's panel."""

    seq: int
    kind: str
    lines: tuple[str, ...]
    state: str
    fingerprint: str = ""


def panel(title: str, *body: str, last: str) -> tuple[str, ...]:
    """Ten lines as the device lays them out: title, body, buttons."""
    return (title, *body, *[""] * (8 - len(body)), last)


NEW = Look(
    1,
    "menu",
    panel("Quietkey", "▸ New wallet", "  I have a seed", last="          ◂ ▸         choose ✓"),
    "empty",
)
LOCKED = Look(
    2, "home", panel("Quietkey", "", "Locked.", last="✗ more                unlock ✓"), "locked"
)
HOME = Look(
    3,
    "home",
    panel(
        "Quietkey",
        "",
        "Unlocked.",
        "",
        f"Keys {FINGERPRINT}",
        last="                        menu ✓",
    ),
    "unlocked",
    FINGERPRINT,
)
PIN = Look(
    4,
    "pinpad",
    panel(
        "PIN",
        "",
        "  * * *",
        "",
        "  3   8  [1]  6   0",
        "  9   2   5   7   4",
        "",
        "  delete    finish",
        last="✗ stop       ◂ ▸        pick ✓",
    ),
    "locked",
)
PAY = Look(
    5,
    "confirm",
    panel(
        "Pay 1 of 1              2 of 4",
        "25 000 sats",
        "to",
        "bcrt 1qw5 08d6 qejx tdg4 y5r3",
        "zarv ary0 c5xw 7kyg t080",
        last="✗ stop        ◂         next ✓",
    ),
    "unlocked",
    FINGERPRINT,
)
ADDRESS = Look(
    6,
    "confirm",
    panel(
        "Your address            1 of 1",
        "regtest",
        "bcrt 1qcr 8te4 kr60 9gca wutm",
        "rza0 j4xv 80jy 8zeq chgx",
        "path m/84h/1h/0h/0/0",
        last="✗ stop      ◂       the same ✓",
    ),
    "unlocked",
    FINGERPRINT,
)
DONE = Look(
    7,
    "notice",
    panel(
        "Signed",
        "",
        "Your host shows these words",
        "for the same payment:",
        "",
        " ".join(WORDS),
        last="                        done ✓",
    ),
    "unlocked",
    FINGERPRINT,
)
LETTERS = Look(
    8,
    "letters",
    panel(
        "Word 4 of 12",
        "",
        "  ab_",
        "",
        "[a] i  l  o  s  u  <",
        last="✗ stop       ◂ ▸        pick ✓",
    ),
    "empty",
)
CODE = replace(HOME, kind="qr", lines=panel("Signed", last="                        done ✓"))


class Still:
    """Implements host.tui.scene.Scene. `trouble` maps a method's name to how it fails, once."""

    def __init__(self, look: Look = NEW, *, paired: bool = False, funded: bool = False) -> None:
        self.link = "serial"
        self.plugged = True
        self.pressed: list[str] = []
        self.signed: list[Bill] = []
        self.verified: list[Receive] = []
        self.discarded: list[int] = []
        self.closed = False
        self._unlocked = asyncio.Event()
        self._unlocked.set()
        self.trouble: dict[str, str] = {}
        self.picture = Picture(0, 0, b"")
        self.unfinished: Leftover | None = None
        self._look = look
        self._looks: asyncio.Queue[Look] = asyncio.Queue()
        self._nets: asyncio.Queue[tuple[Node, ...]] = asyncio.Queue()
        self._nodes = tuple(
            Node(f"node {i}", f"127.0.0.1:{4001 + i}", True, 143, ()) for i in range(3)
        )
        self._paired = paired
        self._purse = Purse(FINGERPRINT, 143, 0, 0)
        self._answer: asyncio.Future[str] | None = None
        self._bills = 0
        if funded:
            self._paired = True
            self._purse = replace(
                self._purse,
                confirmed_sats=FUNDED_SATS,
                coins=(Coin(f"{FUNDING}:0", FUNDED_SATS, OURS, 142),),
                history=(Movement(FUNDING, FUNDED_SATS, None, 142),),
            )

    def live_long(self) -> None:
        """Give it a past that is longer than a screen."""
        txids = [f"{at:02x}" * 32 for at in range(30)]
        rows = [
            Movement(
                txid, FUNDED_SATS if at % 3 == 0 else -(25_000 + at), FEE_SATS, 142 - at or None
            )
            for at, txid in enumerate(txids)
        ]
        rows[0] = replace(rows[0], height=None)
        coins = [
            Coin(f"{txid}:{at % 2}", 1_000 * (at + 1), OURS, 142) for at, txid in enumerate(txids)
        ]
        self._purse = replace(self._purse, history=tuple(rows), coins=tuple(coins))

    # The device and its panel

    def show(self, look: Look) -> None:
        """Let the device show this."""
        self._look = replace(look, seq=self._look.seq + 1)
        self._looks.put_nowait(self._look)

    async def views(self) -> AsyncIterator[Look]:
        yield self._look
        while True:
            yield await self._looks.get()

    async def press(self, key: str) -> None:
        self.pressed.append(key)
        if self._answer is not None and not self._answer.done() and key in {"ok", "stop"}:
            self._answer.set_result(key)

    async def type(self, text: str) -> None:
        self.pressed.append(text)

    async def pixels(self) -> Picture:
        return self.picture

    async def _person(self, look: Look, refused: str, after: Look = HOME) -> None:
        self._answer = asyncio.get_running_loop().create_future()
        self.show(look)
        try:
            answer = await self._answer
        except (HostError, asyncio.CancelledError):
            self.show(HOME)
            raise
        finally:
            self._answer = None
        self.show(after if answer == "ok" else HOME)
        if answer == "stop":
            raise HostError(refused)

    def fail(self, name: str) -> None:
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

    async def nodes(self) -> AsyncIterator[tuple[Node, ...]]:
        yield self._nodes
        while True:
            yield await self._nets.get()

    def set_nodes(self, nodes: tuple[Node, ...]) -> None:
        self._nodes = nodes
        self._nets.put_nowait(nodes)

    async def mine(self) -> None:
        self.fail("mine")
        height = self._purse.height + 1
        history = tuple(replace(row, height=row.height or height) for row in self._purse.history)
        coins = tuple(replace(coin, height=coin.height or height) for coin in self._purse.coins)
        self._purse = replace(self._purse, height=height, history=history, coins=coins)
        self.set_nodes(
            tuple(replace(n, height=height, mempool=()) if n.alive else n for n in self._nodes)
        )

    async def kill(self, node: int) -> None:
        self._alive(node, alive=False)

    async def revive(self, node: int) -> None:
        self._alive(node, alive=True)

    def _alive(self, at: int, *, alive: bool) -> None:
        nodes = list(self._nodes)
        nodes[at] = replace(nodes[at], alive=alive, height=self._purse.height)
        self.set_nodes(tuple(nodes))

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

    async def sync(self) -> Purse:
        self.fail("sync")
        return self._purse

    async def purse(self) -> Purse:
        return self._purse

    async def fund(self) -> None:
        self.fail("fund")
        self._purse = replace(
            self._purse,
            confirmed_sats=self._purse.confirmed_sats + FUNDED_SATS,
            coins=(*self._purse.coins, Coin(f"{FUNDING}:0", FUNDED_SATS, OURS, self._purse.height)),
            history=(
                Movement(FUNDING, FUNDED_SATS, None, self._purse.height),
                *self._purse.history,
            ),
        )

    async def next_address(self) -> Receive:
        return Receive(OURS, 0, "84h/1h/0h/0/0")

    async def verify(self, receive: Receive) -> None:
        self.fail("verify")
        self.verified.append(receive)
        await self._person(
            ADDRESS, "You said no on the device. Nobody should be given this address."
        )

    async def draft(self, address: str, sats: int, sats_per_vbyte: float) -> Bill:
        self.fail("draft")
        self._bills += 1
        change = self._purse.confirmed_sats - sats - FEE_SATS
        return Bill(self._bills, address, sats, FEE_SATS, sats_per_vbyte, change, WORDS)

    async def renew(self, bill: Bill) -> Bill:
        return bill

    async def left_over(self) -> Leftover | None:
        return self.unfinished

    async def discard(self, bill: Bill) -> None:
        self.discarded.append(bill.number)

    async def sign(self, bill: Bill) -> None:
        self.fail("sign")
        self.signed.append(bill)
        if not self.plugged:
            raise HostError(sentences.PULLED)
        await self._person(PAY, "You said no on the device. Nothing was paid.", DONE)

    async def send(self, bill: Bill, seen: Callable[[Spread], None]) -> Spread:
        self.fail("send")
        seen(Spread(TXID, 1, 0, 3))
        sats = -(bill.sats + bill.fee_sats)
        self._purse = replace(
            self._purse,
            confirmed_sats=self._purse.confirmed_sats + sats,
            coins=(Coin(f"{TXID}:1", bill.change_sats, OURS, None),),
            history=(Movement(TXID, sats, bill.fee_sats, None), *self._purse.history),
        )
        self.set_nodes(tuple(replace(n, mempool=(TXID,)) if n.alive else n for n in self._nodes))
        return Spread(TXID, 1, 2, 3)

    async def close(self) -> None:
        self.closed = True


CABLE = "The cable was pulled. Nothing was paid. Plug it in and try again."
