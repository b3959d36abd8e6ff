"""Blockstream Jade's RPC: bare CBOR maps on a serial line or a socket."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from firmware_emu.commands import FaultCode, GetInfo, Reply, Request, Signed
from firmware_emu.personalities.jade import messages, sentences
from firmware_emu.personalities.jade.framing import Framer, Garbage, Message
from signer.formats import cbor

CHUNK = 3008  # what fits a reply of 3,072 bytes beside its other fields
_LONGEST_ID = 16
_LONGEST_METHOD = 32


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as its sender knows it. `form` tells how to answer it."""

    id: str
    method: str
    form: str


@dataclass(frozen=True, slots=True)
class _Rest:
    """A signed payload of which `sent` chunks have left."""

    asked: _Asked
    chunks: tuple[bytes, ...] = field(repr=False)
    sent: int


class Jade:
    """One port's side of the protocol. The unsent rest of a long answer outlives a hang-up."""

    __slots__ = ("_count", "_framer", "_open", "_rest")

    def __init__(self) -> None:
        self._framer = Framer()
        self._open: dict[str, _Asked] = {}
        self._count = 0
        self._rest: _Rest | None = None

    def receive(self, data: bytes) -> Iterator[Request | bytes]:
        """Requests, and at-once replies to what is not one."""
        for framed in self._framer.receive(data):
            match framed:
                case Garbage(count):
                    yield _invalid(messages.NO_ID, count)
                case Message():
                    yield from self._understand(framed)

    def reply(self, ticket: str, reply: Reply) -> bytes:
        asked = self._open.pop(ticket)
        if isinstance(reply, Signed):
            chunks = _chunks(reply.payload)
            self._rest = _Rest(asked, chunks, 0)
            return self._next_chunk(asked.id, self._rest)
        return _encode(asked.id, messages.result(asked.form, reply))

    def tick(self, seconds: float) -> None:
        self._framer.tick(seconds)

    def hang_up(self) -> None:
        # One client closes the port between the chunks of an answer and opens it again: the rest
        # of the answer must wait for it. Half a request is of no use to anyone.
        self._framer = Framer()
        self._open.clear()

    def _understand(self, message: Message) -> Iterator[Request | bytes]:
        name, method = message.fields.get("id"), message.fields.get("method")
        if not (_is_text(name, _LONGEST_ID) and _is_text(method, _LONGEST_METHOD)):
            echo = name if _is_text(name, _LONGEST_ID) else messages.NO_ID
            yield _invalid(str(echo), message.used)
        elif method == messages.EXTENDED and self._rest:
            yield self._continue(str(name), self._rest, message.fields.get("params"))
        elif method != messages.CANCEL:
            params = message.fields.get("params")
            form = messages.form(str(method), params)
            yield self._request(_Asked(str(name), str(method), form), params)

    def _request(self, asked: _Asked, params: cbor.Value) -> Request:
        command = messages.command(asked.method, params)
        if not isinstance(command, GetInfo):
            self._rest = None
        self._count += 1
        ticket = str(self._count)
        self._open[ticket] = asked
        return Request(ticket, command)

    def _continue(self, name: str, rest: _Rest, params: cbor.Value) -> bytes:
        wanted = {
            "origid": rest.asked.id,
            "orig": rest.asked.method,
            "seqnum": rest.sent + 1,
            "seqlen": len(rest.chunks),
        }
        if not isinstance(params, dict) or any(params.get(k) != v for k, v in wanted.items()):
            self._rest = None
            code = sentences.CODES[FaultCode.OUT_OF_TURN]
            sentence = "Mismatched fields in 'get_extended_data' message"
            return _encode(name, sentences.error(code, sentence))
        return self._next_chunk(name, rest)

    def _next_chunk(self, name: str, rest: _Rest) -> bytes:
        chunk = rest.chunks[rest.sent]
        sent = rest.sent + 1
        self._rest = _Rest(rest.asked, rest.chunks, sent) if sent < len(rest.chunks) else None
        return _encode(name, {"seqnum": sent, "seqlen": len(rest.chunks), "result": chunk})


PERSONALITY = Jade


def _chunks(payload: bytes) -> tuple[bytes, ...]:
    return tuple(payload[i : i + CHUNK] for i in range(0, len(payload), CHUNK)) or (b"",)


def _is_text(value: cbor.Value, longest: int) -> bool:
    return isinstance(value, str) and 1 <= len(value.encode()) <= longest


def _invalid(name: str, count: int) -> bytes:
    """Bytes that were no request. Peers add up the numbers in `data` to find their place."""
    code = sentences.CODES[FaultCode.BAD_REQUEST]
    data = str(count).encode()
    return _encode(name, sentences.error(code, "Invalid RPC Request message", data))


def _encode(name: str, fields: sentences.Message) -> bytes:
    return cbor.encode({"id": name, **fields})
