"""The whole app at one moment, as one frozen value. Faces draw it and keep nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from host.diagram import TransactionFlow
from host.fees import FeeAdvice
from host.payees.contacts import Contact
from host.payees.uri import write_link
from host.session import wording
from host.session.api import (
    Lie,
    LieOutcome,
    Sweeper,
    UnfinishedPayment,
    WalletSession,
    WalletSnapshot,
)
from host.session.plots import Overview
from host.values import (
    Draft,
    GivenAddress,
    NetworkView,
    NodeStatus,
    PanelView,
    ReceiveAddress,
    Sent,
    Signatures,
    SignedPayment,
)

if TYPE_CHECKING:  # BDK takes a while to import
    from host.sweep import Sweep


class Stage(Enum):
    """How far a payment is. A payment that stopped keeps its stage and goes on from there."""

    WRITTEN = 0
    ASKED = 1
    SIGNED = 2
    SPREAD = 3
    CONFIRMED = 4


@dataclass(frozen=True, slots=True)
class PaymentProgress:
    """One payment on its way. `problem` is why it stopped, "" while it goes on.

    `signatures` are those that a wallet of several keys has of it; `copied`: for another signer.
    `advice` is where its fee comes from, when the person named no rate.
    """

    draft: Draft
    stage: Stage = Stage.WRITTEN
    signed: SignedPayment | None = None
    sent: Sent | None = None
    height: int | None = None
    problem: str = ""
    working: bool = False
    signatures: Signatures | None = None
    copied: bool = False
    advice: FeeAdvice | None = None

    @classmethod
    def of(cls, unfinished: UnfinishedPayment) -> "PaymentProgress":
        """A payment that the last run did not finish: it waits on its page."""
        stage = Stage.SIGNED if unfinished.payment else Stage.WRITTEN
        return cls(unfinished.draft, stage, unfinished.payment, signatures=unfinished.signatures)

    @property
    def unfinished(self) -> UnfinishedPayment:
        return UnfinishedPayment(self.draft, self.signed, self.signatures)

    @property
    def txid(self) -> str:
        """Of the signed transaction; "" before there is one."""
        return self.signed.txid if self.signed else self.sent.txid if self.sent else ""

    @property
    def is_kept(self) -> bool:
        """Whether others may have it, not whole yet, so that leaving its page forgets nothing."""
        return self.collects and self.signatures is not None and self.signatures.handed_on

    @property
    def collects(self) -> bool:
        """Whether it waits for signatures of several keys."""
        return self.signatures is not None and self.signed is None


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """The coins of a private key on their way here. `sweeper` has the key until they are `sent`.

    `problem` is why it was not sent; `advice` is where the fee comes from, if not from the person.
    """

    sweeper: Sweeper | None = field(repr=False)
    plan: "Sweep | None" = None
    advice: FeeAdvice | None = None
    sent: Sent | None = None
    problem: str = ""
    working: bool = False


@dataclass(frozen=True, slots=True)
class IssuedAddress:
    """An address handed out, what the device said to it, and what is asked for by it.

    `signers` are the fingerprints of the wallet's keys, where there are several, and `agreed` says
    how those agreed that did, by their place. `verified` is when all have. `alarm` is why nobody
    may use it; a face does not show it then.
    """

    receive: ReceiveAddress
    verified: bool = False
    problem: str = ""
    alarm: str = ""
    sats: int | None = None
    label: str = ""
    signers: tuple[str, ...] = ()
    agreed: Mapping[int, str] = field(default_factory=dict)

    def agree(self, place: int, how: str) -> "IssuedAddress":
        """With the yes of one more signer."""
        agreed = {**self.agreed, place: how}
        verified = len(agreed) >= len(self.signers)
        return replace(self, agreed=agreed, verified=verified, problem="")

    @property
    def link(self) -> str:
        """As who pays reads it: the address, or a request (BIP21) when something is asked for."""
        return write_link(self.receive.address, self.sats, self.label)


@dataclass(frozen=True, slots=True)
class RecordView:
    """What is written down: labels by what they are written to, contacts, addresses given."""

    labels: Mapping[str, str] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    given: tuple[GivenAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowView:
    """Where the coins of one transaction come from and go; `source` is what was asked for."""

    source: bytes | str
    flow: TransactionFlow


@dataclass(frozen=True, slots=True)
class AttackBoard:
    """The lies there are, the one that is told now, and how the others ended, the latest of each.

    `draft` is what the wallet's screen says while a lie is told.
    """

    lies: tuple[Lie, ...]
    pin: str
    current: Lie | None = None
    draft: Draft | None = None
    outcomes: tuple[LieOutcome, ...] = ()

    def outcome(self, lie: Lie) -> LieOutcome | None:
        """How this one ended; None before it did."""
        return next((entry for entry in self.outcomes if entry.name == lie.name), None)

    def ended(self, outcome: LieOutcome) -> "AttackBoard":
        """With one more that ended."""
        others = tuple(entry for entry in self.outcomes if entry.name != outcome.name)
        return replace(self, current=None, draft=None, outcomes=(*others, outcome))

    @property
    def lost_sats(self) -> int:
        """What the person's yes would have cost."""
        return sum(entry.sats for entry in self.outcomes if not entry.caught)

    @property
    def stake_sats(self) -> int:
        """What trust in the wallet's screen alone would have cost."""
        return sum(entry.sats for entry in self.outcomes)


def board_of(session: WalletSession) -> AttackBoard | None:
    """Before the first lie; None for a session that does not lie."""
    attacks = session.attacks
    return None if attacks is None else AttackBoard(attacks.lies, attacks.pin)


@dataclass(frozen=True, slots=True)
class AppState:
    """Everything that is drawn. `asking` is set while the device waits for the person.

    `panel` and `playground` say whether the session has them (host.session.api), `wallets` whether
    another one can be opened. `records` are read when a page needs them, `answer` is to the
    question of whose an address is. `chosen` are the coins for the next payment, "txid:vout"; when
    there are none, the wallet chooses.
    """

    title: str = ""
    link: str = ""
    network: str = ""
    panel: bool = True
    playground: bool = True
    starting: str = ""
    broken: str = ""
    plugged: bool = True
    view: PanelView | None = None
    nodes: tuple[NodeStatus, ...] = ()
    wallet: WalletSnapshot | None = None
    synced: bool = False
    asking: str = ""
    busy: str = ""
    problem: str = ""
    payment: PaymentProgress | None = None
    issued: IssuedAddress | None = None
    btc: bool = False
    chosen: tuple[str, ...] = ()
    overview: Overview | None = None
    attack: AttackBoard | None = None
    wallets: bool = False
    proxy: str = ""
    records: RecordView = field(default_factory=RecordView)
    answer: str = ""
    flow: FlowView | None = None
    sweep: SweepProgress | None = None

    @property
    def available_sats(self) -> int:
        """What the next payment can spend: the chosen coins, or all that are not frozen."""
        if self.wallet is None:
            return 0
        coins = self.wallet.utxos
        if self.chosen:
            return sum(coin.sats for coin in coins if coin.outpoint in self.chosen)
        frozen = sum(coin.sats for coin in coins if coin.frozen)
        return max(self.wallet.balance.spendable_sats - frozen, 0)

    @property
    def height(self) -> int:
        """Of the network's best chain, as far as it is known here."""
        if not self.playground:
            return self.wallet.height if self.wallet else 0
        return max((node.height for node in self.nodes if node.alive), default=0)

    @property
    def peers(self) -> int:
        return sum(node.alive for node in self.nodes)


def next_step(state: AppState) -> str:
    """The one sentence that says what the person can do."""
    news = state.broken or state.problem or state.asking or state.busy or state.starting
    if news or (state.panel and state.view is None):
        return news
    if not state.plugged:
        return wording.PULLED
    if state.wallet is None:
        return _before_pairing(state.view)
    if warning := network_warning(state):
        return warning
    if state.view is not None and state.view.state == "empty":
        return wording.NEW_DEVICE
    balance = state.wallet.balance
    if balance.spendable_sats + balance.pending_sats == 0:
        return wording.NO_PLAY_COINS if state.playground else wording.NO_COINS
    return _about_payment(state)


def network_warning(state: AppState) -> str:
    """That the peers contradict each other, or show no new block; or ""."""
    view = state.wallet.network if state.wallet else NetworkView()
    return view.alarm or wording.stale_warning(view, state.network)


def _about_payment(state: AppState) -> str:
    payment = state.payment
    if payment is None or payment.stage is Stage.CONFIRMED:
        return wording.READY
    return block_sentence(state) if payment.stage is Stage.SPREAD else wording.LEFT_OVER


def block_sentence(state: AppState) -> str:
    """What can be done about a payment that waits for a block."""
    return wording.MINED_SOON if state.playground else wording.WAITS_FOR_BLOCK


def at_stake(state: AppState, keeps: bool) -> tuple[str, ...]:
    """What is lost when the app ends now, a sentence each. `keeps` is of the session's opening."""
    view, payment = state.view, state.payment
    setting_up = view is not None and view.state == "empty" and view.kind not in {"menu", "home"}
    unsigned = payment is not None and payment.stage in {Stage.WRITTEN, Stage.ASKED}
    unsigned = unsigned and payment is not None and not payment.is_kept
    used = state.wallet is not None or (view is not None and view.state != "empty")
    losses = (
        (setting_up, wording.LOSES_SETUP),
        (bool(state.asking), wording.LOSES_QUESTION),
        (unsigned and not state.asking, wording.LOSES_DRAFT),
        (used and not keeps, wording.KEEPS_NOTHING),
    )
    return tuple(sentence for is_so, sentence in losses if is_so)


def _before_pairing(view: PanelView | None) -> str:
    if view is None:
        return wording.UNPAIRED
    return {
        "empty": wording.NEW_DEVICE,
        "locked": wording.LOCKED_DEVICE,
        "unlocked": wording.PAIRING,
    }[view.state]
