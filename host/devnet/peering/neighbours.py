"""Whom a node knows and calls: addresses learnt by gossip, and up to eight calls of its own."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from host.devnet.peering.session import PeerSession
from host.p2p.address_messages import MAX_ADDRESSES, encode_addresses, parse_addresses
from host.p2p.peer import Address, PeerGone

MAX_OUTBOUND = 8  # as Bitcoin Core's full relay connections
MAX_KNOWN = 1_000
PASSED_ON = 10  # a longer list is an answer to getaddr, and no news
TO_HOW_MANY = 2
RETRY_S, LONGEST_RETRY_S = 0.2, 5.0
LOOK_S = 0.5

Sessions = Callable[[], Iterable[PeerSession]]


@dataclass(slots=True)
class _Contact:
    failures: int = 0
    not_before: float = 0.0


class Neighbours:
    """Knows addresses of this machine only: nothing that a stranger says leads out of it."""

    def __init__(
        self,
        sessions: Sessions,
        dial: Callable[[Address], Awaitable[None]],
        services: int,
        clock: Callable[[], int],
    ) -> None:
        """`dial` calls an address and raises PeerGone; `clock` is in seconds since 1970."""
        self.home = Address("127.0.0.1", 0)
        self._sessions, self._dial = sessions, dial
        self._services, self._clock = services, clock
        self._contacts: dict[Address, _Contact] = {}
        self._unreachable: frozenset[Address] = frozenset()
        self._dialled: set[Address] = set()
        self._news = asyncio.Event()
        self._random = secrets.SystemRandom()

    @property
    def known_addresses(self) -> tuple[Address, ...]:
        return tuple(self._contacts)

    def learn(self, addresses: Iterable[Address]) -> list[Address]:
        """Note addresses; those that are new."""
        fresh = []
        for address in addresses:
            is_ours = address.port > 0 and ip_address(address.host).is_loopback
            if not is_ours or address == self.home or address in self._contacts:
                continue
            if len(self._contacts) < MAX_KNOWN:
                self._contacts[address] = _Contact()
                fresh.append(address)
        if fresh:
            self._news.set()
        return fresh

    def cut_off(self, addresses: Iterable[Address]) -> None:
        """From now on these cannot be reached, as if a cable were pulled; nobody else is."""
        self._unreachable = frozenset(addresses)
        for session in tuple(self._sessions()):
            if session.address in self._unreachable:
                session.peer.hang_up()
        for contact in self._contacts.values():
            contact.not_before, contact.failures = 0.0, 0
        self._news.set()

    def lost(self) -> None:
        """A conversation ended: there is room for another."""
        self._news.set()

    def introduce(self, session: PeerSession) -> None:
        """Say where we listen, and ask whom the peer knows."""
        self._tell(session, [self.home])
        session.peer.send("getaddr")

    def hear(self, session: PeerSession, command: str, payload: bytes) -> bool:
        """Whether a message was about addresses. Raises Malformed."""
        match command:
            case "getaddr":
                self._tell_known(session)
            case "addr" | "addrv2":
                self._take(session, parse_addresses(payload, v2=command == "addrv2"))
            case _:
                return False
        return True

    def _tell_known(self, session: PeerSession) -> None:
        if not session.is_outbound:  # as Bitcoin Core: who calls others does not tell whom it knows
            self._tell(session, [self.home, *self._contacts][:MAX_ADDRESSES])

    def _take(self, session: PeerSession, addresses: Sequence[Address]) -> None:
        if len(addresses) == 1 and session.address is None:
            session.address = addresses[0]
            self._drop_double(addresses[0])
        fresh = self.learn(addresses)
        if fresh and len(addresses) <= PASSED_ON:
            nodes = [s for s in self._sessions() if s.address and s is not session]
            for neighbour in self._random.sample(nodes, min(TO_HOW_MANY, len(nodes))):
                self._tell(neighbour, fresh)

    async def keep(self, check: Callable[[], None]) -> None:
        """Call others whenever there is room. `check` is called now and then. Runs for ever."""
        while True:
            self._news.clear()
            while address := self._next():
                await self._call(address)
            check()
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _call(self, address: Address) -> None:
        self._dialled.add(address)
        contact = self._contacts[address]
        try:
            await self._dial(address)
        except PeerGone:
            pause = min(RETRY_S * 2**contact.failures, LONGEST_RETRY_S)
            contact.not_before = asyncio.get_running_loop().time() + pause
            contact.failures += 1
        else:
            contact.failures = 0
        finally:
            self._dialled.discard(address)

    def _next(self) -> Address | None:
        """Somebody to call, drawn from those we do not talk to."""
        sessions = tuple(self._sessions())
        if sum(session.is_outbound for session in sessions) >= MAX_OUTBOUND:
            return None
        talking = {session.address for session in sessions} | self._unreachable | self._dialled
        now = asyncio.get_running_loop().time()
        free = [
            address
            for address, contact in self._contacts.items()
            if address not in talking and contact.not_before <= now
        ]
        return self._random.choice(free) if free else None

    def _drop_double(self, address: Address) -> None:
        """Two nodes that called each other keep the call of the lower address."""
        if (self.home.host, self.home.port) > (address.host, address.port):
            for session in tuple(self._sessions()):
                if session.is_outbound and session.address == address:
                    session.peer.hang_up()

    def _tell(self, session: PeerSession, addresses: list[Address]) -> None:
        v2 = session.peer.reads_addrv2
        payload = encode_addresses(addresses, self._services, self._clock(), v2=v2)
        session.peer.send("addrv2" if v2 else "addr", payload)
