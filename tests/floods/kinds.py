"""The kinds of flood: `python -m tests.floods.kinds KIND` reads an announcement and begins.

Each goes on until its process is ended, as fast as the loopback takes it.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

from signer.formats import cbor

H = 1 << 31
ACCOUNT: dict[str | int, cbor.Value] = {"network": "localtest", "path": [84 + H, 1 + H, H]}
ADDRESS: dict[str | int, cbor.Value] = {
    "network": "localtest",
    "path": [84 + H, 1 + H, H, 0, 0],
    "variant": "wpkh(k)",
}
MANY = 40
Announcement = dict[str, Any]
Kind = Callable[[Announcement], None]


def ask(method: str, params: cbor.Value = None) -> bytes:
    return cbor.encode({"id": "1", "method": method, "params": params})


def junk(size: int) -> bytes:
    return ask("sign_psbt", {"network": "localtest", "psbt": os.urandom(size)})


def connect(told: Announcement, link: str = "tcp") -> socket.socket:
    host, _, port = told[link].rpartition(":")
    return socket.create_connection((host, int(port)), 20)


def pour(told: Announcement, pieces: Iterator[bytes], link: str = "tcp", lines: int = 1) -> None:
    """Send without an end over so many connections; one that is closed is opened again."""
    with ExitStack() as stack:
        open_lines = [stack.enter_context(connect(told, link)) for _ in range(lines)]
        for line in open_lines:
            line.setblocking(False)
        unsent = [b""] * lines
        while True:
            number_sent = 0
            for place, line in enumerate(open_lines):
                unsent[place] = unsent[place] or next(pieces)
                try:
                    sent = line.send(unsent[place])
                    unsent[place] = unsent[place][sent:]
                    number_sent += sent
                except BlockingIOError:
                    pass
                except OSError:
                    line.close()
                    open_lines[place], unsent[place] = connect(told, link), b""
                    open_lines[place].setblocking(False)
            time.sleep(0 if number_sent else 0.001)


def forever(piece: Callable[[], bytes]) -> Iterator[bytes]:
    while True:
        yield piece()


def sent(piece: Callable[[], bytes], link: str = "tcp", lines: int = 1) -> Kind:
    return lambda told: pour(told, forever(piece), link, lines)


def once_then(first: bytes, then: Callable[[], bytes]) -> Kind:
    def pieces() -> Iterator[bytes]:
        yield first
        yield from forever(then)

    return lambda told: pour(told, pieces())


def visit(message: Callable[[], bytes], *, reads: bool, link: str = "tcp") -> Kind:
    """Connect, ask, leave: with the answer or before it."""

    def come_and_go(told: Announcement) -> None:
        while True:
            with suppress(OSError), connect(told, link) as line:
                line.sendall(message())
                if reads:
                    line.recv(1 << 16)

    return come_and_go


def hold(first: bytes, lines: int, drip: bytes = b"") -> Kind:
    """Open so many connections, send each the same, and keep them; drop by drop from there."""

    def keep(told: Announcement) -> None:
        open_lines = []
        for _ in range(lines):
            line = connect(told)
            open_lines.append(line)
            with suppress(OSError):
                line.sendall(first)
        while True:
            for line in open_lines if drip else ():
                with suppress(OSError):
                    line.send(drip)
            time.sleep(0.01)

    return keep


def serial(message: Callable[[], bytes]) -> Kind:
    def write(told: Announcement) -> None:
        line = os.open(told["pty"], os.O_RDWR | os.O_NOCTTY)
        while True:
            os.write(line, message())

    return write


def nested(head: bytes, depth: int = 100_000) -> bytes:
    return b"\xa3" + cbor.encode("id") + head * depth


def picture(width: int, height: int) -> bytes:
    return b"P5\n%d %d\n255\n" % (width, height) + os.urandom(width * height)


VGA, HD, UHD = picture(640, 480), picture(1920, 1080), picture(3840, 2160)
HALF = junk(400 << 10)[:-10]
HTTP = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n" + bytes(1 << 16)

KINDS: dict[str, Kind] = {
    "payments of junk": sent(lambda: junk(300 << 10)),
    "payments of junk, 40 hosts": sent(lambda: junk(60 << 10), lines=MANY),
    "payments of junk, each host leaves": visit(lambda: junk(60 << 10), reads=False),
    "random bytes": sent(lambda: os.urandom(1 << 16)),
    "random bytes in a map": once_then(b"\xa3", lambda: os.urandom(1 << 16)),
    "silent connections": hold(b"", 500),
    "maps that never end": hold(b"\xa3bid", 200, b"\x61"),
    "long maps that never end": hold(HALF, 150),
    "unknown methods": sent(lambda: ask("no_such_method") * 100),
    "keys, unread": sent(lambda: ask("get_xpub", ACCOUNT) * 100),
    "keys, 40 hosts": sent(lambda: ask("get_xpub", ACCOUNT) * 10, lines=MANY),
    "keys, one visit each": visit(lambda: ask("get_xpub", ACCOUNT), reads=True),
    "nested lists": sent(lambda: nested(b"\x81")),
    "nested maps": sent(lambda: nested(b"\xa1\x01")),
    "endless lengths": sent(lambda: b"\xbb" + b"\xff" * 8 + b"\x5b" + b"\xff" * 8),
    "many names": sent(lambda: b"\xb9\x04\x00" + os.urandom(1 << 12)),
    "a web server's guests": sent(lambda: HTTP),
    "come and go": visit(lambda: b"", reads=False),
    "prompts, each host leaves": visit(lambda: ask("get_receive_address", ADDRESS), reads=False),
    "prompts without an end": sent(lambda: ask("get_receive_address", ADDRESS) * 100, lines=MANY),
    "small pictures": sent(lambda: VGA, "camera"),
    "large pictures, 8 cameras": sent(lambda: HD, "camera", 8),
    "the largest pictures, 4 cameras": sent(lambda: UHD, "camera", 4),
    "the largest picture, four times unfinished": sent(lambda: UHD[:-1], "camera", 4),
    "junk at the camera": sent(lambda: os.urandom(1 << 16), "camera"),
    "junk at the control socket": sent(lambda: os.urandom(1 << 12) + b"\n", "control"),
    "an endless line at the control socket": sent(lambda: b"x" * (1 << 16), "control", MANY),
    "guests of the control socket": visit(lambda: b"", reads=False, link="control"),
    "keys over the serial port": serial(lambda: ask("get_xpub", ACCOUNT)),
    "junk over the serial port": serial(lambda: os.urandom(1 << 12)),
}


if __name__ == "__main__":
    print("begins", flush=True)
    KINDS[sys.argv[1]](json.loads(sys.stdin.readline()))
