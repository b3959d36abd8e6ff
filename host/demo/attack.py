"""`quietkey demo --attack --auto`: every lie of a wallet, and a finger that reads the device.

The same parts and verbs as in host.demo.auto. The finger stops where the device shows what the
wallet did not say, as a person would.
"""

import argparse
import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass

from host.config import grouped
from host.demo import auto
from host.demo.attacked import OVER_CABLE, DemoAttacks, trick_of
from host.demo.auto import Story
from host.errors import BadInput, HostError
from host.session.api import LieOutcome
from host.session.payment import Drafted
from host.values import Draft


@dataclass(frozen=True, slots=True)
class AttackResult:
    """What the last line of `--json` holds. `at_stake_sats` is what trust in one screen costs."""

    lies: int
    caught: int
    lost_sats: int
    at_stake_sats: int


def main(args: argparse.Namespace) -> int:
    """Exit status 0 only if every lie was caught. Raises HostError, and BadInput for an air gap."""
    if args.link == "qr":
        raise BadInput(OVER_CABLE)
    return auto.play(args, Attack)


class Attack(Story):
    """One run of the story."""

    __slots__ = ()

    async def tell(self) -> None:
        """Raises HostError when a lie is not caught."""
        await self.begin()
        attacks = DemoAttacks(self.session)
        outcomes = []
        for lie in attacks.lies:
            self._tell("lie", f"{lie.title}. {lie.trick}")
            draft = await attacks.draft()
            self._tell("wallet", f"shows: {Drafted(draft).sentence}")
            outcomes.append(await self._lied_to(lie.name, draft))
        self._score(outcomes)

    async def _lied_to(self, name: str, draft: Draft) -> LieOutcome:
        attacks = DemoAttacks(self.session)
        evidence = trick_of(name).evidence(draft)
        question = asyncio.create_task(attacks.tell(name, draft))
        person = asyncio.create_task(
            self.finger.accept(lambda text: bool(evidence) and evidence in text)
        )
        try:
            await asyncio.wait({question, person}, return_when=asyncio.FIRST_COMPLETED)
            outcome = await question
        finally:
            person.cancel()
            question.cancel()
            with suppress(HostError, asyncio.CancelledError):
                await person
        await self.finger.dismiss()
        verdict = "caught" if outcome.caught else "LOST"
        self._tell(verdict, outcome.sentence, lie=name, sats=outcome.sats)
        return outcome

    def _read(self, page: str) -> None:
        self._tell("device", f"shows: {page}")

    def _score(self, outcomes: list[LieOutcome]) -> None:
        caught = sum(outcome.caught for outcome in outcomes)
        lost = sum(outcome.sats for outcome in outcomes if not outcome.caught)
        stake = sum(outcome.sats for outcome in outcomes)
        result = AttackResult(len(outcomes), caught, lost, stake)
        if caught != len(outcomes):
            raise HostError(f"{len(outcomes) - caught} lies were believed: {grouped(lost)} sats.")
        self._tell(
            "score",
            f"{caught} of {len(outcomes)} lies caught, {lost} sats lost. Who trusts the wallet's"
            f" screen alone loses {grouped(stake)} sats.",
            **asdict(result),
        )
