"""Values that several rooms share, each written once. Nothing of BDK, of a wire or a screen."""

from dataclasses import dataclass, field, replace
from typing import Literal

Status = Literal["signed", "sent", "given up", "replaced"]
DEFAULT_RATE = 1.0  # sat/vB


# The wallet


@dataclass(frozen=True, slots=True)
class Balance:
    """What is in blocks, what comes back from payments of ours on their way, and what waits.

    The first two can be spent. `pending_sats` was paid by others and has no confirmation yet, or
    comes from a payment that nobody has shown, or is a miner's reward too young to spend.
    """

    confirmed_sats: int
    pending_sats: int
    change_sats: int = 0

    @property
    def spendable_sats(self) -> int:
        return self.confirmed_sats + self.change_sats


@dataclass(frozen=True, slots=True)
class ReceiveAddress:
    """An address of ours, and where it comes from, for the device to derive it again."""

    address: str
    index: int
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GivenAddress:
    """An address that somebody was given, and what came.

    `issued` is when, in seconds since 1970; None when not by this program. `verified` says that the
    device agreed to it.
    """

    receive: ReceiveAddress
    issued: int | None
    verified: bool
    label: str
    received_sats: int
    payments: int


@dataclass(frozen=True, slots=True)
class OwnAddress:
    """Where an address of ours comes from; `used` once somebody paid to it."""

    address: str
    change: bool
    index: int
    path: tuple[int, ...]
    used: bool
    issued: bool


@dataclass(frozen=True, slots=True)
class Utxo:
    """A coin to spend: outpoint "txid:vout". `height` is None until it is in a block.

    A `frozen` one is spent by no payment.
    """

    outpoint: str
    sats: int
    address: str
    height: int | None
    frozen: bool = False


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A transaction as it touched this wallet: `net_sats` is negative when it paid others."""

    txid: str
    net_sats: int
    fee_sats: int | None
    height: int | None
    confirmations: int
    time: int | None


# A payment


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets how much. `sats` is None for all that is left; one recipient can have that.

    `address` is an address, or a request that holds one (host.payees), or a `name` (BIP353) before
    it was looked up. `proof` (base64) is that of the name, while it is on its way to the payment;
    it holds until `expires`, in seconds since 1970. `warning` is a sentence about what was found.
    """

    address: str
    sats: int | None
    label: str = ""
    name: str = ""
    proof: str = ""
    expires: int = 0
    warning: str = ""

    @property
    def title(self) -> str:
        """The name, if there is one, and the address."""
        return f"₿{self.name} ({self.address})" if self.name else self.address


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A payment as it is wished for. `fee_sats` is the whole fee, in the place of the rate.

    `coins` are the outpoints to spend, "txid:vout"; when there are none, the wallet chooses.
    `data` is written into the chain behind an OP_RETURN. `lock_time` is the field of that name
    (BIP65): a height, or seconds since 1970; None lets the wallet set the present height.
    `child_of` is the txid of a payment that waits: its coins go to yourself, and the rate is what
    it and this one pay together. `path` is the number of the spending path that was chosen, from 1,
    and `path_words` say it; 0 takes the one with the fewest locks. `calls_off` is the txid of a
    payment whose coins all go to yourself in its place.
    """

    recipients: tuple[Recipient, ...]
    sats_per_vbyte: float = DEFAULT_RATE
    fee_sats: int | None = None
    coins: tuple[str, ...] = ()
    data: bytes = b""
    lock_time: int | None = None
    child_of: str = ""
    path: int = 0
    path_words: str = ""
    calls_off: str = ""

    @classmethod
    def to(
        cls, address: str, sats: int | None, sats_per_vbyte: float = DEFAULT_RATE
    ) -> "PaymentRequest":
        """A payment to one recipient."""
        return cls((Recipient(address, sats),), sats_per_vbyte)


@dataclass(frozen=True, slots=True)
class Draft:
    """A payment nobody has signed yet. `words` are the four the device shows, too.

    `recipient` is its address, or several with a space between, and `sats` what they get together.
    `replaces` is the txid of the payment whose place it takes, or "". `request` is what was wished
    for, with each amount; None of a higher fee that pays no names. Of a payment that an earlier
    run signed, `psbt`, request, fee rate, change and words are not kept. `collected` is the PSBT
    with the signatures that are there, once it was given to others: only a payment of several keys
    has it.
    """

    psbt: bytes
    recipient: str
    sats: int
    fee_sats: int
    sats_per_vbyte: float = 0.0
    change_sats: int = 0
    words: tuple[str, ...] = ()
    replaces: str = ""
    request: PaymentRequest | None = None
    collected: bytes = field(default=b"", compare=False)

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """Who gets how much, each amount known as far as it is kept."""
        if self.request is None:
            return (Recipient(self.recipient, self.sats),)
        fixed = sum(recipient.sats or 0 for recipient in self.request.recipients)
        return tuple(
            replace(recipient, sats=self.sats - fixed) if recipient.sats is None else recipient
            for recipient in self.request.recipients
        )


@dataclass(frozen=True, slots=True)
class Signatures:
    """Which keys of a wallet have signed a payment, and how many are still needed.

    `keys` are their master fingerprints, 8 hex digits, in the wallet's order; `signed` are places
    in it, from 0. `missing` is None where that depends on which keys sign. `handed_on` says that
    others may have the payment: it is given up then, and not forgotten. `path` says who signs on
    the spending path that was chosen.
    """

    keys: tuple[str, ...]
    signed: tuple[int, ...]
    missing: int | None
    handed_on: bool = False
    path: str = ""

    @property
    def sentence(self) -> str:
        """Who has signed, and what is missing."""
        path = f" {self.path}" if self.path and self.missing else ""
        return f"{self._progress}{path}"

    @property
    def _progress(self) -> str:
        if not self.signed:
            return f"None of {len(self.keys)} keys has signed."
        numbers = " and ".join(f"{place + 1} ({self.keys[place]})" for place in self.signed)
        keys = "key" if len(self.signed) == 1 else "keys"
        signed = f"Signed by {keys} {numbers} of {len(self.keys)}."
        match self.missing:
            case None:
                return f"{signed} More signatures are needed."
            case 0:
                return signed
            case 1:
                return f"{signed} One more signature is needed."
            case missing:
                return f"{signed} {missing} more signatures are needed."


@dataclass(frozen=True, slots=True)
class SignedPayment:
    """A signed payment, verified and ready for the network."""

    raw_tx: bytes
    txid: str
    fee_sats: int


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """What we know of a payment we made, `created` in seconds since 1970.

    `recipient` is an address, or several with a space between. `refusal` is why the network did
    not take it the last time, or "". `seen_by` of `peers` peers showed that they have it when it
    was sent the last time.
    """

    payment: SignedPayment
    recipient: str
    sats: int
    created: int
    status: Status
    refusal: str = ""
    seen_by: int = 0
    peers: int = 0


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One transaction. `record` is what we know of it when it is a payment of ours.

    `is_possible` says that a block has it or could still take it. `conflict_depth` is how many
    confirmations what rules it out has, 0 for nothing known; `replaced_by` the txid of the payment
    that took its place, `spent_by` that of one on its way which spends its change, or "". `vbytes`
    is its size when it is ours.
    """

    row: HistoryRow
    record: PaymentRecord | None = None
    is_possible: bool = True
    conflict_depth: int = 0
    replaced_by: str = ""
    vbytes: int = 0
    spent_by: str = ""

    @property
    def status(self) -> str:
        """What became of it.

        confirmed, waiting (for its first block), not sent (no peer has shown it), forgotten (peers
        had it and did not take it again), given up, replaced (by a payment of ours), or impossible
        (its coins went another way).
        """
        if self.row.confirmations:
            return "confirmed"
        if self.record is None:
            return "waiting"
        if self.record.status in {"given up", "replaced"}:
            return self.record.status
        if not self.is_possible:
            return "impossible"
        if self.record.status == "signed":
            return "not sent"
        return "forgotten" if self.record.refusal else "waiting"


@dataclass(frozen=True, slots=True)
class Propagation:
    """Which peers were told of a transaction, and which told it back: the proof that it spreads.

    Peers are "host:port". `peers_total` counts those that answered. A peer that had the
    transaction before we told anybody has echoed it, too.
    """

    announced: tuple[str, ...]
    echoed: tuple[str, ...]
    peers_total: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A server took the transaction into its mempool: its word, and nobody else's."""

    server: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction given to the network, and how we know that it was taken."""

    txid: str
    proof: Propagation | Acceptance


# The network, and the device's front panel


# What waits in a mempool: rates in sat/vB, and how many vB pay each.
WaitingFees = tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class PeerProblem:
    """Why a peer ("host:port") is not asked now. `lied`: it is proven, and counts for a day."""

    peer: str
    reason: str
    lied: bool


@dataclass(frozen=True, slots=True)
class NetworkView:
    """The network as it was last seen: how old its newest block was, and whom it has against it.

    `tip_age_s` is None as long as nobody was asked. `alarm` is what the peers contradict each
    other about, while nobody can say who is right, or "".
    """

    tip_age_s: int | None = None
    problems: tuple[PeerProblem, ...] = ()
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node as its operator sees it. When it is dead, all but `alive` is as it last was.

    `tip` and the txids in `mempool` are hex as people read them.
    """

    name: str
    address: str
    alive: bool
    height: int
    tip: str
    mempool: tuple[str, ...]
    conduct: str = ""  # how it misbehaves on command, in words


@dataclass(frozen=True, slots=True)
class PanelView:
    """What the device shows. `state` is "empty", "locked" or "unlocked".

    `inverted` is a warning, dark on light. `picked` are bars: row, column, length in the lines.
    `scroll` is the view that is seen, from 0, and how many there are. `hold` is how much of a long
    press has passed, 0 to 1. `code` are the rows of a QR code, "1" dark, without a quiet zone.
    """

    seq: int
    kind: str
    lines: tuple[str, ...]
    state: str
    fingerprint: str
    inverted: bool = False
    picked: tuple[tuple[int, int, int], ...] = ()
    scroll: tuple[int, int] = (0, 1)
    hold: float = 0.0
    code: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture: a byte a pixel, row by row from the top left; 0 is dark, 255 is light."""

    width: int
    height: int
    pixels: bytes = field(repr=False)

    def pgm(self) -> bytes:
        """The picture as a binary PGM file (P5, 8 bits)."""
        return b"P5\n%d %d\n255\n" % (self.width, self.height) + self.pixels
