"""T127: the wallet's screen and keyboard in a browser are for who has the token.

Not for another user of the machine, not for a page of another site in the same browser, and not for
one whose name was made to lead here (DNS rebinding).
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import resources

import pytest

from host.errors import NetworkError
from host.web.driver import MAX_UNREAD, Wire
from host.web.server import FILES, MAX_BODY, MAX_CALLERS, WebServer

PATIENCE_S = 5
SECRETS = [("GET", "/screen"), ("POST", "/keys"), ("POST", "/size")]


class Driver:
    """The app's end: what was typed, and how large the window is."""

    def __init__(self) -> None:
        self.typed: list[str] = []
        self.sizes: list[tuple[int, int]] = []
        self.repaints = 0

    def type(self, text: str) -> None:
        self.typed.append(text)

    def resize(self, columns: int, rows: int) -> None:
        self.sizes.append((columns, rows))

    def repaint(self) -> None:
        self.repaints += 1


@dataclass(slots=True)
class Answer:
    status: int
    head: str
    body: bytes


class Browser:
    """HTTP by hand: a browser would not send some of this."""

    def __init__(self, server: WebServer) -> None:
        address, _, self.token = server.url.partition("/#")
        self.host = address.removeprefix("http://")
        self.port = int(self.host.rpartition(":")[2])

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        given = {"Host": self.host, "Authorization": f"Bearer {self.token}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{name}: {value}" for name, value in given.items() if value]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, f"Content-Length: {len(body)}"])
        return head.encode() + b"\r\n\r\n" + body

    async def asks(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        return await self.sends(self.request(method, path, body, **headers))

    async def sends(self, raw: bytes) -> Answer:
        reader, writer = await self.connect()
        writer.write(raw)
        async with asyncio.timeout(PATIENCE_S):
            whole = await reader.read()
        writer.close()
        if not whole:
            return Answer(0, "", b"")
        head, _, rest = whole.partition(b"\r\n\r\n")
        return Answer(int(head.split()[1]), head.decode(), rest)

    async def looks(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The stream of the screen, its head read."""
        reader, writer = await self.connect()
        writer.write(self.request("GET", "/screen"))
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        return reader, writer


async def left(wire: Wire) -> None:
    """Until nobody looks any more."""
    async with asyncio.timeout(PATIENCE_S):
        while wire.taken:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)


@pytest.fixture
def driver() -> Driver:
    return Driver()


@pytest.fixture
def wire(driver: Driver) -> Wire:
    wire = Wire()
    wire.connect(driver)  # type: ignore[arg-type]
    return wire


@pytest.fixture
async def server(wire: Wire) -> AsyncIterator[WebServer]:
    async with WebServer(wire) as server:
        yield server


@pytest.fixture
def browser(server: WebServer) -> Browser:
    return Browser(server)


@pytest.mark.parametrize(("method", "path"), SECRETS)
@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer x", "Basic x", "Bearer é"])
async def test_without_the_token_nothing_is_seen_and_nothing_typed(
    browser: Browser, driver: Driver, method: str, path: str, given: str
) -> None:
    answer = await browser.asks(method, path, b"[80, 24]", Authorization=given)
    assert (answer.status, answer.body) == (401, b"")
    assert not driver.typed
    assert not driver.sizes
    assert not driver.repaints


async def test_every_start_has_a_token_of_its_own(wire: Wire) -> None:
    async with WebServer(wire) as first, WebServer(wire) as second:
        tokens = {server.url.partition("#")[2] for server in (first, second)}
    assert len(tokens) == 2
    assert all(len(token) >= 43 for token in tokens), "32 bytes"


async def test_the_token_is_in_no_file_that_is_served(browser: Browser) -> None:
    for path in FILES:
        answer = await browser.asks("GET", path, Authorization="")
        assert answer.status == 200
        assert browser.token.encode() not in answer.head.encode() + answer.body


@pytest.mark.parametrize("path", [*FILES, "/screen", "/keys", "/size", "/nowhere"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
async def test_a_name_that_was_made_to_lead_here_reads_nothing(
    browser: Browser, driver: Driver, path: str, host: str
) -> None:
    for method in ("GET", "POST"):
        answer = await browser.asks(method, path, Host=host.format(port=browser.port))
        assert (answer.status, answer.body) == (403, b"")
    assert not driver.typed


async def test_two_hosts_in_one_request_are_none(browser: Browser, driver: Driver) -> None:
    raw = browser.request("POST", "/keys", b"x")
    twice = raw.replace(b"\r\n", b"\r\nhost: evil.example\r\n", 1)
    assert (await browser.sends(twice)).status == 0
    assert not driver.typed


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://{host}"},
        {"Origin": "http://localhost:{port}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
async def test_a_page_elsewhere_types_nothing_even_if_it_had_the_token(
    browser: Browser, driver: Driver, headers: dict[str, str]
) -> None:
    given = {
        name: value.format(host=browser.host, port=browser.port) for name, value in headers.items()
    }
    answer = await browser.asks("POST", "/keys", b"q", **given)
    assert answer.status == 403
    assert not driver.typed


async def test_no_answer_lets_another_page_read_it_or_frame_it(browser: Browser) -> None:
    for method, path in (("GET", "/"), ("GET", "/terminal.js"), ("OPTIONS", "/keys")):
        answer = await browser.asks(method, path)
        head = answer.head.lower()
        assert "access-control-allow" not in head
        assert "default-src 'none'" in head
        assert "frame-ancestors 'none'" in head
        assert "cross-origin-resource-policy: same-origin" in head
        assert "referrer-policy: no-referrer" in head
        assert "cache-control: no-store" in head
    assert (await browser.asks("OPTIONS", "/keys")).status == 404


async def test_who_has_the_token_types_and_sees(
    browser: Browser, driver: Driver, wire: Wire
) -> None:
    reader, writer = await browser.looks()
    assert driver.repaints == 1
    wire.write("balance")
    async with asyncio.timeout(PATIENCE_S):
        assert (await reader.readuntil(b"balance")).endswith(b"balance")
    own = {"Origin": f"http://{browser.host}", "Sec_Fetch_Site": "same-origin"}
    assert (await browser.asks("POST", "/keys", "ä\r".encode(), **own)).status == 204
    assert (await browser.asks("POST", "/size", b"[9999, 0]")).status == 204
    assert driver.typed == ["ä\r"]
    assert driver.sizes == [(400, 1)], "within bounds"
    writer.close()


async def test_localhost_is_this_machine_too(browser: Browser) -> None:
    assert (await browser.asks("GET", "/", Host=f"localhost:{browser.port}")).status == 200


async def test_one_browser_looks_at_a_time(browser: Browser, wire: Wire) -> None:
    _, writer = await browser.looks()
    assert (await browser.asks("GET", "/screen")).status == 409
    writer.close()
    await left(wire)
    _, again = await browser.looks()
    again.close()


async def test_a_browser_that_reads_no_more_is_left(browser: Browser, wire: Wire) -> None:
    _, writer = await browser.looks()
    for _ in range(MAX_UNREAD // 1_000_000 + 12):
        wire.write("x" * 1_000_000)
    writer.transport.abort()
    await left(wire)


async def test_the_end_of_the_app_is_the_end_of_the_stream(browser: Browser, wire: Wire) -> None:
    reader, writer = await browser.looks()
    await wire.end()
    async with asyncio.timeout(PATIENCE_S):
        assert (await reader.read()).endswith(b"\x1b[?1049l")
    writer.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"a%d: b\r\n" % number for number in range(100)) + b"\r\n",
        b"POST /keys HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /keys HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        f"POST /keys HTTP/1.1\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n".encode(),
        b"POST /keys HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=range(9),
)
async def test_what_is_no_request_is_hung_up_on(
    browser: Browser, driver: Driver, raw: bytes
) -> None:
    assert (await browser.sends(raw)).status == 0
    assert not driver.typed
    assert (await browser.asks("GET", "/")).status == 200


@pytest.mark.parametrize(
    "body", [b"", b"1", b"[1]", b"{}", b'["a", "b"]', b"[1e999, 1]", b"[" * 9_999]
)
async def test_a_size_that_is_none_changes_nothing(
    browser: Browser, driver: Driver, body: bytes
) -> None:
    assert (await browser.asks("POST", "/size", body)).status == 400
    assert not driver.sizes


async def test_callers_without_end_are_not_taken(browser: Browser) -> None:
    callers = [await browser.connect() for _ in range(MAX_CALLERS)]
    assert (await browser.sends(browser.request("GET", "/"))).status == 0
    for _, writer in callers:
        writer.close()


async def test_it_listens_on_this_machine_alone(server: WebServer) -> None:
    (listener,) = server._server._server.sockets  # type: ignore[union-attr]
    assert listener.getsockname()[0] == "127.0.0.1"


async def test_a_taken_port_is_a_sentence(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = WebServer(wire, taken.getsockname()[1])
        with pytest.raises(NetworkError, match="another program listens there"):
            await server.start()


def test_the_page_asks_nobody_else() -> None:
    for name in FILES.values():
        text = resources.files("host.web").joinpath(name).read_text("utf-8")
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text, "what the app draws is text"
        assert "eval(" not in text
