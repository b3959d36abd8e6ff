"""What was asked for and of whom, so that nothing travels twice and no silent peer stops it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from host.devnet.peering.session import PeerSession
from host.p2p.messages import MSG_BLOCK, MSG_WITNESS_BLOCK, Item, encode_items

PATIENCE_S = 2.0  # then the next that has it is asked
MAX_DOWNLOADS = 100_000


@dataclass(slots=True)
class _Download:
    item: Item
    session: PeerSession
    asked_at: float
    alternatives: list[tuple[PeerSession, Item]] = field(default_factory=list)


class Downloads:
    """By hash. `clock` is in seconds and only ever grows."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: dict[bytes, _Download] = {}

    def want(self, session: PeerSession, items: Sequence[Item]) -> None:
        """Ask this peer for what nobody was asked for yet; for the rest it is the next in line.

        Raises Malformed when the peer promises and never sends.
        """
        fresh = []
        for item in items:
            download = self._open.get(item.hash)
            if download is None and len(self._open) < MAX_DOWNLOADS:
                self._open[item.hash] = _Download(item, session, self._clock())
                fresh.append(item)
            elif download and session is not download.session:
                download.alternatives.append((session, item))
        self._ask(session, fresh)

    def arrived(self, *hashes: bytes) -> None:
        for item_hash in hashes:
            if download := self._open.pop(item_hash, None):
                download.session.requested.discard(item_hash)

    def missed(self, *hashes: bytes) -> None:
        """Who was asked has it not (any more): the next is asked."""
        self._pass_on([self._open[key] for key in hashes if key in self._open])

    def hung_up(self, session: PeerSession) -> None:
        """A peer hung up: what it owed is asked of the next."""
        self._pass_on([d for d in self._open.values() if d.session is session])

    def check(self) -> None:
        """Call it now and then: who is silent for too long loses its turn."""
        limit = self._clock() - PATIENCE_S
        late = [
            download
            for download in self._open.values()
            if max(download.asked_at, download.session.heard_at) < limit
        ]
        self._pass_on(late)

    def _pass_on(self, downloads: list[_Download]) -> None:
        requests: dict[PeerSession, list[Item]] = {}
        for download in downloads:
            download.session.requested.discard(download.item.hash)
            alive = [(s, i) for s, i in download.alternatives if s.peer.is_open]
            if not alive:
                del self._open[download.item.hash]
                continue
            (download.session, download.item), *download.alternatives = alive
            download.asked_at = self._clock()
            requests.setdefault(download.session, []).append(download.item)
        for session, items in requests.items():
            self._ask(session, items)

    def _ask(self, session: PeerSession, items: Sequence[Item]) -> None:
        for item in items:
            if item.kind in (MSG_BLOCK, MSG_WITNESS_BLOCK):
                session.expect(item.hash)
        if items:
            session.peer.send("getdata", encode_items(items))
