"""T98: a page in a browser sends bytes to the ports of its machine, and drives the device.

A page chooses neither how its connection begins nor its headers' length; all else it can choose.
"""

import socket
from collections.abc import Iterator

import pytest

from firmware_emu.emulator import EmulatorProcess, sealed_record
from firmware_emu.personalities.jade.framing import FULL
from signer.formats import cbor

LOGOUT = cbor.encode({"id": "1", "method": "logout"})
HEADERS = (
    b"Host: 127.0.0.1:30121\r\nConnection: keep-alive\r\nContent-Length: %d\r\n"
    b"Origin: https://a.page\r\nContent-Type: %s\r\n\r\n"
)


def post(body: bytes, kind: bytes = b"text/plain;charset=UTF-8") -> bytes:
    return b"POST / HTTP/1.1\r\n" + HEADERS % (len(body), kind) + body


def padded() -> bytes:
    """A body that would begin to be read at a logout, were the first `FULL` bytes thrown away."""
    length = len(post(b"")) + 5  # digits of a longer length
    return post(bytes(FULL - length) + LOGOUT * 400)


PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n" + LOGOUT + b"\r\n--x--\r\n"
)
PAGES = {
    "fetch": post(LOGOUT),
    "padded fetch": padded(),
    "form": post(PARTS, b"multipart/form-data; boundary=x"),
    "websocket": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n\x82" + bytes([len(LOGOUT)]) + LOGOUT,
    "https": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + LOGOUT * 20,
    "late": b"\xbf" + bytes(FULL) + LOGOUT,
}


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    flash = tmp_path_factory.mktemp("pages") / "device.flash"
    flags = ("--tcp", "0", "--camera", "0")
    with EmulatorProcess(flash, sealed_record(), flags) as device:
        device.unlock()
        yield device


@pytest.mark.parametrize("link", ["tcp", "camera", "control"])
@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_sends_is_not_read(device: EmulatorProcess, page: str, link: str) -> None:
    host, _, port = device.announcement[link].rpartition(":")
    with socket.create_connection((host, int(port)), 20) as line:
        try:
            line.sendall(PAGES[page])
            line.shutdown(socket.SHUT_WR)
            while line.recv(4096):
                pass
        except OSError:
            pass  # hung up on
    assert device.press("left").state == "unlocked"
    assert device.screen.kind == "home"


def test_a_wallet_beside_the_page_is_served(device: EmulatorProcess) -> None:
    with socket.create_connection(device.address, 20) as line:
        line.sendall(cbor.encode({"id": "7", "method": "ping"}))
        assert cbor.decode(line.recv(4096)) == {"id": "7", "result": 0}


def test_after_bytes_that_are_no_message_the_device_hangs_up(device: EmulatorProcess) -> None:
    with socket.create_connection(device.address, 20) as line:
        line.sendall(cbor.encode({"id": "7", "method": "ping"}) + b"\xbf" + bytes(FULL))
        heard = b""
        while piece := line.recv(4096):
            heard += piece
    answer = cbor.decode_prefix(heard)
    assert isinstance(answer, cbor.Complete)
    assert answer.value == {"id": "7", "result": 0}
