"""The four real parts of the demo, started side by side and joined only by cables and wires."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from host.backends.p2p import P2pBackend
from host.config import private_folder
from host.demo.camera import FrontCamera
from host.demo.control import PanelClient
from host.demo.processes import ChildProcess, start
from host.devices import SigningDevice
from host.devices.air import AirGapSigner
from host.devices.jade import JadeSigner
from host.devnet.client import DevnetClient
from host.links.serial import SerialLink
from host.links.tcp import TcpLink
from host.session.cable import Cable

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
    control: PanelClient
    devnet: DevnetClient
    backend: P2pBackend
    network: str = NETWORK
    _processes: list[ChildProcess] = field(default_factory=list)
    cable: Cable = field(init=False)

    def __post_init__(self) -> None:
        self.cable = Cable(self._connect)

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
        processes = [part for part in started if isinstance(part, ChildProcess)]
        failures = [part for part in started if isinstance(part, BaseException)]
        try:
            if failures:
                raise failures[0]  # noqa: TRY301 - the other part has to be ended, too
            parts = await cls._join(home, link, processes)
            await parts.cable.plug()
        except BaseException:
            await asyncio.gather(*(part.end() for part in processes))
            raise
        return parts

    @classmethod
    async def _join(cls, home: Path, link: str, processes: list[ChildProcess]) -> "Parts":
        device, devnet = (part.announced for part in processes)
        return cls(
            home=home,
            link=link,
            control=await PanelClient.connect(device["control"], device["token"]),
            devnet=await DevnetClient.connect(devnet["control"], devnet["token"]),
            backend=P2pBackend([_address(peer) for peer in devnet["peers"]], NETWORK, home / "cbf"),
            _processes=processes,
        )

    @property
    def device_process(self) -> ChildProcess:
        return self._processes[0]

    async def _connect(self) -> SigningDevice:
        announced = self.device_process.announced
        match self.link:
            case "serial":
                return JadeSigner(await SerialLink.open(announced["pty"]))
            case "tcp":
                return JadeSigner(await TcpLink.open(*_address(announced["tcp"])))
            case _:
                camera = await FrontCamera.point(announced["camera"], self.control)
                return AirGapSigner(camera.show, camera.look, hang_up=camera.close)

    async def close(self) -> None:
        """End everything that was started here."""
        await self.cable.unplug()
        await self.backend.close()
        await asyncio.gather(self.control.close(), self.devnet.close())
        await asyncio.gather(*(part.end() for part in self._processes))


async def _start_device(home: Path, link: str) -> ChildProcess:
    flags = ["--flash", str(home / "device.flash"), *DEVICE, *CHILD]
    if link == "serial":
        flags.append("--pty")
    return await start("device", ["firmware_emu", *flags], home / "device.log")


async def _start_devnet(home: Path) -> ChildProcess:
    flags = ["--data", str(home / "devnet"), *CHILD]
    return await start("network", ["host", "devnet", *flags], home / "devnet.log")


def _address(text: str) -> tuple[str, int]:
    host, port = text.rsplit(":", 1)
    return host, int(port)
