"""The client of Jade's RPC: against our own device, and against devices that misbehave."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_emu.emulator import EmulatorProcess, sealed_record
from host.config import account_path
from host.devices.jade import MAX_REPLY, MAX_REQUEST, JadeSigner
from host.errors import DeclinedOnDevice, DeviceError, HostError, LinkLost
from host.links.tcp import TcpLink
from signer.chains.bitcoin import CHAIN
from tests.people import Person
from tests.wallets import STRANGER, fund, keyring, paired, sign

Request = dict[str, Any]
Answer = Callable[[Request], bytes]


class Wire:
    """A link in memory: `answer` is what the other end says to each request."""

    def __init__(self, answer: Answer, piece: int = 1 << 16) -> None:
        self.asked: list[Request] = []
        self.closed = False
        self._answer = answer
        self._piece = piece
        self._waiting = b""

    async def send(self, data: bytes) -> None:
        self.asked.append(cbor2.loads(data))
        self._waiting += self._answer(self.asked[-1])

    async def receive(self) -> bytes:
        if not self._waiting:
            raise LinkLost("The cable was pulled.")
        piece, self._waiting = self._waiting[: self._piece], self._waiting[self._piece :]
        return piece

    async def close(self) -> None:
        self.closed = True


def result(value: object, **more: object) -> Answer:
    return lambda asked: cbor2.dumps({"id": asked["id"], "result": value, **more})


def error(code: object, message: object = "said no") -> Answer:
    return lambda asked: cbor2.dumps(
        {"id": asked["id"], "error": {"code": code, "message": message}}
    )


# ---- our own device, as a process at the end of a TCP connection


@pytest.fixture
async def jade(emulator: EmulatorProcess) -> AsyncIterator[JadeSigner]:
    device = JadeSigner(await TcpLink.open(*emulator.address))
    yield device
    await device.close()


async def test_the_device_says_what_it_is(jade: JadeSigner) -> None:
    told = await jade.version()
    assert told.state == "READY"
    await jade.add_entropy(b"\x01")


async def test_an_unlocked_device_is_unlocked_at_once(jade: JadeSigner) -> None:
    await jade.unlock("regtest")


@pytest.mark.parametrize("script", ["wpkh", "tr"])
async def test_keys_and_addresses_are_those_of_its_seed(
    jade: JadeSigner, person: Person, script: str
) -> None:
    account = account_path("regtest", script)
    assert await jade.xpub("regtest", account) == CHAIN.xpub(keyring(), account, "regtest")
    looking = person.accept()
    shown = await jade.show_address("regtest", (*account, 0, 3), script)
    await looking
    assert shown == CHAIN.address(keyring(), (*account, 0, 3), script, "regtest")[0]


async def test_a_payment_in_several_pieces_is_put_together(
    jade: JadeSigner, person: Person, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "wallet")
    for number in range(20):
        fund(wallet, 2_000, number)
    draft = wallet.draft(STRANGER, 30_000, 1)
    reading = person.accept()
    signed = await jade.sign("regtest", draft.psbt)
    await reading
    assert len(signed) > 3008  # what one answer holds
    assert signed == sign(draft.psbt)


async def test_no_on_the_device_is_declined_and_the_next_question_is_answered(
    jade: JadeSigner, person: Person, tmp_path: Path
) -> None:
    wallet = paired(tmp_path / "wallet")
    fund(wallet, 100_000)
    saying_no = person.refuse()
    with pytest.raises(DeclinedOnDevice, match=r"You said no on the device\. Nothing was paid\."):
        await jade.sign("regtest", wallet.draft(STRANGER, 25_000, 1).psbt)
    await saying_no
    await jade.add_entropy(b"\x01")


async def test_a_locked_device_says_so(flash: Path) -> None:
    with EmulatorProcess(flash, sealed_record()) as locked:
        jade = JadeSigner(await TcpLink.open(*locked.address))
        with pytest.raises(DeviceError, match="locked"):
            await jade.xpub("regtest", (0,))
        await jade.close()


async def test_garbage_to_sign_is_refused_with_the_devices_reason(jade: JadeSigner) -> None:
    with pytest.raises(DeviceError, match="The device refused"):
        await jade.sign("regtest", b"psbt\xff garbage")
    await jade.add_entropy(b"\x01")


async def test_a_device_that_dies_is_a_lost_link_and_it_comes_back(
    emulator: EmulatorProcess, tmp_path: Path
) -> None:
    jade = JadeSigner(await TcpLink.open(*emulator.address))
    emulator.kill()
    with pytest.raises(LinkLost, match="Nothing was paid"):
        await jade.add_entropy(b"\x01")
    await jade.close()
    with EmulatorProcess(tmp_path / "device.flash") as again:
        jade = JadeSigner(await TcpLink.open(*again.address))
        assert (await jade.version()).state == "LOCKED"
        await jade.close()


async def test_a_question_broken_off_is_not_answered_to_the_next_one(
    jade: JadeSigner, emulator: EmulatorProcess
) -> None:
    path = (*account_path("regtest", "wpkh"), 0, 0)
    asking = asyncio.create_task(jade.show_address("regtest", path, "wpkh"))
    await asyncio.to_thread(emulator.wait_for, "confirm")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    with pytest.raises(LinkLost, match="Connect again"):
        await jade.add_entropy(b"\x01")
    again = JadeSigner(await TcpLink.open(*emulator.address))
    assert (await again.version()).state == "READY"
    await again.close()


# ---- devices that misbehave


@pytest.mark.parametrize(
    ("network", "wire"), [("mainnet", "mainnet"), ("testnet", "testnet"), ("regtest", "localtest")]
)
async def test_networks_go_by_jades_names(network: str, wire: str) -> None:
    link = Wire(result("tpub"))
    await JadeSigner(link).xpub(network, ())
    assert link.asked[0]["params"] == {"network": wire, "path": []}


async def test_an_answer_byte_by_byte_is_an_answer() -> None:
    assert await JadeSigner(Wire(result("tpub"), piece=1)).xpub("regtest", (1,)) == "tpub"


async def test_every_question_has_an_id_of_its_own() -> None:
    link = Wire(result(0))
    jade = JadeSigner(link)
    for _ in range(20):
        await jade.add_entropy(b"\x01")
    assert len({asked["id"] for asked in link.asked}) == 20
    assert all(0 < len(asked["id"]) < 16 for asked in link.asked)


WRONG: dict[str, Answer] = {
    "another id": lambda _: cbor2.dumps({"id": "00", "result": "tpub"}),
    "no id": lambda _: cbor2.dumps({"result": "tpub"}),
    "an id of another type": lambda _: cbor2.dumps({"id": 7, "result": "tpub"}),
    "result and error": lambda a: cbor2.dumps({"id": a["id"], "result": "tpub", "error": {}}),
    "neither": lambda a: cbor2.dumps({"id": a["id"]}),
    "two answers": lambda a: 2 * cbor2.dumps({"id": a["id"], "result": "tpub"}),
    "no map": lambda _: b"\x80",
    "null": lambda _: b"\xf6",
    "garbage": lambda _: b"\xff\xff\xff",
    "a deep nest": lambda _: b"\x81" * 5_000,
    "no end": lambda _: b"\x5a\x7f\xff\xff\xff" + bytes(MAX_REPLY),
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG.keys())
async def test_an_answer_that_makes_no_sense_ends_the_connection(answer: Answer) -> None:
    link = Wire(answer)
    jade = JadeSigner(link)
    with pytest.raises(LinkLost):
        await jade.xpub("regtest", (1,))
    with pytest.raises(LinkLost, match="Connect again"):
        await jade.add_entropy(b"\x01")
    await jade.close()
    assert link.closed


@pytest.mark.parametrize("value", [None, 7, b"tpub", {}, [], True])
async def test_an_answer_of_the_wrong_type_is_the_devices_fault(value: object) -> None:
    with pytest.raises(DeviceError):
        await JadeSigner(Wire(result(value))).xpub("regtest", (1,))


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (-32000, DeclinedOnDevice, "You said no"),
        (-32002, DeviceError, "locked"),
        (-32003, DeviceError, "another network"),
        (-32602, DeviceError, "The device refused: said no. Nothing was paid."),
        ("x", DeviceError, "The device refused"),
        ([-32000], DeviceError, "The device refused"),
    ],
)
async def test_errors_become_sentences(code: object, kind: type[HostError], says: str) -> None:
    jade = JadeSigner(Wire(error(code)))
    with pytest.raises(kind, match=says):
        await jade.add_entropy(b"\x01")


async def test_a_no_is_said_as_what_it_was() -> None:
    async def says(question: Awaitable[object]) -> str:
        with pytest.raises(DeclinedOnDevice) as declined:
            await question
        return str(declined.value)

    address = JadeSigner(Wire(error(-32000))).show_address("regtest", (1,), "wpkh")
    assert await says(address) == "You said no on the device."
    signing = JadeSigner(Wire(error(-32000))).sign("regtest", b"psbt")
    assert await says(signing) == "You said no on the device. Nothing was paid."
    answers = {"add_entropy": result(True), "auth_user": error(-32000)}
    unlocking = JadeSigner(Wire(lambda asked: answers[asked["method"]](asked))).unlock("regtest")
    assert await says(unlocking) == "You did not unlock the device. Nothing was paid."


async def test_what_a_device_says_cannot_move_the_cursor_or_fill_the_screen() -> None:
    with pytest.raises(DeviceError) as refused:
        await JadeSigner(Wire(error(-32602, "\x1b[2Jgone\n\u202e" + "x" * 5_000))).add_entropy(
            b"\x01"
        )
    text = str(refused.value)
    assert text.isprintable()
    assert text.isascii()
    assert len(text) < 300


async def test_an_error_that_is_no_map_is_an_error() -> None:
    with pytest.raises(DeviceError, match="did not say why"):
        await JadeSigner(Wire(lambda a: cbor2.dumps({"id": a["id"], "error": "no"}))).add_entropy(
            b"\x01"
        )


@pytest.mark.parametrize("answer", [False, None, 1, "yes"])
async def test_only_true_unlocks(answer: object) -> None:
    def say(asked: Request) -> bytes:
        value = True if asked["method"] == "add_entropy" else answer
        return cbor2.dumps({"id": asked["id"], "result": value})

    with pytest.raises(DeviceError, match="stayed locked"):
        await JadeSigner(Wire(say)).unlock("regtest")


async def test_a_device_that_wants_a_pin_server_is_told_to_do_without() -> None:
    with pytest.raises(DeviceError, match="PIN server"):
        await JadeSigner(Wire(result({"http_request": {"params": {}}}))).unlock("regtest")


def in_pieces(*pieces: dict[str, object]) -> Answer:
    told = iter(pieces)
    return lambda asked: cbor2.dumps({"id": asked["id"], **next(told)})


async def test_pieces_are_asked_for_one_after_the_other() -> None:
    link = Wire(
        in_pieces(
            {"result": b"a", "seqnum": 1, "seqlen": 3},
            {"result": b"b", "seqnum": 2, "seqlen": 3},
            {"result": b"c", "seqnum": 3, "seqlen": 3},
        )
    )
    assert await JadeSigner(link).sign("regtest", b"psbt") == b"abc"
    first, second, third = link.asked
    assert second["params"] == {
        "origid": first["id"], "orig": "sign_psbt", "seqnum": 2, "seqlen": 3,
    }  # fmt: skip
    assert third["params"]["seqnum"] == 3


@pytest.mark.parametrize(
    "pieces",
    [
        [{"result": b"a", "seqnum": 2, "seqlen": 2}],
        [{"result": b"a", "seqnum": 0, "seqlen": 0}],
        [{"result": b"", "seqnum": 1, "seqlen": 1 << 40}],
        [{"result": b"a", "seqnum": 1, "seqlen": "2"}],
        [{"result": "a", "seqnum": 1, "seqlen": 1}],
        [{"result": b"a", "seqnum": 1, "seqlen": 2}, {"result": b"b", "seqnum": 1, "seqlen": 2}],
        [{"result": b"a", "seqnum": 1, "seqlen": 2}, {"result": b"b", "seqnum": 2, "seqlen": 3}],
        [{"result": b"a", "seqnum": 1, "seqlen": 2}, {"result": b"b"}],
    ],
)
async def test_pieces_out_of_order_are_refused(pieces: list[dict[str, object]]) -> None:
    with pytest.raises(DeviceError, match="wrong order"):
        await JadeSigner(Wire(in_pieces(*pieces))).sign("regtest", b"psbt")


async def test_pieces_without_end_are_refused() -> None:
    def more(asked: Request) -> bytes:
        number = asked["params"].get("seqnum", 1)
        piece = {"result": bytes(60_000), "seqnum": number, "seqlen": 1000}
        return cbor2.dumps({"id": asked["id"], **piece})

    with pytest.raises(LinkLost, match="without end"):
        await JadeSigner(Wire(more)).sign("regtest", b"psbt")


@given(st.binary(max_size=200))
def test_no_bytes_from_a_device_raise_anything_but_a_sentence(data: bytes) -> None:
    async def ask() -> None:
        with pytest.raises(HostError):
            await JadeSigner(Wire(lambda _: data)).xpub("regtest", (1,))

    asyncio.run(ask())


async def test_a_payment_too_large_for_the_cable_is_said_and_not_sent(
    jade: JadeSigner,
) -> None:
    """The longest message that is sent is one that a real device answers."""
    params = {"network": "localtest", "psbt": b""}
    overhead = len(cbor2.dumps({"id": "0" * 12, "method": "sign_psbt", "params": params})) + 4
    wire = Wire(error(-32602))
    with pytest.raises(DeviceError, match=r"too large for the cable: it has 41\d \d{3} bytes"):
        await JadeSigner(wire).sign("regtest", bytes(MAX_REQUEST))
    assert not wire.asked
    longest = MAX_REQUEST - overhead
    with pytest.raises(DeviceError) as said:
        await jade.sign("regtest", bytes(longest))
    assert "cable" not in str(said.value), "the device has read it, and says what it is"
    for more in range(1, 16):
        with pytest.raises(DeviceError) as said:
            await jade.sign("regtest", bytes(longest + more))
        if "too large for the cable" in str(said.value):
            break
    else:
        pytest.fail("no length is too large")
