"""What is remembered of peers: who lied, who fails, whom the wallet was brought up to date by.

A small file beside the light client's headers. It may be deleted at any time; then everybody
starts anew. Nobody is shut out for ever: an honest peer may have had a bad day.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from host import files
from host.config import Clock, private_folder
from host.errors import WalletError
from host.p2p.peer import Address

FILE = "peers.json"
LIE_S = 86_400  # for who proved to lie
FIRST_FAILURE_S, LONGEST_FAILURE_S = 30, 3_600  # for who was silent, slow, or went away
MAX_PEERS = 200
MAX_BYTES = 200_000
MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one peer. `until` is in seconds since 1970: it is not asked before.

    `lied` is for what is proven; everything else may be the network's fault. `served` is set when
    a wallet was brought up to date by it.
    """

    until: int = 0
    reason: str = ""
    lied: bool = False
    failures: int = 0
    served: bool = False


class PeerMemory:
    """The standing of every peer, kept in a file that nothing depends on."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._standings = dict(_read(folder / FILE))

    def of(self, peer: Address) -> Standing:
        """Its standing now: what has expired is forgotten, but not how often it failed."""
        standing = self._standings.get(str(peer), Standing())
        now = self._clock()
        if now < standing.until <= now + LIE_S:  # the clock may have been wrong
            return standing
        return replace(standing, until=0, reason="", lied=False)

    def lied(self, peer: Address, reason: str) -> None:
        until = self._clock() + LIE_S
        standing = self.of(peer)
        self._keep(peer, replace(standing, until=until, reason=reason[:MAX_REASON], lied=True))

    def failed(self, peer: Address, reason: str) -> None:
        """Left alone for a while that doubles each time."""
        standing = self.of(peer)
        pause_s = min(FIRST_FAILURE_S << min(standing.failures, 10), LONGEST_FAILURE_S)
        if not standing.lied:
            failed = Standing(
                self._clock() + pause_s,
                reason[:MAX_REASON],
                failures=standing.failures + 1,
                served=standing.served,
            )
            self._keep(peer, failed)

    def served(self, peer: Address) -> None:
        if self.of(peer) != Standing(served=True):
            self._keep(peer, Standing(served=True))

    def forget_service(self) -> None:
        """What earlier peers served is looked at again: nobody has served anything."""
        for name, standing in self._standings.items():
            self._standings[name] = replace(standing, served=False)
        self._write()

    def _keep(self, peer: Address, standing: Standing) -> None:
        self._standings.pop(str(peer), None)
        self._standings[str(peer)] = standing
        while len(self._standings) > MAX_PEERS:
            del self._standings[next(iter(self._standings))]
        self._write()

    def _write(self) -> None:
        """Losing it does no harm, so a disk that is full is no reason to stop."""
        kept = {name: asdict(standing) for name, standing in self._standings.items()}
        with suppress(OSError, WalletError):
            fresh = private_folder(self._folder) / f"{FILE}.new"
            fresh.write_text(json.dumps(kept), "utf-8")
            fresh.replace(self._folder / FILE)


def _read(file: Path) -> Iterable[tuple[str, Standing]]:
    """What the file holds, without a row that makes no sense."""
    try:
        files.check(file)
        rows = json.loads(file.read_bytes()[:MAX_BYTES])
        return [(str(name), _standing(row)) for name, row in rows.items()][:MAX_PEERS]
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return []


def _standing(row: dict[str, object]) -> Standing:
    until, failures = row["until"], row["failures"]
    if not isinstance(until, int) or not isinstance(failures, int):
        raise TypeError
    reason = "".join(letter for letter in str(row["reason"])[:MAX_REASON] if letter.isprintable())
    return Standing(until, reason, row["lied"] is True, max(0, failures), row["served"] is True)
