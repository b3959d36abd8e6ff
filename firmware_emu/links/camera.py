"""The camera: a TCP port on loopback that takes pictures, in which QR codes are looked for."""

import asyncio
from collections.abc import Callable

from firmware_emu.crowd import Crowd
from firmware_emu.events import BytesIn, Port, Remarked
from firmware_emu.links import LinkError
from firmware_emu.links.pgm import MAX_HEADER, MAX_PIXELS, BadPicture, GreyPicture, Pictures
from firmware_emu.links.picture_reader import LOOKED, Item, PictureReader
from firmware_emu.shell import Shell

LOOPBACK = "127.0.0.1"
MOST_STREAMS = 4
AT_ONCE = 256 << 10  # bytes that asyncio reads from a stream in one go
# Of pictures that have not ended, or are on their way to be looked at (threat T97).
MOST_BYTES = MAX_PIXELS + MAX_HEADER + AT_ONCE
SMALLEST = 21  # modules on a side of the smallest QR code


class CameraLink:
    """A camera that is always on. `address` is where pictures are sent, as "host:port".

    It is one port of the device for as long as it lives: that a stream of pictures ends means
    that the camera sees nothing, not that anyone hung up.
    """

    def __init__(self, shell: Shell, port: Port) -> None:
        self.address = ""
        self._shell = shell
        self._port = port
        self._streams: set[_Stream] = set()
        self._crowd = Crowd(MOST_STREAMS, MOST_BYTES)
        self._untaken = 0  # codes
        self._unseen = 0  # pictures
        self._reader = PictureReader(self._hear)
        self._server: asyncio.Server | None = None

    async def open(self, port: int) -> None:
        """Take streams of pictures from now on. Raises LinkError."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._stream, LOOPBACK, port)
        except (OSError, OverflowError) as error:
            raise LinkError(f"The camera port {port} cannot be used: {error}.") from error
        host, number = self._server.sockets[0].getsockname()[:2]
        self.address = f"{host}:{number}"
        self._shell.plug_in(self._port, _say_nothing)

    def close(self) -> None:
        """Look no more: end every stream, and unplug the camera."""
        if self._server is not None:
            self._server.close()
        for stream in tuple(self._streams):
            stream.end()
        self._reader.close()
        self._shell.pull_out(self._port)

    def _stream(self) -> "_Stream":
        return _Stream(self._see, self._regulate, self._streams, self._crowd)

    def _see(self, picture: GreyPicture) -> int:
        """How many bytes are on their way for it."""
        if min(picture.width, picture.height) < SMALLEST:
            return 0  # not worth a look, and thousands of them fit one packet
        self._unseen += 1
        self._reader.look(picture)
        self._regulate()
        return len(picture.pixels)

    def _hear(self, item: Item) -> None:
        if LOOKED in item:
            self._unseen -= 1
            for stream in self._streams if not self._unseen else ():
                stream.seen()
        elif "code" in item:
            self._untaken += 1
            event = BytesIn(self._port, bytes.fromhex(item["code"]))
            self._shell.happen(event, callback=self._taken)
        else:
            self._shell.happen(Remarked(item["say"]))
        self._regulate()

    def _taken(self) -> None:
        self._untaken -= 1
        self._regulate()

    def _regulate(self) -> None:
        """Nothing more is read before the device has taken what was seen (threat T97)."""
        for stream in self._streams:
            stream.look(not (self._untaken or self._unseen))


async def listen(shell: Shell, port: int, personality: str = "air") -> CameraLink:
    """Take pictures on loopback at `port` (0 = any free one). Raises LinkError."""
    link = CameraLink(shell, Port(personality, "camera"))
    try:
        await link.open(port)
    except LinkError:
        link.close()
        raise
    return link


def _say_nothing(_data: bytes) -> None:
    """A camera cannot answer."""


class _Stream(asyncio.Protocol):
    """One sender of pictures. It is in `streams` while it is connected."""

    def __init__(
        self,
        see: Callable[[GreyPicture], int],
        joined: Callable[[], None],
        streams: "set[_Stream]",
        crowd: Crowd,
    ) -> None:
        self._joined = joined
        self._see = see
        self._streams = streams
        self._crowd = crowd
        self._pictures = Pictures()
        self._on_the_way = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream was expected")
        self._transport = transport
        self._streams.add(self)
        self._crowd.join(self)
        self._joined()  # it waits as the others do

    def connection_lost(self, _error: Exception | None) -> None:
        self._streams.discard(self)
        self._crowd.leave(self)

    def data_received(self, data: bytes) -> None:
        self._crowd.heard(self, len(data))
        if self._transport is None or self._transport.is_closing():
            return
        try:
            for picture in self._pictures.feed(data):
                self._on_the_way += self._see(picture)
        except BadPicture:
            # Where one picture ends is where the next begins: after a bad one nothing is known.
            self.end()
        self._crowd.answered(self, self._pictures.unfinished + self._on_the_way)

    def seen(self) -> None:
        """All pictures were looked at."""
        self._on_the_way = 0
        self._crowd.answered(self, self._pictures.unfinished)

    def look(self, is_looking: bool) -> None:
        """Read the pictures that are sent, or let them wait."""
        if self._transport is None or self._transport.is_closing():
            return
        if is_looking:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def drop(self) -> None:
        """End: there are too many, or too much of one. What it held goes before others are read."""
        self._pictures = Pictures()
        self.end()

    def end(self) -> None:
        if self._transport is not None:
            self._transport.close()
