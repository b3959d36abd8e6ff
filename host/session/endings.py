"""What became of a payment, in plain words, and what its person can still do about it."""

from enum import Enum
from math import ceil

from host.config import FINAL_DEPTH
from host.values import HistoryEntry, PaymentRecord


class WayOut(Enum):
    """What can be done about a payment that no block has taken."""

    BUMP = "bump"
    CALL_OFF = "call off"
    GIVE_UP = "give up"
    SEND_AGAIN = "send again"
    LIFT = "lift"


_OWN = (WayOut.BUMP, WayOut.CALL_OFF, WayOut.GIVE_UP, WayOut.SEND_AGAIN)
_WAYS_OUT = {
    "waiting": (WayOut.BUMP, WayOut.CALL_OFF, WayOut.SEND_AGAIN),
    "not sent": _OWN,
    "forgotten": _OWN,
}
LEAST_STEP = 2  # sat/vB more than before: a replacement pays for its own way, too (BIP125, rule 4)

_GIVEN_UP = (
    "Given up: it is not sent any more. Somebody may have it all the same. Your next payment spends"
    " a coin of it, so that only one of the two can be in a block."
)
_REVIVABLE = "A reorg of the chain could still revive it, until that block has"


def ways_out(entry: HistoryEntry) -> tuple[WayOut, ...]:
    """None for one in a block, and one that has ended.

    Where another one spends its change, that one has to be ended first. A payment of somebody else
    that waits can be lifted: a payment of its coin is worth a miner's while with it (CPFP).
    """
    if entry.record is None:
        is_coming = entry.status == "waiting" and entry.row.net_sats > 0 and not entry.spent_by
        return (WayOut.LIFT,) if is_coming else ()
    if entry.spent_by and _WAYS_OUT.get(entry.status):
        return (WayOut.SEND_AGAIN,)
    return _WAYS_OUT.get(entry.status, ())


def fee_rate(entry: HistoryEntry) -> float:
    """In sat/vB, one digit; 0 when fee or size are not known."""
    fee_sats = entry.row.fee_sats or 0
    return round(fee_sats / entry.vbytes, 1) if entry.vbytes else 0.0


def proposed_rate(entry: HistoryEntry) -> int:
    """In whole sat/vB: half as much again as it paid, and enough to take its place."""
    rate = fee_rate(entry)
    return max(ceil(rate * 1.5), int(rate) + LEAST_STEP)


def short_status(entry: HistoryEntry) -> str:
    """A few words for a line of a list."""
    match entry.status:
        case "confirmed":
            return f"in block {entry.row.height}"
        case "waiting":
            return "waiting for a block"
        case "impossible" if is_revivable(entry):
            return f"impossible, {entry.conflict_depth} of {FINAL_DEPTH}"
        case status:
            return status


def is_revivable(entry: HistoryEntry) -> bool:
    """Whether a reorg of the chain is still reckoned with that makes it possible again."""
    return entry.status == "impossible" and entry.conflict_depth < FINAL_DEPTH


def status_sentences(entry: HistoryEntry) -> tuple[str, ...]:
    """What became of it, what that means, and why."""
    match entry.status, entry.record:
        case "confirmed", _:
            return _confirmed(entry)
        case "waiting", None:
            return ("Paid to you by somebody else. It waits for a block, and can be taken back.",)
        case "waiting", PaymentRecord() as record:
            return (f"Sent{_seen(record)}. It waits for a block.",)
        case "not sent", PaymentRecord(refusal=refusal):
            return ("Signed. No peer has shown it yet.", *_reason(refusal))
        case "forgotten", PaymentRecord(refusal=refusal) as record:
            sentence = f"Sent{_seen(record)}, and forgotten since: peers did not take it again."
            return (sentence, *_reason(refusal))
        case "replaced", _:
            return ("Replaced by another payment of yours: only one of them can be in a block.",)
        case "given up", _:
            return (_GIVEN_UP,)
        case _:
            return _impossible(entry)


def _confirmed(entry: HistoryEntry) -> tuple[str, ...]:
    count = entry.row.confirmations
    confirmations = f"{count} confirmation" if count == 1 else f"{count} confirmations"
    sentence = f"In block {entry.row.height}, {confirmations}."
    if count < FINAL_DEPTH:
        return (f"{sentence} From {FINAL_DEPTH} on, a reorg is not reckoned with.",)
    return (sentence,)


def _impossible(entry: HistoryEntry) -> tuple[str, ...]:
    sentence = "Impossible: its coins went another way, in a block. Nothing was paid by it."
    if is_revivable(entry):
        until = f"{FINAL_DEPTH} confirmations (now {entry.conflict_depth})"
        return (sentence, f"{_REVIVABLE} {until}. Do not pay again before.")
    return (sentence,)


def _seen(record: PaymentRecord) -> str:
    return f", seen by {record.seen_by} of {record.peers} peers" if record.peers else ""


def _reason(refusal: str) -> tuple[str, ...]:
    return (f"The last time: {refusal}",) if refusal else ()
