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

from host.app.pair import pair
from host.app.receive import receive
from host.app.spend import DeviceAsks, Drafted, Spreading, Step, Verified, Wish, spend
from host.app.verify_address import verify_address
from host.backends import Propagation
from host.config import grouped
from host.demo.finger import Finger
from host.demo.parts import Parts
from host.devices import Device
from host.errors import HostError, NetworkError
from host.wallet import Wallet

# The example address of BIP173, in its regtest form: whoever has that key has no coins here.
RECIPIENT = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
COINS_SATS = 5_000_000
PAID_SATS = 25_000
SATS_PER_VBYTE = 2.0
PIN = "274186"  # of a device that is thrown away at the end
Got = TypeVar("Got")


@dataclass(frozen=True, slots=True)
class Outcome:
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

    def end(self, outcome: Outcome) -> None:
        self.say(
            "done",
            f"Paid and confirmed on all {outcome.peers_total} nodes: {outcome.txid}.",
            **asdict(outcome),
        )


def main(args: argparse.Namespace) -> int:
    """Exit status 0 only if the payment confirmed on every node. Raises HostError otherwise."""
    with tempfile.TemporaryDirectory(prefix="quietkey-") as thrown_away:
        home = Path(args.home) if args.home else Path(thrown_away)
        asyncio.run(_play(home, args.link, Teller(args.json)))
    return 0


async def _play(home: Path, link: str, teller: Teller) -> None:
    parts = await Parts.start(home, link, lambda sentence: teller.say("start", sentence))
    try:
        await Story(parts, teller).tell()
    finally:
        await parts.close()


@dataclass(slots=True)
class Story:
    """One run: the parts, the finger, and what the finger read."""

    parts: Parts
    teller: Teller
    finger: Finger = field(init=False)

    def __post_init__(self) -> None:
        self.finger = Finger(self.parts.control, self._read)

    async def tell(self) -> Outcome:
        """From an empty device to a payment that every node has in a block."""
        device = await self.parts.plug()
        self._tell("device", "The device is new. It makes a seed; its words are told back to it.")
        await self.finger.set_up(PIN)
        wallet = await self._pair(device)
        try:
            await self._get_coins(wallet, device)
            seen, fee_sats = await self._pay(wallet, device)
            outcome = await self._confirm(wallet, seen, fee_sats)
        finally:
            wallet.close()
        self.teller.end(outcome)
        return outcome

    async def _pair(self, device: Device) -> Wallet:
        if self.parts.link == "qr":
            await self.finger.show_account()
        wallet = await pair(device, self.parts.home / "wallet", self.parts.network)
        await self.finger.dismiss()
        self._tell("pair", f"The wallet watches the keys of device {wallet.fingerprint}.")
        return wallet

    async def _get_coins(self, wallet: Wallet, device: Device) -> None:
        address = await receive(wallet)
        self._tell("receive", f"The wallet's first address is {address.address}.")
        if self.parts.link != "qr":  # across an air gap a device cannot be asked for this
            await together(verify_address(wallet, device, address), self.finger.accept())
            self._tell("receive", "The device derived the same address.")
        await self.parts.devnet.fund(address.address, COINS_SATS)
        await self.parts.backend.sync(wallet)
        balance = wallet.balance().confirmed_sats
        self._tell("coins", f"The faucet paid, the chain is synced: {grouped(balance)} sats.")

    async def _pay(self, wallet: Wallet, device: Device) -> tuple[Propagation, int]:
        steps: list[Step] = []

        def note(step: Step) -> None:
            steps.append(step)
            self._tell(_name(step), step.sentence)

        wish = Wish(RECIPIENT, PAID_SATS, SATS_PER_VBYTE)
        paying = spend(wallet, device, self.parts.backend, wish, note)
        seen, _ = await together(paying, self.finger.accept())
        await self.finger.dismiss()
        fees = [step.payment.fee_sats for step in steps if isinstance(step, Verified)]
        return seen, fees[0]

    async def _confirm(self, wallet: Wallet, seen: Propagation, fee_sats: int) -> Outcome:
        await self.parts.devnet.mine(1)
        await self.parts.backend.sync(wallet)
        nodes = await self.parts.devnet.status()
        behind = [n.name for n in nodes if n.height != wallet.tip_height or seen.txid in n.mempool]
        confirmations = await asyncio.to_thread(wallet.confirmations, seen.txid)
        if behind or len({node.tip for node in nodes}) != 1 or not confirmations:
            raise NetworkError(
                f"The payment {seen.txid} is not confirmed on every node: {', '.join(behind)}."
                " It was sent and will confirm with a next block."
            )
        self._tell("confirm", f"In block {wallet.tip_height} on {len(nodes)} nodes and here.")
        total, echoed = seen.peers_total, len(seen.echoed)
        return Outcome(seen.txid, confirmations, total, echoed, fee_sats)

    def _tell(self, step: str, sentence: str, **more: Any) -> None:  # noqa: ANN401 - to JSON
        self.teller.say(step, sentence, **more)

    def _read(self, page: str) -> None:
        self._tell("finger", f"reads and accepts: {page}")


def _name(step: Step) -> str:
    match step:
        case Drafted():
            return "draft"
        case DeviceAsks():
            return "device"
        case Verified():
            return "verify"
        case Spreading():
            return "spread"


async def together(asked: Awaitable[Got], person: Awaitable[Any]) -> tuple[Got, Any]:
    """What was asked of the device, and the person who answers there.

    Both come to an end, or the first that fails ends the other.
    """
    tasks = [asyncio.ensure_future(asked), asyncio.ensure_future(person)]
    try:
        await asyncio.gather(*tasks)
    except HostError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    return tasks[0].result(), tasks[1].result()
