"""The peers a person named: asked before anything is believed, compared, remembered.

Most work wins among chains of headers that hold. Of those who tell it, a wrong filter is proven by
its block; where nothing can be proven, nothing is claimed. Who lied is not asked for a day, who
fails is left alone for a while, and everybody else takes turns.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from host.config import Clock, grouped
from host.dialer import Dialer
from host.errors import NetworkError
from host.p2p.arbiter import Judgement, judge
from host.p2p.evidence import ScriptSource
from host.p2p.headers import Anchor, HeaderChain, heaviest, locator
from host.p2p.interview import Interview, Misconduct, ServesNoFilters, Testimony
from host.p2p.peer import STRAIGHT, Address, PeerGone, Way, nobody_answers
from host.p2p.standing import PeerMemory
from host.values import NetworkView, PeerProblem

LONGEST_S = 10.0  # for all interviews
GRACE_S = 4.0  # for the others, once one peer has told everything
WITHHOLDS = "It tells of a newest block that it does not show."
SECOND_CHANCE_S = 1.0  # the same, for who failed lately


Find = Callable[[], Awaitable[Sequence[Address]]]


class PeersContradict(NetworkError):
    """Peers name different filters of a block, and the block does not say which are right."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the peers agree on: the chain with the most work, and who may be asked for its blocks.

    `tips` are all last blocks with as much work. `peers` are in the order to be asked.
    `filter_headers` are what all of them name, by the hash of the block.
    """

    chain: HeaderChain
    tips: frozenset[bytes]
    peers: tuple[Address, ...]
    filter_headers: Mapping[bytes, bytes]


class PeerManager:
    """Knows who may be asked. Every method that asks the network raises NetworkError."""

    def __init__(
        self,
        peers: Sequence[Address],
        network: str,
        memory: PeerMemory,
        clock: Clock,
        find: Find | None = None,
        way: Way = STRAIGHT,
    ) -> None:
        """Without `peers`, those are asked that `find` names; others, once none of them answers."""
        self.peers = tuple(peers)
        self._find = find
        self.way = way
        self._clock = clock
        self._tip_time: int | None = None
        self._alarm = ""
        self.memory = memory
        self.must_look_again = False  # who served a wallet has lied since
        self._network = network
        self._tried_out: set[Address] = set()
        self._shown: set[bytes] = set()  # best blocks that somebody had

    async def survey(self, checkpoints: Mapping[int, bytes], coins: ScriptSource) -> Survey:
        """Ask everybody in good standing, and see what holds.

        `checkpoints` are hashes of the blocks that the wallet knows, by height, 0 too; `coins`
        gives the scripts of its coins. Raises PeersContradict; NetworkError when nobody can help.
        """
        await self.ensure_peers()
        testimonies = await self._testimonies(locator(checkpoints))
        while True:
            best = testimonies[heaviest([testimony.chain for testimony in testimonies])]
            if withholding := await self._withholding(testimonies, best):
                testimonies = [
                    testimony for testimony in testimonies if testimony.peer not in withholding
                ]
                continue
            ordered = sorted(testimonies, key=lambda testimony: testimony is not best)
            alike = [testimony for testimony in ordered if _tells_of(testimony, best)]
            judgement = await judge(alike, checkpoints, self._network, coins, self.way)
            if judgement.open_at is not None:
                contradiction = self._contradiction(alike, judgement)
                self._alarm = str(contradiction)
                raise contradiction
            if not judgement.lies and not judgement.absent:
                return self._survey(testimonies, best)
            self._remember(judgement)
            fallen = judgement.lies.keys() | judgement.absent
            testimonies = [testimony for testimony in testimonies if testimony.peer not in fallen]
            if not testimonies:
                raise self._no_peer({})

    async def ensure_peers(self) -> None:
        """There is somebody to ask, and a way to them. Raises NetworkError."""
        await self.way.dialer.check()
        if not self.peers and self._find is not None:
            self.peers = tuple(await self._find())

    def in_good_standing(self) -> tuple[Address, ...]:
        """Who did not lie; all when there is nobody else."""
        honest = tuple(peer for peer in self.peers if not self.memory.of(peer).lied)
        return honest or self.peers

    def view(self) -> NetworkView:
        """What is known without asking."""
        standings = {peer: self.memory.of(peer) for peer in self.peers}
        problems = tuple(
            PeerProblem(str(peer), standing.reason, standing.lied)
            for peer, standing in standings.items()
            if standing.reason
        )
        age_s = None if self._tip_time is None else max(0, self._clock() - self._tip_time)
        return NetworkView(age_s, problems, self._alarm)

    def failed(self, peer: Address, reason: str) -> None:
        self._tried_out.discard(peer)
        self.memory.failed(peer, reason)

    def lied(self, peer: Address, reason: str) -> None:
        """It is not asked for a day. What it served is looked at again."""
        if self.memory.of(peer).served:
            self.must_look_again = True
        self._tried_out.discard(peer)
        self.memory.lied(peer, reason)

    async def _testimonies(self, anchors: Sequence[Anchor]) -> list[Testimony]:
        """Of everybody who did not lie: who failed lately may still know the better chain."""
        honest = [peer for peer in self.peers if not self.memory.of(peer).lied]
        answers = await self._ask_all(honest, anchors)
        testimonies = [answer for answer in answers.values() if isinstance(answer, Testimony)]
        if not testimonies:
            raise self._no_peer({p: a for p, a in answers.items() if isinstance(a, PeerGone)})
        return testimonies

    async def _ask_all(
        self, peers: Sequence[Address], anchors: Sequence[Anchor]
    ) -> dict[Address, Testimony | PeerGone]:
        rested = {peer for peer in peers if not self.memory.of(peer).until}
        tasks = {peer: asyncio.create_task(self._ask(peer, anchors)) for peer in peers}
        await _some_time(tasks.values(), {tasks[peer] for peer in rested}, self.way.dialer)
        answers: dict[Address, Testimony | PeerGone] = {}
        for peer, task in tasks.items():
            if task.cancel():
                await asyncio.wait([task])
                if peer in rested:
                    self.failed(peer, "It is too slow.")
                answers[peer] = PeerGone("It is too slow.")
            else:
                answers[peer] = task.result()
        return answers

    async def _ask(self, peer: Address, anchors: Sequence[Anchor]) -> Testimony | PeerGone:
        """What it says, or why it says nothing; who misbehaves is remembered."""
        try:
            interview = await Interview.begin(peer, self._network, self.way)
            try:
                testimony = await interview.testify(anchors)
                if peer not in self._tried_out and testimony.chain.hashes:
                    await interview.try_out(testimony.chain)
                    self._tried_out.add(peer)
            finally:
                interview.end()
        except Misconduct as error:
            self.lied(peer, str(error))
            return error
        except ServesNoFilters as error:
            return error
        except PeerGone as error:
            self.failed(peer, str(error))
            return error
        return testimony

    async def _withholding(self, testimonies: Sequence[Testimony], best: Testimony) -> set[Address]:
        """Who tells of a best block that nobody shows, while others know another one.

        Headers cost work, and a chain without its blocks is no use; one who shows it is enough.
        """
        tellers = [testimony for testimony in testimonies if _is_as_good(testimony, best)]
        tips = {teller.chain.tip for teller in tellers}
        if len(tips) == 1 and len(tellers) == len(testimonies):
            return set()
        told = {tip: [teller.peer for teller in tellers if teller.chain.tip == tip] for tip in tips}
        unseen = {tip: peers for tip, peers in told.items() if tip not in self._shown}
        shown = await asyncio.gather(*(self._any_shows(*each) for each in unseen.items()))
        self._shown = {tip for tip, is_shown in zip(unseen, shown, strict=True) if is_shown} | (
            self._shown & tips
        )
        withholding = {peer for tip in tips - self._shown for peer in told[tip]}
        if len(withholding) == len(testimonies):
            return set()  # there is nobody else to ask
        for peer in withholding:
            self.failed(peer, WITHHOLDS)
        return withholding

    async def _any_shows(self, block_hash: bytes, peers: Sequence[Address]) -> bool:
        asked = [peer for peer in peers if self.memory.of(peer).reason != WITHHOLDS]
        tasks = [asyncio.create_task(self._shows(peer, block_hash)) for peer in asked]
        try:
            for task in asyncio.as_completed(tasks):
                if await task:
                    return True
        finally:
            for pending in tasks:
                pending.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return False

    async def _shows(self, peer: Address, block_hash: bytes) -> bool:
        try:
            interview = await Interview.begin(peer, self._network, self.way)
            try:
                await interview.block(block_hash)
            finally:
                interview.end()
        except Misconduct as error:
            self.lied(peer, str(error))
            return False
        except PeerGone:
            return False
        return True

    def _survey(self, testimonies: Sequence[Testimony], best: Testimony) -> Survey:
        equal = [testimony for testimony in testimonies if _is_as_good(testimony, best)]
        tips = Counter(testimony.chain.tip for testimony in equal)
        (tip, _), *_ = tips.most_common(1)
        peers = [testimony.peer for testimony in equal if testimony.chain.tip == tip]
        choice = next(testimony for testimony in equal if testimony.chain.tip == tip)
        self._tip_time, self._alarm = choice.chain.tip_time, ""
        hashes = (choice.chain.anchor.hash, *choice.chain.hashes)
        filter_headers = dict(zip(hashes, choice.filter_headers, strict=False))
        return Survey(choice.chain, frozenset(tips), self._in_turn(peers), filter_headers)

    def _in_turn(self, peers: Sequence[Address]) -> tuple[Address, ...]:
        """Who served before comes first, who failed last; the others are drawn."""
        shuffled = secrets.SystemRandom().sample(peers, len(peers))
        standings = {peer: self.memory.of(peer) for peer in peers}
        return tuple(
            sorted(
                shuffled, key=lambda peer: (standings[peer].failures, not standings[peer].served)
            )
        )

    def _remember(self, judgement: Judgement) -> None:
        for peer, height in judgement.lies.items():
            self.lied(peer, f"Its filter of block {grouped(height)} is wrong.")
        for peer in judgement.absent:
            self.failed(peer, "It does not show the filters it names.")

    def _contradiction(
        self, testimonies: Sequence[Testimony], judgement: Judgement
    ) -> PeersContradict:
        self._remember(judgement)
        names = _names([testimony.peer for testimony in testimonies])
        return PeersContradict(
            f"Peers contradict each other about block {grouped(judgement.open_at or 0)}, and the"
            f" block does not say who is right: {names}. The wallet stays as it is."
            " Name peers that you have reason to trust, and try again."
        )

    def _no_peer(self, errors: Mapping[Address, PeerGone]) -> NetworkError:
        without = [peer for peer, error in errors.items() if isinstance(error, ServesNoFilters)]
        if without:
            return NetworkError(
                f"No peer here serves compact block filters (BIP157): {_names(without)}. Nothing"
                " was lost. Name one that does; Bitcoin Core does with blockfilterindex=1 and"
                " peerblockfilters=1."
            )
        liars = [peer for peer in self.peers if self.memory.of(peer).lied]
        if liars:
            return NetworkError(
                f"No peer can be believed; these lied: {_names(liars)}. Nothing was lost."
                " Name others, and try again."
            )
        count = len(self.peers)
        if self._find is not None:
            self.peers = ()  # others may be named
        return NetworkError(
            f"{nobody_answers(count)} Nothing was lost."
            " Check the connection and the peers' addresses, and try again."
        )


async def _some_time(
    tasks: Collection[asyncio.Task[Testimony | PeerGone]],
    rested: Collection[asyncio.Task[Testimony | PeerGone]],
    dialer: Dialer,
) -> None:
    """Until all are done; not long after one has told everything.

    Those that are not `rested` failed lately, and are waited for the shorter time.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + dialer.patience(LONGEST_S)
    waiting, is_heard = set(tasks), False
    while waiting and clock() < deadline:
        done, waiting = await asyncio.wait(
            waiting, timeout=deadline - clock(), return_when=asyncio.FIRST_COMPLETED
        )
        is_heard |= any(isinstance(task.result(), Testimony) for task in done)
        if is_heard:
            grace_s = GRACE_S if waiting.intersection(rested) else SECOND_CHANCE_S
            deadline = min(deadline, clock() + dialer.patience(grace_s))


def _is_as_good(testimony: Testimony, best: Testimony) -> bool:
    return _same_anchor(testimony, best) and testimony.chain.work == best.chain.work


def _same_anchor(testimony: Testimony, best: Testimony) -> bool:
    return testimony.chain.anchor == best.chain.anchor


def _tells_of(testimony: Testimony, best: Testimony) -> bool:
    """Whether it names filters of blocks of that chain."""
    first = testimony.chain.hashes[:1]
    return _same_anchor(testimony, best) and bool(first) and first == best.chain.hashes[:1]


def _names(peers: Sequence[Address]) -> str:
    return ", ".join(map(str, peers))
