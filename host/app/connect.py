"""From what a person types to a device: tcp:HOST:PORT or serial:PATH."""

from collections.abc import Iterable

from host import devices
from host.devices import Connect, SigningDevice
from host.errors import BadInput


async def connect(address: str) -> SigningDevice:
    """A device at the other end of a cable.

    The first kind that knows the address's scheme is taken, or the one that is named before it:
    jade:tcp:HOST:PORT. Raises BadInput for an address nobody knows, LinkLost when nothing
    answers there.
    """
    prefix, _, remainder = address.partition(":")
    candidates = (prefix,) if prefix in devices.names() else devices.names()
    scheme, _, location = (remainder if prefix in devices.names() else address).partition(":")
    for name in candidates:
        connector: Connect | None = devices.load(name).schemes.get(scheme)
        if connector is not None and location:
            return await connector(location)
    _check_program(scheme, candidates)
    raise BadInput(
        f"{address!r} names no device. Write tcp:HOST:PORT, serial:PATH or qr:FOLDER,"
        " for example tcp:127.0.0.1:30121."
    )


def _check_program(scheme: str, candidates: Iterable[str]) -> None:
    """Whether the program behind a plus is one we know: qr+sparrow. Raises BadInput."""
    base, plus, program = scheme.partition("+")
    start = f"{base}+"
    schemes = [known for name in candidates for known in devices.load(name).schemes]
    programs = [known.removeprefix(start) for known in schemes if known.startswith(start)]
    if plus and programs and program not in programs:
        raise BadInput(
            f"No program {program!r} is known here. Nothing was done."
            f" After {start} write one of {', '.join(programs)}."
        )
