"""The four real parts of the demo, started side by side and joined only by cables and wires."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from host.backends.p2p import P2pBackend
from host.config import private_folder
from host.demo.camera import FrontCamera
from host.demo.control import Control
from host.demo.processes import Part, start
from host.devices import Device
from host.devices.air import Air
from host.devices.jade import Jade
from host.devnet.client import DevnetClient
from host.links.serial import SerialLink
from host.links.tcp import TcpLink

NETWORK = "regtest"
LINKS = ("serial", "tcp", "qr")
DEVICE = ("--tcp", "0", "--camera", "0", "--control", "0", "--face", "none", "--network", NETWORK)
CHILD = ("--announce", "--exit-with-stdin")


@dataclass
class Parts:
    """A device process, a devnet process, and the front panels of both.

    Between the wallet and the device is a cable, which can be pulled and plugged in again.
    """

    home: Path
    link: str
    control: Control
    devnet: DevnetClient
    backend: P2pBackend
    device: Device | None = None
    network: str = NETWORK
    _processes: list[Part] = field(default_factory=list)
    _camera: FrontCamera | None = None

    @classmethod
    async def start(
        cls, home: Path, link: str, say: Callable[[str], None] = lambda _: None
    ) -> "Parts":
        """Start both processes in `home` and plug the device in by `link`: serial, tcp or qr.

        Raises HostError with a sentence when a part does not come up; what came up is ended.
        """
        private_folder(home)
        say("Starting the device and three Bitcoin nodes.")
        started = await asyncio.gather(
            _start_device(home, link), _start_devnet(home), return_exceptions=True
        )
        processes = [part for part in started if isinstance(part, Part)]
        failures = [part for part in started if isinstance(part, BaseException)]
        try:
            if failures:
                raise failures[0]  # noqa: TRY301 - the other part has to be ended, too
            parts = await cls._join(home, link, processes)
            await parts.plug()
        except BaseException:
            await asyncio.gather(*(part.end() for part in processes))
            raise
        return parts

    @classmethod
    async def _join(cls, home: Path, link: str, processes: list[Part]) -> "Parts":
        device, devnet = (part.announced for part in processes)
        return cls(
            home=home,
            link=link,
            control=await Control.connect(device["control"], device["token"]),
            devnet=await DevnetClient.connect(devnet["control"], devnet["token"]),
            backend=P2pBackend([_address(peer) for peer in devnet["peers"]], NETWORK, home / "cbf"),
            _processes=processes,
        )

    @property
    def device_process(self) -> Part:
        return self._processes[0]

    async def plug(self) -> Device:
        """Connect the wallet to the device, again if the cable was pulled. Raises LinkLost."""
        if self.device is None:
            announced = self.device_process.announced
            match self.link:
                case "serial":
                    self.device = Jade(await SerialLink.open(announced["pty"]))
                case "tcp":
                    self.device = Jade(await TcpLink.open(*_address(announced["tcp"])))
                case _:
                    self._camera = await FrontCamera.point(announced["camera"], self.control)
                    self.device = Air(self._camera.show, self._camera.look)
        return self.device

    async def unplug(self) -> None:
        """Pull the cable, whatever goes over it just now."""
        device, self.device = self.device, None
        if device is not None:
            await device.close()
        if self._camera is not None:
            await self._camera.close()

    async def close(self) -> None:
        """End everything that was started here."""
        await self.unplug()
        await self.backend.close()
        await asyncio.gather(self.control.close(), self.devnet.close())
        await asyncio.gather(*(part.end() for part in self._processes))


async def _start_device(home: Path, link: str) -> Part:
    flags = ["--flash", str(home / "device.flash"), *DEVICE, *CHILD]
    if link == "serial":
        flags.append("--pty")
    return await start("device", ["firmware_emu", *flags], home / "device.log")


async def _start_devnet(home: Path) -> Part:
    flags = ["--data", str(home / "devnet"), *CHILD]
    return await start("network", ["host", "devnet", *flags], home / "devnet.log")


def _address(text: str) -> tuple[str, int]:
    host, port = text.rsplit(":", 1)
    return host, int(port)
