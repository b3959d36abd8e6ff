"""The wallets of a home folder that is none, for pictures and for tests without a disk."""

from dataclasses import replace

from host.session.api import Opening
from host.session.setup import Answers, Choice, Offers
from host.settings import WalletSettings

SIGNERS = (
    Choice("tcp:127.0.0.1:30121", "The device emulated on this machine"),
    Choice("serial:/dev/ttyACM0", "A device at /dev/ttyACM0 (Jade)"),
)
LEARNS = {
    "p2p": "Nodes learn where you connect from and which blocks you fetch, not which addresses are"
    " yours.",
    "electrum+tls": "The server learns all your addresses and your balance.",
}
TODAY = "2026-11-30"


class FakeWallets:
    """Implements host.session.remembered.Wallets. Each opens what it was made with."""

    def __init__(self, opening: Opening, *names: str) -> None:
        self.names = names
        self.demo = opening
        self.chosen: list[str] = []
        self.made: dict[str, WalletSettings] = {}

    def usual(self) -> Opening | None:
        return replace(self.demo, name=self.names[0]) if self.names else None

    def choose(self, name: str) -> Opening:
        self.chosen.append(name)
        return replace(self.demo, name=name)

    def through(self, name: str, proxy: str) -> Opening:
        self.chosen.append(f"{name} through {proxy}")
        return replace(self.demo, name=name, proxy=proxy)

    async def offers(self) -> Offers:
        return Offers(SIGNERS, LEARNS, self.names, TODAY)

    async def set_up(self, answers: Answers) -> Opening:
        self.made[answers.name or ""] = answers.wallet
        return replace(self.demo, name=answers.name or "")
