"""What a face needs from the world: three protocols and a few values, quick to import.

Everything may raise HostError, whose text is shown as it stands.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

from host.diagram import TransactionFlow
from host.fees import FeeAdvice
from host.payees.contacts import Contact
from host.spending import SpendingPath
from host.values import (
    Balance,
    Draft,
    Frame,
    GivenAddress,
    HistoryEntry,
    NetworkView,
    NodeStatus,
    OwnAddress,
    PanelView,
    PaymentRecord,
    PaymentRequest,
    ReceiveAddress,
    Sent,
    Signatures,
    SignedPayment,
    Utxo,
    WaitingFees,
)

if TYPE_CHECKING:  # BDK takes a while to import
    from host.sweep import Sweep

Observer = Callable[[Sent], None]


@dataclass(frozen=True, slots=True)
class WalletSnapshot:
    """The wallet at one moment. `is_whole` is False while only the latest payments are in it.

    `paths` are those on which its coins can be spent, where there are several. `signers` are the
    master fingerprints of its keys (8 hex digits), in its order; () for one account of one device.
    """

    fingerprint: str
    height: int
    balance: Balance
    utxos: tuple[Utxo, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    network: NetworkView = field(default_factory=NetworkView)
    is_whole: bool = True
    paths: tuple[SpendingPath, ...] = ()
    signers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnfinishedPayment:
    """A payment half way: to be signed, or to be sent once `payment` is there.

    `signatures` are those that a wallet of several keys has of it.
    """

    draft: Draft
    payment: SignedPayment | None = None
    signatures: Signatures | None = None

    @classmethod
    def of(cls, record: PaymentRecord) -> "UnfinishedPayment":
        """A signed payment to be sent, with what is still known of it."""
        draft = Draft(b"", record.recipient, record.sats, record.payment.fee_sats)
        return cls(draft, record.payment)


class DevicePanel(Protocol):
    """The device's own screen and buttons, for whoever has them at hand: an emulator's."""

    def views(self) -> AsyncIterator[PanelView]:
        """Every look of the panel, beginning with the present one."""
        ...

    async def press(self, key: str) -> None:
        """Press "stop", "left", "right", "ok" or "hold" on the device."""
        ...

    async def type(self, text: str) -> None:
        """Type characters on the device. They may be a PIN: they are kept nowhere."""
        ...

    async def fit(self, version: int) -> None:
        """Say which QR version there is room for where codes are drawn; 0 for none."""
        ...

    async def pixels(self) -> Frame:
        """What the panel looks like."""
        ...


class Playground(Protocol):
    """A network of one's own, with play money."""

    def nodes(self) -> AsyncIterator[tuple[NodeStatus, ...]]:
        """Every state of the network, beginning with the present one."""
        ...

    async def mine(self) -> None:
        """One block."""
        ...

    async def kill(self, node: int) -> None: ...

    async def revive(self, node: int) -> None: ...

    async def fund(self, address: str) -> None:
        """Pay coins to the address, confirmed when it returns."""
        ...


@dataclass(frozen=True, slots=True)
class Lie:
    """One way in which a wallet may lie. `trick` says what it does."""

    name: str
    title: str
    trick: str


@dataclass(frozen=True, slots=True)
class LieOutcome:
    """Whether somebody noticed, who or what was shown, and how many sats it was about."""

    name: str
    caught: bool
    sats: int
    sentence: str


class AttackRange(Protocol):
    """A wallet that lies on demand, for practice with a device. Nothing is sent."""

    @property
    def pin(self) -> str:
        """Of the device that is practised with."""
        ...

    @property
    def lies(self) -> tuple[Lie, ...]: ...

    async def draft(self) -> Draft:
        """The payment that the wallet's screen shows."""
        ...

    async def tell(self, name: str, draft: Draft) -> LieOutcome:
        """Ask the device for another one, and wait for its person."""
        ...


class RecordBook(Protocol):
    """What a wallet has written down beside its coins, and its descriptor (BIP380, BIP389)."""

    async def addresses(self) -> tuple[GivenAddress, ...]:
        """Those that somebody was given or paid to, newest first."""
        ...

    async def find(self, text: str) -> OwnAddress | None:
        """Whether an address is this wallet's. Raises BadInput for what is none."""
        ...

    async def labels(self) -> dict[str, str]:
        """What was written to each transaction, address and coin, by its name."""
        ...

    async def write_label(self, ref: str, text: str) -> None:
        """Write to a txid, an address or a coin "txid:n"; "" forgets it. Raises BadInput."""
        ...

    async def contacts(self) -> tuple[Contact, ...]: ...

    async def keep_contact(self, name: str, payee: str) -> Contact:
        """One more, or another address of the same name. Raises BadInput."""
        ...

    async def forget_contact(self, name: str) -> None:
        """Raises BadInput when there is none."""
        ...

    async def descriptor(self) -> str: ...

    async def flow(self, source: bytes | str) -> TransactionFlow:
        """Of a PSBT, a raw transaction, or one of the wallet by its txid. Raises BadInput."""
        ...


class Sweeper(Protocol):
    """Brings the coins of a private key here. Who lets go of it has forgotten the key."""

    @property
    def address(self) -> ReceiveAddress:
        """Where they go, once there is a plan."""
        ...

    async def plan(self, sats_per_vbyte: float) -> "Sweep":
        """What the key has, and what would be sent at that rate."""
        ...

    async def send(self) -> Sent:
        """Sign what was planned and give it to the network; again, if that failed before."""
        ...


class WalletSession(Protocol):
    """A wallet, the cable to its device, and a view of its network.

    `network` is a name of host.config.NETWORKS; `link` is how the device is connected.
    """

    @property
    def network(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def link(self) -> str: ...

    @property
    def panel(self) -> DevicePanel | None:
        """The device's front panel, when it is within reach."""
        ...

    @property
    def playground(self) -> Playground | None:
        """The network itself, when it is ours to play with."""
        ...

    @property
    def attacks(self) -> AttackRange | None:
        """Its lies, when it is there to practise with."""
        ...

    @property
    def records(self) -> RecordBook:
        """Of the open wallet."""
        ...

    @property
    def plugged(self) -> bool:
        """Whether the cable is in."""
        ...

    async def plug(self) -> None: ...

    async def unplug(self) -> None: ...

    async def open_wallet(self) -> bool:
        """Open the wallet that was used last, if there is one."""
        ...

    async def unlock(self) -> None:
        """Wait until the person has unlocked the device. Raises WalletError for another device."""
        ...

    async def pair(self) -> None:
        """Open the wallet of this device; read its account's public key first if it is new."""
        ...

    async def sync(self) -> WalletSnapshot:
        """Bring the open wallet to the best chain and look at it."""
        ...

    async def snapshot(self) -> WalletSnapshot:
        """Look at the open wallet without asking the network."""
        ...

    async def glance(self) -> WalletSnapshot:
        """As `snapshot`, with the latest payments only: sooner there when there are thousands."""
        ...

    async def advise_fee(self, blocks: int) -> FeeAdvice:
        """The rate that somebody estimates for so many blocks.

        Raises BadInput where nobody does, and for one that its person should say.
        """
        ...

    async def waiting_fees(self) -> WaitingFees | None:
        """What others pay, as a server's mempool has it; None when nobody tells."""
        ...

    def follow(self) -> AsyncIterator[int]:
        """The height of the chain, now and after each change, once a wallet is open."""
        ...

    async def last_address(self) -> ReceiveAddress | None:
        """The one handed out last, while nobody paid to it and the device was not asked."""
        ...

    async def is_used(self, address: ReceiveAddress) -> bool:
        """Whether somebody paid to it."""
        ...

    async def next_address(self) -> ReceiveAddress:
        """An address nobody was given yet."""
        ...

    async def verify(self, address: ReceiveAddress) -> int:
        """Let the device derive and show this address, and wait for the person.

        Which of the wallet's keys is the device's, from 0. Raises AddressAlarm.
        """
        ...

    async def judge(self, address: ReceiveAddress, *, is_same: bool) -> None:
        """Keep what a person read on a signer that cannot be asked. Raises AddressAlarm: a no."""
        ...

    async def freeze(self, outpoint: str, frozen: bool) -> None:
        """Let no payment take this coin, "txid:vout", or let it be spent again."""
        ...

    async def draft(self, request: PaymentRequest) -> Draft:
        """A payment to be signed. What was signed before and not sent is sent first."""
        ...

    async def bump(self, txid: str, sats_per_vbyte: float) -> Draft:
        """A payment on its way once more, at a higher fee; only one of the two is ever paid."""
        ...

    async def call_off(self, txid: str, sats_per_vbyte: float) -> Draft:
        """The coins of a payment on its way back to this wallet, in its place."""
        ...

    async def give_up(self, txid: str) -> None:
        """Send a payment no more that no peer has shown, and have its coins back."""
        ...

    async def renew(self, draft: Draft) -> Draft:
        """The same draft if it is still kept, or a new one for the same payment."""
        ...

    async def discard(self, draft: Draft) -> None:
        """Forget a draft, or give it up when others may have it."""
        ...

    async def signatures(self, draft: Draft) -> Signatures | None:
        """Who has signed it, of a wallet of several keys; None for one of one device."""
        ...

    async def hand_on(self, draft: Draft) -> bytes:
        """The PSBT for another signer, with the signatures that are there."""
        ...

    async def unfinished(self) -> UnfinishedPayment | None:
        """What the last run left half way."""
        ...

    async def sign(self, draft: Draft) -> SignedPayment:
        """Wait for the person's yes on the device, then check and keep the signed payment.

        Raises MoreSignatures when those of other keys are needed: the draft is kept with this one.
        """
        ...

    async def take_psbt(self, text: str) -> UnfinishedPayment:
        """The payment of this wallet that a pasted PSBT is: to be signed, or signed and to be sent.

        Raises BadInput for what is no whole PSBT or another wallet's, WalletError as `sign` does.
        """
        ...

    async def send(self, payment: SignedPayment, observer: Observer) -> Sent:
        """Give the signed payment to the network and wait for the proof that it was taken."""
        ...

    def sweeper(self, key: str, birthday: date | None = None) -> Sweeper:
        """For a private key (WIF) without coins before that day. Raises BadInput."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of a session before it is there, and how it comes up behind the first frame.

    `start` is given a function that takes sentences about how far it is. `keeps` is False when
    nothing of it outlives the app: a face asks before it ends. `name` is the wallet's, if it
    has one, and `proxy` what it goes through.
    """

    title: str
    link: str
    sentence: str
    start: Callable[[Callable[[str], None]], Awaitable[WalletSession]]
    keeps: bool = True
    name: str = ""
    proxy: str = ""
