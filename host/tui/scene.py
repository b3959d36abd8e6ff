"""What the app needs from the world: a protocol and a few values, quick to import."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol


class View(Protocol):
    """What the device's own front panel shows. `state` is "empty", "locked" or "unlocked"."""

    @property
    def seq(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def lines(self) -> tuple[str, ...]: ...
    @property
    def state(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """Grey pixels, row by row, one byte each."""

    width: int
    height: int
    grey: bytes


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the network as its operator sees it. `mempool` holds txids."""

    name: str
    address: str
    alive: bool
    height: int
    mempool: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coin:
    """One coin we can spend: outpoint "txid:vout". `height` is None until it is in a block."""

    outpoint: str
    sats: int
    address: str
    height: int | None


@dataclass(frozen=True, slots=True)
class Movement:
    """One transaction as it changed our balance: `sats` is negative for a payment, fee included."""

    txid: str
    sats: int
    fee_sats: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Purse:
    """The wallet at one moment."""

    fingerprint: str
    height: int
    confirmed_sats: int
    pending_sats: int
    coins: tuple[Coin, ...] = ()
    history: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class Receive:
    """An address of ours and the path the device derives it by, for example "84h/1h/0h/0/5"."""

    address: str
    index: int
    path: str


@dataclass(frozen=True, slots=True)
class Bill:
    """A payment written down. `number` tells two bills apart.

    The last three are not known any more of a signed payment that an earlier run left over.
    """

    number: int
    recipient: str
    sats: int
    fee_sats: int
    sats_per_vbyte: float = 0.0
    change_sats: int = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a payment has come: who was told, who told it back."""

    txid: str
    announced: int
    echoed: int
    peers_total: int


@dataclass(frozen=True, slots=True)
class Leftover:
    """A payment that the last run left half way."""

    bill: Bill
    signed: bool


class Scene(Protocol):
    """Everything behind the screens. All may raise HostError, whose text is shown as is."""

    link: str

    @property
    def plugged(self) -> bool: ...

    def views(self) -> AsyncIterator[View]:
        """Every look of the device's panel, beginning with the present one."""
        ...

    async def press(self, key: str) -> None:
        """Press "stop", "left", "right", "ok" or "hold" on the device."""
        ...

    async def type(self, text: str) -> None: ...

    async def pixels(self) -> Picture: ...

    def nodes(self) -> AsyncIterator[tuple[Node, ...]]:
        """Every state of the network, beginning with the present one."""
        ...

    async def mine(self) -> None: ...

    async def kill(self, node: int) -> None: ...

    async def revive(self, node: int) -> None: ...

    async def plug(self) -> None: ...

    async def unplug(self) -> None: ...

    async def open_wallet(self) -> bool:
        """Open the wallet that was used last, if there is one."""
        ...

    async def unlock(self) -> None:
        """Wait until the person has unlocked the device."""
        ...

    async def pair(self) -> None:
        """Open the wallet of this device; read its account's public key first if it is new."""
        ...

    async def sync(self) -> Purse:
        """Bring the open wallet to the best chain and look at it."""
        ...

    async def purse(self) -> Purse:
        """Look at the open wallet without asking the network."""
        ...

    async def fund(self) -> None:
        """Get coins from the network's faucet."""
        ...

    async def next_address(self) -> Receive: ...

    async def verify(self, receive: Receive) -> None:
        """Let the device derive and show this address, and wait for the person."""
        ...

    async def draft(self, address: str, sats: int, sats_per_vbyte: float) -> Bill: ...

    async def renew(self, bill: Bill) -> Bill:
        """The same bill if it is still kept, or a new one for the same payment."""
        ...

    async def discard(self, bill: Bill) -> None: ...

    async def left_over(self) -> Leftover | None: ...

    async def sign(self, bill: Bill) -> None:
        """Wait for the person's yes on the device, then check and keep the signed payment."""
        ...

    async def send(self, bill: Bill, seen: Callable[[Spread], None]) -> Spread:
        """Give the signed payment to some peers and watch it come back from the others."""
        ...

    async def close(self) -> None: ...
