"""The JSON-RPC door of a devnet."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from host.devnet.network import Devnet
from host.devnet.rpc.server import RpcServer


@asynccontextmanager
async def core(devnet: Devnet) -> AsyncIterator[str]:
    """The URL of such a door, for as long as it is open."""
    with tempfile.TemporaryDirectory() as folder:
        cookie = Path(folder) / ".cookie"
        async with RpcServer(devnet, cookie) as server:
            yield f"core:{server.address}?auth={cookie}"
