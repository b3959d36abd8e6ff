"""The nodes that a history's wallet asks: what they take, and what they say of it."""

from random import Random  # noqa: TID251 - the moods, from the number of the history

from host.errors import NetworkError
from host.transactions import Transaction
from host.values import Acceptance, Sent
from tests.model.network import Network, Refused


class Killed(Exception):
    """The program is gone."""


class Nodes:
    """The backend of the wallet. `moods` are drawn from at each broadcast."""

    def __init__(self, network: Network, chance: Random) -> None:
        self.network = network
        self.chance = chance
        self.moods = ["taken"] * 6 + ["silent", "deaf", "refused", "killed early", "killed late"]

    async def fee_floor(self) -> float:
        return float(self.network.floor)

    async def broadcast(self, raw_tx: bytes, _: object = None) -> Sent:
        transaction = Transaction.parse(raw_tx)
        mood = self.chance.choice(self.moods)
        if mood == "killed early":
            raise Killed
        if mood == "refused":
            self.network.held[transaction.txid] = transaction
        if mood in {"refused", "deaf"}:
            raise NetworkError("No peer took it.")
        try:
            self.network.accept(transaction)
        except Refused as error:
            raise NetworkError(f"Every peer refused it: {error}.") from error
        if mood == "killed late":
            raise Killed
        if mood == "silent":
            raise NetworkError("No peer has shown it.")
        return Sent(transaction.name, Acceptance("model"))
