"""Blockstream Jade's RPC: bare CBOR maps on a serial line or a socket."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from firmware_emu.commands import FaultCode, GetInfo, Reply, Request, Signed, Unchanged
from firmware_emu.personalities import Lost, PersonalityFactory, Profile
from firmware_emu.personalities.jade import messages, sentences
from firmware_emu.personalities.jade.framing import Framer, Garbage, RpcMessage
from signer.formats import cbor

CHUNK = 3008  # what fits a reply of 3,072 bytes beside its other fields
_LONGEST_ID = 16
_LONGEST_METHOD = 32
_LEFTOVER = "jade"


@dataclass(frozen=True, slots=True)
class _OpenRequest:
    """A request as its sender knows it. `form` tells how to answer it."""

    id: str
    method: str
    form: str


@dataclass(frozen=True, slots=True)
class _Unsent:
    """A signed payload of which `sent` chunks have left."""

    request: _OpenRequest
    chunks: tuple[bytes, ...] = field(repr=False)
    sent: int


class Jade:
    """One port's side of the protocol. The unsent part of a long answer outlives a hang-up."""

    __slots__ = ("_count", "_framer", "_leftovers", "_open", "_unsent")

    def __init__(self, profile: Profile) -> None:
        self._leftovers = profile.leftovers
        self._framer = Framer()
        self._open: dict[str, _OpenRequest] = {}
        self._count = 0
        self._unsent: _Unsent | None = None

    def receive(self, data: bytes) -> Iterator[Request | bytes | Lost]:
        """Requests, and at-once replies to what is not one."""
        for framed in self._framer.receive(data):
            match framed:
                case Garbage(count):
                    yield _invalid(messages.NO_ID, count)
                    yield Lost()
                case RpcMessage():
                    yield from self._understand(framed)

    def prompted(self, _ticket: str) -> bytes:
        """Nothing: its clients wait without a word."""
        return b""

    def reply(self, ticket: str, reply: Reply) -> bytes:
        """The answer to an open request, the first part of a long one; nothing to any other."""
        request = self._open.pop(ticket, None)
        if request is None:
            return b""
        if isinstance(reply, (Signed, Unchanged)):
            self._unsent = _Unsent(request, _chunks(reply.payload), 0)
            return self._next_chunk(request.id, self._unsent)
        return _encode(request.id, messages.result(request.form, reply))

    def tick(self, seconds: float) -> None:
        self._framer.tick(seconds)

    def hang_up(self) -> None:
        # One client closes the port between the chunks of an answer and opens it again: the rest
        # of the answer must wait for it, whoever comes between (threat T99). Half a request is of
        # no use to anyone.
        if self._unsent:
            self._leftovers.keep((_LEFTOVER, self._unsent.request.id), self._unsent)
        self._unsent = None
        self._framer = Framer()
        self._open.clear()

    def _understand(self, message: RpcMessage) -> Iterator[Request | bytes]:
        name, method = message.fields.get("id"), message.fields.get("method")
        if not (_is_text(name, _LONGEST_ID) and _is_text(method, _LONGEST_METHOD)):
            echo = name if _is_text(name, _LONGEST_ID) else messages.NO_ID
            yield _invalid(str(echo), message.used)
        elif method == messages.EXTENDED and (unsent := self._rest(message)):
            yield self._continue(str(name), unsent, message.fields.get("params"))
        elif method != messages.CANCEL:
            params = message.fields.get("params")
            form = messages.form(str(method), params)
            yield self._request(_OpenRequest(str(name), str(method), form), params)

    def _rest(self, message: RpcMessage) -> _Unsent | None:
        """The answer that is under way here, or was to the same host before it hung up."""
        params = message.fields.get("params")
        origin = params.get("origid") if isinstance(params, dict) else None
        if self._unsent is None and isinstance(origin, str):
            leftover = self._leftovers.take((_LEFTOVER, origin))
            self._unsent = leftover if isinstance(leftover, _Unsent) else None
        return self._unsent

    def _request(self, request: _OpenRequest, params: cbor.Value) -> Request:
        command = messages.command(request.method, params)
        if not isinstance(command, GetInfo):
            self._unsent = None
        self._count += 1
        ticket = str(self._count)
        self._open[ticket] = request
        return Request(ticket, command)

    def _continue(self, name: str, unsent: _Unsent, params: cbor.Value) -> bytes:
        expected = {
            "origid": unsent.request.id,
            "orig": unsent.request.method,
            "seqnum": unsent.sent + 1,
            "seqlen": len(unsent.chunks),
        }
        if not isinstance(params, dict) or any(params.get(k) != v for k, v in expected.items()):
            self._unsent = None
            code = sentences.CODES[FaultCode.OUT_OF_TURN]
            sentence = "Mismatched fields in 'get_extended_data' message"
            return _encode(name, sentences.error(code, sentence))
        return self._next_chunk(name, unsent)

    def _next_chunk(self, name: str, unsent: _Unsent) -> bytes:
        chunk = unsent.chunks[unsent.sent]
        sent = unsent.sent + 1
        is_last = sent == len(unsent.chunks)
        self._unsent = None if is_last else replace(unsent, sent=sent)
        return _encode(name, {"seqnum": sent, "seqlen": len(unsent.chunks), "result": chunk})


PERSONALITY: PersonalityFactory = Jade


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
