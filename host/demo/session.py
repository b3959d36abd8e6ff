"""The demo as a session: its parts and the use cases, with the device's panel and the network.

Imported in a thread after the first frame, because what it imports takes a while.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from host.config import account_path
from host.demo import TITLE
from host.demo.control import PanelClient
from host.demo.parts import Parts
from host.devices import SigningDevice
from host.devnet.client import DevnetClient
from host.session.api import DevicePanel, Playground
from host.session.local import LocalSession, WalletFolder
from host.values import Frame, NodeStatus, PanelView
from host.wallet import Wallet

FAUCET_SATS = 5_000_000


class EmulatorPanel:
    """Implements DevicePanel: the emulator's control socket."""

    def __init__(self, parts: Parts) -> None:
        self._client = parts.control

    async def views(self) -> AsyncIterator[PanelView]:
        async for view in self._client.changes():
            yield view

    async def press(self, key: str) -> None:
        await self._client.press(key)

    async def type(self, text: str) -> None:
        await self._client.type(text)

    async def fit(self, version: int) -> None:
        await self._client.fit(version)

    async def pixels(self) -> Frame:
        return await self._client.pixels()


class DevnetPlayground:
    """Implements Playground: the devnet's control socket."""

    def __init__(self, devnet: DevnetClient) -> None:
        self._devnet = devnet

    async def nodes(self) -> AsyncIterator[tuple[NodeStatus, ...]]:
        async for nodes in self._devnet.watch():
            yield nodes

    async def mine(self) -> None:
        await self._devnet.mine(1)

    async def kill(self, node: int) -> None:
        await self._devnet.kill(node)

    async def revive(self, node: int) -> None:
        await self._devnet.revive(node)

    async def fund(self, address: str) -> None:
        await self._devnet.fund(address, FAUCET_SATS)


class DemoSession(LocalSession):
    """A wallet session that has it all. The panel's cable and the wallet's cable stay apart."""

    def __init__(self, parts: Parts, scratch: "TemporaryDirectory[str] | None" = None) -> None:
        folder = WalletFolder(parts.home / "wallets", parts.network)
        super().__init__(folder, parts.cable, parts.backend, parts.link)
        self._parts = parts
        self._scratch = scratch
        self._panel = EmulatorPanel(parts)
        self._playground = DevnetPlayground(parts.devnet)

    @classmethod
    async def start(cls, home: Path | None, link: str, say: Callable[[str], None]) -> Self:
        """Start device and network. Everything lives in `home`; for None nothing is kept."""
        scratch = None
        if home is None:
            scratch = await asyncio.to_thread(TemporaryDirectory, prefix="quietkey-")
            home = Path(scratch.name)
        try:
            return cls(await Parts.start(home, link, say), scratch)
        except BaseException:
            if scratch is not None:
                scratch.cleanup()
            raise

    @property
    def control(self) -> PanelClient:
        """The device's control socket, for a scripted finger."""
        return self._parts.control

    @property
    def title(self) -> str:
        return TITLE

    @property
    def panel(self) -> DevicePanel:
        return self._panel

    @property
    def playground(self) -> Playground:
        return self._playground

    def _last_used(self) -> Path | None:
        wallets = [path for path in self.folder.path.glob("*") if Wallet.exists(path)]
        return max(wallets, key=lambda path: path.stat().st_mtime, default=None)

    async def _path_for(self, device: SigningDevice) -> Path:
        # Each device has a folder of its own: a new seed must not end at the old one's wallet.
        await device.unlock(self.network)
        path = account_path(self.network, self.folder.script)
        key = await device.account_key(self.network, path)
        return self.folder.path / key.fingerprint

    async def _pair(self, device: SigningDevice) -> None:
        await super()._pair(device)
        (self.folder.path / self.wallet.fingerprint).touch()

    async def close(self) -> None:
        """End everything that was started for it."""
        await super().close()
        await self._parts.close()
        if self._scratch is not None:
            await asyncio.to_thread(self._scratch.cleanup)
