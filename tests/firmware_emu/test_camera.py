"""The camera link: pictures in, the contents of QR codes out, and hostile pictures hurt nobody."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from firmware_emu.effects import Effect
from firmware_emu.events import BytesIn, Event, Port, PortClosed
from firmware_emu.links import LinkError, camera
from firmware_emu.links.camera import CameraLink
from firmware_emu.links.pgm import MAX_HEADER, BadPicture, GreyPicture, Pictures
from firmware_emu.paint.paint import paint
from firmware_emu.paint.qr import modules, version_for
from firmware_emu.scanner import reader
from firmware_emu.screens.qr import Qr
from firmware_emu.shell import Shell
from host import optics
from host.values import Frame
from signer.formats.qr.shower import Shower

CAMERA = Port("air", "camera")
BLANK = Frame(4, 4, bytes(16)).pgm()


class Listener:
    """A machine that only remembers what happened to it."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.something = asyncio.Event()

    def start(self) -> list[Effect]:
        return []

    def handle(self, event: Event) -> list[Effect]:
        self.heard.append(event)
        self.something.set()
        return []

    def takes(self, _port: Port) -> bool:
        return True

    def save(self, record: bytes) -> None:
        raise AssertionError(record)

    async def wait_for(self, count: int) -> list[Event]:
        while len(self.heard) < count:
            self.something.clear()
            await asyncio.wait_for(self.something.wait(), 10)
        return self.heard


class Room:
    """A camera, what it is plugged into, and people who send it pictures."""

    def __init__(self, link: CameraLink, listener: Listener) -> None:
        self.link = link
        self.listener = listener
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self.link.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        self._writers.append(writer)
        return reader, writer

    async def leave(self) -> None:
        for writer in self._writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def send(self, data: bytes) -> asyncio.StreamReader:
        """Send all of it and end the stream; what is read is how the camera ends it."""
        reader, writer = await self.connect()
        writer.write(data)
        with suppress(ConnectionError):  # a hostile stream may be closed before its end
            await writer.drain()
            writer.write_eof()
        return reader

    async def sees(self, data: bytes) -> list[bytes]:
        before = len(self.listener.heard)
        await self.send(data + optics.draw("the end").pgm())
        heard = self.listener.heard
        while BytesIn(CAMERA, b"the end") not in heard[before:]:
            heard = await self.listener.wait_for(len(heard) + 1)
        return [event.data for event in heard[before:-1] if isinstance(event, BytesIn)]


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    listener = Listener()
    link = await camera.listen(Shell(listener, listener), 0)
    room = Room(link, listener)
    yield room
    await room.leave()
    link.close()


def frames(picture: GreyPicture) -> list[bytes]:
    size = picture.width, picture.height
    return list(reader.codes(Image.frombytes("L", size, bytes(picture.pixels))))


async def test_codes_in_a_stream_of_pictures_reach_the_device_in_order(room: Room) -> None:
    stream = b"".join(optics.draw(f"CODE {i}").pgm() for i in range(5))
    assert await room.sees(stream) == [b"CODE %d" % i for i in range(5)]


async def test_pictures_without_a_code_are_passed_over(room: Room) -> None:
    assert await room.sees(BLANK + optics.draw("A").pgm() + BLANK) == [b"A"]


async def test_the_end_of_a_stream_hangs_nobody_up_but_closing_the_camera_does(room: Room) -> None:
    assert await room.sees(b"") == []
    assert PortClosed(CAMERA) not in room.listener.heard
    room.link.close()
    assert room.listener.heard[-1] == PortClosed(CAMERA)


@pytest.mark.parametrize(
    "hostile",
    [
        b"P6\n4 4\n255\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"P5\n3841 1\n255\n",
        b"P5\n3840 2161\n255\n",
        b"P5\n99999 99999\n255\n",
        b"P5\n0 4\n255\n",
        b"P5\n-4 4\n255\n",
        b"P5\n4 4\n65535\n",
        b"P5" + b" " * 300,
        b"P5\n#" + b"a" * 5000,
        BLANK + b"not a picture",
        bytes(100_000),
    ],
)
async def test_a_hostile_stream_is_closed_and_the_next_one_is_read(
    room: Room, hostile: bytes
) -> None:
    reader = await room.send(hostile + optics.draw("never seen").pgm())
    with suppress(ConnectionResetError):  # closed with some of our bytes unread
        assert await asyncio.wait_for(reader.read(), 10) == b""
    assert await room.sees(optics.draw("A").pgm()) == [b"A"]


async def test_a_stream_that_breaks_off_in_a_picture_leaves_nothing_behind(room: Room) -> None:
    whole = optics.draw("half").pgm()
    await room.send(whole[: len(whole) // 2])
    assert await room.sees(optics.draw("A").pgm()) == [b"A"]


async def test_of_unfinished_pictures_there_is_as_much_as_the_largest_one(room: Room) -> None:
    largest = Frame(3840, 2160, bytes(3840 * 2160)).pgm()
    readers = [await room.connect() for _ in range(3)]
    for _, writer in readers:
        writer.write(largest[:-1])
    ends = {asyncio.ensure_future(reader.read()) for reader, _ in readers}
    while len(ends) > 1:
        done, ends = await asyncio.wait(ends, timeout=10, return_when="FIRST_COMPLETED")
        assert done, "more than one is held"
    assert await room.sees(optics.draw("A").pgm()) == [b"A"]
    for end in ends:
        end.cancel()


async def test_two_streams_at_once_do_not_mix(room: Room) -> None:
    one, other = optics.draw("ONE").pgm(), optics.draw("OTHER").pgm()
    _, first = await room.connect()
    _, second = await room.connect()
    first.write(one[:300])
    await first.drain()
    second.write(other)
    await second.drain()
    await room.listener.wait_for(1)
    first.write(one[300:])
    await room.listener.wait_for(2)
    assert room.listener.heard == [BytesIn(CAMERA, b"OTHER"), BytesIn(CAMERA, b"ONE")]


async def test_a_port_in_use_is_a_sentence(room: Room) -> None:
    taken = int(room.link.address.split(":")[1])
    with pytest.raises(LinkError, match=f"The camera port {taken} cannot be used"):
        await camera.listen(Shell(room.listener, room.listener), taken)


def test_both_codes_in_one_picture_are_read_and_each_once() -> None:
    left, right = optics.draw("LEFT", version=2), optics.draw("RIGHT", version=2)
    side = left.width
    rows = (
        left.pixels[i : i + side] + right.pixels[i : i + side] + left.pixels[i : i + side]
        for i in range(0, side * side, side)
    )
    found = frames(GreyPicture(3 * side, side, b"".join(rows)))
    assert sorted(found) == [b"LEFT", b"RIGHT"]


def test_binary_codes_keep_their_bytes(strangers_vectors: Path) -> None:
    """Pictures that a real camera took, of codes that other programs drew."""
    cases = sorted((strangers_vectors / "jade").glob("qr_qvga_*.json"))
    assert len(cases) >= 13
    for case in cases:
        wanted = json.loads(case.read_text())["expected_output"]
        expected = wanted["text"].encode() if "text" in wanted else bytes.fromhex(wanted["hex"])
        packed = case.with_suffix(".dat").read_bytes()
        pixels = zlib.decompress(packed, wbits=-15)
        assert frames(GreyPicture(320, 240, pixels)) == [expected], case.name


def test_headers_may_hold_comments_and_come_in_pieces() -> None:
    pictures = Pictures()
    data = b"P5 # by a camera\n2\t1 # small\n255\nab" + b"P5\n1 1\n255\nc"
    found = list(chain.from_iterable(pictures.feed(data[i : i + 1]) for i in range(len(data))))
    assert found == [GreyPicture(2, 1, b"ab"), GreyPicture(1, 1, b"c")]


@given(st.lists(st.binary(max_size=400), max_size=5))
@example([b"P5\n1 1\n255\n" * 3])
@example([b"P", b"5"])
def test_no_bytes_break_it_and_little_is_kept(chunks: list[bytes]) -> None:
    pictures = Pictures()
    try:
        for chunk in chunks:
            for picture in pictures.feed(chunk):
                assert len(picture.pixels) == picture.width * picture.height
    except BadPicture:
        return
    with pytest.raises(BadPicture):
        list(pictures.feed(b"P5\n9999 9999\n255\n" * MAX_HEADER * 2000))


@given(st.integers(1, 60), st.integers(1, 60), st.randoms(use_true_random=False))
def test_no_pixels_break_the_reader(width: int, height: int, rng: object) -> None:
    make: Callable[[int], bytes] = rng.randbytes
    assert isinstance(frames(GreyPicture(width, height, make(width * height))), list)


def test_the_panel_shows_a_whole_series_at_one_size_and_each_of_its_codes_is_read() -> None:
    texts = ("SHORT", "A" * 500)
    assert version_for(texts) == 12
    assert [len(modules(text, version_for(texts))) for text in texts] == [65, 65]
    for index, text in enumerate(texts):
        panel = paint(Qr("Signed", Shower(texts, shown=index)))
        assert frames(GreyPicture(panel.width, panel.height, panel.pixels())) == [text.encode()]
