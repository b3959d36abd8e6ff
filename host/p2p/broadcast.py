"""Giving a transaction to the network, and the proof that it took it.

Sending bytes proves nothing, and naming a transaction proves nothing either: anybody can say a
number. So some peers are told, drawn at random, and the others are only listened to. One of those
proves that it spreads by handing over the whole transaction: it got it from somebody we told.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

from host.dialer import DIRECT, Dialer
from host.errors import NetworkError, PeersUnreachable
from host.p2p.messages import Item, PeerMessage, Reject, Version, encode_items, parse_items
from host.p2p.peer import Address, Peer, PeerGone, Way, nobody_answers
from host.transactions import Transaction
from host.values import Propagation, Sent
from signer.errors import Malformed

# Nothing about us that could be left out is told: no clock, no height, no program name.
ANONYMOUS = Version(services=0, timestamp=0, nonce=0, user_agent="", height=0)
CONNECT_S = 5.0
PROBE_S = 1.0  # how long a peer may think about whether it has the transaction
ASK_S = 4.0  # Bitcoin Core asks 2 s after it was told; after so long a silence, another is told
LAST_S = 6.0  # before the end, also the last peer is told: better delivered than proven
SETTLE_S = 5.0  # after an echo, the others get this long
TIMEOUT_S = 30.0  # Bitcoin Core tells strangers after 5 s on average


Observer = Callable[[Sent], None]


async def broadcast(
    raw_tx: bytes,
    peers: Sequence[tuple[str, int]],
    network: str,
    observer: Observer | None = None,
    timeout_s: float = TIMEOUT_S,
    dialer: Dialer = DIRECT,
) -> Sent:
    """Tell about half of `peers` and wait until the others name the transaction, too.

    `observer` is called at every step. Returns when all have echoed, or when some have and the rest
    stay silent. Sending again what the network has already is harmless, and proves that it has.
    With a single peer, a second connection to it does the listening. Through Tor, each connection
    has a circuit of its own, which the peers cannot link with one another or with earlier ones.
    Raises NetworkError: nobody answers, nobody asks for it, it is refused, or nobody echoes it.
    """
    transaction = Transaction.parse(raw_tx)
    addresses = [Address(host, port) for host, port in peers]
    way = Way(dialer, linked=False)
    listeners = await _connect_all(addresses, network, transaction, way)
    try:
        if not listeners:
            raise PeersUnreachable(
                f"{nobody_answers(len(peers))} Nothing was sent."
                " Check that the network is reachable, then send again."
            )
        return await _Round(transaction, listeners, observer).run(timeout_s)
    finally:
        await asyncio.gather(*(listener.close() for listener in listeners))


class _Listener:
    """One peer: what it knows of the transaction, as far as it could show it."""

    def __init__(self, name: str, peer: Peer, transaction: Transaction) -> None:
        self.name = name
        self.changed: Callable[[], None] = lambda: None
        self.has_answered = self.has_transaction = self.is_gone = self.is_liar = False
        self.was_told = self.was_given = False
        self.refusal = ""
        self._peer = peer
        self._transaction = transaction
        self._ids = {transaction.txid, transaction.wtxid}
        self._decoy = secrets.token_bytes(32)
        self._task = asyncio.create_task(self._listen())

    @property
    def failed(self) -> bool:
        """Whether telling this peer led nowhere."""
        return self.was_told and (self.is_gone or bool(self.refusal))

    @property
    def echoes(self) -> bool:
        """Whether it has it from somebody else: it was not told, and names not just anything."""
        return self.has_transaction and not self.was_told and not self.is_liar

    @property
    def is_silent(self) -> bool:
        """Whether it may still be told."""
        return not (self.has_transaction or self.was_told or self.is_gone)

    def probe(self) -> None:
        """Ask for the transaction: who has it hands it over.

        Beside it, for one that does not exist: who names that one names whatever it is asked for.
        """
        request = self._peer.request_for(self._transaction)
        self._peer.send("getdata", encode_items([replace(request, hash=self._decoy), request]))

    def tell(self) -> None:
        self.was_told = True
        self._peer.send("inv", encode_items([self._peer.item(self._transaction)]))

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._peer.close()

    async def _listen(self) -> None:
        try:
            while True:
                self._hear(await self._peer.receive())
                self.changed()
        except (PeerGone, Malformed):
            self.is_gone = True
            self.changed()

    def _hear(self, message: PeerMessage) -> None:
        match message.command:
            case "inv":
                self._hear_names(parse_items(message.payload))
            case "tx":
                transaction = Transaction.parse(message.payload)
                self.has_transaction |= transaction.wtxid == self._transaction.wtxid
                self.has_answered = True
            case "notfound":
                self.has_answered = True
            case "getdata" if self.was_told and self._names_it(parse_items(message.payload)):
                self._peer.send("tx", self._transaction.encode())
                self.was_given = True
            case "reject":
                refusal = Reject.parse(message.payload)
                if refusal.hash in self._ids:
                    self.refusal = refusal.reason or "no reason given"
            case _:
                pass

    def _hear_names(self, items: Sequence[Item]) -> None:
        self.is_liar |= any(item.hash == self._decoy for item in items)
        if self._names_it(items) and not self.was_told:
            request = self._peer.request_for(self._transaction)
            self._peer.send("getdata", encode_items([request]))

    def _names_it(self, items: Sequence[Item]) -> bool:
        return any(item.hash in self._ids for item in items)


class _Round:
    """The telling and the listening, until the proof is there or hope is gone."""

    def __init__(
        self, transaction: Transaction, listeners: Sequence[_Listener], observer: Observer | None
    ) -> None:
        self._transaction = transaction
        self._listeners = listeners
        self._order = _drawn(listeners)
        self._observer = observer
        self._reported: Sent | None = None
        self._pulse = asyncio.Event()
        for listener in listeners:
            listener.changed = self._changed

    async def run(self, timeout_s: float) -> Sent:
        deadline = asyncio.get_running_loop().time() + timeout_s
        for listener in self._listeners:
            listener.probe()
        await self._wait(
            lambda: all(listener.has_answered or listener.is_gone for listener in self._listeners),
            min(PROBE_S, timeout_s),
        )
        self._tell(self._silent()[: max(1, len(self._silent()) // 2)])
        while not self._echoed() and self._remaining(deadline) > 0:
            patience = min(ASK_S, self._remaining(deadline))
            await self._wait(lambda: bool(self._echoed()) or self._stuck(), patience)
            is_last = self._stuck() or self._remaining(deadline) < LAST_S
            if not (self._echoed() or self._tell_another(is_last) or self._silent()):
                break
            self._probe_again()
        return await self._finish(deadline, timeout_s)

    async def _finish(self, deadline: float, timeout_s: float) -> Sent:
        """Give what was told last its time, then say what was seen. Raises NetworkError."""
        patience = min(ASK_S, self._remaining(deadline))
        await self._wait(lambda: bool(self._echoed()) or self._answered(), patience)
        if not self._echoed():
            raise NetworkError(self._why_not(timeout_s))
        await self._wait(self._proven, min(SETTLE_S, self._remaining(deadline)))
        return self._sent()

    def _silent(self) -> list[_Listener]:
        return [listener for listener in self._order if listener.is_silent]

    def _told_listeners(self) -> list[_Listener]:
        return [listener for listener in self._listeners if listener.was_told]

    def _echoed(self) -> list[_Listener]:
        return [listener for listener in self._listeners if listener.echoes]

    def _answered(self) -> bool:
        """Who was told has taken it, has refused it, or is gone."""
        return all(
            listener.was_given or listener.failed or listener.is_gone
            for listener in self._told_listeners()
        )

    def _proven(self) -> bool:
        """Everybody who was only listened to has it, and who was told has taken it."""
        silent = (listener for listener in self._silent() if not listener.is_liar)
        return bool(self._echoed()) and not any(silent) and self._answered()

    def _stuck(self) -> bool:
        """Whoever was told is gone, or refused it."""
        return all(listener.failed for listener in self._told_listeners())

    def _tell(self, listeners: Sequence[_Listener]) -> None:
        for listener in listeners:
            listener.tell()
        self._changed()

    def _tell_another(self, is_last: bool) -> bool:
        """One more; the last one only when its echo is not hoped for any more."""
        silent = self._silent()
        if not silent or (len(silent) == 1 and not is_last):
            return False
        self._tell(silent[:1])
        return True

    def _probe_again(self) -> None:
        for listener in self._silent():
            listener.probe()

    def _why_not(self, timeout_s: float) -> str:
        told_listeners = self._told_listeners()
        if refusals := [listener.refusal for listener in told_listeners if listener.refusal]:
            # A payment that is confirmed already is refused, too: do not call it lost.
            return (
                f"The network refused the transaction, so it does not spread. {refusals[0]} "
                "If it was sent before, look at the history: it may be confirmed already."
            )
        if not any(listener.was_given for listener in told_listeners):
            return (
                f"No peer asked for the transaction; told: {len(told_listeners)}. "
                "Nothing was sent. Send again in a minute, or use other peers."
            )
        served = sum(listener.was_given for listener in told_listeners)
        return (
            f"The transaction was given to {served} of "
            f"{len(self._listeners)} peers, and no other peer had it within {timeout_s:.0f} s. "
            "It may still spread. Look at the history in a while; sending it again does no harm."
        )

    def _sent(self) -> Sent:
        proof = Propagation(
            tuple(listener.name for listener in self._listeners if listener.was_given),
            tuple(dict.fromkeys(listener.name for listener in self._echoed())),
            len({listener.name for listener in self._listeners}),
        )
        return Sent(self._transaction.name, proof)

    def _changed(self) -> None:
        sent = self._sent()
        if self._observer and sent != self._reported:
            self._reported = sent
            self._observer(sent)
        self._pulse.set()

    async def _wait(self, true: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not true():
                    self._pulse.clear()
                    await self._pulse.wait()
        except TimeoutError:
            return

    def _remaining(self, deadline: float) -> float:
        return max(0.0, deadline - asyncio.get_running_loop().time())


def _drawn(listeners: Sequence[_Listener]) -> list[_Listener]:
    """In an order that nobody can foresee: who wants to be told and keep it must be lucky."""
    return secrets.SystemRandom().sample(listeners, len(listeners))


async def _connect_all(
    addresses: Sequence[Address], network: str, transaction: Transaction, way: Way
) -> list[_Listener]:
    listeners = await _connect(addresses, network, transaction, way)
    if len(listeners) == 1:
        same = [address for address in addresses if str(address) == listeners[0].name]
        listeners += await _connect(same[:1], network, transaction, way)
    return listeners


async def _connect(
    addresses: Sequence[Address], network: str, transaction: Transaction, way: Way
) -> list[_Listener]:
    async def call(address: Address) -> _Listener | None:
        try:
            peer = await Peer.connect(address, network, ANONYMOUS, CONNECT_S, way)
        except PeerGone:
            return None
        return _Listener(str(address), peer, transaction)

    called = await asyncio.gather(*(call(address) for address in addresses))
    return [listener for listener in called if listener]
