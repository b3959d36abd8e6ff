"""`quietkey demo --auto`: one payment from nothing to confirmed, with a scripted finger.

The story uses the same verbs as the app and the command line; only the person is scripted.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from host.config import grouped
from host.demo.finger import ScriptedFinger
from host.demo.parts import Parts
from host.demo.session import FAUCET_SATS, DemoSession
from host.devices import SigningDevice
from host.errors import HostError, NetworkError
from host.session.payment import (
    Announced,
    Drafted,
    PaymentStep,
    ReviewAwaited,
    UnlockAwaited,
    Verified,
    pay,
)
from host.values import Acceptance, PaymentRequest, Propagation, Sent

# The example address of BIP173, in its regtest form: whoever has that key has no coins here.
RECIPIENT = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
COINS_SATS = FAUCET_SATS
PAID_SATS = 25_000
SATS_PER_VBYTE = 2.0
PIN = "274186"  # of a device that is thrown away at the end, or kept in the folder of --home
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the last line of `--json` holds."""

    txid: str
    confirmations: int
    peers_total: int
    peers_echoed: int
    fee_sats: int


@dataclass(slots=True)
class Teller:
    """Tells each step as a line: a sentence for a person, or an object for a program."""

    as_json: bool

    def say(self, step: str, sentence: str, **more: object) -> None:
        line = json.dumps({"step": step, "sentence": sentence, **more})
        sys.stdout.write((line if self.as_json else f"{step:>8}  {sentence}") + "\n")
        sys.stdout.flush()

    def end(self, outcome: DemoResult) -> None:
        self.say(
            "done",
            f"Paid and confirmed on all {outcome.peers_total} nodes: {outcome.txid}.",
            **asdict(outcome),
        )


def main(args: argparse.Namespace) -> int:
    """Exit status 0 only if the payment confirmed on every node. Raises HostError otherwise."""
    return play(args, Story)


def play(args: argparse.Namespace, story: "type[Story]") -> int:
    """Start the parts, tell the story, end them. Raises HostError as the story does."""
    with tempfile.TemporaryDirectory(prefix="quietkey-") as thrown_away:
        home = Path(args.home) if args.home else Path(thrown_away)
        asyncio.run(_play(story, home, args.link, Teller(args.json)))
    return 0


async def _play(story: "type[Story]", home: Path, link: str, teller: Teller) -> None:
    parts = await Parts.start(home, link, lambda sentence: teller.say("start", sentence))
    session = DemoSession(parts)
    try:
        await story(parts, session, teller).tell()
    finally:
        await session.close()


@dataclass(slots=True)
class Story:
    """One run: the parts, the wallet's session, the finger, and what the finger read."""

    parts: Parts
    session: DemoSession
    teller: Teller
    finger: ScriptedFinger = field(init=False)

    def __post_init__(self) -> None:
        self.finger = ScriptedFinger(self.parts.control, self._read)

    async def tell(self) -> None:
        """From a new device, or an earlier run's, to a payment that every node has in a block."""
        await self.begin()
        sent, fee_sats = await self._pay()
        self.teller.end(await self._confirm(sent, fee_sats))

    async def begin(self) -> None:
        """To a wallet with coins. Raises HostError."""
        device = await self.parts.cable.plug()
        self._tell("device", "A new device makes a seed; one that is set up is unlocked.")
        is_new = await self.finger.begin(PIN)
        self._tell("device", "It was new: its words were told back." if is_new else "Unlocked.")
        await self._pair(device)
        await self._get_coins(device)

    async def _pair(self, device: SigningDevice) -> None:
        if not device.interactive:
            await self.finger.show_account()
        await self.session.pair()
        await self.finger.dismiss()
        fingerprint = self.session.wallet.fingerprint
        self._tell("pair", f"The wallet watches the keys of device {fingerprint}.")

    async def _get_coins(self, device: SigningDevice) -> None:
        address = await self.session.next_address()
        self._tell("receive", f"The wallet's next address is {address.address}.")
        if device.interactive:
            await together(self.session.verify(address), self.finger.accept())
            self._tell("receive", "The device derived the same address.")
        await self.session.playground.fund(address.address)
        snapshot = await self.session.sync()
        balance = grouped(snapshot.balance.spendable_sats)
        self._tell("coins", f"The faucet paid, the chain is synced: {balance} sats.")

    async def _pay(self) -> tuple[Sent, int]:
        steps: list[PaymentStep] = []

        def note(step: PaymentStep) -> None:
            steps.append(step)
            self._note(step)

        request = PaymentRequest.to(RECIPIENT, PAID_SATS, SATS_PER_VBYTE)
        sent = await self._accepted(pay(self.session, request, note))
        fees = [step.payment.fee_sats for step in steps if isinstance(step, Verified)]
        return sent, fees[0]

    async def _confirm(self, sent: Sent, fee_sats: int) -> DemoResult:
        await self.session.playground.mine()
        height = (await self.session.sync()).height
        nodes = await self.parts.devnet.status()
        lagging = [n.name for n in nodes if n.height != height or sent.txid in n.mempool]
        confirmations = await asyncio.to_thread(self.session.wallet.confirmations, sent.txid)
        if lagging or len({node.tip for node in nodes}) != 1 or not confirmations:
            raise NetworkError(
                f"The payment {sent.txid} is not confirmed on every node: {', '.join(lagging)}."
                " It was sent and will confirm with a next block."
            )
        self._tell("confirm", f"In block {height} on {len(nodes)} nodes and here.")
        return _result(sent, confirmations, fee_sats)

    def _tell(self, step: str, sentence: str, **more: Any) -> None:  # noqa: ANN401 - to JSON
        self.teller.say(step, sentence, **more)

    async def _accepted(self, question: Awaitable[Answer]) -> Answer:
        """What was asked of the device, once the finger has said yes to it there."""
        answer, _ = await together(question, self.finger.accept())
        await self.finger.dismiss()
        return answer

    def _note(self, step: PaymentStep) -> None:
        self._tell(_name(step), step.sentence)

    def _read(self, page: str) -> None:
        self._tell("finger", f"reads and accepts: {page}")


def _result(sent: Sent, confirmations: int, fee_sats: int) -> DemoResult:
    match sent.proof:
        case Propagation(_, echoed, total):
            return DemoResult(sent.txid, confirmations, total, len(echoed), fee_sats)
        case Acceptance():
            return DemoResult(sent.txid, confirmations, 1, 1, fee_sats)


def _name(step: PaymentStep) -> str:
    match step:
        case Drafted():
            return "draft"
        case UnlockAwaited() | ReviewAwaited():
            return "device"
        case Verified():
            return "verify"
        case Announced():
            return "spread"


async def together(question: Awaitable[Answer], person: Awaitable[Any]) -> tuple[Answer, Any]:
    """What was asked of the device, and the person who answers there.

    Both come to an end, or the first that fails ends the other.
    """
    tasks = [asyncio.ensure_future(question), asyncio.ensure_future(person)]
    try:
        await asyncio.gather(*tasks)
    except HostError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    return tasks[0].result(), tasks[1].result()
