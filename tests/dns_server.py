"""A resolver of names on loopback, for tests: it answers from records, and lies when told to.

Written apart from the wallet's own reader of messages; records are those of tests.signer.zones.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.signer.zones import CNAME, DNAME, NSEC, NSEC3, RRSIG, Record, number, wired

NO_SUCH_NAME, SERVER_FAILURE = 3, 2
MOST_ALIASES = 8


@dataclass
class NameServer:
    """`records` it knows; `code` it fails with; `change` is done to each message before it leaves.

    A `mute` one takes questions and says nothing; one that `hangs_up` does so after each answer.
    """

    records: Sequence[Record] = ()
    code: int = 0
    change: Callable[[bytes], bytes] = lambda message: message
    mute: bool = False
    hangs_up: bool = False
    port: int = 0
    asked: list[tuple[str, int]] = field(default_factory=list)

    @property
    def dns(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while size := int.from_bytes(await reader.readexactly(2)):
                query = await reader.readexactly(size)
                if self.mute:
                    continue
                reply = self.change(self.answer(query))
                writer.write(number(len(reply)) + reply)
                await writer.drain()
                if self.hangs_up:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, query: bytes) -> bytes:
        name, at = _text(query, 12)
        kind = int.from_bytes(query[at + 1 : at + 3])
        self.asked.append((name, kind))
        owner, answers = name, list[Record]()
        answers += [r for r in self.records if DNAME in {r[1], _covers(r)} and _is_in(name, r[0])]
        if answers:  # made up of it, and signed by nobody (RFC 6672, 3.1)
            answers.append((name, CNAME, wired("elsewhere.example.net")))
        for _ in range(MOST_ALIASES):
            answers += self._set(owner, kind)
            alias = self._set(owner, CNAME)
            if kind == CNAME or self._set(owner, kind) or not alias:
                break
            answers += alias
            owner, _ = _text(alias[0][2])
        gaps = [r for r in self.records if r[1] in {NSEC, NSEC3} or _covers(r) in {NSEC, NSEC3}]
        code = self.code or (0 if any(r[0] == name for r in self.records) else NO_SUCH_NAME)
        head = query[:2] + number(0x8180 | code) + number(1) + number(len(answers))
        head += number(len(gaps)) + number(0) + query[12 : at + 5]
        return head + b"".join(_resource(record, name) for record in [*answers, *gaps])

    def _set(self, owner: str, kind: int) -> list[Record]:
        return [
            record
            for record in self.records
            if record[0].lower() == owner.lower() and kind in {record[1], _covers(record)}
        ]


def _covers(record: Record) -> int:
    return int.from_bytes(record[2][:2]) if record[1] == RRSIG else 0


def _is_in(name: str, domain: str) -> bool:
    return name.lower().endswith(f".{domain.lower()}")


def _text(message: bytes, start: int = 0) -> tuple[str, int]:
    """The name there, and where its last, empty label is."""
    labels, at = [], start
    while size := message[at]:
        labels.append(message[at + 1 : at + 1 + size].decode())
        at += 1 + size
    return ".".join(labels), at


def _resource(record: Record, asked: str) -> bytes:
    owner, kind, data = record
    # The name in the question is pointed at, as resolvers do (RFC 1035, 4.1.4).
    name = b"\xc0\x0c" if owner.lower() == asked.lower() and owner else wired(owner)
    return name + number(kind) + number(1) + number(300, 4) + number(len(data)) + data


@asynccontextmanager
async def serving(server: NameServer) -> AsyncIterator[NameServer]:
    listener = await asyncio.start_server(server.called, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
