"""The whole app at one moment, as one frozen value. Panels and pages draw it and keep nothing."""

from dataclasses import dataclass
from enum import Enum

from host.tui import sentences
from host.tui.scene import Bill, Node, Purse, Receive, Spread, View


class Stage(Enum):
    """How far a payment is. A payment that stopped keeps its stage and goes on from there."""

    WRITTEN = 0
    ASKED = 1
    SIGNED = 2
    SPREAD = 3
    CONFIRMED = 4


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment on its way. `problem` is why it stopped, "" while it goes on."""

    bill: Bill
    stage: Stage = Stage.WRITTEN
    spread: Spread | None = None
    height: int | None = None
    problem: str = ""
    working: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """An address handed out, and what the device said to it."""

    receive: Receive
    verified: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Now:
    """Everything that is drawn. `asking` is set while the device waits for the person."""

    link: str = ""
    starting: str = ""
    broken: str = ""
    plugged: bool = True
    view: View | None = None
    nodes: tuple[Node, ...] = ()
    purse: Purse | None = None
    synced: bool = False
    asking: str = ""
    busy: str = ""
    problem: str = ""
    payment: Payment | None = None
    handed: Handed | None = None
    btc: bool = False

    @property
    def height(self) -> int:
        return max((node.height for node in self.nodes if node.alive), default=0)

    @property
    def peers(self) -> int:
        return sum(node.alive for node in self.nodes)


def next_step(now: Now) -> str:
    """The one sentence that says what the person can do."""
    said = now.broken or now.problem or now.asking or now.busy or now.starting
    if said or now.view is None:
        return said
    if not now.plugged:
        return sentences.PULLED
    if now.purse is None:
        return _before_pairing(now.view.state)
    if now.purse.confirmed_sats + now.purse.pending_sats == 0:
        return sentences.NO_COINS
    return _about_payment(now.payment)


def _about_payment(payment: Payment | None) -> str:
    if payment is None or payment.stage is Stage.CONFIRMED:
        return sentences.READY
    return sentences.MINED_SOON if payment.stage is Stage.SPREAD else sentences.LEFT_OVER


def _before_pairing(state: str) -> str:
    return {
        "empty": sentences.NEW_DEVICE,
        "locked": sentences.LOCKED_DEVICE,
        "unlocked": sentences.PAIRING,
    }[state]
