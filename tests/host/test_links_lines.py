"""Questions and answers as lines of JSON: each answer finds its own question."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from host.errors import HostError, NetworkError
from host.links.lines import LINE_LIMIT, Lines

TOKEN = "0123abcd"
LOST = "The other end went away."


class Server:
    """The other end: what it heard, and a way to say anything at all."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._writer: asyncio.StreamWriter | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LINE_LIMIT)
        return "{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        try:
            while line := await reader.readline():
                self.heard.put_nowait(json.loads(line))
        except OSError:
            return

    async def says(self, *messages: object) -> None:
        assert self._writer is not None
        for message in messages:
            raw = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
            self._writer.write(raw)
        await self._writer.drain()

    async def hears(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            return await self.heard.get()

    def hang_up(self) -> None:
        assert self._writer is not None
        self._writer.close()

    async def close(self) -> None:
        self._server.close()
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()


class Client:
    """Our end, and the news it was told."""

    def __init__(self) -> None:
        self.news: list[dict[str, Any]] = []

    async def open(self, address: str) -> None:
        self.lines = await Lines.open(address, TOKEN, self.news.append, lambda: NetworkError(LOST))


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    server.address = await server.start()  # type: ignore[attr-defined]
    yield server
    await server.close()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Client]:
    client = Client()
    await client.open(server.address)  # type: ignore[attr-defined]
    assert await server.hears() == {"token": TOKEN}, "the token is the first thing said"
    yield client
    await client.lines.close()


async def test_an_answer_is_given_to_its_question(server: Server, client: Client) -> None:
    asking = asyncio.ensure_future(client.lines.ask({"do": "status"}))
    question = await server.hears()
    assert question == {"id": 1, "do": "status"}
    await server.says({"id": 1, "ok": {"nodes": []}})
    assert await asking == {"id": 1, "ok": {"nodes": []}}


async def test_answers_may_come_in_any_order(server: Server, client: Client) -> None:
    asking = [asyncio.ensure_future(client.lines.ask({"do": name})) for name in ("a", "b", "c")]
    numbers = [(await server.hears())["id"] for _ in asking]
    assert len(set(numbers)) == 3
    await server.says(*({"done": number, "name": number} for number in reversed(numbers)))
    assert [(await answer)["name"] for answer in asking] == numbers


async def test_news_between_question_and_answer_goes_elsewhere(
    server: Server, client: Client
) -> None:
    asking = asyncio.ensure_future(client.lines.ask({"press": "ok"}))
    number = (await server.hears())["id"]
    await server.says({"view": 1}, {"done": number}, {"view": 2})
    assert await asking == {"done": number}
    await client.lines.wait_until(lambda: len(client.news) == 2)
    assert client.news == [{"view": 1}, {"view": 2}]


async def test_what_was_told_already_is_not_waited_for(server: Server, client: Client) -> None:
    await server.says({"view": 1})
    await client.lines.wait_until(lambda: bool(client.news))
    await client.lines.wait_until(lambda: bool(client.news))


async def test_an_answer_to_nobody_and_one_that_comes_twice_are_passed_over(
    server: Server, client: Client
) -> None:
    await server.says({"id": 99, "ok": {}})
    asking = asyncio.ensure_future(client.lines.ask({"do": "a"}))
    number = (await server.hears())["id"]
    await server.says({"id": number, "ok": 1}, {"id": number, "ok": 2})
    assert (await asking)["ok"] == 1


async def test_who_stopped_waiting_is_no_longer_answered(server: Server, client: Client) -> None:
    asking = asyncio.ensure_future(client.lines.ask({"do": "a"}))
    number = (await server.hears())["id"]
    asking.cancel()
    await server.says({"id": number, "ok": 1}, {"view": 1})
    await client.lines.wait_until(lambda: bool(client.news))
    assert asking.cancelled()


@pytest.mark.parametrize("ending", [b"", b"this is no JSON\n", b'{"id": 1, "ok"'])
async def test_whoever_waits_hears_that_the_other_end_is_gone(
    server: Server, client: Client, ending: bytes
) -> None:
    asking = asyncio.ensure_future(client.lines.ask({"do": "a"}))
    watching = asyncio.ensure_future(client.lines.wait_until(lambda: False))
    await server.hears()
    await server.says(ending)
    server.hang_up()
    for waiting in (asking, watching):
        with pytest.raises(HostError, match=LOST):
            await waiting
    with pytest.raises(HostError, match=LOST):
        await client.lines.ask({"do": "b"})
    with pytest.raises(HostError, match=LOST):
        await client.lines.wait_until(lambda: True)


async def test_a_long_answer_comes_whole(server: Server, client: Client) -> None:
    asking = asyncio.ensure_future(client.lines.ask({"get": "pixels"}))
    number = (await server.hears())["id"]
    await server.says({"id": number, "pixels": "A" * 200_000})
    assert len((await asking)["pixels"]) == 200_000


async def test_nobody_there_is_the_same_error() -> None:
    with pytest.raises(NetworkError, match=LOST):
        await Client().open("127.0.0.1:1")


async def test_closing_twice_is_harmless(client: Client) -> None:
    await client.lines.close()
    await client.lines.close()
