"""Giving a transaction to the network, and the proof that it took it.

Sending bytes proves nothing. So some peers are told, and the others are only listened to: when one
of those names the transaction, somebody we told has checked it, taken it and passed it on.
"""

import asyncio
from collections.abc import Callable, Sequence

from host.errors import NetworkError
from host.p2p.messages import Item, PeerMessage, Reject, Version, encode_items, parse_items
from host.p2p.peer import Address, Peer, PeerGone
from host.transactions import Transaction
from host.values import Propagation, Sent
from signer.errors import Malformed

# Nothing about us that could be left out is told: no clock, no height, no program name.
ANONYMOUS = Version(services=0, timestamp=0, nonce=0, user_agent="", height=0)
CONNECT_S = 5.0
PROBE_S = 1.0  # how long a peer may think about whether it has the transaction
ASK_S = 4.0  # Bitcoin Core asks 2 s after it was told
SETTLE_S = 5.0  # after an echo, the others get this long
TIMEOUT_S = 30.0  # Bitcoin Core tells strangers after 5 s on average


Observer = Callable[[Sent], None]


async def broadcast(
    raw_tx: bytes,
    peers: Sequence[tuple[str, int]],
    network: str,
    observer: Observer | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Sent:
    """Tell about half of `peers` and wait until the others name the transaction, too.

    `observer` is called at every step. Returns when all have echoed, or when some have and the rest
    stay silent. Sending again what the network has already is harmless, and proves that it has.
    With a single peer, a second connection to it does the listening.
    Raises NetworkError: nobody answers, nobody asks for it, it is refused, or nobody echoes it.
    """
    transaction = Transaction.parse(raw_tx)
    addresses = [Address(host, port) for host, port in peers]
    listeners = await _connect_all(addresses, network, transaction)
    try:
        if not listeners:
            raise NetworkError(
                f"None of the {len(peers)} peers answers. Nothing was sent. "
                "Check that the network is reachable, then send again."
            )
        return await _Round(transaction, listeners, observer).run(timeout_s)
    finally:
        await asyncio.gather(*(listener.close() for listener in listeners))


class _Listener:
    """One peer: what it knows of the transaction, as far as it told us."""

    def __init__(self, name: str, peer: Peer, transaction: Transaction) -> None:
        self.name = name
        self.changed: Callable[[], None] = lambda: None
        self.probed = self.has_transaction = self.was_told = self.was_given = self.is_gone = False
        self.refusal = ""
        self._peer = peer
        self._transaction = transaction
        self._ids = {transaction.txid, transaction.wtxid}
        self._task = asyncio.create_task(self._listen())

    @property
    def failed(self) -> bool:
        """Whether telling this peer led nowhere."""
        return self.was_told and (self.is_gone or bool(self.refusal))

    def probe(self) -> None:
        """Ask for the transaction: who has it can show it, and need not be told."""
        self._peer.send("getdata", encode_items([self._peer.request_for(self._transaction)]))

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
                self.has_transaction |= self._names_it(message.payload)
            case "tx":
                self.has_transaction |= (
                    Transaction.parse(message.payload).txid == self._transaction.txid
                )
                self.probed = True
            case "notfound":
                self.probed = True
            case "getdata" if self.was_told and self._names_it(message.payload):
                self._peer.send("tx", self._transaction.encode())
                self.was_given = True
            case "reject":
                refusal = Reject.parse(message.payload)
                if refusal.hash in self._ids:
                    self.refusal = refusal.reason or "no reason given"
            case _:
                pass

    def _names_it(self, payload: bytes) -> bool:
        items: tuple[Item, ...] = parse_items(payload)
        return any(item.hash in self._ids for item in items)


class _Round:
    """The telling and the listening, until the proof is there or hope is gone."""

    def __init__(
        self, transaction: Transaction, listeners: Sequence[_Listener], observer: Observer | None
    ) -> None:
        self._transaction = transaction
        self._listeners = listeners
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
            lambda: all(listener.probed or listener.is_gone for listener in self._listeners),
            PROBE_S,
        )
        self._tell(self._silent()[: max(1, len(self._silent()) // 2)])
        while not self._proven() and self._remaining(deadline) > 0:
            patience = min(ASK_S, self._remaining(deadline))
            await self._wait(lambda: self._proven() or self._stuck(), patience)
            if not self._proven() and not self._tell_another():
                break
        return await self._finish(deadline, timeout_s)

    async def _finish(self, deadline: float, timeout_s: float) -> Sent:
        """Give the silent ones their time, then say what was seen. Raises NetworkError."""
        await self._wait(lambda: bool(self._echoed()) or self._stuck(), self._remaining(deadline))
        if not self._echoed():
            raise NetworkError(self._why_not(timeout_s))
        await self._wait(self._proven, min(SETTLE_S, self._remaining(deadline)))
        return self._sent()

    def _silent(self) -> list[_Listener]:
        return [
            listener
            for listener in self._listeners
            if not (listener.has_transaction or listener.was_told or listener.is_gone)
        ]

    def _told_listeners(self) -> list[_Listener]:
        return [listener for listener in self._listeners if listener.was_told]

    def _echoed(self) -> list[_Listener]:
        return [listener for listener in self._listeners if listener.has_transaction]

    def _proven(self) -> bool:
        """Everybody who was only listened to has it, and who was told has taken it."""
        answered = all(
            listener.was_given or listener.has_transaction or listener.is_gone
            for listener in self._told_listeners()
        )
        return bool(self._echoed()) and not self._silent() and answered

    def _stuck(self) -> bool:
        return all(listener.failed for listener in self._told_listeners())

    def _tell(self, listeners: Sequence[_Listener]) -> None:
        for listener in listeners:
            listener.tell()
        self._changed()

    def _tell_another(self) -> bool:
        """When no told peer took it: one more, as long as somebody is left to listen to."""
        if self._echoed() or any(
            listener.was_given and not listener.failed for listener in self._told_listeners()
        ):
            return False
        silent = self._silent()
        self._tell(silent[:1] if len(silent) > 1 else [])
        return len(silent) > 1

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
            f"{len(self._listeners)} peers, and no other peer named it within {timeout_s:.0f} s. "
            "It may still spread. Look at the history in a while; sending it again does no harm."
        )

    def _sent(self) -> Sent:
        proof = Propagation(
            tuple(listener.name for listener in self._listeners if listener.was_given),
            tuple(listener.name for listener in self._echoed()),
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


async def _connect_all(
    addresses: Sequence[Address], network: str, transaction: Transaction
) -> list[_Listener]:
    listeners = await _connect(addresses, network, transaction)
    if len(listeners) == 1:
        same = [address for address in addresses if str(address) == listeners[0].name]
        listeners += await _connect(same[:1], network, transaction)
    return listeners


async def _connect(
    addresses: Sequence[Address], network: str, transaction: Transaction
) -> list[_Listener]:
    async def call(address: Address) -> _Listener | None:
        try:
            peer = await Peer.connect(address, network, ANONYMOUS, CONNECT_S)
        except PeerGone:
            return None
        return _Listener(str(address), peer, transaction)

    called = await asyncio.gather(*(call(address) for address in addresses))
    return [listener for listener in called if listener]
