"""One light client after another for one wallet, each with one peer that the others agree with."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar, TypeVarTuple, Unpack

import bdkpython as bdk

from host import background
from host.config import grouped, private_folder
from host.errors import NetworkError
from host.light_client import facts
from host.p2p.manager import PeerManager, PeersContradict, Survey
from host.p2p.peer import Address
from host.p2p.relay import Relay
from host.wallet.scanned import ScannedWallet

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
HANDSHAKE_S, RESPONSE_S = 3.0, 10.0
# How often it is looked whether the peer stands still, while blocks are waited for and else.
QUICK_LOOK_S, LOOK_S = 0.1, 0.25
# A peer has so many times its longest delay to begin an answer, and this part of what follows.
TIMES_AS_LONG, LEAST_PART = 8, 0.25
# So long without a filter or a block, and the next peer has its turn; twice as long when all
# have had theirs.
FIRST_STILL_S, LONGEST_STILL_S = 1.5, 12.0
CONTRADICTION_PAUSE_S = 60.0
ASK_AGAIN_S = 60.0  # how often, while no block comes, the others are asked for theirs
FRESH_S = 10.0

Ts = TypeVarTuple("Ts")
T = TypeVar("T")


class _GivenUp(Exception):
    """The peer is not asked any further. The text is why."""


class Follower:
    """Keeps a wallet at the best chain. `synced` is set while it is there, as far as is known."""

    def __init__(
        self,
        wallet: ScannedWallet,
        manager: PeerManager,
        data_dir: Path,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`report` is told how far a look is and that nobody answers; "" when all is well."""
        self._report = report
        self._percent = 0
        self.synced = False
        self.changes = 0
        self._wallet = wallet
        self._manager = manager
        self._data_dir = data_dir
        self.latest: Survey | None = None
        self._asked_at = -FRESH_S
        self._asking = asyncio.Lock()
        self._still_s = FIRST_STILL_S
        self._had_turn: set[Address] = set()
        self._progress = (0, 0.0)
        self._rescan_from: bdk.BlockId | None = None  # behind it all blocks are looked at once more
        self._wake = asyncio.Event()
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._run())

    async def survey(self, max_age_s: float = 0.0) -> Survey:
        """What the peers say now, or said that many seconds ago. Raises NetworkError."""
        clock = asyncio.get_running_loop().time
        not_before = clock() - max_age_s
        async with self._asking:
            if self.latest is None or self._asked_at < not_before:
                asked_at = clock()
                checkpoints = await asyncio.to_thread(facts.Checkpoints, self._wallet)
                self.latest = await self._manager.survey(
                    checkpoints, lambda: facts.coin_scripts(self._wallet)
                )
                self._asked_at = asked_at
            return self.latest

    def is_at(self, survey: Survey) -> bool:
        """Whether the wallet is at a tip than which nobody knows a better one."""
        height, best = self._wallet.tip_height, survey.chain.height
        if height == best:
            return self.synced and facts.tip(self._wallet) in survey.tips
        return self.synced and height > best

    async def wait_until(self, reached: Callable[[], bool], patience_s: float | None) -> None:
        """Wait as long as the light client has something to say. Raises NetworkError."""
        async with self._news:
            while not reached():
                if self._task.cancelled():
                    raise NetworkError("The network was disconnected. Nothing was lost. Try again.")
                if self._task.done():
                    self._task.result()
                try:
                    await asyncio.wait_for(self._news.wait(), patience_s)
                except TimeoutError as error:
                    raise NetworkError(
                        "The peers fell silent before the wallet was up to date. Nothing was lost."
                        " Check the connection and try again."
                    ) from error

    def wake(self) -> None:
        """A peer answers: do not wait any longer before trying again."""
        self._wake.set()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            await self._keep_going()
        finally:
            await self._tell()  # whoever waits must see how it ended

    async def _keep_going(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            earlier_changes = self.changes
            longest_s = LONGEST_PAUSE_S
            try:
                await self._take_turns()
            except PeersContradict:
                longest_s = pause_s = CONTRADICTION_PAUSE_S
            except NetworkError:  # who asks for a sync hears why; here it is tried again
                self._report("No node answers. They are asked again by themselves.")
            self.synced = False
            has_moved = self.changes > earlier_changes
            pause_s = FIRST_PAUSE_S if has_moved else min(2 * pause_s, longest_s)
            await self._pause(pause_s)

    async def _take_turns(self) -> None:
        """One peer after the other, until nobody is left. Raises NetworkError."""
        tried: set[Address] = set()
        survey: Survey | None = None
        while True:
            earlier, survey = survey, await self.survey(FRESH_S)
            if self._manager.must_look_again:
                await self._look_again()
            if survey is not earlier:
                tried.clear()
            peer = next((peer for peer in survey.peers if peer not in tried), None)
            if peer is None:
                self.latest = None
                self._still_s = min(2 * self._still_s, LONGEST_STILL_S)
                return
            if not await self._follow(peer, survey):
                tried.add(peer)
                await self._tell_first_turn(peer)

    async def _look_again(self) -> None:
        """Who served the wallet has lied: all blocks are looked at again."""
        self._manager.must_look_again = False
        self._manager.memory.forget_service()
        await asyncio.to_thread(self._wallet.search_again)

    async def _pause(self, pause_s: float) -> None:
        """Peers that refuse us are not hammered, unless somebody has just seen one alive."""
        self._wake.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), pause_s)

    async def _follow(self, peer: Address, survey: Survey) -> bool:
        """Until this peer is gone, stands still, or lies. Whether it may go on then."""
        relay = Relay(peer, self._wallet.network, survey.filter_headers, self._manager.way)
        watched = self._wallet.watched()
        try:
            components = await asyncio.to_thread(self._build, await relay.start(), survey)
            components.node.run()
            await self._until_it_stops(components.client, relay, watched)
        except bdk.CbfError:
            self._failed(relay, "It went away, or sent what is wrong.")
        except _GivenUp as reason:
            self._failed(relay, str(reason))
        else:
            return True
        finally:
            self.synced = False
            await relay.stop()
        return False

    def _failed(self, relay: Relay, reason: str) -> None:
        if relay.lie:
            self._manager.lied(relay.peer, relay.lie)
        else:
            self._manager.failed(relay.peer, reason)

    def _patience(self, seconds: float) -> float:
        """Longer where the way is (Tor)."""
        return self._manager.way.dialer.patience(seconds)

    def _build(self, port: int, survey: Survey) -> "bdk.CbfComponents":
        loopback = bdk.IpAddress.from_ipv4(127, 0, 0, 1)
        peer = bdk.Peer(address=loopback, port=port, v2_transport=False)
        folder = private_folder(self._data_dir)
        builder = bdk.CbfBuilder().peers([peer]).only_configured_peers().data_dir(str(folder))
        builder = builder.connections(1).configure_timeout_millis(
            *(int(self._patience(seconds) * 1e3) for seconds in (HANDSHAKE_S, RESPONSE_S))
        )
        scan = facts.scan(self._wallet, survey.chain, self._rescan_from)
        return builder.scan_type(scan).build(self._wallet.engine)

    async def _until_it_stops(
        self, client: "bdk.CbfClient", relay: Relay, watched: tuple[int, int]
    ) -> None:
        """Returns when all blocks have to be looked at again. Raises CbfError, _GivenUp."""
        listener = asyncio.create_task(self._listen(client))
        try:
            is_enough = True
            while is_enough:
                update = await self._next_update(client, relay)
                self.synced = False  # until it is known that nothing was overlooked
                is_enough = await self._take_in(update, watched)
                self.changes += 1
                self._report("")
                await self._tell()
                if is_enough:
                    await self._confirm(relay)
        finally:
            listener.cancel()
            with suppress(bdk.CbfError):  # it has stopped already
                client.shutdown()

    async def _next_update(self, client: "bdk.CbfClient", relay: Relay) -> "bdk.Update":
        """Raises _GivenUp when there is more to be known, and this peer does not bring it."""
        # By a loop of its own: BDK derives every script when it is asked, in the asker's thread.
        work = background.call(lambda: asyncio.run(_update(client)), None)
        task = asyncio.ensure_future(work)
        behind_s = 0.0
        try:
            while True:
                look_s = LOOK_S if self.synced else QUICK_LOOK_S
                await asyncio.wait({task}, timeout=look_s)
                if task.done():
                    return task.result()
                if relay.has_ended:
                    raise _GivenUp("It went away, or sent what is wrong.")
                behind_s = 0.0 if await self._is_up_to_date() else behind_s + look_s
                if stands_still(relay, behind_s, self._patience(self._still_s)):
                    raise _GivenUp("It stood still.")
        finally:
            task.cancel()

    async def _is_up_to_date(self) -> bool:
        """Asks the others from time to time, while nobody else does."""
        if not self.synced:
            return False
        try:
            return self.is_at(await self.survey(ASK_AGAIN_S))
        except NetworkError:
            return True  # nobody has more to tell

    async def _confirm(self, relay: Relay) -> None:
        """What the peer named as filters must be what all name, for the last block, too.

        Raises _GivenUp for a peer that lied; NetworkError when nobody can say.
        """
        survey = await self.survey(FRESH_S)
        if facts.tip(self._wallet) not in survey.filter_headers:
            survey = await self.survey()
        for block_hash, header in relay.filter_headers.items():
            if survey.filter_headers.get(block_hash, header) != header:
                relay.lie = "It names other filters to the light client than the others name."
        if relay.lie or self._manager.memory.of(relay.peer).lied:
            self._manager.must_look_again = True
            raise _GivenUp("It lied.")
        self.synced = True
        self.synced = self.is_at(survey)
        if self.synced:
            self._still_s = FIRST_STILL_S
            self._had_turn.clear()
            self._manager.memory.served(relay.peer)
        await self._tell()

    async def _take_in(self, update: "bdk.Update", watched: tuple[int, int]) -> bool:
        """Whether this client looked for every address that may be used; if not, look again.

        It looks at each filter once, for the addresses it knew when it was made.
        """
        is_used_elsewhere = await self._at_work(self._apply, update)
        search = self._wallet.search
        margin = search.gap if is_used_elsewhere else 0
        revealed = self._wallet.revealed()
        if any(count + margin > limit for count, limit in zip(revealed, watched, strict=True)):
            if is_used_elsewhere:
                await self._at_work(self._wallet.search_again)
            self._rescan_from = None  # all are looked at
            return False
        is_complete = self._rescan_from is None
        if search.complete != is_complete:
            await self._at_work(partial(self._wallet.finish_search, complete=is_complete))
        return is_complete

    def _apply(self, update: "bdk.Update") -> bool:
        """Whether addresses turned out to be used that were not handed out here.

        The light client asks for the newest blocks first: where a coin is spent in one and came in
        an earlier one, it does not see that it was ours. With the coin known, it does.
        """
        earlier = frozenset(self._wallet.engine.canonical)
        is_used_elsewhere = self._wallet.apply(update)
        self._rescan_from = facts.first_news(self._wallet, earlier)
        return is_used_elsewhere

    async def _at_work(self, work: Callable[[Unpack[Ts]], T], *args: *Ts) -> T:
        """The wallet's own work, in a thread. That it goes on is news.

        Thousands of transactions take longer than anybody waits for silent peers.
        """
        task = asyncio.ensure_future(asyncio.to_thread(work, *args))
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=LOOK_S)
                await self._tell()
            return task.result()
        finally:
            task.cancel()

    async def _listen(self, client: "bdk.CbfClient") -> None:
        """Whoever waits shall know that it goes on. Hearing the same again is no progress."""
        with suppress(bdk.CbfError):
            while True:
                info = await client.next_info()
                if not isinstance(info, bdk.Info.PROGRESS):
                    continue
                progress = (info.chain_height, info.filters_downloaded_percent)
                if progress > self._progress:
                    self._progress = progress
                    self._report_percent(*progress)
                    await self._tell()

    def _report_percent(self, height: int, percent: float) -> None:
        if int(percent) != self._percent and percent < 100:
            self._percent = int(percent)
            self._report(f"{percent:.0f} % of the blocks up to {grouped(height)} are done.")

    async def _tell_first_turn(self, peer: Address) -> None:
        """That the next peer has its turn is news, until all have had theirs."""
        if peer not in self._had_turn:
            self._had_turn.add(peer)
            await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


async def _update(client: "bdk.CbfClient") -> "bdk.Update":
    return await client.update()


def stands_still(relay: Relay, behind_s: float, longest_s: float) -> bool:
    """Whether the next peer has its turn; `behind_s` is for how long there was more to be known.

    `longest_s` is for everybody; who began its answers quickly and is silent has less of it.
    """
    answer_s = longest_s
    if relay.slowest_s is not None:
        answer_s = max(longest_s * LEAST_PART, relay.slowest_s * TIMES_AS_LONG)
    return min(behind_s, relay.still_s) > longest_s or (
        min(behind_s, relay.unanswered_s) > min(answer_s, longest_s)
    )
