"""What the verbs say of a wallet, as text and for programs."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from host.config import grouped
from host.session.api import WalletSnapshot
from host.session.endings import short_status
from host.session.wording import since
from host.values import Acceptance, HistoryEntry, Propagation, Sent

Data = Mapping[str, Any]


def entry_status(entry: HistoryEntry) -> str:
    return short_status(entry) if entry.status == "impossible" else entry.status


def entry_data(entry: HistoryEntry) -> Data:
    """What a program is told of a transaction."""
    record = entry.record
    return {
        **asdict(entry.row),
        "status": entry.status,
        "recipient": record.recipient if record else None,
        "sats": record.sats if record else None,
        "signed": record.created if record else None,
        "refusal": record.refusal if record else "",
        "seen_by": record.seen_by if record else 0,
        "peers": record.peers if record else 0,
        "replaced_by": entry.replaced_by,
        "conflict_confirmations": entry.conflict_depth,
    }


def tip(snapshot: WalletSnapshot) -> Data:
    """The newest block, and who lied about the chain."""
    liars = {problem.peer: problem.reason for problem in snapshot.network.problems if problem.lied}
    return {"height": snapshot.height, "tip_age_s": snapshot.network.tip_age_s, "liars": liars}


def height(snapshot: WalletSnapshot) -> str:
    age_s = snapshot.network.tip_age_s
    ago = "" if age_s is None else f", {since(age_s)}"
    return f"{grouped(snapshot.height)}{ago}"


def sent_sentence(sent: Sent) -> str:
    match sent.proof:
        case Propagation(_, echoed, total):
            return f"Sent: {sent.txid}, seen by {len(echoed)} of {total} peers."
        case Acceptance(server):
            return f"Sent: {sent.txid}, taken by {server}."
