"""The client of the devnet's control socket, for the demo and the app."""

from collections.abc import AsyncIterator
from typing import Any, Self

from host.errors import NetworkError
from host.links.lines import Lines, Message
from host.values import NodeStatus

UNREACHABLE = "The devnet does not answer. The wallet keeps what it knows. Start the devnet again."


class DevnetClient:
    """One connection. Every method may raise NetworkError, with what the devnet said."""

    _lines: Lines

    def __init__(self) -> None:
        """Use `connect`."""
        self._status: tuple[NodeStatus, ...] = ()
        self._changes = 0

    @classmethod
    async def connect(cls, address: str, token: str) -> Self:
        """To "host:port", as announced by the devnet."""
        client = cls()
        client._lines = await Lines.open(
            address, token, client._take_status, lambda: NetworkError(UNREACHABLE)
        )
        return client

    async def status(self) -> tuple[NodeStatus, ...]:
        """Every node, as it is now."""
        return _nodes(await self._ask({"do": "status"}))

    async def mine(self, blocks: int = 1) -> None:
        """Returns when every living node has them."""
        await self._ask({"do": "mine", "blocks": blocks})

    async def fund(self, address: str, sats: int, *, mine: bool = True) -> str:
        """Send play money; confirmed when it returns, unless `mine` is false. Returns the txid."""
        answer = await self._ask({"do": "fund", "address": address, "sats": sats, "mine": mine})
        return str(answer["txid"])

    async def kill(self, node: int) -> None:
        await self._ask({"do": "kill", "node": node})

    async def revive(self, node: int) -> None:
        """Returns when the node has caught up with the others."""
        await self._ask({"do": "revive", "node": node})

    async def command(self, line: str) -> list[str]:
        """Do what a line says, as if it were typed at the devnet. Returns what it said."""
        return list((await self._ask({"do": "command", "line": line}))["said"])

    async def watch(self) -> AsyncIterator[tuple[NodeStatus, ...]]:
        """The status now and after each change; the newest only, when changes come faster."""
        await self._ask({"do": "watch"})
        reported = 0
        while True:
            await self._lines.wait_until(lambda: self._changes > reported)  # noqa: B023 - awaited here
            reported = self._changes
            yield self._status

    async def close(self) -> None:
        await self._lines.close()

    async def _ask(self, request: Message) -> dict[str, Any]:
        message = await self._lines.ask(request)
        if "error" in message:
            raise NetworkError(message["error"])
        result: dict[str, Any] = message["ok"]
        return result

    def _take_status(self, message: Message) -> None:
        self._status = _nodes(message["status"])
        self._changes += 1


def _nodes(message: dict[str, Any]) -> tuple[NodeStatus, ...]:
    return tuple(
        NodeStatus(**(node | {"mempool": tuple(node["mempool"])})) for node in message["nodes"]
    )
