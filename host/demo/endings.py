"""`quietkey demo --story endings`: a node that lies, a fork, and a payment that is refused twice.

The same parts and verbs as in host.demo.auto. What goes wrong does so on the devnet's command.
"""

import argparse
import asyncio
from dataclasses import asdict, dataclass

from host.config import grouped
from host.demo import auto
from host.demo.auto import RECIPIENT, SATS_PER_VBYTE, Story
from host.errors import HostError, NetworkError
from host.session.api import UnfinishedPayment, WalletSnapshot
from host.session.payment import Drafted, finish_payment, pay
from host.session.wording import liars_sentence
from host.values import PaymentRequest, SignedPayment

LIAR = 1  # the number of the node
PAID_SATS, PAID_AGAIN_SATS = 25_000, 40_000
FLOOR, HIGHER_RATE = 10, 12.0  # sat/vB


@dataclass(frozen=True, slots=True)
class EndingsResult:
    """What the last line of `--json` holds: txids, and sats that nothing explains."""

    liars: tuple[str, ...]
    replaced: str
    replacement: str
    given_up: str
    paid_instead: str
    unaccounted_sats: int


def main(args: argparse.Namespace) -> int:
    """Exit status 0 only if every ending was seen and every sat accounted for."""
    return auto.play(args, Endings)


class Endings(Story):
    """One run of the story."""

    __slots__ = ()

    async def tell(self) -> None:
        """Raises HostError when something does not end as it must."""
        await self.begin()
        liars = await self._meet_a_liar()
        await self._fork()
        before = (await self.session.snapshot()).balance.spendable_sats
        replaced, replacement = await self._raise_the_fee()
        given_up, instead = await self._give_up()
        left = (await self._next_block()).balance.spendable_sats
        unaccounted = before - left - await self._spent(replacement, instead)
        self._tell("balance", f"{grouped(left)} sats are left, and every one is accounted for.")
        if unaccounted or not liars:
            raise HostError(f"{grouped(unaccounted)} sats are missing, or no liar was named.")
        result = EndingsResult(liars, replaced, replacement, given_up, instead, unaccounted)
        self._tell("done", "Nothing is lost, and every payment has an ending.", **asdict(result))

    async def _meet_a_liar(self) -> tuple[str, ...]:
        await self._command(f"lie {LIAR} filters", "One node says now that every block is empty.")
        snapshot = await self._next_block()
        liars = tuple(problem.peer for problem in snapshot.network.problems if problem.lied)
        self._tell("liar", liars_sentence(snapshot.network))
        self._tell("liar", f"The balance is right: {_spendable(snapshot)}.")
        await self._command(f"honest {LIAR}", "The node is honest again.")
        return liars

    async def _fork(self) -> None:
        """A coin is in a block, in none, and in a block again."""
        address = await self.session.next_address()
        await self.session.playground.fund(address.address)
        self._tell("fork", f"A coin more is in a block: {_spendable(await self.session.sync())}.")
        await self._command("reorg 1", "That block loses against two others.")
        snapshot = await self.session.sync()
        self._tell("fork", f"The coin is not counted meanwhile: {_spendable(snapshot)}.")
        self._tell("fork", f"A block has it again: {_spendable(await self._next_block())}.")

    async def _raise_the_fee(self) -> tuple[str, str]:
        """The first way out. Returns the txids of what was refused, and of what was taken."""
        refused = await self._refused(PAID_SATS)
        draft = await self.session.bump(refused.txid, HIGHER_RATE)
        self._note(Drafted(draft))
        replacement = UnfinishedPayment(draft)
        sent = await self._accepted(finish_payment(self.session, replacement, self._note))
        self._tell("way out", f"The first: a higher fee. {sent.txid} takes its place.")
        await self._confirmed(sent.txid)
        await self._command("fees 1", "Fees fall again.")
        return refused.txid, sent.txid

    async def _give_up(self) -> tuple[str, str]:
        """The second way out, and the payment that is made with the same coins."""
        refused = await self._refused(PAID_AGAIN_SATS)
        await self.session.give_up(refused.txid)
        snapshot = await self.session.snapshot()
        free = _spendable(snapshot)
        self._tell("way out", f"The second: it is given up, and its coins are free: {free}.")
        request = PaymentRequest.to(RECIPIENT, PAID_AGAIN_SATS, HIGHER_RATE)
        sent = await self._accepted(pay(self.session, request, self._note))
        await self._confirmed(sent.txid)
        await self._command("fees 1", "Only one of the two could be confirmed. Fees fall again.")
        return refused.txid, sent.txid

    async def _refused(self, sats: int) -> SignedPayment:
        """A payment that is signed before fees rise, and sent after."""
        draft = await self.session.draft(PaymentRequest.to(RECIPIENT, sats, SATS_PER_VBYTE))
        self._note(Drafted(draft))
        await self.session.unlock()
        payment = await self._accepted(self.session.sign(draft))
        await self._command(f"fees {FLOOR}", f"Fees rise: no node takes less than {FLOOR} sat/vB.")
        try:
            await self.session.send(payment, lambda _: None)
        except NetworkError as error:
            self._tell("refused", str(error))
            return payment
        raise HostError("The nodes took what pays less than they all ask for.")

    async def _confirmed(self, txid: str) -> None:
        height = (await self._next_block()).height
        if not await asyncio.to_thread(self.session.wallet.confirmations, txid):
            raise NetworkError(f"The payment {txid} is in no block. It will be in a next one.")
        self._tell("confirm", f"It is in block {height}.")

    async def _spent(self, *txids: str) -> int:
        """What these payments cost, fees too."""
        history = (await self.session.snapshot()).history
        return -sum(entry.row.net_sats for entry in history if entry.row.txid in txids)

    async def _next_block(self) -> WalletSnapshot:
        await self.session.playground.mine()
        return await self.session.sync()

    async def _command(self, line: str, sentence: str) -> None:
        await self.parts.devnet.command(line)
        self._tell("network", sentence)


def _spendable(snapshot: WalletSnapshot) -> str:
    return f"{grouped(snapshot.balance.spendable_sats)} sats"
