"""Where one message ends and the next begins, and what happens to what is none."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_emu.personalities.jade.framing import FULL, Framer, Garbage, RpcMessage
from firmware_emu.screens import Key
from signer.formats import cbor
from tests.desk import Cable, Desk, unlocked_desk
from tests.nights import IS_NIGHT

PING = cbor.encode({"id": "1", "method": "ping"})
OTHER = cbor.encode({"id": "22", "method": "get_version_info", "params": {"nonblocking": True}})
DESK = unlocked_desk()
ERRORS = {-32600, -32601, -32602, -32001}


def feed(framer: Framer, *pieces: bytes) -> list[RpcMessage | Garbage]:
    return list(itertools.chain.from_iterable(map(framer.receive, pieces)))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The bytes in pieces, cut at these places."""
    at = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(at)]


@given(st.lists(st.sampled_from([PING, OTHER]), max_size=5), st.lists(st.integers(0, 200)))
def test_messages_arrive_whole_however_they_are_cut(messages: list[bytes], cuts: list[int]) -> None:
    found = feed(Framer(), *cut(b"".join(messages), cuts))
    assert [m.used for m in found if isinstance(m, RpcMessage)] == [len(m) for m in messages]
    assert len(found) == len(messages)


def test_an_indefinite_map_is_a_message_too() -> None:
    loose = b"\xbf" + PING[1:] + b"\xff"
    assert [m.used for m in feed(Framer(), loose) if isinstance(m, RpcMessage)] == [len(loose)]


def test_a_message_that_completes_late_is_taken_however_late() -> None:
    framer = Framer()
    assert feed(framer, PING[:5]) == []
    framer.tick(3600)
    assert [type(m) for m in feed(framer, PING[5:])] == [RpcMessage]


def test_garbage_is_reported_only_when_new_bytes_come_after_two_seconds() -> None:
    framer = Framer()
    assert feed(framer, b"\x00\x01\x02") == []
    framer.tick(1.9)
    assert feed(framer, b"\x03") == []
    framer.tick(2.0)
    found = feed(framer, PING)
    assert found[0] == Garbage(4)
    assert isinstance(found[1], RpcMessage)


def test_only_what_was_stale_is_thrown_away() -> None:
    framer = Framer()
    feed(framer, b"\xff\xff")
    framer.tick(2.5)
    assert feed(framer, PING[:4]) == [Garbage(2)]
    assert [type(m) for m in feed(framer, PING[4:])] == [RpcMessage]


def test_garbage_behind_a_message_waits_for_its_own_two_seconds() -> None:
    framer = Framer()
    assert [type(m) for m in feed(framer, PING + b"\x00\x00")] == [RpcMessage]
    framer.tick(2.0)
    assert feed(framer, PING)[0] == Garbage(2)


def test_a_full_buffer_is_thrown_away_whole() -> None:
    framer = Framer()
    assert feed(framer, b"\xff" * FULL) == [Garbage(FULL)]
    assert [type(m) for m in feed(framer, PING)] == [RpcMessage]


def test_a_message_that_fills_the_buffer_to_the_last_byte_is_taken() -> None:
    empty = len(cbor.encode({"id": "1", "method": "x", "params": {"d": bytes(70_000)}})) - 70_000
    whole = cbor.encode({"id": "1", "method": "x", "params": {"d": bytes(FULL - empty)}})
    assert len(whole) == FULL
    assert [type(m) for m in feed(Framer(), whole)] == [RpcMessage]


@given(st.binary(min_size=1, max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_no_byte_is_lost_or_counted_twice(data: bytes, cuts: list[int]) -> None:
    framer = Framer()
    found = feed(framer, *cut(data, cuts))
    framer.tick(2.0)
    found += feed(framer, PING)
    accounted = sum(m.used if isinstance(m, RpcMessage) else m.count for m in found)
    # The ping itself may be swallowed by a string that the garbage had begun; never a byte else.
    assert accounted in (len(data) + len(PING), len(data))


def bad_bytes(cable: Cable, *pieces: bytes, wait: float = 2.5) -> tuple[int, list[dict]]:
    """How many bytes were reported bad, and the good replies."""
    for piece in pieces:
        cable.send(piece)
        cable.desk.tick(wait)
    cable.send(PING)
    replies = cable.replies()
    bad = [reply["error"] for reply in replies if "error" in reply]
    assert {error["code"] for error in bad} <= {-32600}
    assert {error["message"] for error in bad} <= {"Invalid RPC Request message"}
    return sum(int(e["data"]) for e in bad), [reply for reply in replies if "error" not in reply]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00",
        b"\xff" * 10,
        b"hello, is this a modem?",
        cbor.encode([1, 2, 3]),
        cbor.encode({"id": "1", "method": "ping"})[:-1],
        cbor.encode({"method": "ping"}),
        cbor.encode({"id": "1"}),
        cbor.encode({"id": 1, "method": "ping"}),
        cbor.encode({"id": "1", "method": 2}),
        cbor.encode({"id": "", "method": "ping"}),
        cbor.encode({"id": "x" * 17, "method": "ping"}),
        cbor.encode({"id": "1", "method": "m" * 33}),
        cbor.encode({}),
    ],
)
def test_the_reported_numbers_add_up_and_the_next_request_succeeds(garbage: bytes) -> None:
    count, good = bad_bytes(Desk().plug(), garbage)
    assert count == len(garbage)
    assert good == [{"id": "1", "result": 0}]


def test_a_bad_request_echoes_its_id_if_it_has_one() -> None:
    cable = Desk().plug()
    cable.send(cbor.encode({"id": "mine"}) + cbor.encode({"method": "ping"}))
    assert [reply["id"] for reply in cable.replies()] == ["mine", "00"]


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_after_any_bytes_the_device_goes_on_working(pieces: list[bytes]) -> None:
    cable = Desk().plug()
    for piece in pieces:
        cable.send(piece)
    cable.desk.tick(2.0)
    cable.send(OTHER)
    cable.desk.tick(2.0)
    cable.send(OTHER)
    replies = cable.replies()
    assert all(set(reply) - {"id"} in ({"error"}, {"result"}) for reply in replies)
    assert "JADE_VERSION" in replies[-1]["result"]


@settings(max_examples=10_000 if IS_NIGHT else 1_000)
@given(st.binary(max_size=120))
def test_random_byte_strings_get_typed_errors_or_nothing(data: bytes) -> None:
    cable = DESK.fresh_port()
    DESK.press(Key.RIGHT)  # somebody is there, so it does not lock itself
    cable.send(data)
    DESK.tick(2.0)
    cable.send(OTHER)
    DESK.tick(2.0)
    cable.send(OTHER)
    replies = cable.replies()
    assert all(reply["error"]["code"] in ERRORS for reply in replies if "error" in reply)
    assert replies[-1]["result"]["JADE_STATE"] == "READY"
    cable.pull()
