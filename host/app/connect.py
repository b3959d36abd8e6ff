"""From what a person types to a device: tcp:HOST:PORT or serial:PATH."""

from host.devices.jade import Jade
from host.errors import HostError
from host.links.serial import SerialLink
from host.links.tcp import TcpLink


async def connect(where: str) -> Jade:
    """A device at the other end of a cable. Raises LinkLost when nothing answers there."""
    kind, _, rest = where.partition(":")
    match kind:
        case "serial" if rest:
            return Jade(await SerialLink.open(rest))
        case "tcp" if rest:
            host, _, port = rest.rpartition(":")
            return Jade(await TcpLink.open(host.strip("[]") or "127.0.0.1", _port(port)))
        case _:
            raise HostError(
                f"{where!r} names no device. Write tcp:HOST:PORT or serial:PATH,"
                " for example tcp:127.0.0.1:30121."
            )


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 1 << 16:
        return int(text)
    raise HostError(f"{text!r} is no port. A port is a number from 1 to 65535.")
